# Assay. The two commands to know: `make run` and `make test`. Everything else is below them.
#
# Needs git, make and a Debian 12 (or alike); scripts/setup installs what is missing, as root or through sudo.

RELEASE := build/release
DEBUG   := build/debug

.PHONY: all run test test-all lint tutorial bench fuzz docs clean

all: build/assay                ## build the binary: build/assay

run: build/assay                ## build, then start the platform on http://localhost:8082 with ./data
	@build/assay server

test:                           ## install what is missing and run all tests; heavy real parts only if present
	@scripts/setup build test $(if $(CI),heavy)
	@scripts/test

test-all:                       ## the same with a Docker engine, Chromium and the other heavy parts installed
	@scripts/setup build test heavy
	@CI=true scripts/test

lint:                           ## formatting, warnings of two compilers, static analysis, house rules
	@scripts/setup build test
	@scripts/test lint

tutorial: build/assay           ## play the whole secure-MLOps tutorial against a fresh server and leave it up
	@scripts/setup tutorial
	@scripts/tutorial

bench: build/assay              ## measure Assay beside its peers, in one run; prints ratios
	@scripts/setup test bench
	@scripts/bench

fuzz:                           ## run every fuzz target for FUZZ_SECONDS (60) each; scripts/fuzz afl: under AFL++
	@scripts/setup build test
	@scripts/fuzz

docs:                           ## write docs/limits.md, errors.md and http-api.md from their tables
	@scripts/docs-tables

clean:                          ## remove what was built; ./data stays
	rm -rf build ui/dist

# Ninja knows what has changed; make only starts it.
.PHONY: build/assay
build/assay:
	@scripts/setup build
	@test -f $(RELEASE)/build.ninja || { mkdir -p build && meson setup $(RELEASE) --buildtype=release -Dwerror=false >build/setup.log; } \
	  || { cat build/setup.log; exit 1; }
	@ninja --quiet -C $(RELEASE)
	@ln -sf release/src/assay build/assay
