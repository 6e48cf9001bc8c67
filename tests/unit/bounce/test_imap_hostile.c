/*
 * Goal: a server that wants to exhaust us ends its own connection, with a
 * reason that people understand, and costs a bounded amount of memory
 * a thousand responses, told at every step of a
 * session, in pieces.
 */
#include "bounce/imap_session.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RESPONSES  1000
#define BIG_EVERY  8          /* of the large ones only so many are told */
#define MEMORY_MAX (8U << 20) /* of one session; R-013 allows 16 MiB */
#define TOLD_MAX   (4U << 20)
#define PIECE      (64U << 10) /* what one read gives */

/* Where the session is when it is told. */
static const struct {
	const char *label;
	const char *before[5]; /* what the server says until then */
	bool searches, fetches, idles;
} steps[] = {
    {"greeting", {NULL}, false, false, false},
    {"capability", {"* OK hi"}, false, false, false},
    {"login", {"* OK [CAPABILITY IMAP4rev1] hi"}, false, false, false},
    {"opening", {"* PREAUTH [CAPABILITY IMAP4rev1] hi"}, false, false, false},
    {"searching",
	{"* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH] hi", "* OK [UIDVALIDITY 1]",
	    "A1 OK"},
	true, false, false},
    {"fetching",
	{"* PREAUTH [CAPABILITY IMAP4rev1] hi", "* OK [UIDVALIDITY 1]",
	    "A1 OK"},
	false, true, false},
    {"idling",
	{"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] hi", "* OK [UIDVALIDITY 1]",
	    "A1 OK", "+ idling"},
	false, false, true},
};

static void
repeat(struct buf *out, const char *text, size_t times)
{
	while (times-- > 0)
		buf_puts(out, text);
}

/* "1,3,5 ...", more than a set may have. */
static void
put_ranges(struct buf *out, char between)
{
	int i;

	for (i = 0; i <= IMAP_RANGES_MAX; i++)
		buf_printf(out, "%c%d", between, 2 * i + 3);
}

static void
put_literals(struct buf *out)
{
	int i;

	buf_puts(out, "* 1 FETCH (UID 7");
	for (i = 0; i < 12; i++) {
		buf_printf(out, " BODY[%d] {%u}\r\n", i, IMAP_LITERAL_MAX);
		repeat(out, "0123456789abcdef", IMAP_LITERAL_MAX / 16);
	}
	buf_puts(out, ")");
}

/* Large ones; false: there are not so many. */
static bool
put_big(struct buf *out, int which)
{
	switch (which) {
	case 0: repeat(out, "x", 2U << 20); return true;
	case 1:
		buf_puts(out, "* 1 FETCH ");
		repeat(out, "(", 1000000);
		return true;
	case 2:
		buf_puts(out, "* 1 FETCH (");
		repeat(out, "()", 1000000);
		return true;
	case 3:
		buf_puts(out, "* X");
		repeat(out, " a", 1000000);
		return true;
	case 4:
		buf_puts(out, "* LIST () \"/\" \"");
		repeat(out, "\\\"", 1000000);
		return true;
	case 5:
		buf_puts(out, "* VANISHED 1");
		put_ranges(out, ',');
		return true;
	case 6:
		buf_puts(out, "* SEARCH 1");
		put_ranges(out, ' ');
		return true;
	case 7: put_literals(out); return true;
	case 8:
		buf_puts(out, "* OK [COPYUID 1 1");
		put_ranges(out, ',');
		buf_puts(out, " 1] x");
		return true;
	default: return false;
	}
}

