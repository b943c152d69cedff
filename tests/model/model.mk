# The model test at length: the engine against a slow, plain reference, step by step.
#   make model                      ten million commands from a random seed, then the mutants
#   make model N=100000000 SEED=7   more of them, and repeatable
model: setup-test
	@$(CMAKE) -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=ON >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target model_tests mutant_tests
	@$(BUILD)/release/tests/model/model_tests --commands $(or $(N),10000000) \
	  --seed $(or $(SEED),$(shell od -An -N4 -tu4 /dev/urandom | tr -d ' '))
	@$(BUILD)/release/tests/model/mutant_tests

.PHONY: model
