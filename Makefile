# make                 build/volley
# make deps            install the Debian packages needed to build and to test
# make demo            deps, build, then the main job on real parts (KEEP=1 leaves it running)
# make check           deps, build, lint, every test; ends with "N passed, M failed"
# make lint            format, include layers, clang-tidy, cppcheck
# make bench           every benchmark; `make bench-NAME` one
# make faults          every fault in its long form, with what was counted (two hours)
# make fault-kill KILLS=100  100,000 recipients and kill -9, again and again
# make fuzz SECONDS=30 every fuzz target, that long each
# make pictures        the starter templates for the README (needs chromium)
# make cover           line coverage of the unit tests into build/cover/index.html
#
# LTO= links a release faster, for programs that are a little slower.
# V=1 shows the commands of compiler and clang-tidy whole.
# MODE is the variant (release, asan, tsan, fuzz, cover); each has its own
# folder below BUILD.

MODE    ?= release
BUILD   ?= build
SECONDS ?= 30
B       := $(BUILD)/$(MODE)
GEN     := $(BUILD)/gen
CLANG   := clang-14

PKGS := openssl libpq libcurl libmicrohttpd jansson libuv libsodium libidn2 gmime-3.0 libgsasl inih md4c-html
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
        -Wold-style-definition -Wwrite-strings -Wpointer-arith -Wvla \
        -Wformat=2 -Wundef -Wcast-qual -Wswitch-enum -Werror

# Small functions are called across files: LTO saves 2 us of 35 a message.
LTO ?= -flto=auto
FLAGS_release := -O2 -g $(LTO) -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
                 -fstack-clash-protection -fcf-protection -fPIE
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
                 -fno-sanitize-recover=all
FLAGS_tsan    := -O1 -g -fsanitize=thread
FLAGS_cover   := -O0 -g --coverage
FLAGS_fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
                 -fno-sanitize-recover=all
LINK_release  := -pie -Wl,-z,relro,-z,now,-z,noexecstack

ifeq ($(MODE),fuzz)
CC := $(CLANG)
endif

CPPFLAGS += -I. -I$(GEN) -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
CFLAGS   += -std=gnu17 $(WARN) $(FLAGS_$(MODE)) -MMD -MP
LDFLAGS  += $(FLAGS_$(MODE)) $(LINK_$(MODE)) -Wl,--as-needed
LDLIBS   += $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lcsv -lz -lgmp -lunistring -lm -pthread

# A folder is a module and an archive; below it stand the modules that it may
# use, so that a wrong dependency does not link.
MODULES := base net mail templates db sender bounce api report up
DIR_base := lib/base
DIR_net  := lib/net
DIR_mail := lib/mail
$(foreach m,templates db sender bounce api report up,$(eval DIR_$m := $m))
USES_base      := base
USES_net       := net base
USES_mail      := mail base
USES_templates := templates mail base
USES_db        := db net base
USES_sender    := sender templates db mail net base
USES_bounce    := bounce db mail net base
USES_api       := api templates db mail net base
USES_report    := report db mail net base
USES_up        := up db net base
USES_all       := up report api bounce sender templates db mail net base

objs     = $(patsubst %.c,$(B)/%.o,$(wildcard $(DIR_$1)/*.c $(DIR_$1)/*/*.c))
archives = $(foreach m,$(USES_$1),$(B)/lib$m.a)
module_of = $(word 1,$(subst /, ,$(patsubst tests/unit/%,%,$1)))