static const struct {
	const char *text;
	size_t n; /* 0: up to its end */
} small[] = {
    {"* 1 FETCH (UID 7 BODY[HEADER]<0> {4294967295}", 0},
    {"* 1 FETCH (UID 7 BODY[]<0> {9223372036854775807}", 0},
    {"* 1 FETCH (UID 7 BODY[] ~{18446744073709551616}", 0},
    {"* 1 FETCH (UID 7 BODY[] {99999999999999999999999999999}", 0},
    {"* OK {4294967295}", 0},
    {"* {4294967295}", 0},
    {"{4294967295}", 0},
    {"A1 {262145}", 0},
    {"* LIST ({262145}", 0},
    {"* LIST () {262145}", 0},
    {"* SEARCH {262145}", 0},
    {"* CAPABILITY {262145}", 0},
    {"* 1 FETCH ({262145}", 0},
    {"* 1 FETCH (UID {1}\r\n7 BODY[] {2}\r\nab)", 0},
    {"* {6}\r\nSEARCH {1}\r\n1", 0},
    {"* VANISHED 1:4294967295", 0},
    {"* VANISHED (EARLIER) 1:4294967295", 0},
    {"* VANISHED 4294967295:1,1:4294967295,7", 0},
    {"* VANISHED 1:4294967296", 0},
    {"* ESEARCH UID ALL 1:4294967295", 0},
    {"* ESEARCH (TAG \"A2\") UID ALL 1:4294967295", 0},
    {"* SEARCH 4294967295 18446744073709551615", 0},
    {"* OK [COPYUID 1 1:4294967295 1:4294967295] x", 0},
    {"* OK [APPENDUID 4294967295 1:4294967295] x", 0},
    {"* OK [UIDVALIDITY 18446744073709551616] x", 0},
    {"* OK [HIGHESTMODSEQ 18446744073709551615] x", 0},
    {"* 4294967295 EXISTS", 0},
    {"* 18446744073709551615 EXISTS", 0},
    {"* 4294967295 EXPUNGE", 0},
    {"* 4294967295 FETCH (UID 4294967295)", 0},
    {"* 1 FETCH (RFC822.SIZE 18446744073709551615 UID 7)", 0},
    {"* OK Suggested Backoff Time: 99999999999999999999 ms", 0},
    {"* OK a\0b", 8},
    {"* \0 FETCH", 9},
    {"* LIST () \"/\" \"a\0b\"", 19},
    {"* 1 FETCH (BODY[\0] x)", 21},
    {"* \xff\xfe\xfd \x80", 0},
    {"* LIST () \"/\" \"\xff\xfe\"", 0},
    {"* LIST () \"/\" &AAAA&", 0},
    {"\xff", 0},
    {"+ \xff\xff\xff\xff", 0},
    {"+", 0},
    {"* )", 0},
    {"* LIST ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
	0},
    {"", 0},
    {"*", 0},
    {"* OK [", 0},
    {"* OK []", 0},
    {"A99 OK done", 0},
};

static void
put_small(struct buf *out, int which)
{
	size_t i = (size_t)which % ARRAY_LEN(small);

	buf_add(out, small[i].text,
	    small[i].n > 0 ? small[i].n : strlen(small[i].text));
}

static void
put_hostile(struct buf *out, int n)
{
	buf_reset(out);
	if (n % BIG_EVERY != 0 || !put_big(out, n / BIG_EVERY % 10))
		put_small(out, n);
	buf_puts(out, "\r\n");
}

static size_t
memory_of(const struct imap_session *s)
{
	return s->out.cap + s->scratch.cap + s->parse.bytes.cap +
	       s->parse.cap * sizeof(*s->parse.values) +
	       (s->found.cap + s->wanted.cap + s->response.set.cap) *
		   sizeof(struct imap_range) +
	       s->command.bytes.cap + s->next.bytes.cap;
}

/* Until it wants more, or is over; what we say is lost. */
static enum imap_event
feed(struct imap_session *s, struct str bytes, struct err *err)
{
	enum imap_event event = IMAP_EVENT_NONE;
	size_t used;

	while (bytes.n > 0 && event != IMAP_EVENT_OVER) {
		event = imap_session_feed(s,
		    str_sub(bytes, 0, bytes.n < PIECE ? bytes.n : PIECE), &used,
		    err);
		bytes = str_from(bytes, used);
		buf_reset(&s->out);
		if (memory_of(s) > MEMORY_MAX)
			fail_msg("%zu bytes", memory_of(s));
	}
	return event;
}

