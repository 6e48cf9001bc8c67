#include "lib/base/base.h"

#include "tests/sink/sink_tally.h"

#include "lib/base/mem.h"

#define PROBES 16

void
sink_tally_release(struct sink_tally *t)
{
	free(t->slots);
	t->slots = NULL;
}

/* FNV-1a, the case of ASCII letters aside. */
static uint64_t
hash(uint64_t h, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		h ^= (unsigned char)str_lower_char(s.p[i]);
		h *= 0x100000001b3U;
	}
	return h;
}

struct sink_count *
sink_tally_at(struct sink_tally *t, struct str a, struct str b, int64_t now_ms)
{
	uint64_t key = hash(0xcbf29ce484222325U, a);
	struct sink_count *slot, *oldest = NULL;
	size_t i, at;

	key = hash(hash(key, STR("\n")), b) | 1;
	at = (size_t)(key >> 20);
	if (t->slots == NULL)
		t->slots = NEW_ARRAY(struct sink_count, SINK_TALLY_SLOTS);
	for (i = 0; i < PROBES; i++) {
		slot = &t->slots[(at + i) % SINK_TALLY_SLOTS];
		if (slot->key == key || slot->key == 0) {
			oldest = slot;
			break;
		}
		if (oldest == NULL || slot->touched_ms < oldest->touched_ms)
			oldest = slot;
	}
	if (oldest->key != key)
		*oldest = (struct sink_count){.key = key};
	oldest->touched_ms = now_ms;
	return oldest;
}
