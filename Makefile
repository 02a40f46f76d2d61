# Ferry. `make help` lists the targets; overrides go to config.mk (absent by default).
-include config.mk

MODE ?= release
BUILD ?= build/$(MODE)
PREFIX ?= /usr
SYSCONFDIR ?= /etc
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
JOBS ?= $(shell nproc)

# --- Debian 12 packages: what a build needs, and what the tests need on top of that ---
BUILD_DEPS := g++ make pkg-config libssl-dev libsodium-dev libsqlite3-dev libsqlitecpp-dev libedit-dev libspdlog-dev \
  libfmt-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libexpected-dev libsystemd-dev libseccomp-dev \
  libutf8proc-dev libncurses-dev openssl ca-certificates
TEST_DEPS := libgtest-dev libgmock-dev librapidcheck-dev clang libclang-rt-14-dev python3 curl lftp tmux procps ncftp tnftp \
  inetutils-ftp wget perl libio-socket-ssl-perl libcommons-net-java openjdk-17-jdk-headless busybox mc

# --- flags: ours, apart from the user's CXXFLAGS and LDFLAGS ---
WARN := -Wall -Wextra -Wshadow -Wconversion $(if $(CI),-Werror)
HARDEN := -fPIE -fstack-protector-strong $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
MODE_release := -O2 -g1 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
MODE_debug := -O1 -g
MODE_asan := -O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
MODE_tsan := -O1 -g -fsanitize=thread
MODE_cov := -O0 -g --coverage
# As shared libraries each of the two would have a report of its own, and g++'s libubsan takes no log_path.
MODE_LINK_asan := $(if $(findstring clang,$(CXX)),,-static-libasan -static-libubsan)
MODE_FLAGS := $(MODE_$(MODE))
ifeq ($(MODE_FLAGS),)
$(error MODE=$(MODE): use release, debug, asan, tsan or cov)
endif
# spdlog as Debian builds it: a compiled library on the system's fmt.
DEFINES := -DSPDLOG_COMPILED_LIB -DSPDLOG_SHARED_LIB -DSPDLOG_FMT_EXTERNAL
OUR_CXXFLAGS := -std=c++20 -I. -MMD -MP $(DEFINES) $(WARN) $(HARDEN) -pthread $(MODE_FLAGS)
OUR_LDFLAGS := -pie -Wl,-z,relro,-z,now,--as-needed -pthread $(MODE_FLAGS) $(MODE_LINK_$(MODE))
LIBS_shared := -lSQLiteCpp -lsqlite3 -lssl -lcrypto -lsodium -lspdlog -lfmt
LIBS_ferryd := $(LIBS_shared) -lsystemd -lseccomp
LIBS_ftpadm := $(LIBS_shared)
LIBS_ferry := $(LIBS_shared) -ledit -lutf8proc -lncursesw -ltinfo
LIBS_tests := $(LIBS_shared) -lsystemd -lseccomp -ledit -lutf8proc -lncursesw -ltinfo -lgmock -lgtest -lrapidcheck

