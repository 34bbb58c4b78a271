# SPDX-License-Identifier: GPL-3.0-or-later
# make deps | all | demo | check | check-long | check-peers | bench | asan | tsan | install | format | info
CC       ?= gcc
BUILD    ?= build
PREFIX   ?= /usr/local
DESTDIR  ?=
OPT      ?= -O3
WARN     := -Wall -Wextra -Wshadow
EXTRA    ?=
PACKAGES := libcif spglib yaml-0.1 jansson fftw3 lapacke lapack blas gsl cairo zlib
CFLAGS   ?= $(OPT) -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(WARN) -fopenmp -fPIC -fvisibility=hidden -ffp-contract=off $(CFLAGS) $(EXTRA) \
             -Iinclude -Isrc -DIL_DATA_DIR='"$(PREFIX)/share/interlith"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS       = $(shell pkg-config --libs libcif 2>/dev/null) -lsymspg -lyaml -ljansson -lfftw3_omp -lfftw3 \
             $(shell pkg-config --libs lapacke lapack blas cairo gsl 2>/dev/null) -licuuc -licuio -lz -ldl -lm
LIB_SRC  := $(sort $(wildcard $(addprefix src/,$(addsuffix /*.c,base math system neigh io build ff analysis relax md task api))))
CLI_SRC  := $(sort $(wildcard src/cli/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
TEST_SRC := $(sort $(wildcard tests/unit/test_*.c tests/api/test_*.c tests/physics/test_*.c tests/bugs/test_*.c))
TEST_BIN := $(TEST_SRC:tests/%.c=$(BUILD)/tests/%)
LIB      := $(BUILD)/libinterlith.a

all: $(BUILD)/interlith

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/interlith: $(CLI_OBJ) $(LIB)
	$(CC) $(ALL_CFLAGS) $^ $(LIBS) -o $@

$(BUILD)/tests/%: tests/%.c tests/harness.h $(LIB)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Itests $(shell pkg-config --cflags check) -MMD -MP $< $(LIB) $(shell pkg-config --libs check) $(LIBS) -o $@

tests: $(TEST_BIN)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_BIN:=.d)
.PHONY: all tests
