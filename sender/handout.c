#include "sender/handout.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "sender/claim.h"
#include "sender/hold.h"
#include "sender/pulse.h"
#include "sender/retry.h"
#include "sender/turn.h"
#include "sender/worker.h"

#include <assert.h>

static void run(void *arg);

void
handout_soon(struct worker *w)
{
	loop_defer(w->loop, run, w);
}

void
handout_later(struct worker *w, int64_t after_ms)
{
	int64_t at = clock_mono_ms() + after_ms;

	if (w->handout_at_ms != 0 && w->handout_at_ms <= at)
		return;
	w->handout_at_ms = at;
	loop_timer_start(w->handout, after_ms);
}

void
handout_cancel(struct worker *w)
{
	loop_undefer(w->loop, run, w);
}

static bool
may_start(struct worker *w)
{
	return !w->stopping && db_link_is_up(w->link) &&
	       !recorder_stalled(&w->recorder) &&
	       pulse_age_ms(w) <= HANDOUT_BLIND_MS &&
	       worker_journal_usable(&w->journal);
}

/* A row that is to go; one that was put aside has it before its first
 * attempt. */
static bool
has_retry(const struct recipient *who)
{
	return who->attempt > 1 || who->lease->kind == LEASE_RETRY;
}

static void
settle_suppressed(struct worker *w, struct recipient *who)
{
	struct outcome_row row = {
	    .state = LEDGER_SUPPRESSED,
	    .retry_ms = -1,
	    .settles_retry = has_retry(who),
	};

	recorder_add(&w->recorder, who, &row);
}

/* What is wrong with a message may be wrong with everybody's. */
static void
count_refusal(struct mailing *m, struct str reason)
{
	char why[RELAY_WHY_MAX];

	if (++m->content_refusals < MAILING_CONTENT_REFUSALS_MAX)
		return;
	m->content_refusals = 0;
	snprintf(why, sizeof(why),
	    "%d messages in a row failed for their content: %.*s",
	    MAILING_CONTENT_REFUSALS_MAX, STR_ARG(str_fit(reason, 200)));
	mailing_halt(m, why);
}

/* The template gave it up, or there is an answer already: this recipient is
 * left out, and counted so. */
static void
settle_skipped(struct worker *w, struct recipient *who, struct str why)
{
	struct outcome_row row = {
	    .state = LEDGER_SUPPRESSED,
	    .retry_ms = -1,
	    .settles_retry = has_retry(who),
	    .diagnosed = true,
	    .diagnosis = {.scope = SCOPE_MESSAGE},
	    .reply = why,
	};

	recorder_add(&w->recorder, who, &row);
}

static void
settle_unwritable(struct worker *w, struct recipient *who,
    const struct err *err)
{
	struct outcome_row row = {
	    .state = LEDGER_FAILED,
	    .retry_ms = -1,
	    .settles_retry = has_retry(who),
	    .diagnosed = true,
	    .diagnosis = {.scope = SCOPE_MESSAGE,
		.category = CATEGORY_CONTENT,
		.permanent = true},
	    .reply = str_of(err->text),
	};

	recorder_add(&w->recorder, who, &row);
}

/* Until when all its permits may be used. */
static int64_t
begin_by(const struct mailing *m, const struct relay *r, const struct lane *l)
{
	int64_t until = meter_until_ms(&m->meter);

	if (meter_until_ms(&r->meter) < until)
		until = meter_until_ms(&r->meter);
	if (l->meter != NULL && meter_until_ms(l->meter) < until)
		until = meter_until_ms(l->meter);
	return until;
}

static void
start(struct worker *w, struct relay *r, struct recipient *who)
{
	struct mailing *m = who->lease->mailing;
	struct route *route = mailing_route(m, r);
	struct err err = {FAIL_NONE, ""};
	struct parcel *p;

	if (who->suppressed) {
		settle_suppressed(w, who);
		return;
	}
	if (who->replied) {
		settle_skipped(w, who, STR("replied"));
		return;
	}
	p = parcel_new(&w->parcels, who, r, &err);
	if (p == NULL && err.kind == FAIL_REFUSED) {
		settle_skipped(w, who, str_of(err.text));
		return;
	}
	if (p == NULL) {
		settle_unwritable(w, who, &err);
		count_refusal(m, str_of(err.text));
		return;
	}
	route->pass += route->stride;
	lease_give(who);
	meter_use(&m->meter);
	m->moved_ms = clock_mono_ms();
	p->lane = lanes_get(&r->lanes, who->group);
	lanes_begin(p->lane, m->moved_ms);
	p->begin_by_ms = begin_by(m, r, p->lane);
	relay_submit(r, &p->message);
}

