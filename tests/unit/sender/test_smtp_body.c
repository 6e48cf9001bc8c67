/*
 * Goal: whatever a message holds, what leaves is CRLF lines ended by one dot
 * that is ours, and taking the dots off gives the message back (S-001, S-002).
 */
#include "lib/base/base.h"

#include "sender/smtp_body.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	const char *label, *message, *wire;
};

static const struct row rows[] = {
    {"vector", ".a\r\n..b\r\nc.\r\n.\r\n", "..a\r\n...b\r\nc.\r\n..\r\n.\r\n"},
    {"empty", "", ".\r\n"},
    {"no dots", "a\r\nb\r\n", "a\r\nb\r\n.\r\n"},
    {"no last line end", "a", "a\r\n.\r\n"},
    {"dot alone, no line end", ".", "..\r\n.\r\n"},
    {"ends in CR", "a\r", "a\r\n.\r\n"},
    {"bare LF", "a\nb\n", "a\r\nb\r\n.\r\n"},
    {"bare LF and dot", "a\n.\nb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"bare CR and dot", "a\r.\rb\r\n", "a\r\n..\r\nb\r\n.\r\n"},
    {"CR CR LF", "a\r\r\n", "a\r\n\r\n.\r\n"},
    {"LF CR", "a\n\r.", "a\r\n\r\n..\r\n.\r\n"},
    {"smuggling", "a\r\n\n.\r\nMAIL\r\n", "a\r\n\r\n..\r\nMAIL\r\n.\r\n"},
};

static void
vectors(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].label);
		buf_reset(&out);
		smtp_body_write(&out, str_of(rows[i].message));
		assert_string_equal(buf_cstr(&out), rows[i].wire);
	}
	buf_reset(&out);
	smtp_body_write_none(&out);
	assert_string_equal(buf_cstr(&out), ".\r\n");
	buf_release(&out);
}

/* Moved or copied, the same bytes leave, and the message is empty. */
static void
moved(void **state)
{
	struct buf message, out;
	size_t i;

	(void)state;
	buf_init(&message, 1000);
	buf_init(&out, 1000);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		buf_puts(&message, rows[i].message);
		smtp_body_move(&out, &message);
		assert_string_equal(buf_cstr(&out), rows[i].wire);
		assert_int_equal(message.n, 0);
	}
	buf_release(&message);
	buf_release(&out);
}

/* What needs nothing is not copied, unless something stands before it. */
static void
moved_whole(void **state)
{
	static const char text[] =
	    "Subject: x\r\n\r\nsome words, more than a block\r\n";
	struct buf message, out;
	const char *bytes;

	(void)state;
	buf_init(&message, 1000);
	buf_init(&out, 1000);
	buf_puts(&message, text);
	bytes = message.p;
	smtp_body_move(&out, &message);
	assert_ptr_equal(out.p, bytes);
	assert_string_equal(buf_cstr(&out),
	    "Subject: x\r\n\r\n"
	    "some words, more than a block\r\n.\r\n");
	buf_truncate(&out, 3);
	buf_puts(&message, text);
	smtp_body_move(&out, &message);
	assert_ptr_equal(out.p, bytes);
	assert_string_equal(buf_cstr(&out),
	    "SubSubject: x\r\n\r\n"
	    "some words, more than a block\r\n.\r\n");
	assert_int_equal(message.n, 0);
	buf_release(&message);
	buf_release(&out);
}

/* The receiver's side, written from RFC 5321, 4.5.2 alone: false unless it is
 * CRLF lines, ended by the first lone dot and nothing after it. */
static bool
unstuff(struct str wire, struct buf *message)
{
	struct str line;
	size_t n;

	while ((n = str_find(wire, STR("\r\n"))) != STR_NOWHERE) {
		line = str_sub(wire, 0, n);
		wire = str_from(wire, n + 2);
		if (str_chr(line, '\r') != STR_NOWHERE ||
		    str_chr(line, '\n') != STR_NOWHERE)
			return false;
		if (str_eq(line, STR(".")))
			return wire.n == 0;
		if (line.n > 0 && line.p[0] == '.')
			line = str_from(line, 1);
		buf_str(message, line);
		buf_puts(message, "\r\n");
	}
	return false;
}

/* A line of one dot at every place of a text of lines. */
static void
dot_at_every_offset(void **state)
{
	struct buf message, wire, back;
	size_t at, i;

	(void)state;
	buf_init(&message, 20000);
	buf_init(&wire, 20000);
	buf_init(&back, 20000);
	for (at = 0; at < 600; at++) {
		buf_reset(&message);
		buf_reset(&wire);
		buf_reset(&back);
		for (i = 0; i < at; i++)
			buf_puts(&message, i % 61 == 60 ? "\r\n" : "x");
		buf_puts(&message, "\r\n.\r\n.y\r\nz\r\n");
		smtp_body_write(&wire, buf_view(&message));
		assert_true(unstuff(buf_view(&wire), &back));
		assert_true(str_eq(buf_view(&back), buf_view(&message)));
	}
	buf_release(&message);
	buf_release(&wire);
	buf_release(&back);
}

/* A message that is fit as it is, but for one byte. */
static void
one_byte_at_every_offset(void **state)
{
	static const char lines[] = "From: a@b\r\n\r\nlong enough for whole "
				    "blocks\r\nx.\r\n\r\nthe last\r\n";
	static const char bytes[] = "\r\n.";
	char text[sizeof(lines)];
	struct buf wire, back;
	size_t at, i;

	(void)state;
	buf_init(&wire, 1000);
	buf_init(&back, 1000);
	for (at = 0; at < sizeof(lines) - 1; at++)
		for (i = 0; i < sizeof(bytes) - 1; i++) {
			memcpy(text, lines, sizeof(lines));
			text[at] = bytes[i];
			buf_reset(&wire);
			buf_reset(&back);
			smtp_body_write(&wire, str_of(text));
			assert_true(unstuff(buf_view(&wire), &back));
			if (text[at] == lines[at])
				assert_string_equal(buf_cstr(&back), lines);
			else if (bytes[i] == '.' && lines[at] != '\r' &&
				 lines[at] != '\n')
				assert_string_equal(buf_cstr(&back), text);
		}
	buf_release(&wire);
	buf_release(&back);
}

/* Random mixtures of the bytes that matter. */
static void
nothing_ends_it_early(void **state)
{
	static const char bytes[] = "\r\n..a";
	struct buf message, wire, back;
	unsigned seed = 4711;
	int round, i, n;

	(void)state;
	buf_init(&message, 100);
	buf_init(&wire, 1000);
	buf_init(&back, 1000);
	for (round = 0; round < 20000; round++) {
		buf_reset(&message);
		buf_reset(&wire);
		buf_reset(&back);
		n = rand_r(&seed) % 24;
		for (i = 0; i < n; i++)
			buf_char(&message, bytes[(size_t)rand_r(&seed) % 5]);
		smtp_body_write(&wire, buf_view(&message));
		assert_true(unstuff(buf_view(&wire), &back));
	}
	buf_release(&message);
	buf_release(&wire);
	buf_release(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vectors),
	    cmocka_unit_test(moved),
	    cmocka_unit_test(moved_whole),
	    cmocka_unit_test(dot_at_every_offset),
	    cmocka_unit_test(one_byte_at_every_offset),
	    cmocka_unit_test(nothing_ends_it_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
