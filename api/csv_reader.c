#include "api/csv_reader.h"

#include "api/lines.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

#include <csv.h>

#define TEXT_MAX    200 /* of a row, for reports */
#define PARSER_STEP (16U << 10)

/* libcsv gets line by line, so that at most one row ends in each call. */
struct csv_reader {
	struct lines lines;
	struct csv_parser parser;
	char delimiter; /* 0: by the first line */
	int64_t reread; /* bytes, of CSV_REREAD_MAX */

	/* the row being read */
	struct buf bytes; /* of all its fields */
	size_t ends[CSV_COLUMNS_MAX];
	struct str fields[CSV_COLUMNS_MAX];
	size_t count;
	bool ended;
	const char *fault;
	int64_t line;
	size_t size; /* as it stands in the file */
	char text[TEXT_MAX];
	size_t text_n;
	struct { /* the line after its first one */
		int64_t offset, number;
	} second;
};

struct csv_reader *
csv_reader_new(int fd, char delimiter)
{
	struct csv_reader *r = NEW(struct csv_reader);

	lines_init(&r->lines, fd);
	buf_init(&r->bytes, CSV_ROW_MAX + LINE_MAX_BYTES);
	if (csv_init(&r->parser, CSV_STRICT) != 0)
		BUG("libcsv does not start");
	csv_set_blk_size(&r->parser, PARSER_STEP);
	r->delimiter = delimiter;
	return r;
}

void
csv_reader_free(struct csv_reader *r)
{
	if (r == NULL)
		return;
	csv_free(&r->parser);
	buf_release(&r->bytes);
	lines_release(&r->lines);
	free(r);
}

int64_t
csv_reader_offset(const struct csv_reader *r)
{
	return r->lines.offset;
}

static void
on_field(void *p, size_t n, void *arg)
{
	struct csv_reader *r = arg;

	if (r->count == CSV_COLUMNS_MAX) {
		r->fault = "more than 256 columns";
		return;
	}
	if (n > CSV_FIELD_MAX) {
		r->fault = "a field is longer than 64 KiB";
		n = 0;
	}
	buf_add(&r->bytes, p, n);
	r->ends[r->count++] = r->bytes.n;
}

static void
on_row(int terminator, void *arg)
{
	struct csv_reader *r = arg;

	(void)terminator;
	r->ended = true;
}

/* Strict but for quotes inside unquoted fields, which are text.  false: text
 * stands behind a closing quote, which most often was meant to open one. */
static bool
feed(struct csv_reader *r, struct str text)
{
	size_t n;

	while ((n = csv_parse(&r->parser, text.p, text.n, on_field, on_row,
		    r)) != text.n) {
		if (csv_error(&r->parser) != CSV_EPARSE)
			die("out of memory");
		if (r->parser.quoted != 0)
			return false;
		csv_set_opts(&r->parser, 0);
		csv_parse(&r->parser, text.p + n, 1, on_field, on_row, r);
		csv_set_opts(&r->parser, CSV_STRICT);
		text = str_from(text, n + 1);
	}
	return true;
}

/* Of those that stand most often, the first: a comma if there are none. */
static char
guess_delimiter(struct str text)
{
	static const char known[] = {',', ';', '\t', '|'};
	size_t counts[sizeof(known)] = {0}, best = 0, i, k;
	bool quoted = false;

	for (i = 0; i < text.n; i++) {
		quoted ^= text.p[i] == '"';
		for (k = 0; k < sizeof(known) && !quoted; k++)
			counts[k] += text.p[i] == known[k];
	}
	for (k = 1; k < sizeof(known); k++)
		if (counts[k] > counts[best])
			best = k;
	return known[best];
}

/* The first line: byte order mark, delimiter. */
static struct str
look_at_first(struct csv_reader *r, struct str text)
{
	if (str_starts(text, STR("\xef\xbb\xbf")))
		text = str_from(text, 3);
	if (r->delimiter == 0)
		r->delimiter = guess_delimiter(text);
	csv_set_delim(&r->parser, (unsigned char)r->delimiter);
	return text;
}

static bool
is_blank(struct str s)
{
	return str_trim(s).n == 0;
}

static void
start_row(struct csv_reader *r, const struct line *line)
{
	struct str text = str_trim(line->text);

	buf_reset(&r->bytes);
	r->count = 0;
	r->ended = false;
	r->fault = line->cut ? "the line is longer than 1 MiB" : NULL;
	r->size = 0;
	r->line = line->number;
	r->second.number = line->number + 1;
	r->second.offset = line->offset + (int64_t)line->text.n;
	r->text_n = text.n < TEXT_MAX ? text.n : TEXT_MAX;
	if (r->text_n > 0)
		memcpy(r->text, text.p, r->text_n);
}

/* A quote was opened and never closed: all that followed would be swallowed
 * by it, so the row is its first line alone. */
static void
give_up_row(struct csv_reader *r, const char *fault)
{
	int64_t back = r->lines.offset - r->second.offset;

	r->fault = fault;
	r->ended = true;
	csv_fini(&r->parser, NULL, NULL, NULL); /* between rows again */
	if (back > 0 && r->reread + back <= CSV_REREAD_MAX &&
	    lines_back(&r->lines, r->second.offset, r->second.number))
		r->reread += back;
}

static void
take_line(struct csv_reader *r, const struct line *line, struct str text)
{
	r->size += text.n;
	if (line->cut)
		give_up_row(r, "the line is longer than 1 MiB");
	else if (!feed(r, text))
		give_up_row(r, line->number == r->line
				   ? "text stands behind a closing quote"
				   : "a quote is not closed");
	else if (r->size > CSV_ROW_MAX && !r->ended)
		give_up_row(r, "a quote is not closed within 1 MiB");
	else if (r->size > CSV_ROW_MAX)
		r->fault = "the row is longer than 1 MiB";
}

/* The file ended within a row: a line end completes it, unless a quote is
 * open. */
static void
end_file(struct csv_reader *r)
{
	if (!feed(r, STR("\n")) || !r->ended)
		give_up_row(r, "a quote is not closed");
}

static void
give_row(struct csv_reader *r, struct csv_row *row)
{
	size_t i, start = 0;

	for (i = 0; i < r->count; i++) {
		r->fields[i] =
		    str_sub(buf_view(&r->bytes), start, r->ends[i] - start);
		start = r->ends[i];
	}
	*row = (struct csv_row){.line = r->line,
	    .fault = r->fault,
	    .fields = r->fields,
	    .count = r->count,
	    .text = {r->text, r->text_n}};
}

enum csv_outcome
csv_reader_next(struct csv_reader *r, struct csv_row *row, struct err *err)
{
	enum lines_outcome got;
	bool begun = false;
	struct line line;
	struct str text;

	do {
		got = lines_next(&r->lines, &line, err);
		if (got == LINES_FAILED || (got == LINES_END && !begun))
			return got == LINES_END ? CSV_END : CSV_FAILED;
		if (got == LINES_END) {
			end_file(r);
			continue;
		}
		text = line.text;
		if (line.number == 1)
			text = look_at_first(r, text);
		if (!begun && is_blank(text))
			continue;
		if (!begun)
			start_row(r, &line);
		begun = true;
		take_line(r, &line, text);
	} while (!begun || !r->ended);
	give_row(r, row);
	return CSV_ROW_READ;
}