static size_t
count_waiting(const struct worker *w)
{
	const struct mailing *m;
	const struct lease *l;
	size_t n = 0;

	for (m = w->mailings; m != NULL; m = m->next)
		for (l = m->leases; l != NULL; l = l->next)
			n += l->ready - l->given - l->settled;
	return n;
}

/* No more permits than are needed: here they are missing elsewhere. */
static void
ask_permits(struct worker *w, struct relay *r)
{
	size_t want = (size_t)relay_room(r), waiting = count_waiting(w);

	meter_ask(&r->meter, (int)(want < waiting ? want : waiting));
}

static void
serve(struct worker *w, struct relay *r)
{
	struct recipient *who;

	while (relay_room(r) > 0 && (who = turn_next(w, r)) != NULL) {
		if (meter_left(&r->meter) == 0 && !who->suppressed &&
		    !who->replied) {
			ask_permits(w, r);
			return;
		}
		start(w, r, who);
	}
}

static void
run(void *arg)
{
	struct worker *w = arg;
	struct relay *r;

	w->handout_at_ms = 0;
	if (!may_start(w))
		return;
	for (r = w->relays; r != NULL; r = r->next)
		serve(w, r);
	claim_more(w);
}

/* Still pending: it waits again, unless it is not ours any more. */
static void
take_back(struct recipient *who)
{
	const struct lease *l = who->lease;

	worker_journal_unsent(&l->mailing->worker->journal, who);
	lease_give_back(who);
	if (who->lost)
		hold_unsent_retry(who);
	else if (l->lost && !l->leaving)
		hold_unsent(who);
}

static enum ledger_state
ledger_state_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_ACCEPTED: return LEDGER_ACCEPTED;
	case OUTCOME_DEFERRED: return LEDGER_DEFERRED;
	case OUTCOME_FAILED: return LEDGER_FAILED;
	case OUTCOME_UNCERTAIN: return LEDGER_UNCERTAIN;
	case OUTCOME_NOT_ATTEMPTED:
	case OUTCOME__COUNT: break;
	}
	BUG("outcome %d is none of the ledger's", (int)o);
}

static void
record(struct worker *w, const struct parcel *p, const struct smtp_result *r,
    const struct verdict *v)
{
	struct recipient *who = p->recipient;
	struct outcome_row row = {
	    .state = ledger_state_of(v->outcome),
	    .account_id = p->relay->row.id,
	    .code = r->reply.code,
	    .status = r->reply.status,
	    .diagnosed = v->outcome != OUTCOME_ACCEPTED,
	    .diagnosis = v->diagnosis,
	    .reply = r->reply.code != 0 ? smtp_reply_text(&r->reply)
					: str_of(r->err.text),
	    .retry_ms = -1,
	};
	bool again =
	    v->outcome == OUTCOME_DEFERRED ||
	    (v->outcome == OUTCOME_UNCERTAIN && who->lease->mailing->resend);

	if (again)
		row.retry_ms = retry_delay_random(who->attempt,
		    w->settings->retry_first_s * 1000,
		    w->settings->retry_max_s * 1000);
	else
		row.settles_retry = has_retry(who) || who->lease->lost;
	row.is_bounce = v->outcome == OUTCOME_FAILED && !r->local &&
			v->diagnosis.type != BOUNCE_NONE;
	recorder_add(&w->recorder, who, &row);
}

/* The account is said to take 8BITMIME, its server does not: from now on it
 * gets 7-bit messages, this one first. */
static bool
is_too_wide(struct relay *r, const struct smtp_result *result)
{
	if (!result->local || !result->message->eight_bit ||
	    !status_is(result->reply.status, 5, 6, 3))
		return false;
	if (r->row.eight_bit)
		log_warn("no_8bitmime", "account=%lld", (long long)r->row.id);
	r->row.eight_bit = false;
	return true;
}

/* What the group's servers do not want so much of; what is said of one
 * recipient, or before there is one, says nothing of the group. */
static bool
is_pushback(const struct smtp_result *r, const struct verdict *v)
{
	const struct diagnosis *d = &v->diagnosis;

	if (r->accepted || r->phase < PHASE_RCPT)
		return false;
	if (r->reply.code == 421)
		return true;
	if (d->scope != SCOPE_PROVIDER && d->scope != SCOPE_CONNECTION)
		return false;
	return smtp_reply_class(&r->reply) == 4 ||
	       d->category == CATEGORY_THROTTLED;
}

