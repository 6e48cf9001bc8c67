/*
 * Goal: a line of the fault script means what sink_rule.h says, and nothing
 * else is taken for one.
 */
#include "lib/base/base.h"

#include "tests/sink/sink_rules.h"

#include "lib/base/file.h"
#include "tests/support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const bad[] = {
    "",
    "rcpt",
    "=550 no",
    "recipient=550 no",
    "rcpt@=550 no",
    "rcpt@0=550 no",
    "rcpt@-1=550 no",
    "rcpt@x=550 no",
    "rcpt nth:0=550 no",
    "rcpt chance:2=550 no",
    "rcpt chance:=550 no",
    "rcpt chance:0.1x=550 no",
    "rcpt whom:a=550 no",
    "rcpt to:=550 no",
    "rcpt to:a to:b=550 no",
    "rcpt conn:5-2=550 no",
    "rcpt quota:5=550 no",
    "rcpt quota:/5=550 no",
    "rcpt per:hour=550 no",
    "rcpt=",
    "rcpt=dorp",
    "rcpt=drop now",
    "rcpt=delay",
    "rcpt=delay 5-2",
    "rcpt=slow 1",
    "rcpt=slow 0/5",
    "rcpt=slow-read 1/0",
    "rcpt=garbage 70000",
    "rcpt=lose",
    "dot=lose slowly",
    "rcpt=stall x",
    "rcpt=stall 99999999999999",
    "in sweep:9-3=drop",
};

static void
nonsense_is_refused(void **state)
{
	struct sink_rule rule;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(bad); i++) {
		err.text[0] = '\0';
		if (sink_rule_parse(&rule, str_of(bad[i]), &err))
			fail_msg("taken: %s", bad[i]);
		assert_true(err.text[0] != '\0');
	}
}

static const struct {
	const char *text;
	enum sink_step step;
	enum sink_act act;
	const char *reply;
} good[] = {
    {"rcpt=550 no", SINK_RCPT, SINK_REPLY, "550 no\r\n"},
    {"rcpt@4=451 4.7.1 a=b", SINK_RCPT, SINK_REPLY, "451 4.7.1 a=b\r\n"},
    {" mail  from:3  = close 554 bye", SINK_MAIL, SINK_CLOSE, "554 bye\r\n"},
    {"ehlo=say 250-a\\n250 b\\c", SINK_EHLO, SINK_REPLY,
	"250-a\r\n250 b\\c\r\n"},
    {"data=550-one\\n550 two", SINK_DATA, SINK_REPLY, "550-one\r\n550 two\r\n"},
    {"connect=drop", SINK_CONNECT, SINK_DROP, NULL},
    {"greeting=reset", SINK_GREETING, SINK_RESET, NULL},
    {"tls=garbage 10", SINK_TLS, SINK_GARBAGE, NULL},
    {"dot=corrupt", SINK_DOT, SINK_CORRUPT, NULL},
    {"dot=lose stall", SINK_DOT, SINK_LOSE, NULL},
    {"login=stall", SINK_LOGIN, SINK_STALL, NULL},
    {"login=stall 7", SINK_LOGIN, SINK_DELAY, NULL},
    {"quit=delay 5-9", SINK_QUIT, SINK_DELAY, NULL},
    {"starttls=slow 1/5000", SINK_STARTTLS, SINK_SLOW, NULL},
    {"body at:100=slow-read 1/5000", SINK_BODY, SINK_SLOW_READ, NULL},
    {"out sweep:1-500=reset", SINK_OUT, SINK_RESET, NULL},
};

static void
actions(void **state)
{
	struct sink_rule rule;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(good); i++) {
		if (!sink_rule_parse(&rule, str_of(good[i].text), &err))
			fail_msg("%s", err.text);
		assert_int_equal(rule.step, good[i].step);
		assert_int_equal(rule.act, good[i].act);
		if (good[i].reply != NULL)
			assert_string_equal(rule.text, good[i].reply);
		sink_rule_release(&rule);
	}
}

