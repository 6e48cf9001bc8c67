/* Goal: no line that a server, a relay or a mailbox file could take for
 * something else, and every byte back after decoding. */
#include "lib/mail/transfer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define OUT_MAX (1U << 20)

static uint64_t seed = 88172645463325252U;

static uint32_t
random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % n;
}

static void
qp_looks_like_this(void **state)
{
	static const struct {
		const char *label, *in, *want;
	} rows[] = {
	    {"nothing", "", ""},
	    {"plain", "abc", "abc"},
	    {"LF", "a\nb\n", "a\r\nb\r\n"},
	    {"CRLF", "a\r\nb\r\n", "a\r\nb\r\n"},
	    {"CR", "a\rb\r", "a\r\nb\r\n"},
	    {"CR CRLF", "a\r\r\n", "a\r\n\r\n"},
	    {"LF CR", "a\n\rb", "a\r\n\r\nb"},
	    {"equals", "a=b", "a=3Db"},
	    {"8-bit", "Gr\xc3\xbc\xc3\x9f", "Gr=C3=BC=C3=9F"},
	    {"control", "a\x01\x7f", "a=01=7F"},
	    {"tab inside", "a\tb", "a\tb"},
	    {"blank at the end", "a \nb", "a=20\r\nb"},
	    {"tab at the end", "a\t\nb", "a=09\r\nb"},
	    {"two blanks at the end", "a  \n", "a =20\r\n"},
	    {"blank at the very end", "a ", "a=20"},
	    {"a line of one blank", " \n", "=20\r\n"},
	    {"From", "From me\nFrom you", "=46rom me\r\n=46rom you"},
	    {"From inside", "x From me", "x From me"},
	    {"Frome", "Fromage", "Fromage"},
	    {"dot", ".", "=2E"},
	    {"dots", "..a\n.b.c", "=2E.a\r\n=2Eb.c"},
	    {"smuggled end", "a\n.\nMAIL FROM:<b>",
		"a\r\n=2E\r\nMAIL FROM:<b>"},
	    {"75 fit with a soft break",
		"123456789012345678901234567890123456789012345678901234567890"
		"123456789012345x",
		"123456789012345678901234567890123456789012345678901234567890"
		"123456789012345=\r\nx"},
	    {"dot after a soft break",
		"123456789012345678901234567890123456789012345678901234567890"
		"123456789012345.x",
		"123456789012345678901234567890123456789012345678901234567890"
		"123456789012345=\r\n=2Ex"},
	    {"From after a soft break",
		"123456789012345678901234567890123456789012345678901234567890"
		"12345678901234 From x",
		"123456789012345678901234567890123456789012345678901234567890"
		"12345678901234 =\r\n=46rom x"},
	    {"no character torn from its digits",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890123\xff",
		"123456789012345678901234567890123456789012345678901234567890"
		"1234567890123=\r\n=FF"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		qp_encode(&out, str_of(rows[i].in));
		if (!str_eq(buf_view(&out), str_of(rows[i].want)))
			fail_msg("%s: %s", rows[i].label, buf_cstr(&out));
	}
	buf_release(&out);
}

/* Text of the bytes that make trouble, more often than any other. */
static void
random_text(struct buf *b, size_t n)
{
	static const char *const often[] = {"\r\n", "\n", "\r", ".", " ", "\t",
	    "From ", "=", "\r\n.\r\n", "\0", "\xc3\xbc", "word"};
	uint32_t pick;

	buf_reset(b);
	while (n-- > 0) {
		pick = random_below(2 * ARRAY_LEN(often));
		if (pick >= ARRAY_LEN(often))
			buf_char(b, (char)random_below(256));
		else if (often[pick][0] == '\0')
			buf_char(b, '\0');
		else
			buf_puts(b, often[pick]);
	}
}

/* The same text with CRLF at the end of every line. */
static void
with_crlf(struct buf *out, struct str in)
{
	size_t i;

	buf_reset(out);
	for (i = 0; i < in.n; i++)
		if (in.p[i] == '\r' || in.p[i] == '\n') {
			buf_str(out, STR("\r\n"));
			i += in.p[i] == '\r' && i + 1 < in.n &&
			     in.p[i + 1] == '\n';
		} else {
			buf_char(out, in.p[i]);
		}
}

static void
check_line(struct str line, bool last)
{
	size_t i;

	if (!last) {
		assert_true(str_ends(line, STR("\r")));
		line.n--;
	}
	assert_true(line.n <= 76);
	if (line.n == 0)
		return;
	assert_true(line.p[0] != '.');
	assert_false(str_starts(line, STR("From ")));
	assert_true(line.p[line.n - 1] != ' ' && line.p[line.n - 1] != '\t');
	for (i = 0; i < line.n; i++)
		assert_true((line.p[i] >= ' ' && line.p[i] <= '~') ||
			    line.p[i] == '\t');
}

static void
check_lines(struct str text)
{
	size_t end;

	while ((end = str_chr(text, '\n')) != STR_NOWHERE) {
		check_line(str_sub(text, 0, end), false);
		text = str_from(text, end + 1);
	}
	check_line(text, true);
}

static void
random_text_comes_back_from_qp(void **state)
{
	struct buf text, want, wire, back;
	int i;

	(void)state;
	buf_init(&text, OUT_MAX);
	buf_init(&want, OUT_MAX);
	buf_init(&wire, OUT_MAX);
	buf_init(&back, OUT_MAX);
	for (i = 0; i < 10000; i++) {
		random_text(&text, random_below(200));
		with_crlf(&want, buf_view(&text));
		buf_reset(&wire);
		buf_reset(&back);
		qp_encode(&wire, buf_view(&text));
		check_lines(buf_view(&wire));
		qp_decode(&back, buf_view(&wire));
		if (!str_eq(buf_view(&back), buf_view(&want)))
			fail_msg("round %d", i);
	}
	buf_release(&text);
	buf_release(&want);
	buf_release(&wire);
	buf_release(&back);
}

static void
qp_of_others_is_decoded(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"a=3db=3D", "a=b="},
	    {"a=\r\nb", "ab"},
	    {"a=\nb", "ab"},
	    {"a= \t\r\nb", "ab"},
	    {"a=", "a"},
	    {"a=  ", "a"},
	    {"a=4", "a=4"},
	    {"a=XY", "a=XY"},
	    {"a==41", "a=A"},
	    {"= x", "= x"},
	    {"a  \r\nb", "a\r\nb"},
	    {"a \nb ", "a\nb"},
	    {"a b  c", "a b  c"},
	    {"Gr\xfc", "Gr\xfc"},
	    {"a=0D=0Ab", "a\r\nb"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		qp_decode(&out, str_of(rows[i].in));
		if (!str_eq(buf_view(&out), str_of(rows[i].want)))
			fail_msg("%s: %s", rows[i].in, buf_cstr(&out));
	}
	buf_release(&out);
}

