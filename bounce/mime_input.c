#include "bounce/mime_input.h"

#include "lib/mail/charset.h"
#include "lib/mail/header.h"

struct str
mime_input_clean(struct inbound_mail *m, struct str text)
{
	struct buf b;
	size_t i;

	if (str_is_utf8(text) && str_chr(text, '\0') == STR_NOWHERE)
		return text;
	buf_init(&b, text.n * 3 + 1);
	charset_to_utf8(&b, STR("utf-8"), text);
	for (i = 0; i < b.n; i++)
		if (b.p[i] == '\0')
			b.p[i] = ' ';
	text = arena_dup(&m->arena, buf_view(&b));
	buf_release(&b);
	return text;
}

struct str
mime_input_cut(struct inbound_mail *m, struct str text, size_t max,
    enum inbound_limit flag)
{
	if (text.n <= max)
		return text;
	m->limits |= flag;
	while (max > 0 && (text.p[max] & 0xc0) == 0x80)
		max--;
	return str_sub(text, 0, max);
}

static size_t
line_length(struct str raw)
{
	size_t n = 0;

	while (n < raw.n && raw.p[n] != '\n' && raw.p[n] != '\r')
		n++;
	return n;
}

static size_t
line_end_length(struct str raw)
{
	if (str_starts(raw, STR("\r\n")))
		return 2;
	return raw.n > 0 ? 1 : 0;
}

/* Empty lines, and mbox's "From ". */
static struct str
skip_preamble(struct str raw)
{
	while (raw.n > 0 && (raw.p[0] == '\n' || raw.p[0] == '\r'))
		raw = str_from(raw, 1);
	if (!str_starts(raw, STR("From ")) && !str_starts(raw, STR(">From ")))
		return raw;
	raw = str_from(raw, line_length(raw));
	return str_from(raw, line_end_length(raw));
}

struct str
mime_input_copy(struct inbound_mail *m, struct str raw)
{
	size_t n, out = 0;
	char *copy;

	raw = mime_input_cut(m, skip_preamble(raw), INBOUND_RAW_MAX,
	    INBOUND_CUT_RAW);
	copy = arena_alloc(&m->arena, raw.n + 1);
	while (raw.n > 0) {
		n = line_length(raw);
		memcpy(copy + out, raw.p, n);
		out += n;
		raw = str_from(raw, n);
		if (raw.n > 0)
			copy[out++] = '\n';
		raw = str_from(raw, line_end_length(raw));
	}
	copy[out] = '\0';
	return (struct str){copy, out};
}

/* The first line of text without its end. */
static struct str
first_line(struct str text)
{
	return str_sub(text, 0, str_chr(text, '\n'));
}

struct str
mime_input_header(struct inbound_mail *m, struct str text, size_t *n)
{
	struct str line;
	size_t lines = 0, kept = 0;

	for (*n = 0; *n < text.n; *n += line.n + 1) {
		line = first_line(str_from(text, *n));
		if (line.n == 0)
			break;
		if (*n + line.n < INBOUND_HEADER_MAX &&
		    lines++ < INBOUND_HEADER_LINES_MAX)
			kept = *n + line.n + 1;
		else
			m->limits |= INBOUND_CUT_HEADER;
	}
	return mime_input_clean(m, str_sub(text, 0, kept));
}

/* What could become header fields of a part, counted. */
struct scan {
	bool header;  /* in a header, or what could be that of a message */
	bool maybe;   /* after it: the next paragraph could be one too */
	bool counted; /* the last line was of a field */
	size_t bytes, lines, separators;
};

static bool
is_field(struct str line)
{
	size_t i = 0;

	while (i < line.n && (unsigned char)line.p[i] > ' ' && line.p[i] != ':')
		i++;
	while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
		i++;
	return i > 0 && i < line.n && line.p[i] == ':';
}

static bool
is_continued(struct str line)
{
	return line.p[0] == ' ' || line.p[0] == '\t';
}

/* A part may be a message, whose header follows that of the part; and so on
 * as long as a header says what is in it. */
static void
scan_line(struct scan *s, struct str line)
{
	if (str_starts(line, STR("--"))) {
		s->separators++;
		s->header = s->maybe = true;
	} else if (line.n == 0) {
		s->header = s->maybe;
		s->maybe = false;
	} else if (s->header) {
		if (str_starts_nocase(line, STR("content-type")))
			s->maybe = true;
		s->counted =
		    is_field(line) || (s->counted && is_continued(line));
		s->lines += s->counted;
		s->bytes += s->counted ? line.n : 0;
	}
}

static bool
too_much(const struct scan *s)
{
	return s->bytes > MIME_HEADERS_MAX || s->lines > MIME_HEADERS_LINES ||
	       s->separators > MIME_SEPARATORS_MAX;
}

static struct str
honest_part(struct inbound_mail *m, struct str body)
{
	struct scan s = {.header = true, .maybe = true};
	struct str line;
	size_t n;

	for (n = 0; n < body.n; n += line.n + 1) {
		line = first_line(str_from(body, n));
		scan_line(&s, line);
		if (too_much(&s)) {
			m->limits |= INBOUND_CUT_PARTS;
			return str_sub(body, 0, n);
		}
	}
	return body;
}

void
mime_input_make(struct inbound_mail *m, struct str body, struct buf *out)
{
	struct str block = m->header;
	struct header_field f;

	while (out->n < MIME_CONTENT_MAX && header_next(&block, &f)) {
		if (!str_starts_nocase(f.name, STR("content-")))
			continue;
		buf_str(out, f.name);
		buf_char(out, ':');
		buf_str(out, str_sub(f.value, 0, MIME_FIELD_MAX));
		buf_char(out, '\n');
	}
	buf_char(out, '\n');
	buf_str(out, honest_part(m, body));
}