/* Times one to ten, "x" where the rule holds. */
static const struct {
	const char *text, *holds;
	const char *to;
} counts[] = {
    {"rcpt=550 no", "xxxxxxxxxx", "a@b.test"},
    {"rcpt@3=550 no", "..x..x..x.", "a@b.test"},
    {"rcpt every:3 from:5=550 no", ".....x..x.", "a@b.test"},
    {"rcpt nth:2=550 no", ".x........", "a@b.test"},
    {"rcpt first:4=550 no", "xxxx......", "a@b.test"},
    {"rcpt from:8=550 no", ".......xxx", "a@b.test"},
    {"rcpt chance:0=550 no", "..........", "a@b.test"},
    {"rcpt to:A@b.test=550 no", "xxxxxxxxxx", "a@B.test"},
    {"rcpt to:a@b.tes=550 no", "..........", "a@b.test"},
    {"rcpt to:a*=550 no", "xxxxxxxxxx", "a@b.test"},
    {"rcpt to:@b.test=550 no", "xxxxxxxxxx", "a@b.test"},
    {"rcpt to:@b.test=550 no", "..........", "a@c.b.test"},
    {"dot to:z@b.test=550 no", "xxxxxxxxxx", "a@b.test,z@b.test"},
    {"rcpt conn:7=550 no", "xxxxxxxxxx", "a@b.test"},
    {"rcpt conn:8-9=550 no", "..........", "a@b.test"},
    {"rcpt open:4=550 no", "xxxxxxxxxx", "a@b.test"},
    {"rcpt open:5=550 no", "..........", "a@b.test"},
    /* one second passes between two times */
    {"rcpt since:3=550 no", "...xxxxxxx", "a@b.test"},
    {"rcpt until:3=550 no", "xxx.......", "a@b.test"},
    {"rcpt grey:4=451 no", "xxxx......", "a@b.test"},
    {"rcpt grey:0=451 no", "x.........", "a@b.test"},
    {"rcpt quota:2/3=451 no", "..xxx..xxx", "a@b.test"},
    {"rcpt quota:2/3 per:user=451 no", "..xxx..xxx", "a@b.test"},
    {"rcpt quota:0/1=451 no", "xxxxxxxxxx", "a@b.test"},
};

static void
when_it_holds(void **state)
{
	struct sink_moment m = {.connection = 7, .open = 5};
	struct sink_rule rule;
	struct err err;
	char got[11];
	size_t i;
	int t;

	(void)state;
	for (i = 0; i < ARRAY_LEN(counts); i++) {
		assert_true(
		    sink_rule_parse(&rule, str_of(counts[i].text), &err));
		m.to = str_of(counts[i].to);
		for (t = 0; t < 10; t++) {
			m.age_ms = t * 1000L;
			m.now_ms = 5000 + m.age_ms;
			got[t] = sink_rule_holds(&rule, &m, 0.5) ? 'x' : '.';
		}
		got[10] = '\0';
		print_message("%s\n", counts[i].text);
		assert_string_equal(got, counts[i].holds);
		sink_rule_release(&rule);
	}
}

/* Each user, connection or recipient has a count of its own. */
static void
counts_by_key(void **state)
{
	static const char *const per[] = {"conn", "user", "to"};
	char text[80], name[20];
	struct sink_moment m = {.now_ms = 1};
	struct sink_rule rule;
	struct err err;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(per); i++) {
		snprintf(text, sizeof(text), "mail@2 per:%s=451 no", per[i]);
		assert_true(sink_rule_parse(&rule, str_of(text), &err));
		for (k = 0; k < 2000; k++) {
			snprintf(name, sizeof(name), "u%d", k % 1000);
			m.user = m.to = str_of(name);
			m.connection = k % 1000;
			assert_int_equal(sink_rule_holds(&rule, &m, 0),
			    k >= 1000);
		}
		sink_rule_release(&rule);
	}
}

/* The table of a greylist doesn't grow with what is put in, and forgets what
 * is oldest. */
static void
tallies_are_bounded(void **state)
{
	struct sink_tally t = {NULL};
	struct sink_count *c;
	char name[24];
	long i;

	(void)state;
	for (i = 1; i <= 1000000; i++) {
		snprintf(name, sizeof(name), "r%ld", i);
		sink_tally_at(&t, str_of(name), STR_NONE, i)->n = i;
	}
	c = sink_tally_at(&t, STR("r1000000"), STR_NONE, i);
	assert_int_equal(c->n, 1000000);
	c = sink_tally_at(&t, STR("r1"), STR_NONE, i);
	assert_int_equal(c->n, 0);
	sink_tally_release(&t);
}

