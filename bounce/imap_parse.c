#include "bounce/imap_parse.h"

#include "lib/base/mem.h"

#include <assert.h>

#define KEEP_BYTES  (64U << 10)
#define KEEP_VALUES 1024

enum verdict { GO_ON = 0, AGAIN, STOP };

typedef enum verdict step_fn(struct imap_parse *, char, struct err *);

void
imap_parse_init(struct imap_parse *p)
{
	*p = (struct imap_parse){.state = IMAP_PARSE_BETWEEN};
	buf_init(&p->bytes, IMAP_RESPONSE_MAX);
}

void
imap_parse_release(struct imap_parse *p)
{
	buf_release(&p->bytes);
	free(p->values);
	imap_parse_init(p);
}

/* Many links idle at a time: after a large response memory is given back. */
void
imap_parse_reset(struct imap_parse *p)
{
	if (p->bytes.cap > KEEP_BYTES)
		buf_release(&p->bytes);
	else
		buf_reset(&p->bytes);
	if (p->cap > KEEP_VALUES) {
		free(p->values);
		p->values = NULL;
		p->cap = 0;
	}
	p->state = IMAP_PARSE_BETWEEN;
	p->count = 0;
	p->depth = 0;
	p->line = 0;
	p->expect = 0;
}

bool
imap_parse_at_start(const struct imap_parse *p)
{
	return p->state == IMAP_PARSE_COMPLETE ||
	       (p->state == IMAP_PARSE_BETWEEN && p->line == 0);
}

static enum verdict
broken(struct err *err, const char *what)
{
	err_set(err, FAIL_PROTOCOL, "imap response: %s", what);
	return STOP;
}

static enum verdict
too_much(struct err *err, const char *what, unsigned limit)
{
	err_set(err, FAIL_LIMIT, "imap response: %s than %u", what, limit);
	return STOP;
}

/* A new value that begins here; its end is set by close_value. */
static bool
open_value(struct imap_parse *p, enum imap_value_kind kind, struct err *err)
{
	if (p->count == IMAP_VALUES_MAX) {
		too_much(err, "more values", IMAP_VALUES_MAX);
		return false;
	}
	if (p->count == p->cap) {
		p->cap = p->cap > 0 ? p->cap * 2 : 64;
		p->values = mem_grow(p->values, p->cap, sizeof(*p->values));
	}
	p->values[p->count] = (struct imap_value){.kind = kind,
	    .at = (uint32_t)p->bytes.n,
	    .next = p->count + 1};
	p->count++;
	return true;
}

static struct imap_value *
last_value(struct imap_parse *p)
{
	assert(p->count > 0);
	return &p->values[p->count - 1];
}

static struct str
last_str(struct imap_parse *p)
{
	return str_from(buf_view(&p->bytes), last_value(p)->at);
}

static void
close_value(struct imap_parse *p)
{
	struct imap_value *v = last_value(p);

	v->n = (uint32_t)p->bytes.n - v->at;
	p->state = IMAP_PARSE_BETWEEN;
}

static bool
is_status_word(struct str s)
{
	return str_eq_nocase(s, STR("OK")) || str_eq_nocase(s, STR("NO")) ||
	       str_eq_nocase(s, STR("BAD")) || str_eq_nocase(s, STR("BYE")) ||
	       str_eq_nocase(s, STR("PREAUTH"));
}

/* Is what follows the blank text?  After `+`, and after a status word in the
 * second place. */
static bool
text_follows(const struct imap_parse *p)
{
	if (p->depth > 0)
		return false;
	if (p->count == 1)
		return str_eq(imap_value_str(p, &p->values[0]), STR("+"));
	return p->count == 2 && p->values[1].kind == IMAP_ATOM &&
	       is_status_word(imap_value_str(p, &p->values[1]));
}

static enum verdict
open_list(struct imap_parse *p, struct err *err)
{
	if (p->depth == IMAP_DEPTH_MAX)
		return too_much(err, "lists nested deeper", IMAP_DEPTH_MAX);
	if (!open_value(p, IMAP_LIST, err))
		return STOP;
	p->open[p->depth++] = p->count - 1;
	return GO_ON;
}