static void
tell_lane(struct parcel *p, const struct smtp_result *r,
    const struct verdict *v)
{
	const struct lane_reply reply = {
	    .now = clock_mono_ms(),
	    .took_ms = r->message->took_ms,
	    .pushback = is_pushback(r, v),
	    .words = smtp_reply_text(&r->reply),
	};

	if (r->reply.code != 0 && !r->local)
		lanes_told(p->lane, &reply);
	else if (!r->begun && p->lane->meter != NULL)
		meter_return(p->lane->meter);
	lanes_end(p, reply.now);
}

/* They do not want to have it of us. */
static void
stop_campaign(const struct parcel *p, const struct smtp_result *r,
    const struct verdict *v)
{
	const struct recipient *who = p->recipient;
	struct mailing *m = who->lease->mailing;
	char why[SMTP_REPLY_BRIEF_MAX];

	if (v->campaign == CAMPAIGN_PAUSE_GROUP)
		pauses_begin(m, group_name(who->group), p->relay->row.id, r);
	else if (v->campaign == CAMPAIGN_PAUSE)
		mailing_halt(m, smtp_reply_brief(&r->reply, why));
}

void
handout_verdict(const struct smtp_result *r, const struct verdict *v, void *arg)
{
	const struct relay_pool *pool = arg;
	struct parcel *p = r->message->owner;
	struct worker *w = pool->relay->worker;
	struct mailing *m = p->recipient->lease->mailing;
	bool wide;

	p->recipient->losses = r->message->losses;
	tell_lane(p, r, v);
	stop_campaign(p, r, v);
	wide = is_too_wide(p->relay, r);
	if (!r->begun) {
		meter_return(&p->relay->meter);
		meter_return(&m->meter);
	}
	if (v->outcome == OUTCOME_NOT_ATTEMPTED || wide)
		take_back(p->recipient);
	else
		record(w, p, r, v);
	if (v->outcome == OUTCOME_ACCEPTED) {
		m->content_refusals = pool->relay->rests = 0;
		m->accepted++;
	} else if (v->outcome == OUTCOME_FAILED && !wide &&
		   v->diagnosis.scope == SCOPE_MESSAGE)
		count_refusal(m, smtp_reply_text(&r->reply));
	parcel_free(&w->parcels, p);
	handout_soon(w);
	recorder_poke(&w->recorder);
}

/* What has changed since the message was queued: suppressions (S-074), the
 * lease, the campaign; its permits may be too old to be used.  It waits again,
 * or is settled, by handout's rules. */
bool
handout_before_mail(struct smtp_message *message, void *arg)
{
	const struct relay_pool *pool = arg;
	const struct parcel *p = message->owner;
	const struct recipient *who = p->recipient;
	const struct mailing *m = who->lease->mailing;
	int64_t now = clock_mono_ms();

	return !who->lost && !who->suppressed &&
	       !pauses_has(&m->pauses, group_name(who->group)) &&
	       lease_is_good(who->lease, now) && m->stage == MAILING_ACTIVE &&
	       now < m->expires_ms && now < p->begin_by_ms &&
	       may_start(pool->relay->worker);
}

enum smtp_dot
handout_before_dot(struct smtp_message *message, void *arg)
{
	const struct relay_pool *pool = arg;
	struct parcel *p = message->owner;
	struct recipient *who = p->recipient;
	struct worker *w = pool->relay->worker;
	enum smtp_dot dot;

	if (who->lost || who->suppressed || who->lease->lost ||
	    clock_mono_ms() >= who->lease->good_until_ms)
		return SMTP_DOT_REFUSE;
	if (!db_link_is_up(w->link) || recorder_stalled(&w->recorder)) {
		w->held_dots = true;
		return SMTP_DOT_HOLD;
	}
	dot = worker_journal_intent(&w->journal, who);
	who->dot_sent = dot == SMTP_DOT_SEND;
	return dot;
}

void
handout_abandon(struct worker *w)
{
	struct parcel *p;

	while ((p = w->parcels.out) != NULL) {
		struct outcome_row row = {
		    .state = LEDGER_UNCERTAIN,
		    .account_id = p->relay->row.id,
		    .reply = STR("no reply before the sender was stopped"),
		    .retry_ms = -1,
		    .settles_retry = has_retry(p->recipient),
		};

		if (p->recipient->lease->mailing->resend)
			row.retry_ms = 0;
		lanes_end(p, clock_mono_ms());
		if (p->recipient->dot_sent)
			recorder_add(&w->recorder, p->recipient, &row);
		else
			take_back(p->recipient);
		parcel_free(&w->parcels, p);
	}
}
