# The benchmark's part of the front door; the top Makefile includes it.
#   make bench             Freshet beside redis-server: what there are targets for, in five minutes
#   make bench-engine      the engine in process: growth, expiry, exactness of the memory count
#   make bench-doors       what doors cost here, and what that means for 4, 16 and 64 cores
#   make bench-full        every row, also Zipf, 2,000 connections, 20 million keys, a pattern over
#                          10 million, --cores 2: a quarter of an hour
#   make bench-docs        puts the last bench-full into docs/benchmarks.html, docs/benchmarks.md and
#                          the README
#   make bench-check       fails if a ratio to redis-server is over 10 % worse than the baseline
#   make bench-baseline    measures a new baseline
#   make bench-http        what dashboards and floods of HTTP cost a GET: some three minutes
#   make bench-instructions  instructions of a command, by callgrind, beside the stored figures
#   make bench-allocators  jemalloc, mimalloc and glibc side by side
#   make bench-hitratio    hit ratios of the eviction policies, in process: half a minute without
#                          files; traces as HITRATIO_ARGS="a.tr.xz b.tr", beside redis-server with
#                          HITRATIO_ARGS="--mode equal-memory"
BENCH := $(BUILD)/release/freshet-bench
BENCH_ARGS ?=
HITRATIO_ARGS ?=
BASELINE := tools/bench/baseline.csv

bench: setup-test release
	@$(BENCH) --csv $(BUILD)/bench.csv --html $(BUILD)/bench.html $(BENCH_ARGS)

bench-engine: setup-test release
	@$(BUILD)/release/freshet-bench-engine

bench-doors: setup-test release
	@$(BUILD)/release/freshet-doorsim --csv $(BUILD)/doors.csv $(BENCH_ARGS)

bench-http: setup-test release
	@tools/bench/http_cost.py --server $(BUILD)/release/freshet-server $(BENCH_ARGS)

bench-full: setup-test release
	@$(BENCH) --full --csv $(BUILD)/bench-full.csv --html $(BUILD)/bench-full.html $(BENCH_ARGS)

bench-docs:
	@$(BENCH) --from $(BUILD)/bench-full.csv --html docs/benchmarks.html --into docs/benchmarks.md \
	  --into README.md >/dev/null

bench-check: setup-test release
	@$(BENCH) --check $(BASELINE) --csv $(BUILD)/bench.csv $(BENCH_ARGS)

bench-baseline: setup-test release
	@$(BENCH) --csv $(BASELINE) $(BENCH_ARGS)

# What is stored is rewritten with: tools/bench/instructions.sh build/release/freshet-hot-path
bench-instructions: setup-test setup-lint
	@$(CMAKE) -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=ON >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target freshet-hot-path
	@tools/bench/instructions.sh $(BUILD)/release/freshet-hot-path tools/bench/instructions.csv

bench-hitratio: setup-test release
	@$(BUILD)/release/freshet-hitratio --csv $(BUILD)/hitratio.csv --html $(BUILD)/hitratio.html \
	  $(HITRATIO_ARGS)

bench-allocators: setup-test release
	@BUILD=$(BUILD) JOBS=$(JOBS) tools/bench/allocators.sh $(BENCH_ARGS)

.PHONY: bench bench-engine bench-doors bench-http bench-instructions bench-full bench-docs \
  bench-check bench-baseline bench-hitratio bench-allocators