# --- what there is: sources by wildcard, mains apart ---
sources = $(sort $(foreach d,$(1),$(wildcard $(d)/*.cc $(d)/*/*.cc)))
objects = $(patsubst %.cc,$(BUILD)/obj/%.o,$(1))
SRC_shared := $(call sources,shared)
SRC_server := $(filter-out server/main.cc,$(call sources,server))
SRC_admin := $(filter-out admin/main.cc,$(call sources,admin))
SRC_client := $(filter-out client/main.cc,$(call sources,client))
SRC_support := $(wildcard tests/support/*.cc)
SRC_unit := $(sort $(shell find tests/unit -name '*_test.cc' 2>/dev/null))
SRC_integration := $(sort $(wildcard tests/integration/*.cc))
SRC_interop := $(sort $(wildcard tests/interop/*.cc))
SRC_crash := $(sort $(wildcard tests/crash/*.cc))
SRC_tui := $(sort $(wildcard tests/tui/*.cc))
SRC_preload := tests/preload/fault_points.cc
SRC_bench := $(sort $(wildcard bench/*.cc))
SRC_fuzz := $(sort $(wildcard tests/fuzz/*_fuzz.cc))
ALL_SOURCES := $(SRC_shared) $(SRC_server) $(SRC_admin) $(SRC_client) $(SRC_support) $(SRC_unit) $(SRC_integration) \
  $(SRC_interop) $(SRC_crash) $(SRC_tui) $(SRC_bench) $(SRC_preload) $(SRC_fuzz) server/main.cc admin/main.cc client/main.cc
SUITES := $(foreach s,unit integration interop crash tui,$(if $(SRC_$(s)),$(s)))

BIN := $(BUILD)/bin
PROGRAMS := $(BIN)/ferryd $(BIN)/ftpadm $(BIN)/ferry

.DELETE_ON_ERROR:
.PHONY: all help deps peers demo clean format tidy FORCE
all: $(PROGRAMS)  ## build ferryd, ftpadm and ferry

help:  ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*##\(.*\)/  \1\t\2/p' $(firstword $(filter-out config.mk,$(MAKEFILE_LIST))) | sort | expand -t 22
	@echo '  MODE=release|debug|asan|tsan|cov   V=1: show commands   CI=1: warnings are errors'

# A changed flag rebuilds.
FLAGS_NOW := $(CXX) $(OUR_CXXFLAGS) $(CXXFLAGS) $(OUR_LDFLAGS) $(LDFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' > $@

$(BUILD)/obj/%.o: %.cc $(BUILD)/flags
	@mkdir -p $(@D)
	@$(if $(Q),echo '  CXX  $<')
	$(Q)$(CXX) $(OUR_CXXFLAGS) $(CXXFLAGS) -c -o $@ $<

# So does a changed list of sources: a file that was removed must not live on in a library.
LIBRARY_SOURCES := $(SRC_shared) $(SRC_server) $(SRC_admin) $(SRC_client) $(SRC_support)
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBRARY_SOURCES)' | cmp -s - $@ || echo '$(LIBRARY_SOURCES)' > $@

archive = rm -f $@ && ar rcs $@ $(filter %.o,$^)
$(BUILD)/libshared.a: $(call objects,$(SRC_shared)) $(BUILD)/sources ; $(Q)$(archive)
$(BUILD)/libserver.a: $(call objects,$(SRC_server)) $(BUILD)/sources ; $(Q)$(archive)
$(BUILD)/libadmin.a: $(call objects,$(SRC_admin)) $(BUILD)/sources ; $(Q)$(archive)
$(BUILD)/libclient.a: $(call objects,$(SRC_client)) $(BUILD)/sources ; $(Q)$(archive)
$(BUILD)/libsupport.a: $(call objects,$(SRC_support)) $(BUILD)/sources ; $(Q)$(archive)

link = @mkdir -p $(@D); $(if $(Q),echo '  LINK $@';) $(CXX) $(OUR_LDFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(1)
$(BIN)/ferryd: $(BUILD)/obj/server/main.o $(BUILD)/libserver.a $(BUILD)/libshared.a ; $(call link,$(LIBS_ferryd))
$(BIN)/ftpadm: $(BUILD)/obj/admin/main.o $(BUILD)/libadmin.a $(BUILD)/libshared.a ; $(call link,$(LIBS_ftpadm))
$(BIN)/ferry: $(BUILD)/obj/client/main.o $(BUILD)/libclient.a $(BUILD)/libshared.a ; $(call link,$(LIBS_ferry))

# --- tests ---
TEST_LIBS := $(BUILD)/libsupport.a $(BUILD)/libserver.a $(BUILD)/libadmin.a $(BUILD)/libclient.a $(BUILD)/libshared.a
# Every fuzz target also runs over its corpus in the unit tests, under its own name.
$(foreach f,$(SRC_fuzz),$(eval $(BUILD)/obj/$(f:.cc=.o): private CXXFLAGS += -DLLVMFuzzerTestOneInput=$(basename $(notdir $(f)))))
$(BIN)/unit-tests: $(call objects,$(SRC_unit) $(SRC_fuzz)) $(TEST_LIBS) ; $(call link,-lgtest_main $(LIBS_tests))
$(BIN)/integration-tests: $(call objects,$(SRC_integration)) $(TEST_LIBS) ; $(call link,-lgtest_main $(LIBS_tests))
$(BIN)/interop-tests: $(call objects,$(SRC_interop)) $(TEST_LIBS) ; $(call link,-lgtest_main $(LIBS_tests))
$(BIN)/crash-tests: $(call objects,$(SRC_crash)) $(TEST_LIBS) ; $(call link,-lgtest_main $(LIBS_tests))
$(BIN)/tui-tests: $(call objects,$(SRC_tui)) $(TEST_LIBS) ; $(call link,-lgtest_main $(LIBS_tests))

# Stands between ferryd and libc in the tests of crashes and failing disks (tests/support/fault_points.h).
FAULT_POINTS := $(BUILD)/lib/fault-points.so
$(FAULT_POINTS): $(SRC_preload) tests/preload/fault_layout.h $(BUILD)/flags
	@mkdir -p $(@D)
	@$(if $(Q),echo '  LINK $@')
	$(Q)$(CXX) -std=c++20 -I. $(WARN) -O1 -g1 -fPIC -shared -o $@ $<
$(BIN)/integration-tests: | $(FAULT_POINTS)

# One area's unit tests alone: make unit-one AREA=shared/ftp
.PHONY: unit-one
unit-one: $(BIN)/unit-one
	$(BIN)/unit-one
$(BIN)/unit-one: $(call objects,$(filter tests/unit/$(AREA)%,$(SRC_unit))) $(TEST_LIBS) FORCE ; $(call link,-lgtest_main $(LIBS_tests))

PARALLEL = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))
RUN_TESTS = python3 tests/run.py --build $(BUILD) --mode $(MODE)
TEST_BINARIES := $(SUITES:%=$(BIN)/%-tests)
.PHONY: test test-binaries run-tests $(SUITES:%=check-%) check-deps soak shuffle fuzz bench

test: deps peers  ## everything below that starts with check-, from a fresh machine on
	@+$(MAKE) --no-print-directory $(PARALLEL) test-binaries
	@$(RUN_TESTS) --check 'include arrows: python3 tests/check_deps.py' $(SUITES)

test-binaries: $(PROGRAMS) $(TEST_BINARIES)  ## build the programs and all tests, run nothing

$(SUITES:%=check-%): check-%: $(PROGRAMS) $(BIN)/%-tests
	@$(RUN_TESTS) $*

# For `make help`; the recipes are the pattern above.
check-unit:  ## unit tests
check-integration:  ## tests against a real server
check-interop: peers  ## curl, lftp, ftplib and foreign servers
check-deps:  ## includes follow the arrows of ARCHITECTURE.md
	@python3 tests/check_deps.py

peers:  ## the foreign FTP servers that check-interop talks to, below build/
	@tests/support/fetch_peers.sh build/peers || echo 'make: without foreign servers; the tests that need them will say so' >&2

# What `make test` runs in a short form: kills, cuts and faults at random.
SOAK_TESTS := ChaosAlone.*:*CrashPoints*:*Faults*:HeldStoreAlone.*:CutsAlone.*
soak: $(PROGRAMS) $(BIN)/integration-tests $(BIN)/interop-tests  ## the long form of the tests that kill and cut at random: SOAK_SECONDS (60) of chaos; FERRY_SEED=N: the same draws again
	@FERRY_SOAK_SECONDS=$(or $(SOAK_SECONDS),60) $(RUN_TESTS) --only '$(SOAK_TESTS)' integration interop

shuffle: $(PROGRAMS) $(BIN)/integration-tests  ## integration tests over and over, in random order, for SHUFFLE_MINUTES (30)
	@$(RUN_TESTS) --shuffle-minutes $(or $(SHUFFLE_MINUTES),30) integration

# --- fuzzing: libFuzzer and ASan, every parser of foreign bytes ---
FUZZ_BUILD := build/fuzz
FUZZ_SECONDS ?= 60
FUZZ_CXX := $(if $(findstring ccache,$(CXX)),ccache) clang++ -std=c++20 -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
  -fno-sanitize-recover=undefined
FUZZ_OBJECTS := $(patsubst %.cc,$(FUZZ_BUILD)/obj/%.o,$(call sources,shared/base shared/ftp shared/net client/engine client/queue) client/line/netrc.cc)
.SECONDARY: $(FUZZ_OBJECTS) $(SRC_fuzz:%.cc=$(FUZZ_BUILD)/obj/%.o)
$(FUZZ_BUILD)/obj/%.o: %.cc
	@mkdir -p $(@D)
	@$(if $(Q),echo '  FUZZ $<')
	$(Q)$(FUZZ_CXX) -I. -MMD -MP $(DEFINES) -c -o $@ $<
$(FUZZ_BUILD)/%: $(FUZZ_BUILD)/obj/tests/fuzz/%.o $(FUZZ_OBJECTS)
	$(Q)$(FUZZ_CXX) -fsanitize=fuzzer -o $@ $^ -Wl,--as-needed $(LIBS_shared) -lutf8proc

fuzz: $(SRC_fuzz:tests/fuzz/%.cc=$(FUZZ_BUILD)/%)  ## each fuzz target for FUZZ_SECONDS (60)
	@for target in $^; do mkdir -p $$target.corpus && echo "$$target" && \
	  $$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -artifact_prefix=$$target. $$target.corpus \
	    $$(find tests/fuzz/corpus/$${target##*/} -maxdepth 0 2>/dev/null) 2>$$target.log || { tail -n 40 $$target.log; exit 1; }; done

