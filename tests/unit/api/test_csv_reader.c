/* CSV as it comes: rows, their lines, and what is said about bad ones. */
#include "api/csv_reader.h"

#include "lib/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static int
file_of(struct str text)
{
	int fd = memfd_create("csv", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.p, text.n), text.n);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* "line|field|field" or "line!fault", a row a line. */
static void
read_all(struct str text, struct buf *out)
{
	int fd = file_of(text);
	struct csv_reader *r = csv_reader_new(fd, 0);
	struct csv_row row;
	struct err err;
	size_t i;

	while (csv_reader_next(r, &row, &err) == CSV_ROW_READ) {
		buf_printf(out, "%lld", (long long)row.line);
		if (row.fault != NULL)
			buf_printf(out, "!%s", row.fault);
		for (i = 0; row.fault == NULL && i < row.count; i++) {
			buf_char(out, '|');
			buf_str(out, row.fields[i]);
		}
		buf_char(out, '\n');
	}
	assert_int_equal(csv_reader_offset(r), text.n);
	csv_reader_free(r);
	close(fd);
}

#define TEXT(s)                  \
	{                        \
		s, sizeof(s) - 1 \
	}

static const struct {
	const char *label;
	struct str text;
	const char *rows;
} cases[] = {
    {"nothing", TEXT(""), ""},
    {"blank lines", TEXT("\n\r\n  \n\t\n"), ""},
    {"plain", TEXT("a,b\nc,d\n"), "1|a|b\n2|c|d\n"},
    {"no end", TEXT("a,b\nc,d"), "1|a|b\n2|c|d\n"},
    {"CRLF", TEXT("a,b\r\nc,d\r\n"), "1|a|b\n2|c|d\n"},
    {"CR", TEXT("a,b\rc,d\r"), "1|a|b\n2|c|d\n"},
    {"CR at the very end", TEXT("a,b\r\nc,d\r"), "1|a|b\n2|c|d\n"},
    {"all three", TEXT("a\rb\nc\r\nd"), "1|a\n2|b\n3|c\n4|d\n"},
    {"LF CR is two", TEXT("a\n\rb"), "1|a\n3|b\n"},
    {"blank lines count", TEXT("\n\na\n\n\nb\n"), "3|a\n6|b\n"},
    {"empty fields", TEXT(",\na,,b\n"), "1||\n2|a||b\n"},
    {"blanks go", TEXT(" a , b\t\n"), "1|a|b\n"},
    {"quoted blanks stay", TEXT("\" a \",b\n"), "1| a |b\n"},
    {"quotes", TEXT("\"a,b\",\"c\"\"d\"\n"), "1|a,b|c\"d\n"},
    {"quoted line end", TEXT("a,\"b\nc\"\nd,e\n"), "1|a|b\nc\n3|d|e\n"},
    {"quoted CRLF", TEXT("a,\"b\r\nc\"\r\nd,e\r\n"), "1|a|b\r\nc\n3|d|e\n"},
    {"quoted blank lines", TEXT("\"a\n\n\nb\"\nc\n"), "1|a\n\n\nb\n5|c\n"},
    {"quote within", TEXT("a\"b,c\nd,e\n"), "1|a\"b|c\n2|d|e\n"},
    {"text behind a quote", TEXT("\"a\"b,c\n\"d\",e\n"),
	"1!text stands behind a closing quote\n2|d|e\n"},
    {"quote not closed, seen in the next line", TEXT("a,\"b\nc,\"d\"\ne,f\n"),
	"1!a quote is not closed\n2|c|d\n3|e|f\n"},
    {"byte order mark",
	TEXT("\xef\xbb\xbf"
	     "a,b\nc,d\n"),
	"1|a|b\n2|c|d\n"},
    {"mark and quote", TEXT("\xef\xbb\xbf\"a\",b\n"), "1|a|b\n"},
    {"semicolons", TEXT("a;b\nc,d;e\n"), "1|a|b\n2|c,d|e\n"},
    {"tabs", TEXT("a\tb\nc\td\n"), "1|a|b\n2|c|d\n"},
    {"comma goes first", TEXT("a,b;c\n"), "1|a|b;c\n"},
    {"formulas are data", TEXT("=1+1,@a,+b,-c\n"), "1|=1+1|@a|+b|-c\n"},
    {"open quote", TEXT("a,b\n\"c,d\ne,f\ng,h\n"),
	"1|a|b\n2!a quote is not closed\n3|e|f\n4|g|h\n"},
    {"open quote last", TEXT("a,b\nc,\"d"), "1|a|b\n2!a quote is not closed\n"},
    {"closed at the end", TEXT("a,\"b\""), "1|a|b\n"},
    {"each opens one", TEXT("x,\"a\ny,\"b\nz,c\n"),
	"1!a quote is not closed\n2!a quote is not closed\n3|z|c\n"},
};