TESTS   := $(patsubst %.c,$(B)/%,$(wildcard tests/unit/*/test_*.c))
FUZZERS := $(patsubst %.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))
TOOLS   := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/tools/*.c))
SOURCES := $(shell find volley.c lib db templates sender bounce api report up tests -name '*.[ch]' 2>/dev/null)
SQL     := $(sort $(wildcard db/queries/*.sql)) $(sort $(wildcard db/migrations/*.sql))

quiet = $(if $(V),,@echo '  $1 $@';)

all: $(BUILD)/volley $(BUILD)/tests/liquid-cases

$(BUILD)/volley: $(BUILD)/release/volley
	ln -sf release/volley $@
ifneq ($(MODE),release)
$(BUILD)/release/volley: FORCE
	$(MAKE) MODE=release $@
endif

$(B)/volley: $(B)/volley.o $(call archives,all)
	$(call quiet,LD)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)

define module_rule
$(B)/lib$1.a: $(call objs,$1)
	@rm -f $$@
	$$(call quiet,AR)ar rcs $$@ $$^
endef
$(foreach m,$(filter-out mail bounce db api,$(MODULES)),$(eval $(call module_rule,$m)))
$(B)/libmail.a: $(call objs,mail) $(B)/mail_phrases.o
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^
$(B)/libbounce.a: $(call objs,bounce) $(B)/bounce_signs.o
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^
$(B)/libdb.a: $(call objs,db) $(B)/db_sql.o
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^
$(B)/libapi.a: $(call objs,api) $(B)/api_files.o
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

# Shared helpers of tests live in tests/support/*.c; only what a test uses is
# linked.
$(B)/libsupport.a: $(patsubst %.c,$(B)/%.o,$(wildcard tests/support/*.c))
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^
# The recording SMTP server: a tool, and in the process of tests that want one.
$(B)/libsink.a: $(patsubst %.c,$(B)/%.o,$(wildcard tests/sink/*.c))
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^
define test_rule
$1: $1.o $(B)/libsupport.a $(B)/libsink.a $(call archives,$(call module_of,$(patsubst $(B)/%,%,$1)))
	$$(call quiet,LD)$$(CC) $$(LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) -lcmocka $$(LDLIBS)
endef
$(foreach t,$(TESTS),$(eval $(call test_rule,$t)))

# Descriptors that cannot be watched.
$(B)/tests/unit/net/test_conn: LDFLAGS += -Wl,--wrap=uv_poll_init

# Its allocations fail on demand.
$(B)/tests/unit/sender/test_out_of_memory: LDFLAGS += \
    $(foreach f,malloc calloc reallocarray strdup,-Wl,--wrap=$f)

$(FUZZERS): $(B)/tests/fuzz/%: $(B)/tests/fuzz/%.o $(call archives,all)
	$(call quiet,LD)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o %.a,$^) $(LDLIBS)

$(TOOLS): $(B)/tests/tools/%: $(B)/tests/tools/%.o $(B)/libsupport.a $(B)/libsink.a $(call archives,all)
	$(call quiet,LD)$(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(LDLIBS)

# Preloaded into a program whose calls are to fail; no sanitizers in them.
SHIMS := $(B)/tests/faults/failing.so $(B)/tests/faults/failing_memory.so
$(B)/tests/faults/failing_memory.so: tests/faults/failing_memory.c
$(SHIMS): tests/faults/failing.c tests/faults/failing.h
	@mkdir -p $(@D)
	$(call quiet,LD)$(CC) -I. -D_GNU_SOURCE -std=gnu17 $(WARN) -O2 -g -fPIC -shared -o $@ $(filter %.c,$^)

$(B)/%.o: %.c | $(GEN)/db_queries.h
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
$(B)/%.o: $(GEN)/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(GEN)/db_queries.h: KIND = header
$(GEN)/db_sql.c:     KIND = source
$(GEN)/db_queries.h $(GEN)/db_sql.c: db/embed.awk $(SQL)
	@mkdir -p $(@D)
	awk -v out=$(KIND) -f db/embed.awk $(SQL) > $@.tmp && mv $@.tmp $@
$(GEN)/mail_phrases.c: lib/mail/diagnosis.awk lib/mail/diagnosis_rules.h lib/mail/diagnosis.rules
	@mkdir -p $(@D)
	awk -f lib/mail/diagnosis.awk $(filter-out %.awk,$^) > $@.tmp && mv $@.tmp $@
$(GEN)/bounce_signs.c: bounce/signs.awk bounce/signs.h bounce/signs.rules
	@mkdir -p $(@D)
	awk -f bounce/signs.awk $(filter-out %.awk,$^) > $@.tmp && mv $@.tmp $@
$(GEN)/api_files.c: api/embed.py api/openapi.yaml $(wildcard api/pages/*)
	@mkdir -p $(@D)
	/usr/bin/python3 api/embed.py api/openapi.yaml $(wildcard api/pages/*) > $@.tmp && mv $@.tmp $@

deps:
	tests/deps
demo: deps
	$(MAKE) all
	KEEP=$(KEEP) VOLLEY_BIN=$(BUILD)/volley tests/demo/run

check: deps
	$(MAKE) all
	tests/check
$(BUILD)/tests/liquid-cases: FORCE
	$(MAKE) MODE=release $(BUILD)/release/tests/tools/liquid-cases
	@mkdir -p $(@D)
	ln -sf ../release/tests/tools/liquid-cases $@
tests: $(TESTS)
tools: $(TOOLS) $(SHIMS)
fuzzers: $(FUZZERS)

fuzz:
	$(MAKE) MODE=fuzz fuzzers
	SECONDS=$(SECONDS) tests/fuzz/run $(BUILD)/fuzz/tests/fuzz
pictures: all
	tests/tools/pictures $(BUILD)/volley
cover:
	$(MAKE) MODE=cover tests
	MODE=cover tests/run $(patsubst %.c,$(BUILD)/cover/%,$(wildcard tests/unit/*/test_*.c))
	lcov -q -c -d $(BUILD)/cover -o $(BUILD)/cover/info && genhtml -q $(BUILD)/cover/info -o $(BUILD)/cover

