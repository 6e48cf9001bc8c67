#include "templates/liquid/liquid_scope.h"

#include "lib/base/mem.h"
#include "templates/liquid/liquid_compiler.h"

static const struct liquid_scope_name *
find(const struct liquid_scope *s, const struct liquid_key *key,
    enum liquid_name_kind kind)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (s->names[i].kind == kind &&
		    s->names[i].key->hash == key->hash &&
		    str_eq(s->names[i].key->text, key->text))
			return &s->names[i];
	return NULL;
}

static void
add(struct liquid_compiler *c, struct liquid_scope *s,
    struct liquid_scope_name name)
{
	struct liquid_scope_name *grown;

	if (s->count == s->cap) {
		s->cap = s->cap > 0 ? 2 * s->cap : 4;
		grown = ARENA_ARRAY(&c->program->memory,
		    struct liquid_scope_name, s->cap);
		if (s->count > 0)
			memcpy(grown, s->names, s->count * sizeof(*grown));
		s->names = grown;
	}
	s->names[s->count++] = name;
}

static bool
new_number(struct liquid_compiler *c, const struct liquid_key *key,
    uint32_t *number)
{
	struct liquid *p = c->program;

	if (p->name_count == LIQUID_NAMES_MAX)
		return liquid_compile_fail(c, c->piece.at,
		    "more than %d different names", LIQUID_NAMES_MAX);
	if (p->name_count == p->name_cap) {
		p->name_cap = p->name_cap > 0 ? 2 * p->name_cap : 16;
		p->names = mem_grow(p->names, p->name_cap,
		    sizeof(const struct liquid_key *));
	}
	*number = p->name_count++;
	p->names[*number] = key;
	return true;
}

/* Of an inner scope: one that was given back, if there is. */
static bool
inner_number(struct liquid_compiler *c, const struct liquid_key *key,
    uint32_t *number)
{
	if (c->spare.count == 0)
		return new_number(c, key, number);
	*number = c->spare.names[--c->spare.count].number;
	return true;
}

void
liquid_scope_open(struct liquid_compiler *c, struct liquid_scope *outer)
{
	c->scope = ARENA_NEW(&c->program->memory, struct liquid_scope);
	c->scope->outer = outer;
	if (outer == NULL)
		c->root = c->scope;
}

void
liquid_scope_close(struct liquid_compiler *c, struct liquid_scope *to)
{
	const struct liquid_scope *s = c->scope;
	uint32_t i;

	for (i = 0; s->outer != NULL && i < s->count; i++)
		add(c, &c->spare, s->names[i]);
	c->scope = to;
}

bool
liquid_scope_bind(struct liquid_compiler *c, struct str name, uint32_t *number)
{
	struct liquid_key sought = {name, value_hash(name)};
	const struct liquid_key *key;
	const struct liquid_scope_name *known =
	    find(c->scope, &sought, NAME_VARIABLE);

	if (known != NULL) {
		*number = known->number;
		return true;
	}
	key = liquid_emit_key(c, name);
	if (c->scope->outer == NULL ? !new_number(c, key, number)
				    : !inner_number(c, key, number))
		return false;
	add(c, c->scope,
	    (struct liquid_scope_name){
		.key = key,
		.number = *number,
		.given = true,
	    });
	return true;
}

bool
liquid_scope_hidden(struct liquid_compiler *c, uint32_t *number)
{
	return liquid_scope_bind(c,
	    arena_printf(&c->program->memory, " %u", c->scope->count), number);
}

bool
liquid_scope_root(struct liquid_compiler *c, struct str name,
    enum liquid_name_kind kind, uint32_t *number)
{
	struct liquid_key sought = {name, value_hash(name)};
	struct liquid_scope *root = c->root;
	const struct liquid_scope_name *known = find(root, &sought, kind);
	const struct liquid_key *key;

	if (known != NULL) {
		*number = known->number;
		return true;
	}
	key = liquid_emit_key(c, name);
	if (!new_number(c, key, number))
		return false;
	add(c, root,
	    (struct liquid_scope_name){
		.key = key,
		.number = *number,
		.kind = kind,
	    });
	return true;
}

bool
liquid_scope_read(struct liquid_compiler *c, struct str name,
    struct liquid_scope_name *out)
{
	struct liquid_key key = {name, value_hash(name)};
	const struct liquid_scope_name *known;
	const struct liquid_scope *s;

	for (s = c->scope; s != NULL; s = s->outer) {
		known = find(s, &key, NAME_VARIABLE);
		if (known != NULL) {
			*out = *known;
			return true;
		}
	}
	*out = (struct liquid_scope_name){.kind = NAME_VARIABLE};
	return liquid_scope_root(c, name, NAME_VARIABLE, &out->number);
}

uint32_t
liquid_scope_find(const struct liquid_scope *scope, struct str name)
{
	struct liquid_key key = {name, value_hash(name)};
	const struct liquid_scope_name *known;

	for (; scope != NULL; scope = scope->outer) {
		known = find(scope, &key, NAME_VARIABLE);
		if (known != NULL)
			return known->number;
	}
	return LIQUID_NONE;
}
