/*
 * liquid_escape.c - how merged values are made safe for where they stand.
 */
#include "templates/html/entity.h"
#include "templates/html/html_context.h"
#include "templates/html/text_part.h"
#include "templates/liquid/liquid_writer.h"
#include "templates/liquid/plain_run.h"
#include "templates/one_line.h"

#include <unistr.h>

static bool
write_html(struct liquid_run *r, struct str s)
{
	struct str entity;
	size_t n;

	for (;;) {
		n = plain_run_html(s.p, s.n);
		if (!liquid_run_write(r, s.p, n))
			return false;
		if (n == s.n)
			return true;
		entity = entity_of(s.p[n]);
		if (!liquid_run_write(r, entity.p, entity.n))
			return false;
		s = str_from(s, n + 1);
	}
}

/* On one line: see one_line.h. */
static bool
write_header(struct liquid_run *r, struct str s)
{
	char *line = liquid_run_alloc(r, s.n);

	return line != NULL && liquid_run_write(r, line, one_line(line, s));
}

bool
liquid_write_escaped(struct liquid_run *r, struct str s, enum liquid_escape how)
{
	switch (how) {
	case LIQUID_HTML: return write_html(r, s);
	case LIQUID_HEADER: return write_header(r, s);
	case LIQUID_TEXT:
	case LIQUID_DERIVED: break;
	}
	return liquid_run_write(r, s.p, s.n);
}

static bool
write_reference(struct liquid_run *r, char c)
{
	char text[8];
	int n = snprintf(text, sizeof(text), "&#%d;", (unsigned char)c);

	return liquid_run_write(r, text, (size_t)n);
}

bool
liquid_writer_byte(struct liquid_writer *w, char c)
{
	struct str entity = entity_of(c);

	if ((w->how & ESCAPE_RAW) && !(w->how & ESCAPE_BARE))
		return liquid_run_write(w->run, &c, 1);
	if (entity.n > 0)
		return liquid_run_write(w->run, entity.p, entity.n);
	if ((w->how & ESCAPE_BARE) && c != '\0' &&
	    strchr(" \t\n\f\r=`", c) != NULL)
		return write_reference(w->run, c);
	return liquid_run_write(w->run, &c, 1);
}

static bool
write_bytes(struct liquid_writer *w, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!liquid_writer_byte(w, s.p[i]))
			return false;
	return true;
}

static bool
alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* At '(': whether the word before it is a function that only computes. */
static bool
harmless_function(struct str before)
{
	static const char *const names[] = {"rgb", "rgba", "hsl", "hsla",
	    "calc", "min", "max", "clamp"};
	size_t i, n = before.n;

	while (n > 0 && (alnum(before.p[n - 1]) || before.p[n - 1] == '-'))
		n--;
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(str_from(before, n), str_of(names[i])))
			return true;
	return false;
}

/* One value of CSS, or a part of it: words, numbers, colours. */
static bool
plain_css(struct str s)
{
	size_t i;
	int open = 0;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '(' && !harmless_function(str_sub(s, 0, i)))
			return false;
		open += (c == '(') - (c == ')');
		if (open < 0 || c == '\0' ||
		    (!alnum(c) && (unsigned char)c < 0x80 &&
			strchr(" #.,%-+_!()", c) == NULL))
			return false;
	}
	return open == 0;
}

/* Letters and digits as they are, the rest as \u escapes: nothing is left
 * that means anything, whether in quotes or not. */
static bool
write_string(struct liquid_writer *w, struct str s)
{
	char text[8];
	uint32_t c;
	size_t i;
	int n;

	for (i = 0; i < s.n; i += (size_t)n) {
		n = u8_mbtouc(&c, (const uint8_t *)s.p + i, s.n - i);
		if ((c < 0x80 && alnum((char)c)) ||
		    (c == ' ' && !(w->how & ESCAPE_BARE)) ||
		    (c >= 0xa0 && c != 0x2028 && c != 0x2029)) {
			if (!liquid_run_write(w->run, s.p + i, (size_t)n))
				return false;
			continue;
		}
		snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
		if (!liquid_run_write(w->run, text, 6))
			return false;
	}
	return true;
}

/* A value of JSON: arrays and objects as the text that shows them. */
static bool
write_script(struct liquid_writer *w, struct value v, struct str s)
{
	if (v.type == VALUE_NIL)
		return liquid_run_write(w->run, "null", 4);
	if (v.type == VALUE_BOOL || v.type == VALUE_INT)
		return liquid_run_write(w->run, s.p, s.n);
	return liquid_writer_byte(w, '"') && write_string(w, s) &&
	       liquid_writer_byte(w, '"');
}

/* Of an attribute that holds nothing but text. */
static bool
is_name(struct str s)
{
	struct html_place place = {.state = PLACE_NAME};
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (!alnum(s.p[i]))
			return false;
		html_place_name_add(&place, s.p[i]);
	}
	return html_value_of(&place) == HOLDS_TEXT;
}

