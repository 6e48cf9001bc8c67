#include "lib/base/json_write.h"

#include <assert.h>

void
json_write_init(struct json_write *j, struct buf *out)
{
	*j = (struct json_write){.out = out};
}

/* Before each value: the comma, unless a key stands before it. */
static void
value_follows(struct json_write *j)
{
	bool in_object = j->depth > 0 && j->open[j->depth - 1] == '{';

	assert(in_object == j->after_key);
	if (j->comma && !j->after_key)
		buf_char(j->out, ',');
	j->comma = true;
	j->after_key = false;
}

void
json_write_open(struct json_write *j, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	assert(j->depth < JSON_WRITE_DEPTH_MAX);
	value_follows(j);
	j->open[j->depth++] = bracket;
	j->comma = false;
	buf_char(j->out, bracket);
}

void
json_write_close(struct json_write *j, char bracket)
{
	assert(j->depth > 0 && !j->after_key);
	assert(bracket == (j->open[j->depth - 1] == '{' ? '}' : ']'));
	j->depth--;
	j->comma = true;
	buf_char(j->out, bracket);
}

/* Length of the UTF-8 character at the front of s, 0 when it is none. */
static size_t
character(struct str s)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c == 0 || n > s.n || !str_is_utf8(str_sub(s, 0, n)))
		return 0;
	return n;
}

static void
escaped(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"': buf_puts(out, "\\\""); break;
	case '\\': buf_puts(out, "\\\\"); break;
	case '\n': buf_puts(out, "\\n"); break;
	case '\r': buf_puts(out, "\\r"); break;
	case '\t': buf_puts(out, "\\t"); break;
	default: buf_printf(out, "\\u%04x", c); break;
	}
}

static void
quoted(struct buf *out, struct str s)
{
	size_t n;

	buf_char(out, '"');
	for (; s.n > 0; s = str_from(s, n)) {
		n = character(s);
		if (n == 0) {
			buf_puts(out, "\xef\xbf\xbd");
			n = 1;
		} else if (s.p[0] == '"' || s.p[0] == '\\' ||
			   (unsigned char)s.p[0] < 0x20) {
			escaped(out, (unsigned char)s.p[0]);
		} else {
			buf_add(out, s.p, n);
		}
	}
	buf_char(out, '"');
}

void
json_write_key(struct json_write *j, const char *key)
{
	assert(j->depth > 0 && j->open[j->depth - 1] == '{' && !j->after_key);
	if (j->comma)
		buf_char(j->out, ',');
	quoted(j->out, str_of(key));
	buf_char(j->out, ':');
	j->comma = false;
	j->after_key = true;
}

void
json_write_text(struct json_write *j, struct str s)
{
	value_follows(j);
	quoted(j->out, s);
}

void
json_write_int(struct json_write *j, int64_t v)
{
	value_follows(j);
	buf_int(j->out, v);
}

void
json_write_bool(struct json_write *j, bool v)
{
	json_write_raw(j, v ? STR("true") : STR("false"));
}

void
json_write_null(struct json_write *j)
{
	json_write_raw(j, STR("null"));
}

void
json_write_raw(struct json_write *j, struct str json)
{
	value_follows(j);
	buf_str(j->out, json);
}

void
json_write_member(struct json_write *j, const char *key, struct str text)
{
	json_write_key(j, key);
	json_write_text(j, text);
}
