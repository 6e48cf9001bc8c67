#include "api/throttle.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/mem.h"

#include <pthread.h>

#define WAYS   8 /* places that a bucket may have */
#define SETS   (THROTTLE_BUCKETS / WAYS)
#define MINUTE INT64_C(60000000) /* microseconds */
#define SECOND INT64_C(1000000)

struct bucket {
	uint64_t who;
	int64_t empty_us; /* monotonic; past: nobody's */
};

struct throttle {
	pthread_mutex_t lock;
	unsigned char key[SHA256_SIZE];
	struct bucket sets[SETS][WAYS];
};

struct throttle *
throttle_new(void)
{
	struct throttle *t = NEW(struct throttle);

	pthread_mutex_init(&t->lock, NULL);
	random_bytes(t->key, sizeof(t->key));
	return t;
}

void
throttle_free(struct throttle *t)
{
	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static uint64_t
name_of(const struct throttle *t, const char *what, struct str who)
{
	unsigned char inner[SHA256_SIZE], mac[SHA256_SIZE];
	uint64_t name;

	hmac_sha256(inner, (struct str){(const char *)t->key, SHA256_SIZE},
	    str_of(what));
	hmac_sha256(mac, (struct str){(const char *)inner, SHA256_SIZE}, who);
	memcpy(&name, mac, sizeof(name));
	return name;
}

/* Its bucket, or the emptiest of its set to become that. */
static struct bucket *
find(struct throttle *t, uint64_t name)
{
	struct bucket *set = t->sets[name % SETS], *emptiest = set;
	size_t i;

	for (i = 0; i < WAYS; i++) {
		if (set[i].who == name)
			return &set[i];
		if (set[i].empty_us < emptiest->empty_us)
			emptiest = &set[i];
	}
	*emptiest = (struct bucket){.who = name};
	return emptiest;
}

static int64_t
seconds(int64_t us)
{
	return us <= 0 ? 0 : (us + SECOND - 1) / SECOND;
}

static bool
turn(struct throttle *t, struct throttle_rate rate, struct str who,
    struct throttle_state *out, bool take)
{
	int64_t now = clock_mono_ms() * 1000, each, filled;
	struct bucket *b;
	uint64_t name;
	bool may;

	*out = (struct throttle_state){.limit = rate.a_minute};
	if (rate.a_minute == 0)
		return true;
	each = MINUTE / rate.a_minute;
	name = name_of(t, rate.what, who);
	pthread_mutex_lock(&t->lock);
	b = find(t, name);
	filled = b->empty_us > now ? b->empty_us - now : 0;
	may = filled + each <= each * rate.a_minute;
	if (may && take) {
		filled += each;
		b->empty_us = now + filled;
	}
	pthread_mutex_unlock(&t->lock);
	out->left = rate.a_minute - (filled + each - 1) / each;
	out->empty_s = seconds(filled);
	out->wait_s = may ? 0 : seconds(filled + each - each * rate.a_minute);
	return may;
}

bool
throttle_take(struct throttle *t, struct throttle_rate rate, struct str who,
    struct throttle_state *out)
{
	return turn(t, rate, who, out, true);
}

bool
throttle_look(struct throttle *t, struct throttle_rate rate, struct str who,
    struct throttle_state *out)
{
	return turn(t, rate, who, out, false);
}
