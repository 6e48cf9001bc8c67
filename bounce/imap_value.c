#include "bounce/imap_value.h"

#include "bounce/imap_parse.h"

#include <assert.h>

struct imap_cursor
imap_cursor_top(const struct imap_parse *p)
{
	return (struct imap_cursor){p, 0, p->count};
}

struct imap_cursor
imap_cursor_list(const struct imap_parse *p, const struct imap_value *list)
{
	assert(list->kind == IMAP_LIST);
	return (struct imap_cursor){p, (uint32_t)(list - p->values) + 1,
	    list->next};
}

const struct imap_value *
imap_cursor_next(struct imap_cursor *c)
{
	const struct imap_value *v;

	if (c->at >= c->end)
		return NULL;
	v = &c->parse->values[c->at];
	c->at = v->next;
	return v;
}

struct str
imap_value_str(const struct imap_parse *p, const struct imap_value *v)
{
	return str_sub(buf_view(&p->bytes), v->at, v->n);
}

bool
imap_value_is_nil(const struct imap_parse *p, const struct imap_value *v)
{
	return v->kind == IMAP_ATOM &&
	       str_eq_nocase(imap_value_str(p, v), STR("NIL"));
}

bool
imap_value_is_string(const struct imap_value *v)
{
	return v->kind == IMAP_QUOTED || v->kind == IMAP_LITERAL;
}

bool
imap_value_number(const struct imap_parse *p, const struct imap_value *v,
    uint64_t *out)
{
	return v->kind == IMAP_ATOM && str_to_u64(imap_value_str(p, v), out) &&
	       *out <= INT64_MAX;
}
