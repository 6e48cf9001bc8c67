#include "sender/replay_intents.h"

#include "lib/base/mem.h"

#define FIRST_CAP 64

void
replay_intents_release(struct replay_intents *s)
{
	free(s->at);
	*s = (struct replay_intents){NULL, 0, 0};
}

static size_t
home_of(const struct replay_intents *s, int64_t delivery)
{
	uint64_t h = (uint64_t)delivery * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 32) & (s->cap - 1);
}

/* Where it stands, or the empty place where it would. */
static size_t
find(const struct replay_intents *s, int64_t delivery)
{
	size_t i = home_of(s, delivery);

	while (s->at[i].delivery != 0 && s->at[i].delivery != delivery)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
grow(struct replay_intents *s)
{
	struct replay_intents old = *s;
	size_t i;

	s->cap = old.cap > 0 ? old.cap * 2 : FIRST_CAP;
	s->at = NEW_ARRAY(struct replay_intent, s->cap);
	for (i = 0; i < old.cap; i++)
		if (old.at[i].delivery != 0)
			s->at[find(s, old.at[i].delivery)] = old.at[i];
	free(old.at);
}

void
replay_intents_put(struct replay_intents *s, const struct replay_intent *intent)
{
	size_t i;

	if (s->count * 2 >= s->cap)
		grow(s);
	i = find(s, intent->delivery);
	s->count += s->at[i].delivery == 0;
	s->at[i] = *intent;
}

/* Those behind move up, so that no search ends too early. */
static void
close_gap(struct replay_intents *s, size_t gap)
{
	size_t i = gap, home;

	for (;;) {
		i = (i + 1) & (s->cap - 1);
		if (s->at[i].delivery == 0)
			return;
		home = home_of(s, s->at[i].delivery);
		if (((i - home) & (s->cap - 1)) < ((i - gap) & (s->cap - 1)))
			continue;
		s->at[gap] = s->at[i];
		s->at[i].delivery = 0;
		gap = i;
	}
}

void
replay_intents_drop(struct replay_intents *s, int64_t delivery)
{
	size_t i;

	if (s->count == 0)
		return;
	i = find(s, delivery);
	if (s->at[i].delivery == 0)
		return;
	s->at[i].delivery = 0;
	s->count--;
	close_gap(s, i);
}

bool
replay_intents_take(struct replay_intents *s, struct replay_intent *out)
{
	size_t i;

	for (i = 0; s->count > 0 && i < s->cap; i++)
		if (s->at[i].delivery != 0) {
			*out = s->at[i];
			replay_intents_drop(s, out->delivery);
			return true;
		}
	return false;
}