BENCHES := $(patsubst tests/bench/%,bench-%,$(filter-out %.py $(patsubst %/,%,$(wildcard tests/bench/*/)),$(wildcard tests/bench/*)))
bench: $(BENCHES)
$(BENCHES): bench-%: all
	$(MAKE) MODE=release tools
	tests/bench/$*

# WORDS: only those faults; FACTOR: that much shorter.
faults: all
	$(MAKE) MODE=release tools
	VOLLEY_BIN=$(BUILD)/volley FACTOR=$(or $(FACTOR),1) tests/faults/run $(WORDS)
fault-kill: all
	$(MAKE) MODE=release tools
	VOLLEY_BIN=$(BUILD)/volley KILLS=$(or $(KILLS),100) tests/faults/kill

lint: layers format-check tidy cppcheck
format:
	clang-format-14 -i $(SOURCES)
format-check:
	clang-format-14 --dry-run -Werror $(SOURCES)
layers:
	tests/layers $(SOURCES)
# One stamp a file, so that a second run looks only at what changed.
TIDY := $(patsubst %.c,$(BUILD)/tidy/%.ok,$(filter %.c,$(SOURCES)))
tidy: $(TIDY)
$(BUILD)/tidy/%.ok: %.c .clang-tidy $(GEN)/db_queries.h
	@mkdir -p $(@D)
	$(call quiet,TIDY)clang-tidy-14 --quiet $< -- $(CPPFLAGS) -std=gnu17 2>/dev/null
	@touch $@
cppcheck: $(GEN)/db_queries.h
	@mkdir -p $(BUILD)/cppcheck
	cppcheck --quiet --error-exitcode=1 --enable=warning,portability -j2 \
	    --cppcheck-build-dir=$(BUILD)/cppcheck --inline-suppr \
	    -I. -I$(GEN) -D_GNU_SOURCE $(filter %.c,$(filter-out tests/%,$(SOURCES)))
clean:
	rm -rf $(BUILD)

FORCE:
.PHONY: all faults fault-kill deps demo check tests tools fuzzers fuzz pictures cover bench lint format format-check layers tidy cppcheck clean FORCE $(BENCHES)
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)
