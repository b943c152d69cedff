# The differential test against a real Redis. See docs/compatibility.md.
#   make differential                      one million commands, half on one core, half on four
#   make differential N=5000000 SEED=7     more of them, and repeatable
DIFFERENTIAL := $(BUILD)/compat/differential

differential: setup-test release
	@$(CMAKE) -S tests/compat -B $(BUILD)/compat >/dev/null
	@cmake --build $(BUILD)/compat -j $(JOBS)
	@for cores in 1 4; do \
	  $(DIFFERENTIAL) --server $(BUILD)/release/freshet-server --cores $$cores \
	    --commands $$(( $(or $(N),1000000) / 2 )) $(if $(SEED),--seed $(SEED)) || exit 1; \
	done

.PHONY: differential
