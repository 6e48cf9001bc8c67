/*
 * Goal: the end of a message is found wherever reads are cut, its octets are
 * counted without the dots that were put in, and a long body is searched
 * right, which is done many octets at a time.
 */
#include "lib/base/base.h"

#include "tests/sink/sink_body.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *wire, *text, *id;
	size_t after; /* octets behind the end */
} rows[] = {
    {".\r\n", "", "", 0},
    {"\r\n.\r\n", "\r\n", "", 0},
    {"A: b\r\n\r\nhi\r\n.\r\n", "A: b\r\n\r\nhi\r\n", "", 0},
    {"A: b\r\n.\r\nMAIL", "A: b\r\n", "", 4},
    {"\r\n..\r\n...\r\n.a\r\n.\r\n", "\r\n.\r\n..\r\na\r\n", "", 0},
    {"message-id:  <a@b> \r\n\r\nMessage-ID: <c@d>\r\n.\r\n",
	"message-id:  <a@b> \r\n\r\nMessage-ID: <c@d>\r\n", "<a@b>", 0},
    {"\r\na.\r\n.b.\r\n.\r\n", "\r\na.\r\nb.\r\n", "", 0},
    {"\r\n.\r.\r\n.\r\n", "\r\n\r.\r\n", "", 0},
    /* a bare LF ends a line, and so a message */
    {"\r\nx\n.\r\nMAIL FROM", "\r\nx\n", "", 9},
    /* and a bare LF after a dot does not */
    {"\r\nx\r\n.\ny\r\n.\r\n", "\r\nx\r\n\ny\r\n", "", 0},
    {"..id: x\r\n\r\n.\r\n", ".id: x\r\n\r\n", "", 0},
};

/* In pieces of so many octets, as they come from a socket. */
static void
feed(struct sink_body *b, struct str wire, size_t piece)
{
	size_t from = 0, to;

	for (to = piece; from < wire.n && !b->ended; to += piece) {
		if (to > wire.n)
			to = wire.n;
		from += sink_body_feed(b, str_sub(wire, from, to - from));
		assert_true(from <= to);
		if (to == wire.n && !b->ended)
			break;
	}
	assert_int_equal(b->raw, from);
}

static void
one_row(size_t i, size_t piece)
{
	struct str wire = str_of(rows[i].wire);
	struct sink_body b;

	sink_body_init(&b);
	sink_body_reset(&b, true);
	feed(&b, wire, piece);
	assert_true(b.ended);
	assert_int_equal(wire.n - b.raw, rows[i].after);
	assert_int_equal(b.octets, strlen(rows[i].text));
	assert_string_equal(buf_cstr(&b.whole), rows[i].text);
	assert_string_equal(buf_cstr(&b.message_id), rows[i].id);
	sink_body_release(&b);
}

static void
ends_wherever_it_is_cut(void **state)
{
	size_t i, piece;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		for (piece = 1; piece <= strlen(rows[i].wire); piece++)
			one_row(i, piece);
}

static void
no_end_before_the_end(void **state)
{
	struct str wire = STR("A: b\r\n\r\nhello\r\n..\r\nx\r\n.\r\n");
	struct sink_body b;
	size_t n;

	(void)state;
	for (n = 0; n < wire.n; n++) {
		sink_body_init(&b);
		sink_body_reset(&b, false);
		(void)sink_body_feed(&b, str_sub(wire, 0, n));
		assert_false(b.ended);
		sink_body_release(&b);
	}
}

static void
put(char *at, struct str s)
{
	memcpy(at, s.p, s.n);
}

/* A dot line at every place of a long body, around the strides of the
 * search. */
static void
dots_at_every_place(void **state)
{
	char text[400];
	struct sink_body b;
	size_t at;

	(void)state;
	for (at = 2; at + 8 < sizeof(text); at++) {
		memset(text, 'x', sizeof(text));
		put(text, STR("\r\n"));
		if (at > 2)
			put(text + at - 1, STR("\n.."));
		put(text + sizeof(text) - 5, STR("\r\n.\r\n"));
		sink_body_init(&b);
		sink_body_reset(&b, false);
		assert_int_equal(
		    sink_body_feed(&b, (struct str){text, sizeof(text)}),
		    sizeof(text));
		assert_true(b.ended);
		assert_int_equal(b.octets, sizeof(text) - 3 - (at > 2));
		sink_body_release(&b);
	}
}

/* A header line without end is no reason to keep it. */
static void
endless_header(void **state)
{
	static char text[40000];
	struct sink_body b;

	(void)state;
	memset(text, 'h', sizeof(text));
	sink_body_init(&b);
	sink_body_reset(&b, false);
	assert_int_equal(sink_body_feed(&b, (struct str){text, 10000}), 0);
	assert_int_equal(sink_body_feed(&b, (struct str){text, sizeof(text)}),
	    sizeof(text));
	assert_int_equal(sink_body_feed(&b, STR("\r\n.\r\n")), 5);
	assert_true(b.ended);
	sink_body_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ends_wherever_it_is_cut),
	    cmocka_unit_test(no_end_before_the_end),
	    cmocka_unit_test(dots_at_every_place),
	    cmocka_unit_test(endless_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
