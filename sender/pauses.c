#include "lib/base/base.h"

#include "sender/pauses.h"

#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "sender/handout.h"
#include "sender/worker.h"

/* Columns of campaign_pauses. */
enum { PAUSES_VERSION, PAUSES_GROUP };

static void
clear(struct pauses *p)
{
	while (p->count > 0)
		free(p->names[--p->count]);
}

void
pauses_release(struct pauses *p)
{
	clear(p);
	free(p->names);
	p->names = NULL;
	p->cap = 0;
}

/* Where it stands, or should. */
static size_t
place_of(const struct pauses *p, struct str group)
{
	size_t low = 0, high = p->count, half;

	while (low < high) {
		half = low + (high - low) / 2;
		if (str_cmp(str_of(p->names[half]), group) < 0)
			low = half + 1;
		else
			high = half;
	}
	return low;
}

static bool
stands_at(const struct pauses *p, size_t at, struct str group)
{
	return at < p->count && str_eq(str_of(p->names[at]), group);
}

bool
pauses_has(const struct pauses *p, struct str group)
{
	return p->count > 0 && stands_at(p, place_of(p, group), group);
}

bool
pauses_add(struct pauses *p, struct str group)
{
	size_t at = place_of(p, group);

	if (stands_at(p, at, group))
		return false;
	if (p->count == p->cap) {
		p->cap = p->cap > 0 ? 2 * p->cap : 8;
		p->names = mem_grow(p->names, p->cap, sizeof(*p->names));
	}
	memmove(p->names + at + 1, p->names + at,
	    (p->count - at) * sizeof(*p->names));
	p->names[at] = str_dup(group);
	p->count++;
	return true;
}

void
pauses_load(struct pauses *p, const struct db_result *rows)
{
	int line, n = db_rows(rows);

	clear(p);
	for (line = 0; line < n; line++) {
		p->version = db_get_int(rows, line, PAUSES_VERSION);
		if (!db_is_null(rows, line, PAUSES_GROUP))
			pauses_add(p, db_get_text(rows, line, PAUSES_GROUP));
	}
}

static void
on_read(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailing *m = arg;

	(void)count;
	m->claims--;
	m->pauses.reading = false;
	if (err == NULL) /* else the next pulse asks again */
		pauses_load(&m->pauses, &results[0]);
	recorder_poke(&m->worker->recorder);
	handout_soon(m->worker);
}

void
pauses_seen(struct mailing *m, int64_t version)
{
	struct db_batch *b;

	if (version == m->pauses.version || m->pauses.reading ||
	    m->stage != MAILING_ACTIVE)
		return;
	m->pauses.reading = true;
	m->claims++;
	b = db_batch_new(m->worker->link);
	db_batch_add(b, Q_CAMPAIGN_PAUSES, DB_ARGS(db_int(m->id)));
	db_batch_send(b, on_read, m);
}

static void
on_begun(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailing *m = arg;

	(void)results;
	(void)count;
	m->claims--;
	if (err != NULL)
		m->pauses.version = -1; /* then the next refusal says it */
	recorder_poke(&m->worker->recorder);
}

/* Why the whole campaign is paused: the newest of many refusals. */
static void
halt(struct mailing *m, const char *reply)
{
	char why[SMTP_REPLY_BRIEF_MAX + 100];

	snprintf(why, sizeof(why),
	    "%zu groups of domains refuse its sender: %s", m->pauses.count,
	    reply);
	mailing_halt(m, why);
}

void
pauses_begin(struct mailing *m, struct str group, int64_t account_id,
    const struct smtp_result *r)
{
	char why[SMTP_REPLY_BRIEF_MAX], status[STATUS_TEXT_MAX];
	struct db_batch *b;

	if (!pauses_add(&m->pauses, group))
		return;
	smtp_reply_brief(&r->reply, why);
	log_warn("campaign_paused_for", "campaign=%lld group=%s reason=%s",
	    (long long)m->id, log_quote(group), log_quote(str_of(why)));
	m->claims++;
	b = db_batch_new(m->worker->link);
	db_batch_add(b, Q_CAMPAIGN_PAUSE_GROUP,
	    DB_ARGS(db_int(m->id), db_text(group), db_int(account_id),
		db_cstr(why), db_int(r->reply.code),
		db_text_or_null(
		    r->reply.status.class != 0
			? str_of(status_text(r->reply.status, status))
			: STR_NONE)));
	db_batch_send(b, on_begun, m);
	if (m->pauses.count >= PAUSES_MAX)
		halt(m, why);
}