static void
rows(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 10000);
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("%s\n", cases[i].label);
		buf_reset(&out);
		read_all(cases[i].text, &out);
		assert_string_equal(buf_cstr(&out), cases[i].rows);
	}
	buf_release(&out);
}

static void
add_many(struct buf *b, char c, size_t n)
{
	while (n-- > 0)
		buf_char(b, c);
}

static void
nul_bytes(void **state)
{
	struct str text = TEXT("a\0b,c\n");
	struct csv_row row;
	struct csv_reader *r;
	struct err err;
	int fd = file_of(text);

	(void)state;
	r = csv_reader_new(fd, 0);
	assert_int_equal(csv_reader_next(r, &row, &err), CSV_ROW_READ);
	assert_int_equal(row.count, 2);
	assert_int_equal(row.fields[0].n, 3);
	csv_reader_free(r);
	close(fd);
}

/* Limits: what is too much is named, and the next row is right. */
static void
limits(void **state)
{
	static const struct {
		const char *label, *front, *back;
		char c;
		size_t n;
		const char *rows;
	} table[] = {
	    {"field that fits", "a,", "\nb,c\n", 'x', CSV_FIELD_MAX, NULL},
	    {"field too long", "a,", "\nb,c\n", 'x', CSV_FIELD_MAX + 1,
		"1!a field is longer than 64 KiB\n2|b|c\n"},
	    {"quoted field too long", "a,\"", "\"\nb,c\n", 'x',
		CSV_FIELD_MAX + 1, "1!a field is longer than 64 KiB\n2|b|c\n"},
	    {"blanks without end", "a,", "\nb,c\n", ' ', 200000,
		"1|a|\n2|b|c\n"},
	    {"columns", "a", "\nb,c\n", ',', CSV_COLUMNS_MAX,
		"1!more than 256 columns\n2|b|c\n"},
	    {"line too long", "a,", "\nb,c\n", 'x', 3U << 20,
		"1!the line is longer than 1 MiB\n2|b|c\n"},
	    {"quoted line too long", "a,\"", "\nb,c\n", 'x', 3U << 20,
		"1!the line is longer than 1 MiB\n2|b|c\n"},
	    {"only a long line", "", "", 'x', 3U << 20,
		"1!the line is longer than 1 MiB\n"},
	};
	struct buf text, out;
	size_t i;

	(void)state;
	buf_init(&text, 8U << 20);
	buf_init(&out, 8U << 20);
	for (i = 0; i < ARRAY_LEN(table); i++) {
		print_message("%s\n", table[i].label);
		buf_reset(&text);
		buf_reset(&out);
		buf_puts(&text, table[i].front);
		add_many(&text, table[i].c, table[i].n);
		buf_puts(&text, table[i].back);
		read_all(buf_view(&text), &out);
		if (table[i].rows != NULL)
			assert_string_equal(buf_cstr(&out), table[i].rows);
		else
			assert_int_equal(out.n, 5 + table[i].n + 6);
	}
	buf_release(&text);
	buf_release(&out);
}

/* A quote that swallows many lines is given up after 1 MiB; only its line
 * is lost. */
static void
long_open_quote(void **state)
{
	struct buf text, out;
	struct str all, line, last = STR_NONE;
	int i, n = 0;

	(void)state;
	buf_init(&text, 8U << 20);
	buf_init(&out, 8U << 20);
	buf_puts(&text, "\"open\n");
	for (i = 2; i <= 200000; i++)
		buf_printf(&text, "row%d,x\n", i);
	read_all(buf_view(&text), &out);
	all = buf_view(&out);
	assert_true(str_cut(&all, '\n', &line));
	assert_true(str_eq(line, STR("1!a quote is not closed within 1 MiB")));
	for (; str_cut(&all, '\n', &line); n++)
		last = line;
	assert_int_equal(n, 199999);
	assert_true(str_eq(last, STR("200000|row200000|x")));
	buf_release(&text);
	buf_release(&out);
}

/* However many quotes are left open, a file is read about once. */
static void
hostile_quotes(void **state)
{
	struct buf text, out;
	int i;

	(void)state;
	buf_init(&text, 16U << 20);
	buf_init(&out, 16U << 20);
	for (i = 0; i < 1000000; i++)
		buf_puts(&text, "x,\"abc\n");
	read_all(buf_view(&text), &out);
	assert_true(out.n > 0);
	buf_release(&text);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows),
	    cmocka_unit_test(nul_bytes),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(long_open_quote),
	    cmocka_unit_test(hostile_quotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