static struct sink_rules *
rules_of(const char *const *texts, int n, const char *file)
{
	struct err err;
	struct sink_rules *rules = sink_rules_new(texts, n, file, 1, &err);

	if (rules == NULL)
		fail_msg("%s", err.text);
	return rules;
}

/* What holds is said by the first rule, what it costs in time by the first
 * that is about time; all count. */
static void
several_rules(void **state)
{
	static const char *const texts[] = {"rcpt@2=450 two", "rcpt=delay 7",
	    "rcpt@3=450 three", "rcpt=slow 1/5", "rcpt@2=delay 9"};
	struct sink_rules *rules = rules_of(texts, 5, NULL);
	struct sink_moment m = {.step = SINK_RCPT, .now_ms = 1};
	struct sink_fault f;
	int i;

	(void)state;
	for (i = 1; i <= 6; i++) {
		assert_true(sink_rules_at(rules, &m, &f));
		assert_int_equal(f.delay_ms, 7);
		assert_int_equal(f.pace->bytes, 1);
		if (i % 2 == 0)
			assert_string_equal(f.rule->text, "450 two\r\n");
		else if (i == 3)
			assert_string_equal(f.rule->text, "450 three\r\n");
		else
			assert_null(f.rule);
	}
	m.step = SINK_DATA;
	assert_false(sink_rules_at(rules, &m, &f));
	assert_false(sink_rules_concern(rules, SINK_DATA));
	sink_rules_free(rules);
}

/* Every offset is some connection's; one that was not come to is given out
 * again. */
static void
a_sweep(void **state)
{
	static const char *const texts[] = {"in sweep:0-9=drop"};
	struct sink_rules *rules = rules_of(texts, 1, NULL);
	struct sink_moment m = {.step = SINK_IN, .now_ms = 1};
	struct sink_cut cut;
	int done[10] = {0}, i;

	(void)state;
	for (i = 0; i < 13; i++) {
		sink_rules_cut(rules, &m, &cut);
		assert_non_null(cut.rule);
		assert_in_range(cut.at, 0, 9);
		if (i % 5 == 1)
			sink_rules_uncut(rules, &cut);
		else
			done[cut.at]++;
	}
	for (i = 0; i < 10; i++)
		assert_int_equal(done[i], 1);
	sink_rules_cut(rules, &m, &cut);
	assert_null(cut.rule);
	sink_rules_free(rules);
}

static void
write_rules(const char *path, const char *text)
{
	struct err err;

	assert_true(file_write(path, str_of(text), 0600, &err));
}

/* A storm clears; a file that is wrong changes nothing. */
static void
read_again(void **state)
{
	static const char *const texts[] = {"quit=drop"};
	const char *path = scratch_path(*state, "rules");
	struct sink_rules *rules;
	struct err err;

	write_rules(path, "# storm\n\nrcpt chance:0.5 = 451 4.7.1 later\r\n");
	rules = rules_of(texts, 1, path);
	assert_true(sink_rules_concern(rules, SINK_RCPT));
	assert_int_equal(sink_rules_generation(rules), 1);
	write_rules(path, "rcpt=gibberish\n");
	assert_false(sink_rules_reload(rules, &err));
	assert_non_null(strstr(err.text, "gibberish"));
	assert_true(sink_rules_concern(rules, SINK_RCPT));
	write_rules(path, "# over\n");
	assert_true(sink_rules_reload(rules, &err));
	assert_false(sink_rules_concern(rules, SINK_RCPT));
	assert_true(sink_rules_concern(rules, SINK_QUIT));
	assert_int_equal(sink_rules_generation(rules), 2);
	sink_rules_free(rules);
	assert_null(sink_rules_new(NULL, 0, "/does/not/exist", 1, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(actions),
	    cmocka_unit_test(when_it_holds),
	    cmocka_unit_test(counts_by_key),
	    cmocka_unit_test(tallies_are_bounded),
	    cmocka_unit_test(several_rules),
	    cmocka_unit_test(a_sweep),
	    SCRATCH_TEST(read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
