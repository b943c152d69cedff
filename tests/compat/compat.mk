# The differential test against a real Redis.
#   make differential                      one million commands, half on one core, half on four
#   make differential N=5000000 SEED=7     more of them, and repeatable
N ?= 1000000
SEED ?= $(shell od -An -N4 -tu4 /dev/urandom)
DIFFERENTIAL := $(BUILD)/compat/differential

differential: setup-test release
	@$(CMAKE) -S tests/compat -B $(BUILD)/compat >/dev/null
	@cmake --build $(BUILD)/compat -j $(JOBS)
	@for cores in 1 4; do \
	  $(DIFFERENTIAL) --server $(BUILD)/release/freshet-server --cores $$cores \
	    --commands $$(( $(N) / 2 )) --seed $(SEED) || exit 1; \
	done

.PHONY: differential