static enum verdict
close_list(struct imap_parse *p, struct err *err)
{
	if (p->depth == 0)
		return broken(err, "')' without '('");
	p->values[p->open[--p->depth]].next = p->count;
	return GO_ON;
}

static enum verdict
open_string(struct imap_parse *p, enum imap_value_kind kind,
    enum imap_parse_state state, struct err *err)
{
	if (p->count == 0)
		return broken(err, "begins with a string");
	if (!open_value(p, kind, err))
		return STOP;
	p->state = state;
	p->expect = 0;
	p->digits = false;
	return GO_ON;
}

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static enum verdict
end_line(struct imap_parse *p, struct err *err)
{
	if (p->depth > 0)
		return broken(err, "line ends inside a list");
	if (p->count == 0)
		return broken(err, "empty line");
	p->state = IMAP_PARSE_LF;
	return GO_ON;
}

static enum verdict
step_between(struct imap_parse *p, char c, struct err *err)
{
	switch (c) {
	case ' ':
		if (!text_follows(p))
			return GO_ON;
		if (!open_value(p, IMAP_TEXT, err))
			return STOP;
		p->state = IMAP_PARSE_TEXT;
		return GO_ON;
	case '\r': return end_line(p, err);
	case '(':
		return p->count > 0 ? open_list(p, err)
				    : broken(err, "begins with a list");
	case ')': return close_list(p, err);
	case '"': return open_string(p, IMAP_QUOTED, IMAP_PARSE_QUOTED, err);
	case '{': return open_string(p, IMAP_LITERAL, IMAP_PARSE_SIZE, err);
	default: break;
	}
	if (is_control(c))
		return broken(err, "control byte between values");
	if (!open_value(p, IMAP_ATOM, err))
		return STOP;
	p->state = IMAP_PARSE_ATOM;
	return AGAIN;
}

static bool
begins_section(struct imap_parse *p)
{
	struct str atom = last_str(p);

	return str_starts_nocase(atom, STR("BODY")) ||
	       str_starts_nocase(atom, STR("BINARY"));
}

/* `~{123}` is a literal too (RFC 3516). */
static enum verdict
literal8(struct imap_parse *p)
{
	struct imap_value *v = last_value(p);

	buf_truncate(&p->bytes, v->at);
	v->kind = IMAP_LITERAL;
	p->state = IMAP_PARSE_SIZE;
	p->expect = 0;
	p->digits = false;
	return GO_ON;
}

static enum verdict
step_atom(struct imap_parse *p, char c, struct err *err)
{
	if (c == ' ' || c == '\r' || c == '(' || c == ')') {
		close_value(p);
		return AGAIN;
	}
	if (c == '{' && str_eq(last_str(p), STR("~")) && p->count > 1)
		return literal8(p);
	if (c == '"')
		return broken(err, "quote inside an atom");
	if (is_control(c))
		return broken(err, "control byte in an atom");
	if (c == '[' && begins_section(p))
		p->state = IMAP_PARSE_SECTION;
	buf_char(&p->bytes, c);
	return GO_ON;
}

static enum verdict
step_section(struct imap_parse *p, char c, struct err *err)
{
	if (is_control(c))
		return broken(err, "control byte in a section");
	if (c == ']')
		p->state = IMAP_PARSE_ATOM;
	buf_char(&p->bytes, c);
	return GO_ON;
}

static enum verdict
step_quoted(struct imap_parse *p, char c, struct err *err)
{
	if (c == '"') {
		close_value(p);
		return GO_ON;
	}
	if (c == '\\') {
		p->state = IMAP_PARSE_ESCAPED;
		return GO_ON;
	}
	if (c == '\r' || c == '\n' || c == '\0')
		return broken(err, "line ends inside quotes");
	buf_char(&p->bytes, c);
	return GO_ON;
}

static enum verdict
step_escaped(struct imap_parse *p, char c, struct err *err)
{
	if (c != '"' && c != '\\')
		return broken(err, "backslash before another character");
	buf_char(&p->bytes, c);
	p->state = IMAP_PARSE_QUOTED;
	return GO_ON;
}

