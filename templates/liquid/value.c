#include "templates/liquid/value.h"

#define LINEAR_MAX 8

_Static_assert(sizeof(struct value) == 16, "two registers");

/* Stands right before the members of an indexed object; the slots, numbers
 * of members from 1, stand before it. */
struct index_end {
	uint32_t slots; /* a power of two */
	uint32_t unused[3];
};

struct value
value_nil(void)
{
	return (struct value){.type = VALUE_NIL};
}

struct value
value_bool(bool v)
{
	return (struct value){.type = VALUE_BOOL, .u.boolean = v};
}

struct value
value_int(int64_t v)
{
	return (struct value){.type = VALUE_INT, .u.integer = v};
}

struct value
value_float(double v)
{
	return (struct value){.type = VALUE_FLOAT, .u.real = v};
}

struct value
value_string(struct str s)
{
	return (struct value){.type = VALUE_STRING,
	    .n = (uint32_t)s.n,
	    .u.string = s.p};
}

struct value
value_array(const struct value *items, uint32_t n)
{
	return (struct value){.type = VALUE_ARRAY, .n = n, .u.items = items};
}

struct value
value_object(const struct value_member *members, uint32_t n)
{
	return (struct value){
	    .type = VALUE_OBJECT,
	    .n = n,
	    .u.members = members,
	};
}

struct str
value_text(struct value v)
{
	return v.type == VALUE_STRING ? (struct str){v.u.string, v.n}
				      : STR_NONE;
}

bool
value_truthy(struct value v)
{
	return v.type != VALUE_NIL && (v.type != VALUE_BOOL || v.u.boolean);
}

static uint64_t
load(const char *p, size_t n)
{
	uint64_t word = 0;
	uint32_t half;

	if (n == sizeof(word)) {
		memcpy(&word, p, sizeof(word));
	} else if (n >= sizeof(half)) {
		memcpy(&half, p, sizeof(half));
		word = half;
		memcpy(&half, p + n - sizeof(half), sizeof(half));
		word = word << 32 | half;
	} else if (n > 0) {
		word = (uint64_t)(unsigned char)p[0] << 16 |
		       (uint64_t)(unsigned char)p[n / 2] << 8 |
		       (unsigned char)p[n - 1];
	}
	return word;
}

/* Word by word. */
uint32_t
value_hash(struct str key)
{
	uint64_t h = key.n;
	size_t i, n;

	for (i = 0; i < key.n; i += n) {
		n = key.n - i < sizeof(h) ? key.n - i : sizeof(h);
		h = (h ^ load(key.p + i, n)) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

static bool
key_is(const struct value_member *m, struct str key)
{
	return m->key.n == key.n &&
	       (key.n == 0 || (m->key.p[0] == key.p[0] &&
				  memcmp(m->key.p, key.p, key.n) == 0));
}

static const struct value *
find_linear(const struct value_member *m, uint32_t n, struct str key)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (key_is(&m[i], key))
			return &m[i].value;
	return NULL;
}

/* The index of members that have one. */
static const struct index_end *
index_of(const struct value_member *m)
{
	return (const struct index_end *)(const void *)m - 1;
}

/* The slot that holds the key, or the free one where it belongs. */
static uint32_t
find_slot(const struct value_member *m, struct str key, uint32_t hash)
{
	const struct index_end *end = index_of(m);
	const uint16_t *slots = (const uint16_t *)end - end->slots;
	uint32_t at = hash & (end->slots - 1);

	while (slots[at] != 0 && !key_is(&m[slots[at] - 1], key))
		at = (at + 1) & (end->slots - 1);
	return at;
}

const struct value *
value_find(struct value object, struct str key, uint32_t hash)
{
	const struct index_end *end;
	uint16_t member;

	if (!object.indexed)
		return find_linear(object.u.members, object.n, key);
	end = index_of(object.u.members);
	member = ((const uint16_t *)end -
		  end->slots)[find_slot(object.u.members, key, hash)];
	return member > 0 ? &object.u.members[member - 1].value : NULL;
}

struct value
value_member(struct value object, struct str key)
{
	const struct value *found;

	if (object.type == VALUE_DROP)
		return object.u.drop->member(object.u.drop, key);
	if (object.type != VALUE_OBJECT)
		return value_nil();
	found = value_find(object, key, value_hash(key));
	return found != NULL ? *found : value_nil();
}

static uint32_t
build_linear(struct value_member *to, const struct value_member *from,
    uint32_t n)
{
	uint32_t i, j, count = 0;

	for (i = 0; i < n; i++) {
		for (j = 0; j < count && !key_is(&to[j], from[i].key); j++)
			;
		if (j == count)
			to[count++].key = from[i].key;
		to[j].value = from[i].value;
	}
	return count;
}

static uint32_t
build_indexed(struct value_member *to, uint16_t *slots,
    const struct value_member *from, uint32_t n)
{
	uint32_t i, slot, count = 0;

	for (i = 0; i < n; i++) {
		slot = find_slot(to, from[i].key, value_hash(from[i].key));
		if (slots[slot] == 0) {
			to[count++].key = from[i].key;
			slots[slot] = (uint16_t)count;
		}
		to[slots[slot] - 1].value = from[i].value;
	}
	return count;
}

/* Slots, their number, members: in one piece. */
static struct value_member *
room_indexed(uint32_t n, struct arena *a, uint16_t **slots)
{
	struct index_end *end;
	uint32_t count = 4 * LINEAR_MAX;

	while (count < 2 * n)
		count *= 2;
	*slots = arena_try(a, count * sizeof(**slots) + sizeof(*end) +
				  n * sizeof(struct value_member));
	if (*slots == NULL)
		return NULL;
	memset(*slots, 0, count * sizeof(**slots));
	end = (struct index_end *)(void *)(*slots + count);
	end->slots = count;
	return (struct value_member *)(end + 1);
}

bool
value_build(struct value *out, const struct value_member *members, uint32_t n,
    struct arena *a)
{
	bool indexed = n > LINEAR_MAX;
	struct value_member *to;
	uint16_t *slots = NULL;

	if (n > VALUE_MEMBERS_MAX)
		return false;
	to = indexed ? room_indexed(n, a, &slots)
		     : arena_try(a, n * sizeof(*to));
	if (to == NULL)
		return false;
	n = indexed ? build_indexed(to, slots, members, n)
		    : build_linear(to, members, n);
	*out = value_object(to, n);
	out->indexed = indexed;
	return true;
}
