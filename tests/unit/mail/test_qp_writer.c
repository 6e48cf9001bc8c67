/* Goal: however a text is cut into pieces, encoded beforehand or not, what is
 * written is quoted-printable that decodes to the text; the same for texts
 * that only get CRLF. */
#include "lib/mail/qp_writer.h"

#include "lib/mail/crlf_writer.h"
#include "lib/mail/transfer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (1U << 20)

static uint64_t seed = 88172645463325252U;
static struct arena arena;
static struct buf text, encoded, decoded, lines, whole;

static uint32_t
random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static void
random_text(uint32_t pieces)
{
	static const char *const often[] = {"\r\n", "\n", "\r", ".", " ", "\t",
	    "From ", "Fr", "om ", "=", "\xc3\xbc", "word", "a longer one, "};

	buf_reset(&text);
	while (pieces-- > 0)
		buf_puts(&text, often[random_below(ARRAY_LEN(often))]);
}

static void
check_line(struct str line)
{
	assert_true(line.n <= 76);
	if (line.n == 0)
		return;
	assert_true(line.p[0] != '.');
	assert_false(str_starts(line, STR("From ")));
	assert_true(line.p[line.n - 1] != ' ' && line.p[line.n - 1] != '\t');
}

static void
check_lines(struct str rest)
{
	size_t at;

	while ((at = str_find(rest, STR("\r\n"))) != STR_NOWHERE) {
		check_line(str_sub(rest, 0, at));
		rest = str_from(rest, at + 2);
	}
	assert_true(str_chr(rest, '\n') == STR_NOWHERE);
	assert_true(str_chr(rest, '\r') == STR_NOWHERE);
	check_line(rest);
}

/* Writes the text in pieces, some of them made ready. */
static void
write_pieces(struct str rest)
{
	struct qp_writer w;
	struct crlf_writer plain;
	struct qp_ready ready;
	struct str piece;

	buf_reset(&encoded);
	buf_reset(&lines);
	qp_writer_begin(&w, &encoded);
	crlf_writer_begin(&plain, &lines);
	for (; rest.n > 0; rest = str_from(rest, piece.n)) {
		piece = str_sub(rest, 0,
		    random_below(2) ? random_below(9) : random_below(200));
		if (random_below(2) == 0) {
			qp_writer_text(&w, piece);
			crlf_writer_text(&plain, piece);
			continue;
		}
		qp_ready_make(&ready, piece, &arena);
		qp_writer_ready(&w, &ready);
		crlf_writer_ready(&plain, piece, crlf_ready(piece, &arena));
	}
	qp_writer_end(&w);
}

static void
pieces_are_one_text(void **state)
{
	struct crlf_writer plain;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		arena_reset(&arena);
		random_text(random_below(100));
		buf_reset(&whole);
		crlf_writer_begin(&plain, &whole);
		crlf_writer_text(&plain, buf_view(&text));
		write_pieces(buf_view(&text));
		assert_true(str_eq(buf_view(&lines), buf_view(&whole)));
		check_lines(buf_view(&encoded));
		buf_reset(&decoded);
		qp_decode(&decoded, buf_view(&encoded));
		if (!str_eq(buf_view(&decoded), buf_view(&whole)))
			fail_msg("%d: \"%s\" gave \"%s\"", i, buf_cstr(&text),
			    buf_cstr(&encoded));
	}
}

static void
a_piece_is_copied(void **state)
{
	static const struct {
		const char *label, *before, *piece, *after, *want;
	} rows[] = {
	    {"within a line", "Dear ", "Ms. \xc3\x84", ",", "Dear Ms. =C3=84,"},
	    {"its dot is encoded", "x", ".y", "", "x=2Ey"},
	    {"blank and line end", "a ", "\nb", "", "a=20\r\nb"},
	    {"blank in front of a value", "", "a ", "\nb", "a=20\r\nb"},
	    {"CR and LF", "a\r", "\nb", "", "a\r\nb"},
	    {"no room on the line",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890",
		"a piece", "!",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890=\r\na piece!"},
	    {"its first line fits",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890",
		"<br>\nmore", "!",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890<br>\r\nmore!"},
	};
	struct qp_writer w;
	struct qp_ready ready;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&encoded);
		qp_writer_begin(&w, &encoded);
		qp_ready_make(&ready, str_of(rows[i].piece), &arena);
		qp_writer_text(&w, str_of(rows[i].before));
		qp_writer_ready(&w, &ready);
		qp_writer_text(&w, str_of(rows[i].after));
		qp_writer_end(&w);
		if (!str_eq(buf_view(&encoded), str_of(rows[i].want)))
			fail_msg("%s: %s", rows[i].label, buf_cstr(&encoded));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_are_one_text),
	    cmocka_unit_test(a_piece_is_copied),
	};
	struct buf *all[] = {&text, &encoded, &decoded, &lines, &whole};
	size_t i;
	int failed;

	arena_init(&arena, 16UL * OUT_MAX);
	for (i = 0; i < ARRAY_LEN(all); i++)
		buf_init(all[i], OUT_MAX);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 0; i < ARRAY_LEN(all); i++)
		buf_release(all[i]);
	arena_release(&arena);
	return failed;
}