static enum verdict
step_size(struct imap_parse *p, char c, struct err *err)
{
	if (c >= '0' && c <= '9') {
		p->expect = p->expect * 10 + (uint64_t)(c - '0');
		p->digits = true;
		if (p->expect > IMAP_LITERAL_MAX)
			return too_much(err, "literal of more bytes",
			    IMAP_LITERAL_MAX);
		return GO_ON;
	}
	if (c == '+' && p->digits) /* none of a server's, but harmless */
		return GO_ON;
	if (c != '}' || !p->digits)
		return broken(err, "literal without a size");
	p->state = IMAP_PARSE_SIZE_CR;
	return GO_ON;
}

static enum verdict
step_size_cr(struct imap_parse *p, char c, struct err *err)
{
	if (c != '\r')
		return broken(err, "no line end after a literal's size");
	p->state = IMAP_PARSE_SIZE_LF;
	return GO_ON;
}

static enum verdict
step_size_lf(struct imap_parse *p, char c, struct err *err)
{
	if (c != '\n')
		return broken(err, "no line end after a literal's size");
	p->state = IMAP_PARSE_LITERAL;
	if (p->expect == 0)
		close_value(p);
	return GO_ON;
}

static enum verdict
step_text(struct imap_parse *p, char c, struct err *err)
{
	if (c == '\r') {
		close_value(p);
		p->state = IMAP_PARSE_LF;
		return GO_ON;
	}
	if (c == '\n' || c == '\0')
		return broken(err, "control byte in text");
	buf_char(&p->bytes, c);
	return GO_ON;
}

static enum verdict
step_lf(struct imap_parse *p, char c, struct err *err)
{
	if (c != '\n')
		return broken(err, "CR without LF");
	p->state = IMAP_PARSE_COMPLETE;
	return STOP;
}

static step_fn *const steps[] = {
    [IMAP_PARSE_BETWEEN] = step_between,
    [IMAP_PARSE_ATOM] = step_atom,
    [IMAP_PARSE_SECTION] = step_section,
    [IMAP_PARSE_QUOTED] = step_quoted,
    [IMAP_PARSE_ESCAPED] = step_escaped,
    [IMAP_PARSE_SIZE] = step_size,
    [IMAP_PARSE_SIZE_CR] = step_size_cr,
    [IMAP_PARSE_SIZE_LF] = step_size_lf,
    [IMAP_PARSE_TEXT] = step_text,
    [IMAP_PARSE_LF] = step_lf,
};

/* As much of the literal as is there; how many bytes it took. */
static size_t
take_literal(struct imap_parse *p, struct str data)
{
	size_t n = data.n < p->expect ? data.n : (size_t)p->expect;

	buf_add(&p->bytes, data.p, n);
	p->expect -= n;
	if (p->expect == 0)
		close_value(p);
	return n;
}

/* One byte outside a literal, given again to the state it leads to. */
static enum verdict
take_byte(struct imap_parse *p, char c, struct err *err)
{
	enum verdict v;

	if (++p->line > IMAP_LINE_MAX)
		return too_much(err, "line of more bytes", IMAP_LINE_MAX);
	do
		v = steps[p->state](p, c, err);
	while (v == AGAIN);
	return v;
}

static enum verdict
take_all(struct imap_parse *p, struct str data, size_t *used, struct err *err)
{
	enum verdict v = GO_ON;
	size_t i = 0;

	while (i < data.n && v == GO_ON) {
		if (p->state == IMAP_PARSE_LITERAL)
			i += take_literal(p, str_from(data, i));
		else
			v = take_byte(p, data.p[i++], err);
	}
	*used = i;
	if (p->bytes.full)
		return too_much(err, "more bytes", IMAP_RESPONSE_MAX);
	return v;
}

enum imap_progress
imap_parse_feed(struct imap_parse *p, struct str data, size_t *used,
    struct err *err)
{
	*used = 0;
	if (p->state == IMAP_PARSE_BROKEN) {
		broken(err, "fed after an error");
		return IMAP_BAD;
	}
	if (p->state == IMAP_PARSE_COMPLETE)
		imap_parse_reset(p);
	if (take_all(p, data, used, err) == GO_ON)
		return IMAP_MORE;
	if (p->state == IMAP_PARSE_COMPLETE && !p->bytes.full)
		return IMAP_COMPLETE;
	p->state = IMAP_PARSE_BROKEN;
	return IMAP_BAD;
}
