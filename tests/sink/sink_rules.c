#include "lib/base/base.h"

#include "tests/sink/sink_rules.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#include <pthread.h>
#include <stdatomic.h>

#define FILE_MAX (64U << 10)

/* One reading of the rules. */
struct script {
	struct sink_rule rules[SINK_RULES_MAX];
	int count;
	int generation;
	int64_t read_ms;
	bool steps[SINK_STEP__COUNT]; /* there is a rule about it */
	struct script *older;
};

struct sink_rules {
	const char *const *texts;
	int text_count;
	const char *file;
	pthread_mutex_t lock;         /* over counts and the seed */
	_Atomic(struct script *) now; /* the newest; older ones behind it */
	uint64_t seed;
};

static void
free_script(struct script *s)
{
	int i;

	for (i = 0; i < s->count; i++)
		sink_rule_release(&s->rules[i]);
	free(s);
}

static bool
add_rule(struct script *s, struct str text, struct err *err)
{
	struct sink_rule *r = &s->rules[s->count];

	if (s->count == SINK_RULES_MAX)
		return err_set(err, FAIL_LIMIT, "more than %d rules",
		    SINK_RULES_MAX);
	if (!sink_rule_parse(r, text, err))
		return false;
	s->count++;
	s->steps[r->step] = true;
	return true;
}

/* Lines; empty ones and those after "#" do not count. */
static bool
add_file(struct script *s, const char *path, struct err *err)
{
	struct buf text;
	struct str rest, line;
	bool ok;

	buf_init(&text, FILE_MAX);
	ok = file_read(path, &text, err);
	rest = buf_view(&text);
	while (ok && str_cut(&rest, '\n', &line)) {
		line = str_trim(line);
		if (line.n > 0 && line.p[0] != '#')
			ok = add_rule(s, line, err);
	}
	buf_release(&text);
	return ok || err_wrap(err, "%s", path);
}

bool
sink_rules_reload(struct sink_rules *rules, struct err *err)
{
	struct script *s = NEW(struct script);
	bool ok = true;
	int i;

	s->read_ms = clock_mono_ms();
	for (i = 0; ok && i < rules->text_count; i++)
		ok = add_rule(s, str_of(rules->texts[i]), err);
	if (ok && rules->file != NULL)
		ok = add_file(s, rules->file, err);
	if (!ok) {
		free_script(s);
		return false;
	}
	s->older = atomic_load(&rules->now);
	s->generation = s->older != NULL ? s->older->generation + 1 : 1;
	atomic_store(&rules->now, s);
	return true;
}

struct sink_rules *
sink_rules_new(const char *const *texts, int count, const char *file,
    uint64_t seed, struct err *err)
{
	struct sink_rules *rules = NEW(struct sink_rules);

	rules->texts = texts;
	rules->text_count = count;
	rules->file = file;
	rules->seed = seed * 0x9e3779b97f4a7c15U | 1;
	pthread_mutex_init(&rules->lock, NULL);
	if (sink_rules_reload(rules, err))
		return rules;
	sink_rules_free(rules);
	return NULL;
}

void
sink_rules_free(struct sink_rules *rules)
{
	struct script *s, *older;

	if (rules == NULL)
		return;
	for (s = atomic_load(&rules->now); s != NULL; s = older) {
		older = s->older;
		free_script(s);
	}
	pthread_mutex_destroy(&rules->lock);
	free(rules);
}

int
sink_rules_generation(const struct sink_rules *rules)
{
	return atomic_load(&rules->now)->generation;
}

bool
sink_rules_concern(const struct sink_rules *rules, enum sink_step step)
{
	return atomic_load_explicit(&rules->now, memory_order_acquire)
	    ->steps[step];
}

/* xorshift64* */
static uint64_t
draw(struct sink_rules *rules)
{
	rules->seed ^= rules->seed >> 12;
	rules->seed ^= rules->seed << 25;
	rules->seed ^= rules->seed >> 27;
	return rules->seed * 0x2545f4914f6cdd1dU;
}

static double
chance(struct sink_rules *rules)
{
	return (double)(draw(rules) >> 11) / (double)(1ULL << 53);
}

static void
put(struct sink_rules *rules, const struct sink_rule *r,
    struct sink_fault *fault)
{
	if (r->act == SINK_DELAY && fault->delay_ms == 0)
		fault->delay_ms =
		    r->ms_min +
		    (int64_t)(draw(rules) %
			      (uint64_t)(r->ms_max - r->ms_min + 1));
	else if (r->act > SINK_DELAY && fault->pace == NULL)
		fault->pace = r;
	else if (r->act < SINK_DELAY && fault->rule == NULL)
		fault->rule = r;
}

/* A turn that began before they were read is none before their time. */
static int64_t
age_ms(const struct script *s, int64_t now_ms)
{
	return now_ms > s->read_ms ? now_ms - s->read_ms : 0;
}

bool
sink_rules_at(struct sink_rules *rules, struct sink_moment *m,
    struct sink_fault *fault)
{
	struct script *s = atomic_load(&rules->now);
	int i;

	*fault = (struct sink_fault){0};
	if (!s->steps[m->step])
		return false;
	m->age_ms = age_ms(s, m->now_ms);
	pthread_mutex_lock(&rules->lock);
	for (i = 0; i < s->count; i++)
		if (s->rules[i].step == m->step &&
		    sink_rule_holds(&s->rules[i], m, chance(rules)))
			put(rules, &s->rules[i], fault);
	pthread_mutex_unlock(&rules->lock);
	return fault->rule != NULL || fault->pace != NULL ||
	       fault->delay_ms > 0;
}

void
sink_rules_cut(struct sink_rules *rules, struct sink_moment *m,
    struct sink_cut *cut)
{
	struct script *s = atomic_load(&rules->now);
	int i;

	*cut = (struct sink_cut){.at = SINK_NEVER};
	if (!s->steps[m->step])
		return;
	m->age_ms = age_ms(s, m->now_ms);
	pthread_mutex_lock(&rules->lock);
	for (i = 0; i < s->count; i++) {
		if (s->rules[i].step != m->step ||
		    !sink_rule_holds(&s->rules[i], m, chance(rules)) ||
		    cut->rule != NULL)
			continue;
		cut->at = sink_rule_offset(&s->rules[i]);
		cut->rule = cut->at != SINK_NEVER ? &s->rules[i] : NULL;
	}
	pthread_mutex_unlock(&rules->lock);
}

void
sink_rules_uncut(struct sink_rules *rules, struct sink_cut *cut)
{
	if (cut->rule == NULL)
		return;
	pthread_mutex_lock(&rules->lock);
	sink_rule_give_back(cut->rule, cut->at);
	pthread_mutex_unlock(&rules->lock);
	*cut = (struct sink_cut){.at = SINK_NEVER};
}

void
sink_rules_random(struct sink_rules *rules, char *p, size_t n)
{
	uint64_t bits = 0;
	size_t i;

	pthread_mutex_lock(&rules->lock);
	for (i = 0; i < n; i++, bits >>= 8) {
		if (i % 8 == 0)
			bits = draw(rules);
		p[i] = (char)bits;
	}
	pthread_mutex_unlock(&rules->lock);
}
