/*
 * liquid_filter_html.c - filters that make HTML, or take it away.
 */
#include "templates/html/entity.h"
#include "templates/liquid/liquid_filters.h"

/* What the bytes that `escapes` names take when they are escaped. */
static size_t
escaped_size(struct str s)
{
	size_t i, n = s.n;

	for (i = 0; i < s.n; i++)
		if (entity_special[(unsigned char)s.p[i]] != 0)
			n += entity_of(s.p[i]).n - 1;
	return n;
}

static void
write_escaped(char *to, struct str s)
{
	struct str entity;
	size_t i;

	for (i = 0; i < s.n; i++) {
		entity = entity_of(s.p[i]);
		if (entity.n == 0) {
			*to++ = s.p[i];
			continue;
		}
		memcpy(to, entity.p, entity.n);
		to += entity.n;
	}
}

/* What needs no escaping is not copied. */
static bool
escape_text(struct liquid_run *r, struct value text, struct value *out)
{
	struct str s = value_text(text);
	size_t n = escaped_size(s);
	char *to;

	*out = text;
	if (n > s.n) {
		to = liquid_run_alloc(r, n);
		if (to == NULL)
			return false;
		write_escaped(to, s);
		*out = liquid_like(text, (struct str){to, n});
	}
	out->safe = liquid_marks_safe(r);
	return true;
}

/* What is safe already stays, where the program escapes by itself. */
bool
liquid_filter_escape(struct liquid_call *c)
{
	struct value text;

	c->out = c->in;
	if (c->in.type == VALUE_NIL ||
	    (c->in.safe && liquid_marks_safe(c->run)))
		return true;
	return liquid_as_text(c->run, c->in, &text) &&
	       escape_text(c->run, text, &c->out);
}

bool
liquid_filter_raw(struct liquid_call *c)
{
	if (!liquid_as_text(c->run, c->in, &c->out))
		return false;
	c->out.safe = c->out.own = liquid_marks_safe(c->run);
	return true;
}

static bool
letter(char c)
{
	c = str_lower_char(c);
	return c >= 'a' && c <= 'z';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At '&': the length of "&name;" or "&#digits;"; 0 when it is neither. */
static size_t
reference_length(struct str s)
{
	bool numeric = s.n > 1 && s.p[1] == '#';
	size_t first = numeric ? 2 : 1, i = first;

	while (i < s.n && (numeric ? digit(s.p[i]) : letter(s.p[i])))
		i++;
	return i > first && i < s.n && s.p[i] == ';' ? i + 1 : 0;
}

/* Up to the next '&' that begins a character reference. */
static size_t
until_reference(struct str s, size_t *length)
{
	size_t i, at;

	*length = 0;
	for (i = 0; i < s.n; i = at + 1) {
		at = str_chr(str_from(s, i), '&');
		if (at == STR_NOWHERE)
			break;
		at += i;
		*length = reference_length(str_from(s, at));
		if (*length > 0)
			return at;
	}
	return s.n;
}

bool
liquid_filter_escape_once(struct liquid_call *c)
{
	struct liquid_run *r = c->run;
	size_t mark = r->out->n, at, length;
	struct value text;
	struct str s;

	if (!liquid_as_text(r, c->in, &text))
		return false;
	c->out = text;
	if (text.safe && liquid_marks_safe(r))
		return true;
	for (s = value_text(text); s.n > 0; s = str_from(s, at + length)) {
		at = until_reference(s, &length);
		if (!liquid_write_escaped(r, str_sub(s, 0, at), LIQUID_HTML) ||
		    !liquid_run_write(r, s.p + at, length))
			return false;
	}
	if (!liquid_run_take(r, mark, &s))
		return false;
	c->out = liquid_like(text, s);
	c->out.safe = liquid_marks_safe(r);
	return true;
}

/* Each line end gets a <br />; the text around it is escaped first, where
 * the program escapes. */
bool
liquid_filter_newline_to_br(struct liquid_call *c)
{
	static const char br[] = "<br />\n";
	struct liquid_run *r = c->run;
	struct value text;
	struct liquid_join j;
	struct str rest;
	size_t n;

	if (!liquid_as_text(r, c->in, &text))
		return false;
	liquid_join_begin(&j, r);
	liquid_join_expect(&j, text);
	j.safe = liquid_marks_safe(r);
	for (rest = value_text(text);; rest = str_from(rest, n + 1)) {
		n = str_chr(rest, '\n');
		if (n == STR_NOWHERE)
			break;
		if (!liquid_join_write(&j,
			liquid_like(text,
			    str_sub(rest, 0,
				n - (n > 0 && rest.p[n - 1] == '\r')))) ||
		    !liquid_run_write(r, br, sizeof(br) - 1))
			return false;
	}
	return liquid_join_write(&j, liquid_like(text, rest)) &&
	       liquid_join_end(&j, &c->out);
}

/* What goes as a whole; where one kind has no end any more, all that begin
 * so are tags like others. */
struct block {
	struct str open, close;
	bool endless;
};

/* The length of the block that begins here; 0 when none does. */
static size_t
block_length(struct block *b, struct str s)
{
	size_t end;

	if (b->endless || !str_starts(s, b->open))
		return 0;
	end = str_find(str_from(s, b->open.n), b->close);
	b->endless = end == STR_NOWHERE;
	return b->endless ? 0 : b->open.n + end + b->close.n;
}

static size_t
any_block_length(struct block *blocks, size_t count, struct str s)
{
	size_t i, n = 0;

	for (i = 0; n == 0 && i < count; i++)
		n = block_length(&blocks[i], s);
	return n;
}

/* Scripts, comments and styles; gives how many bytes are left. */
static size_t
strip_blocks(char *to, struct str s)
{
	struct block blocks[] = {
	    {STR("<script"), STR("</script>"), false},
	    {STR("<!--"), STR("-->"), false},
	    {STR("<style"), STR("</style>"), false},
	};
	size_t i = 0, n = 0, length;

	while (i < s.n) {
		length = s.p[i] == '<' ? any_block_length(blocks,
					     ARRAY_LEN(blocks), str_from(s, i))
				       : 0;
		i += length;
		if (length == 0)
			to[n++] = s.p[i++];
	}
	return n;
}

/* From each '<' to the next '>', in place. */
static size_t
strip_tags(char *p, size_t size)
{
	struct str s = {p, size};
	size_t i = 0, n = 0, length;

	while (i < s.n) {
		length = s.p[i] == '<' ? str_chr(str_from(s, i), '>') + 1 : 0;
		if (length == 0 && s.p[i] == '<') { /* no '>' is left */
			memmove(p + n, p + i, s.n - i);
			return n + s.n - i;
		}
		i += length;
		if (length == 0)
			p[n++] = p[i++];
	}
	return n;
}

bool
liquid_filter_strip_html(struct liquid_call *c)
{
	struct value text;
	char *to;
	size_t n;

	if (!liquid_as_text(c->run, c->in, &text))
		return false;
	c->out = text;
	if (str_chr(value_text(text), '<') == STR_NOWHERE)
		return true;
	to = liquid_run_alloc(c->run, text.n);
	if (to == NULL)
		return false;
	n = strip_tags(to, strip_blocks(to, value_text(text)));
	c->out = liquid_part(text, (struct str){to, n});
	return true;
}
