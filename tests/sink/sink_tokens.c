#include "lib/base/base.h"

#include "tests/sink/sink_tokens.h"

#include "lib/base/clock.h"

void
sink_tokens_init(struct sink_tokens *t, const struct sink_options *options)
{
	memset(t, 0, sizeof(*t));
	t->options = options;
	pthread_mutex_init(&t->lock, NULL);
}

void
sink_tokens_release(struct sink_tokens *t)
{
	pthread_mutex_destroy(&t->lock);
	sink_tally_release(&t->first_uses);
}

static bool
known(const struct sink_options *o, struct str token)
{
	struct str good;
	int i;

	for (i = 0; i < o->token_count; i++) {
		good = str_of(o->tokens[i]);
		if (str_ends(good, STR("*"))
			? str_starts(token, str_sub(good, 0, good.n - 1))
			: str_eq(token, good))
			return true;
	}
	return o->token_count == 0;
}

static bool
expired(struct sink_tokens *t, struct str token)
{
	int64_t now_ms = clock_mono_ms(), life_ms;
	struct sink_count *use;
	bool over;

	life_ms = (int64_t)t->options->token_life_s * 1000;
	pthread_mutex_lock(&t->lock);
	use = sink_tally_at(&t->first_uses, token, STR_NONE, now_ms);
	if (use->n++ == 0)
		use->first_ms = now_ms;
	over = now_ms - use->first_ms >= life_ms;
	pthread_mutex_unlock(&t->lock);
	return over;
}

bool
sink_tokens_good(struct sink_tokens *t, struct str token)
{
	return known(t->options, token) &&
	       (t->options->token_life_s == 0 || !expired(t, token));
}