bench: $(PROGRAMS) $(BIN)/ferry-bench $(BUILD)/lib/without_digest.so peers  ## measure, beside other servers; the table goes to docs/benchmarks.md (BENCH_ARGS=--quick: only look)
	@FERRY_BIN_DIR=$(abspath $(BIN)) FERRY_PEERS=$(abspath build/peers) $(BIN)/ferry-bench $(if $(findstring --quick,$(BENCH_ARGS)),,--output docs/benchmarks.md) $(BENCH_ARGS)
$(BUILD)/lib/without_digest.so: bench/without_digest.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O1 -shared -fPIC -o $@ $<
$(BIN)/ferry-bench: $(call objects,$(SRC_bench)) $(BUILD)/libsupport.a $(BUILD)/libshared.a ; $(call link,$(LIBS_shared))

# --- from a fresh machine ---
deps:  ## install the Debian packages that are missing
	@dist/install-deps.sh $(BUILD_DEPS) $(TEST_DEPS)

demo:  ## a server, an account, a big folder up and down, proven equal
	@dist/install-deps.sh $(BUILD_DEPS)
	@+$(MAKE) --no-print-directory $(PARALLEL) all
	@dist/demo.sh $(BIN)

# --- installation ---
UNIT_DIR := $(PREFIX)/lib/systemd/system
put = install -D -m $(1) $(2) $(DESTDIR)$(3)
# The unit names the programs by their place.
put_unit = sed 's|/usr/sbin/|$(PREFIX)/sbin/|g' $(1) | $(call put,644,/dev/stdin,$(UNIT_DIR)/$(notdir $(1)))
MAN_PAGES := $(sort $(wildcard man/*.[1-8]))
.PHONY: install install-files uninstall
install: all  ## programs, manuals, units and samples, below DESTDIR and PREFIX (/usr)
	@+$(MAKE) --no-print-directory install-files

install-files:  # of what is built already
	$(Q)$(call put,755 -s,$(BIN)/ferryd,$(PREFIX)/sbin/ferryd)
	$(Q)$(call put,755 -s,$(BIN)/ftpadm,$(PREFIX)/sbin/ftpadm)
	$(Q)$(call put,755 -s,$(BIN)/ferry,$(PREFIX)/bin/ferry)
	$(Q)$(foreach page,$(MAN_PAGES),$(call put,644,$(page),$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) &&) :
	$(Q)$(call put_unit,dist/ferryd.service)
	$(Q)$(call put,644,dist/ferryd.socket,$(UNIT_DIR)/ferryd.socket)
	$(Q)$(call put,644,dist/sysusers.conf,$(PREFIX)/lib/sysusers.d/ferry.conf)
	$(Q)$(call put,644,dist/tmpfiles.conf,$(PREFIX)/lib/tmpfiles.d/ferry.conf)
	$(Q)$(call put,644,dist/logrotate.conf,$(SYSCONFDIR)/logrotate.d/ferry)
	$(Q)$(call put,644,dist/fail2ban/filter.conf,$(PREFIX)/share/ferry/fail2ban/filter.d/ferryd.conf)
	$(Q)$(call put,644,dist/fail2ban/jail.conf,$(PREFIX)/share/ferry/fail2ban/jail.d/ferryd.conf)
	$(Q)$(call put,644,dist/ferryd.toml.sample,$(PREFIX)/share/ferry/ferryd.toml.sample)
	$(Q)test -e $(DESTDIR)$(SYSCONFDIR)/ferry/ferryd.toml || $(call put,644,dist/ferryd.toml.sample,$(SYSCONFDIR)/ferry/ferryd.toml)

uninstall:  ## what install put there; configuration, accounts and logs stay
	$(Q)rm -f $(addprefix $(DESTDIR)$(PREFIX)/,sbin/ferryd sbin/ftpadm bin/ferry lib/sysusers.d/ferry.conf lib/tmpfiles.d/ferry.conf) \
	  $(addprefix $(DESTDIR)$(UNIT_DIR)/,ferryd.service ferryd.socket) $(DESTDIR)$(SYSCONFDIR)/logrotate.d/ferry \
	  $(foreach page,$(MAN_PAGES),$(DESTDIR)$(PREFIX)/share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
	$(Q)rm -rf $(DESTDIR)$(PREFIX)/share/ferry

# --- housekeeping ---
clean:  ## remove what was built
	rm -rf build

.PHONY: docs
docs: $(BIN)/ferryd  ## sample configuration and manual anew from the option table
	tools/update_docs.sh $<

OUR_FILES = $$(git ls-files --cached --others --exclude-standard $(1))
format:  ## clang-format on every source
	clang-format -i $(call OUR_FILES,'*.cc' '*.h')

tidy:  ## clang-tidy on every source
	printf '%s\n' $(filter-out tests/fuzz/%,$(ALL_SOURCES)) | \
	  xargs -P $(JOBS) -n 4 sh -c 'clang-tidy --quiet "$$@" -- -std=c++20 -I. $(DEFINES)' tidy

-include $(patsubst %.o,%.d,$(call objects,$(ALL_SOURCES)) $(FUZZ_OBJECTS) $(SRC_fuzz:%.cc=$(FUZZ_BUILD)/obj/%.o))