static bool
is_number(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* The first letter decides whether a tag or a comment begins. */
static bool
write_behind_open(struct liquid_writer *w, struct str s)
{
	if (s.n > 0 && (unsigned char)s.p[0] < 0x80) {
		if (!write_reference(w->run, s.p[0]))
			return false;
		s = str_from(s, 1);
	}
	return write_bytes(w, s);
}

static bool
write_kind(struct liquid_writer *w, struct value v, struct str s)
{
	switch ((unsigned)w->how & ESCAPE_KIND) {
	case ESCAPE_HTML: return write_bytes(w, s);
	case ESCAPE_CSS: return write_bytes(w, plain_css(s) ? s : STR("x"));
	case ESCAPE_STRING: return write_string(w, s);
	case ESCAPE_SCRIPT: return write_script(w, v, s);
	case ESCAPE_TAG: return write_behind_open(w, s);
	case ESCAPE_TAG_REST:
		return write_bytes(w, is_number(s) ? s : STR("0"));
	case ESCAPE_NAME: return write_bytes(w, is_name(s) ? s : STR("x"));
	default: return liquid_write_url(w, s);
	}
}

/* What is HTML already, as the text that it shows. */
static bool
decoded(struct liquid_run *r, struct str *s)
{
	uint8_t bytes[6];
	size_t i = 0, n, used = 0;
	uint32_t code;
	char *to = liquid_run_alloc(r, s->n);
	int length;

	if (to == NULL)
		return false;
	while (i < s->n) {
		n = s->p[i] == '&' ? entity_decode(str_from(*s, i), &code) : 0;
		length = n > 0 ? u8_uctomb(bytes, code, sizeof(bytes)) : 0;
		if (length > 0 && (size_t)length <= n) {
			memcpy(to + used, bytes, (size_t)length);
			used += (size_t)length;
			i += n;
		} else {
			to[used++] = s->p[i++];
		}
	}
	*s = (struct str){to, used};
	return true;
}

/* LIQUID_DERIVED: HTML that a filter made becomes text. */
static bool
write_text(struct liquid_run *r, struct value v, struct str s)
{
	struct buf text;
	bool ok;

	if (!v.safe)
		return liquid_run_write(r, s.p, s.n);
	buf_init(&text, LIQUID_OUTPUT_MAX);
	text_of_html(&text, s);
	s = str_trim(buf_view(&text));
	ok = liquid_run_write(r, s.p, s.n);
	buf_release(&text);
	return ok;
}

/* Letters that the template itself has: escaped for HTML, and otherwise as
 * its author wrote them. */
static bool
write_own(struct liquid_writer *w, struct value v, struct str s)
{
	unsigned kind = w->how & ESCAPE_KIND;

	if (v.safe)
		return liquid_run_write(w->run, s.p, s.n);
	if (kind == ESCAPE_STRING || kind == ESCAPE_SCRIPT)
		return write_kind(w, v, s);
	return write_bytes(w, s);
}

static bool
write_in_place(struct liquid_writer *w, struct value v, struct str s)
{
	unsigned kind = w->how & ESCAPE_KIND;

	if (v.own && kind != ESCAPE_TAG)
		return write_own(w, v, s);
	if (v.encoded && kind >= ESCAPE_IMAGE && kind <= ESCAPE_URL_PART)
		return liquid_run_write(w->run, s.p, s.n);
	if (v.safe && kind == ESCAPE_HTML && !(w->how & ESCAPE_BARE))
		return liquid_run_write(w->run, s.p, s.n);
	return (!v.safe || decoded(w->run, &s)) && write_kind(w, v, s);
}

/* What was written since `mark` ends where it has to. */
static bool
write_end(struct liquid_writer *w, size_t mark)
{
	struct buf *out = w->run->out;
	uint8_t begins = ESCAPE_BARE | ESCAPE_RAW;

	if (out->n == mark)
		return ((w->how & ESCAPE_KIND) != ESCAPE_TAG &&
			   (w->how & begins) != begins) ||
		       write_reference(w->run, ' ');
	if (!(w->how & ESCAPE_COMMENT) || out->p[out->n - 1] != '-')
		return true;
	buf_truncate(out, out->n - 1);
	return write_reference(w->run, '-');
}

bool
liquid_write_value(struct liquid_run *r, struct value v, struct str s,
    uint8_t how)
{
	struct liquid_writer w = {r, how};
	size_t mark = r->out->n;

	if (how == ESCAPE_NONE)
		return liquid_run_write(r, s.p, s.n);
	if (how == ESCAPE_HTML)
		return v.safe ? liquid_run_write(r, s.p, s.n)
			      : write_html(r, s);
	if (how == ESCAPE_HEADER)
		return write_header(r, s);
	if (how == ESCAPE_TEXT)
		return write_text(r, v, s);
	return write_in_place(&w, v, s) && write_end(&w, mark);
}