static void
base64_comes_back_from_lines(void **state)
{
	struct buf text, wire, back;
	struct str rest, line;
	size_t n;

	(void)state;
	buf_init(&text, OUT_MAX);
	buf_init(&wire, OUT_MAX);
	buf_init(&back, OUT_MAX);
	for (n = 0; n < 300; n++) {
		buf_reset(&wire);
		buf_reset(&back);
		base64_lines(&wire, buf_view(&text));
		rest = buf_view(&wire);
		while (str_cut(&rest, '\n', &line)) {
			assert_true(str_ends(line, STR("\r")));
			assert_true(line.n <= 77 && line.n > 1);
			assert_true(rest.n == 0 || line.n == 77);
		}
		base64_decode_lenient(&back, buf_view(&wire));
		assert_true(str_eq(buf_view(&back), buf_view(&text)));
		buf_char(&text, (char)random_below(256));
	}
	buf_release(&text);
	buf_release(&wire);
	buf_release(&back);
}

static void
base64_of_others_is_decoded(void **state)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"", ""},
	    {"YWJj", "abc"},
	    {"YW\r\n J\tj", "abc"},
	    {"YWI=", "ab"},
	    {"YWI", "ab"},
	    {"YQ==", "a"},
	    {"YQ", "a"},
	    {"Y", ""},
	    {"YQ==YWJj", "aabc"},
	    {"YQ=\r\n=YWJj", "aabc"},
	    {"*Y!W?J.j*", "abc"},
	    {"====", ""},
	    {"YWJj\r\n--\r\n", "abc"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, OUT_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		buf_reset(&out);
		base64_decode_lenient(&out, str_of(rows[i].in));
		if (!str_eq(buf_view(&out), str_of(rows[i].want)))
			fail_msg("%s: %s", rows[i].in, buf_cstr(&out));
	}
	buf_release(&out);
}

static void
a_small_buffer_is_said(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 10);
	qp_encode(&out, STR("twelve bytes"));
	assert_true(out.full);
	buf_reset(&out);
	base64_lines(&out, STR("twelve bytes"));
	assert_true(out.full);
	buf_release(&out);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(qp_looks_like_this),
	    cmocka_unit_test(random_text_comes_back_from_qp),
	    cmocka_unit_test(qp_of_others_is_decoded),
	    cmocka_unit_test(base64_comes_back_from_lines),
	    cmocka_unit_test(base64_of_others_is_decoded),
	    cmocka_unit_test(a_small_buffer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