static void
feed_line(struct imap_session *s, const char *line, struct err *err)
{
	struct buf b;

	buf_init(&b, 1024);
	buf_printf(&b, "%s\r\n", line);
	assert_int_not_equal(feed(s, buf_view(&b), err), IMAP_EVENT_OVER);
	buf_release(&b);
}

/* Opens a session, and brings it there. */
static void
bring(struct imap_session *s, size_t step, struct err *err)
{
	struct imap_range some = {2, 200};
	struct imap_set uids = {&some, 1, 1, true};
	int i;

	imap_session_init(s,
	    &(struct imap_session_params){.access = {.tls = CONN_TLS_IMPLICIT,
					      .username = "u",
					      .password = "p"},
		.tag = "A"});
	for (i = 0; steps[step].before[i] != NULL; i++) {
		feed_line(s, steps[step].before[i], err);
		if (i == 2 && steps[step].idles)
			assert_true(imap_session_idle(s));
		buf_reset(&s->out);
	}
	if (steps[step].searches)
		assert_true(imap_session_search(s, 1, 0, err));
	if (steps[step].fetches)
		assert_true(imap_session_fetch(s, &uids, false, err));
	buf_reset(&s->out);
}

/* Is it a sentence about what was wrong, and of one that says so? */
static void
check_reason(const struct err *err, size_t step, int n)
{
	struct str text = str_of(err->text);

	if (err->kind == FAIL_NONE || text.n < 20 ||
	    str_find(text, STR("imap")) == STR_NOWHERE || str_has_control(text))
		fail_msg("%s, response %d: %s", steps[step].label, n,
		    err->text);
}

static void
test_thousand_responses(void **state)
{
	struct imap_session s;
	struct err err;
	struct buf told;
	int n, over = 0;
	size_t step;

	(void)state;
	buf_init(&told, TOLD_MAX);
	for (n = 0; n < RESPONSES; n++) {
		step = (size_t)n % ARRAY_LEN(steps);
		err = (struct err){FAIL_NONE, ""};
		bring(&s, step, &err);
		put_hostile(&told, n);
		assert_false(told.full);
		if (feed(&s, buf_view(&told), &err) == IMAP_EVENT_OVER) {
			check_reason(&err, step, n);
			over++;
		}
		imap_session_release(&s);
	}
	buf_release(&told);
	print_message("%d of %d ended the connection\n", over, RESPONSES);
	assert_in_range(over, RESPONSES / 2, RESPONSES - 1);
}

/* The same session, told all that it survives: nothing piles up. */
static void
test_what_is_survived_does_not_pile_up(void **state)
{
	static const char *const lines[] = {"* VANISHED 1:4294967295",
	    "* 4294967295 EXISTS", "* 1 FETCH (UID 7 BODY[] {2}\r\nab)",
	    "* ESEARCH (TAG \"x\") UID ALL 1:4294967295", "* OK [ALERT] x",
	    "* LIST () \"/\" \"\xff\"", "+ \xff",
	    "* X ((()) {3}\r\nabc \"x\")"};
	struct err err = {FAIL_NONE, ""};
	struct imap_session s;
	size_t idle = ARRAY_LEN(steps) - 1, before;
	int n;

	(void)state;
	bring(&s, idle, &err);
	feed_line(&s, lines[0], &err);
	before = memory_of(&s);
	for (n = 0; n < RESPONSES * 10; n++)
		feed_line(&s, lines[(size_t)n % ARRAY_LEN(lines)], &err);
	assert_true(memory_of(&s) <= before + (64U << 10));
	assert_int_equal(s.state, IMAP_STATE_IDLING);
	imap_session_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_thousand_responses),
	    cmocka_unit_test(test_what_is_survived_does_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
