/*
 * liquid_state.c - what tags keep between two runs of them: counters, turns
 * of cycles, what ifchanged saw; and the variables as a whole.
 */
#include "templates/html/entity.h"
#include "templates/liquid/liquid_run.h"
#include "templates/liquid/liquid_scope.h"

#include <inttypes.h>
#include <unistr.h>

/* Kept in the variable NAME_CYCLES as a list. */
struct turn {
	struct value_drop drop; /* not called: the list is never seen */
	struct value name;
	uint32_t next_choice;
	struct turn *next;
};

struct liquid_self {
	struct value_drop drop; /* first, so that it leads here */
	struct liquid_run *run;
	const struct liquid_scope *scope;
	struct liquid_self *next;
};

void
liquid_assign(struct liquid_run *r, uint32_t number, struct value v)
{
	r->variables[number] = (struct liquid_variable){v, true, true};
}

void
liquid_clear(struct liquid_run *r, uint32_t first, uint32_t end)
{
	memset(&r->variables[first], 0, (end - first) * sizeof(*r->variables));
}

bool
liquid_count(struct liquid_run *r, const struct liquid_count *count)
{
	struct value *counter = &r->variables[count->counter].value;
	struct liquid_variable *v = &r->variables[count->number];
	int64_t old = counter->type == VALUE_INT ? counter->u.integer : 0;
	char text[24];

	*counter = value_int(old + count->step);
	if (!v->assigned) {
		v->value = *counter;
		v->known = true;
	}
	snprintf(text, sizeof(text), "%" PRIi64,
	    count->step > 0 ? old : counter->u.integer);
	return liquid_run_write(r, text, strlen(text));
}

/* Names are the same when their types are, too. */
static bool
same_name(struct value a, struct value b)
{
	if (a.type != b.type)
		return false;
	if (a.type == VALUE_STRING)
		return str_eq(value_text(a), value_text(b));
	if (a.type == VALUE_BOOL)
		return a.u.boolean == b.u.boolean;
	if (a.type == VALUE_INT)
		return a.u.integer == b.u.integer;
	if (a.type == VALUE_FLOAT)
		return !(a.u.real < b.u.real || a.u.real > b.u.real);
	return true;
}

static struct turn *
turn_of(struct liquid_run *r, const struct liquid_cycle *cycle,
    struct value name)
{
	struct value *state = &r->variables[cycle->state].value;
	union {
		const struct value_drop *kept;
		struct turn *turn; /* which it is */
	} first = {NULL};
	struct turn *t;

	if (state->type == VALUE_DROP)
		first.kept = state->u.drop;
	for (t = first.turn; t != NULL; t = t->next)
		if (!liquid_run_charge(r, 1))
			return NULL;
		else if (same_name(t->name, name))
			return t;
	t = liquid_run_alloc(r, sizeof(*t));
	if (t == NULL)
		return NULL;
	*t = (struct turn){.name = name, .next = first.turn};
	*state = (struct value){.type = VALUE_DROP, .u.drop = &t->drop};
	return t;
}

bool
liquid_cycle(struct liquid_run *r, const struct liquid_cycle *cycle,
    struct value name)
{
	struct turn *t = turn_of(r, cycle, name);

	if (t == NULL)
		return false;
	r->pc = t->next_choice < cycle->count ? cycle->targets[t->next_choice]
					      : cycle->end;
	if (++t->next_choice >= cycle->count)
		t->next_choice = 0;
	return true;
}

bool
liquid_changed(struct liquid_run *r, uint32_t state, size_t mark)
{
	struct value *last = &r->variables[state].value;
	struct str shown = {r->out->p + mark, r->out->n - mark};

	if (!liquid_run_charge(r, shown.n / LIQUID_BYTES_PER_STEP))
		return false;
	if (last->type == VALUE_STRING && str_eq(value_text(*last), shown)) {
		buf_truncate(r->out, mark);
		return true;
	}
	if (!liquid_run_take(r, mark, &shown))
		return false;
	*last = value_string(shown);
	return liquid_run_write(r, shown.p, shown.n);
}

/* Entities are longer than what they stand for. */
static struct str
decode(char *to, struct str s)
{
	uint32_t code = 0;
	size_t i = 0, n, used = 0;
	int length;

	while (i < s.n) {
		n = s.p[i] == '&' ? entity_decode(str_from(s, i), &code) : 0;
		length = n > 0 ? u8_uctomb((uint8_t *)to + used, code,
				     (ptrdiff_t)(s.n - used))
			       : 0;
		if (length <= 0)
			to[used] = s.p[i];
		used += length > 0 ? (size_t)length : 1;
		i += length > 0 ? n : 1;
	}
	return (struct str){to, used};
}

bool
liquid_linked(struct liquid_run *r, uint32_t number, size_t mark)
{
	const struct liquid_data *data = r->data;
	struct str url;
	char *to;

	if (data->link == NULL)
		return true;
	if (!liquid_run_take(r, mark, &url) ||
	    !liquid_run_charge(r, url.n / LIQUID_BYTES_PER_STEP))
		return false;
	to = liquid_run_alloc(r, url.n);
	if (to == NULL)
		return false;
	data->link(number, decode(to, url), r->out, data->link_arg);
	return liquid_run_write(r, "", 0); /* within bounds still */
}

bool
liquid_choose(struct liquid_run *r, const struct liquid_choice *choice,
    struct value name)
{
	struct str s = value_text(name);
	uint32_t i;

	if (name.type != VALUE_STRING)
		return liquid_run_fail(r, "Illegal template name");
	for (i = 0; i < choice->count; i++)
		if (str_eq(choice->names[i], s)) {
			r->pc = choice->targets[i];
			return true;
		}
	return liquid_run_fail(r, "Could not find asset %.*s",
	    (int)(s.n < 100 ? s.n : 100), s.n > 0 ? s.p : "");
}

static struct value
self_member(const struct value_drop *drop, struct str key)
{
	const struct liquid_self *self = (const struct liquid_self *)drop;
	uint32_t number = liquid_scope_find(self->scope, key);

	return number != LIQUID_NONE
		   ? *liquid_variable(self->run, number)
		   : liquid_data_find(self->run->data, key, value_hash(key));
}

bool
liquid_self(struct liquid_run *r, const struct liquid_scope *scope,
    struct value *out)
{
	struct liquid_self *s = r->selves;

	if (out->type != VALUE_NIL)
		return true;
	while (s != NULL && s->scope != scope)
		s = s->next;
	if (s == NULL) {
		s = liquid_run_alloc(r, sizeof(*s));
		if (s == NULL)
			return false;
		*s = (struct liquid_self){
		    .drop = {self_member, "Liquid::SelfDrop"},
		    .run = r,
		    .scope = scope,
		    .next = r->selves,
		};
		r->selves = s;
	}
	*out = (struct value){.type = VALUE_DROP, .u.drop = &s->drop};
	return true;
}
