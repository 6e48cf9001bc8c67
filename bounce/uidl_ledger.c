#include "bounce/uidl_ledger.h"

#include "lib/base/digest.h"
#include "lib/base/mem.h"

#include <assert.h>

#define SLOTS_MIN 64

void
uidl_ledger_init(struct uidl_ledger *l)
{
	*l = (struct uidl_ledger){.at = NULL};
}

void
uidl_ledger_release(struct uidl_ledger *l)
{
	free(l->at);
	free(l->slots);
	uidl_ledger_init(l);
}

/* Where the key is, or the free slot where it belongs: a key is a digest, so
 * that its first bytes are as good as any hash. */
static uint32_t *
slot_of(const struct uidl_ledger *l, const unsigned char *key)
{
	uint64_t hash;
	size_t i;

	memcpy(&hash, key, sizeof(hash));
	for (i = hash & (l->slot_count - 1); l->slots[i] != 0;
	     i = (i + 1) & (l->slot_count - 1))
		if (memcmp(l->at[l->slots[i] - 1].key, key, UIDL_KEY_SIZE) == 0)
			break;
	return &l->slots[i];
}

/* The index anew, with room for twice as many. */
static void
index_all(struct uidl_ledger *l)
{
	size_t i;

	for (l->slot_count = SLOTS_MIN; l->slot_count < l->count * 4;)
		l->slot_count *= 2;
	free(l->slots);
	l->slots = NEW_ARRAY(uint32_t, l->slot_count);
	for (i = 0; i < l->count; i++)
		*slot_of(l, l->at[i].key) = (uint32_t)i + 1;
}

static struct uidl_entry *
find(const struct uidl_ledger *l, const unsigned char *key)
{
	uint32_t slot = l->slots != NULL ? *slot_of(l, key) : 0;

	return slot != 0 ? &l->at[slot - 1] : NULL;
}

static struct uidl_entry *
add(struct uidl_ledger *l, const unsigned char *key)
{
	struct uidl_entry *e;

	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? SLOTS_MIN : l->cap * 2;
		l->at = mem_grow(l->at, l->cap, sizeof(*l->at));
	}
	assert(l->at != NULL);
	e = &l->at[l->count++];
	*e = (struct uidl_entry){.uid = 0};
	memcpy(e->key, key, UIDL_KEY_SIZE);
	if (l->count * 2 > l->slot_count)
		index_all(l);
	else
		*slot_of(l, key) = (uint32_t)l->count;
	return e;
}

void
uidl_ledger_load(struct uidl_ledger *l, struct str key, bool is_report)
{
	const unsigned char *bytes = (const unsigned char *)key.p;
	struct uidl_entry *e;

	if (key.n != UIDL_KEY_SIZE || find(l, bytes) != NULL)
		return;
	e = add(l, bytes);
	e->stored = true;
	e->is_report = is_report;
}

void
uidl_ledger_visit(struct uidl_ledger *l)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		l->at[i].number = l->at[i].twins = 0;
	l->seen = 0;
}

/* The name of the n-th after the first that goes by the same one. */
static void
name_twin(unsigned char digest[SHA256_SIZE], uint32_t n)
{
	unsigned char both[SHA256_SIZE + sizeof(n)];

	memcpy(both, digest, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, &n, sizeof(n));
	sha256(digest, (struct str){(const char *)both, sizeof(both)});
}

void
uidl_ledger_see(struct uidl_ledger *l, uint32_t number, struct str name)
{
	unsigned char digest[SHA256_SIZE];
	struct uidl_entry *e;

	assert(number > 0);
	sha256(digest, name);
	e = find(l, digest);
	if (e != NULL && e->number != 0) {
		name_twin(digest, ++e->twins);
		e = find(l, digest);
	}
	if (e == NULL) {
		e = add(l, digest);
		e->uid = ++l->last_uid;
	}
	e->number = number;
	l->seen++;
}

size_t
uidl_ledger_forget(struct uidl_ledger *l, unsigned char (*gone)[UIDL_KEY_SIZE],
    size_t max)
{
	size_t i, kept = 0, n = 0;

	for (i = 0; i < l->count; i++) {
		const struct uidl_entry *e = &l->at[i];

		if (e->number == 0 && !e->stored)
			continue;
		if (e->number == 0 && n < max)
			memcpy(gone[n++], e->key, UIDL_KEY_SIZE);
		else
			l->at[kept++] = *e;
	}
	if (kept == l->count)
		return 0;
	l->count = kept;
	index_all(l);
	return n;
}

/* The first with at least that UID. */
static size_t
lower_bound(const struct uidl_ledger *l, uint32_t uid)
{
	size_t low = 0, high = l->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (l->at[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
uidl_ledger_unread(const struct uidl_ledger *l, uint32_t from,
    struct imap_set *out)
{
	size_t i;

	imap_set_reset(out);
	for (i = lower_bound(l, from > 0 ? from : 1); i < l->count; i++) {
		const struct uidl_entry *e = &l->at[i];

		if (e->number != 0 && !e->stored &&
		    !imap_set_add(out, e->uid, e->uid))
			return; /* too many at once: the next look */
	}
}

struct uidl_entry *
uidl_ledger_find(const struct uidl_ledger *l, uint32_t uid)
{
	size_t i = lower_bound(l, uid);

	return uid > 0 && i < l->count && l->at[i].uid == uid ? &l->at[i]
							      : NULL;
}

size_t
uidl_ledger_due(const struct uidl_ledger *l, uint32_t last,
    struct uidl_entry **first)
{
	size_t end = last < UINT32_MAX ? lower_bound(l, last + 1) : l->count;
	size_t from = end;

	while (from > 0 && l->at[from - 1].uid > 0 && !l->at[from - 1].stored)
		from--;
	*first = l->at != NULL ? l->at + from : NULL;
	return end - from;
}

void
uidl_ledger_stored(struct uidl_ledger *l, uint32_t last)
{
	struct uidl_entry *e;
	size_t n;

	for (n = uidl_ledger_due(l, last, &e); n > 0; n--, e++)
		e->stored = true;
}

void
uidl_ledger_report(struct uidl_ledger *l, struct str key)
{
	struct uidl_entry *e;

	if (key.n != UIDL_KEY_SIZE)
		return;
	e = find(l, (const unsigned char *)key.p);
	if (e != NULL)
		e->is_report = true;
}
