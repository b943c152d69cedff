# Freshet's front door. Every target does its own set-up on a fresh Debian 12.
#   make            build build/release/freshet-server
#   make run        build and start it with conf/freshet.conf
#   make install    install below PREFIX (/usr/local), inside DESTDIR if set
#   make test       build and run every test
#   make asan tsan  build and run the tests with AddressSanitizer and UBSan, with ThreadSanitizer
#   make model      the engine against its reference, at length; see tests/model/model.mk
#   make fuzz       build and run the fuzzers, FUZZ_SECONDS (30) each
#   make format     bring the sources into shape; make tidy: clang-tidy; make layers: who includes whom
#   make clean      remove build/
# FRESHET_SANITIZERS=1 make test also runs what asan-build, tsan-build and fuzz-build have built.
JOBS ?= $(shell nproc)
BUILD := build
# Looked up when used, for setup may have just installed them.
GENERATOR = $(shell command -v ninja >/dev/null && echo -G Ninja)
CCACHE = $(shell command -v ccache >/dev/null && echo -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
CMAKE = cmake $(GENERATOR) $(CCACHE)
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)
DESTDIR ?=
FRESHET_SANITIZERS ?= 0
FUZZ_SECONDS ?= 30

all: setup release

setup:
	@tools/setup.sh
setup-test:
	@tools/setup.sh test
setup-lint:
	@tools/setup.sh lint

CONFIGURE = $(CMAKE) -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=OFF

release: setup
	@$(CONFIGURE) >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS)

# The server alone: whoever wants to see it need not wait for the benchmarks.
run: setup
	@$(CONFIGURE) >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS) --target freshet-server
	@$(BUILD)/release/freshet-server conf/freshet.conf

install: setup
	@$(CONFIGURE) \
	  -DCMAKE_INSTALL_PREFIX=$(PREFIX) -DCMAKE_INSTALL_SYSCONFDIR=$(SYSCONFDIR) >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS)
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD)/release

test: setup-test
	@$(CMAKE) -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=ON \
	  -DFRESHET_SANITIZERS=$(FRESHET_SANITIZERS) >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS)
	@ctest --test-dir $(BUILD)/release -j $(JOBS) --output-on-failure --no-tests=error

# Each sanitizer has its folder, and only what it runs is built there: TSan what has threads, ASan the rest.
# The e2e driver is outside of what it tests: CI lets the one of build/release drive the sanitizers' servers.
HERE = $(foreach one,$(1),$(if $(wildcard tests/$(one)/CMakeLists.txt),$($(one)_program)))
unit_program := unit_tests
commands_program := command_tests
concurrency_program := concurrency_tests
model_program := model_tests
e2e_program := freshet-server
ASAN := $(call HERE,unit commands model e2e)
TSAN := $(call HERE,concurrency e2e)

asan-build: setup-test
	@$(CMAKE) -S . -B $(BUILD)/asan -DFRESHET_SANITIZE=address,undefined >/dev/null
	@cmake --build $(BUILD)/asan -j $(JOBS) --target $(ASAN)
tsan-build: setup-test
	@$(CMAKE) -S . -B $(BUILD)/tsan -DFRESHET_SANITIZE=thread >/dev/null
	@cmake --build $(BUILD)/tsan -j $(JOBS) --target $(TSAN)
fuzz-build: setup-test
	@$(CMAKE) -S . -B $(BUILD)/fuzz -DCMAKE_CXX_COMPILER=clang++ \
	  -DFRESHET_SANITIZE=fuzzer-no-link,address,undefined >/dev/null
	@cmake --build $(BUILD)/fuzz -j $(JOBS) --target parser_fuzz commands_fuzz

asan: asan-build
	@cmake --build $(BUILD)/asan -j $(JOBS) --target e2e_tests
	@ctest --test-dir $(BUILD)/asan --output-on-failure --no-tests=error -L 'unit|commands|model|e2e'
tsan: tsan-build
	@cmake --build $(BUILD)/tsan -j $(JOBS) --target e2e_tests
	@ctest --test-dir $(BUILD)/tsan --output-on-failure --no-tests=error -L 'concurrency|e2e'
fuzz: fuzz-build
	@for one in parser commands; do \
	  $(BUILD)/fuzz/tests/fuzz/$${one}_fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
	    -max_len=512 -len_control=10 -artifact_prefix=$(BUILD)/fuzz/ || exit 1; \
	done

SOURCES = $(shell git ls-files --cached --others --exclude-standard \
  'src/*.cc' 'src/*.h' 'include/*.h' 'tests/*.cc' 'tests/*.h' 'tools/*.cc' 'tools/*.h')
format: setup-lint
	@clang-format -i $(SOURCES)
tidy: setup-test setup-lint
	@$(CMAKE) -S . -B $(BUILD)/tidy -DCMAKE_CXX_COMPILER=clang++ >/dev/null
	@clang-tidy -p $(BUILD)/tidy --quiet $(filter src/%.cc tests/%.cc tools/%.cc,$(SOURCES))
layers:
	@tools/check_layers.sh

clean:
	rm -rf $(BUILD)

# The comparisons with redis-server, the model test at length, and the benchmarks.
-include tests/compat/compat.mk tests/model/model.mk tools/bench/bench.mk

.PHONY: all setup setup-test setup-lint release run install test asan-build tsan-build fuzz-build \
  asan tsan fuzz format tidy layers clean
