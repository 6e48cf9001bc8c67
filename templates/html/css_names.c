#include "templates/html/css_names.h"

#include "lib/base/mem.h"

#define FIRST_SIZE 256
#define HASH_START 2166136261U
#define HASH_PRIME 16777619U

void
css_names_release(struct css_names *n)
{
	free(n->table);
	*n = (struct css_names){0};
}

static uint32_t
hash(enum css_kind kind, struct str text)
{
	uint32_t h = (HASH_START ^ (uint32_t)kind) * HASH_PRIME;
	size_t i;

	for (i = 0; i < text.n; i++)
		h = (h ^ (unsigned char)str_lower_char(text.p[i])) * HASH_PRIME;
	return h;
}

static bool
is_same(const struct css_name *name, enum css_kind kind, struct str text)
{
	if (name->kind != kind)
		return false;
	return kind == CSS_ELEMENT || kind == CSS_PROPERTY
		   ? str_eq_nocase(name->text, text)
		   : str_eq(name->text, text);
}

/* Where it stands, or would stand. */
static struct css_name *
place(const struct css_names *n, enum css_kind kind, struct str text)
{
	uint32_t i = hash(kind, text) & (n->size - 1);

	while (n->table[i].number != 0 && !is_same(&n->table[i], kind, text))
		i = (i + 1) & (n->size - 1);
	return &n->table[i];
}

static void
grow(struct css_names *n)
{
	struct css_names old = *n;
	uint32_t i;

	n->size = old.size > 0 ? 2 * old.size : FIRST_SIZE;
	n->table = NEW_ARRAY(struct css_name, n->size);
	for (i = 0; i < old.size; i++)
		if (old.table[i].number != 0)
			*place(n, old.table[i].kind, old.table[i].text) =
			    old.table[i];
	free(old.table);
}

uint32_t
css_names_add(struct css_names *n, enum css_kind kind, struct str text)
{
	struct css_name *name;

	if (2 * n->count >= n->size)
		grow(n);
	name = place(n, kind, text);
	if (name->number == 0)
		*name = (struct css_name){text, kind, ++n->count};
	return name->number;
}

uint32_t
css_names_find(const struct css_names *n, enum css_kind kind, struct str text)
{
	return n->size > 0 ? place(n, kind, text)->number : 0;
}
