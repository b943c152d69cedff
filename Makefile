# Freshet's front door. Every target does its own set-up on a fresh Debian 12.
#   make          build build/release/freshet-server
#   make run      build and start it with conf/freshet.conf
#   make test     build and run every test
JOBS ?= $(shell nproc)
BUILD := build
GENERATOR := $(shell command -v ninja >/dev/null && echo -G Ninja)
CMAKE := cmake $(GENERATOR)
PREFIX ?= /usr/local

all: setup release

setup:
	@tools/setup.sh
setup-test:
	@tools/setup.sh test

release: setup
	@$(CMAKE) -S . -B $(BUILD)/release -DCMAKE_BUILD_TYPE=Release -DFRESHET_TESTS=OFF >/dev/null
	@cmake --build $(BUILD)/release -j $(JOBS)

run: release
	@$(BUILD)/release/freshet-server conf/freshet.conf

clean:
	rm -rf $(BUILD)

.PHONY: all setup setup-test release run clean
