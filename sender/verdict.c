#include "lib/base/base.h"

#include "sender/verdict.h"

static const char *const outcomes[OUTCOME__COUNT] = {
    [OUTCOME_ACCEPTED] = "accepted",
    [OUTCOME_DEFERRED] = "deferred",
    [OUTCOME_FAILED] = "failed",
    [OUTCOME_UNCERTAIN] = "uncertain",
    [OUTCOME_NOT_ATTEMPTED] = "not_attempted",
};

const char *
outcome_name(enum outcome o)
{
	return outcomes[o];
}

const char *
verdict_account_name(enum verdict_account a)
{
	static const char *const names[] = {
	    [ACCOUNT_KEEP] = "keep",
	    [ACCOUNT_SLOW] = "slow",
	    [ACCOUNT_WAIT] = "wait",
	    [ACCOUNT_PAUSE] = "pause",
	};

	return names[a];
}

const char *
verdict_campaign_name(enum verdict_campaign c)
{
	static const char *const names[] = {
	    [CAMPAIGN_KEEP] = "keep",
	    [CAMPAIGN_PAUSE_GROUP] = "pause_group",
	    [CAMPAIGN_PAUSE] = "pause",
	};

	return names[c];
}

/* What we know by ourselves needs no reading of replies. */
static struct diagnosis
known(enum scope scope, enum bounce_type type, enum category category,
    const char *rule)
{
	return (struct diagnosis){
	    .scope = scope,
	    .type = type,
	    .category = category,
	    .rule = rule,
	};
}

static struct diagnosis
diagnose_reply(enum phase phase, const struct smtp_reply *reply)
{
	const struct failure f = {
	    .phase = phase,
	    .code = reply->code,
	    .status = reply->status,
	    .text = smtp_reply_text(reply),
	};

	return diagnose(&f);
}

/* Our own refusals (smtp_session_send) stop one message and nothing else. */
static struct verdict
of_local(const struct smtp_result *r)
{
	const struct status s = r->reply.status;
	struct verdict v = {.outcome = OUTCOME_FAILED};

	if (status_is(s, 5, 1, 3))
		v.diagnosis = known(SCOPE_RECIPIENT, BOUNCE_HARD,
		    CATEGORY_INVALID, "local_address");
	else if (status_is(s, 5, 6, 7))
		v.diagnosis = known(SCOPE_RECIPIENT, BOUNCE_SOFT,
		    CATEGORY_TECHNICAL, "local_smtputf8");
	else
		v.diagnosis = known(SCOPE_MESSAGE, BOUNCE_BLOCK,
		    CATEGORY_CONTENT, "local_message");
	v.diagnosis.permanent = true;
	return v;
}

static struct verdict
of_silence(const struct smtp_result *r)
{
	struct verdict v = {.outcome = OUTCOME_NOT_ATTEMPTED};

	v.diagnosis =
	    known(SCOPE_CONNECTION, BOUNCE_NONE, CATEGORY_NONE, "no_reply");
	if (r->dot_sent) {
		v.outcome = OUTCOME_UNCERTAIN;
	} else if (r->err.kind == FAIL_TIMEOUT ||
		   r->message->losses >= VERDICT_LOSSES_MAX) {
		v.outcome = OUTCOME_DEFERRED;
		v.diagnosis.type = BOUNCE_SOFT;
		v.diagnosis.category = CATEGORY_TECHNICAL;
	}
	return v;
}

/* MAIL names no recipient yet: what it meets is ours.  Elsewhere trouble
 * may be that of one domain behind the server, for which the others are not
 * to be slowed down. */
static bool
slows(const struct smtp_result *r, const struct diagnosis *d)
{
	return d->scope == SCOPE_ACCOUNT ||
	       (d->scope == SCOPE_CONNECTION && r->phase == PHASE_MAIL);
}

/* Waiting does not mend who we are to them: the sender's authentication
 * (table 1G), or, where they are final about it, its reputation. */
static bool
refuses_sender(const struct smtp_reply *reply, const struct diagnosis *d)
{
	const struct status *s = &reply->status;

	if (d->scope != SCOPE_PROVIDER || d->type != BOUNCE_BLOCK)
		return false;
	return smtp_reply_class(reply) == 5 || d->category == CATEGORY_AUTH ||
	       (s->class == 4 && s->subject == 7 && s->detail >= 20 &&
		   s->detail <= 40);
}

/* MAIL is the account's server's own word, to all recipients. */
static struct verdict
of_refused_sender(const struct smtp_result *r, struct verdict v)
{
	v.outcome = OUTCOME_NOT_ATTEMPTED;
	v.campaign =
	    r->phase < PHASE_RCPT ? CAMPAIGN_PAUSE : CAMPAIGN_PAUSE_GROUP;
	if (r->reply.code == 421)
		v.account = ACCOUNT_SLOW;
	return v;
}

static struct verdict
of_4xx(const struct smtp_result *r, struct verdict v)
{
	v.outcome = OUTCOME_DEFERRED;
	if (slows(r, &v.diagnosis))
		v.account = ACCOUNT_SLOW;
	if (r->reply.code != 421)
		return v;
	v.account = ACCOUNT_SLOW;
	if (!r->dot_sent && r->message->losses < VERDICT_LOSSES_MAX)
		v.outcome = OUTCOME_NOT_ATTEMPTED;
	return v;
}

static struct verdict
of_5xx(struct verdict v)
{
	switch (v.diagnosis.scope) {
	case SCOPE_ACCOUNT:
		v.outcome = OUTCOME_NOT_ATTEMPTED;
		v.account = v.diagnosis.type == BOUNCE_SOFT ? ACCOUNT_WAIT
							    : ACCOUNT_PAUSE;
		break;
	case SCOPE_PROVIDER:
	case SCOPE_CONNECTION: v.outcome = OUTCOME_DEFERRED; break;
	case SCOPE_RECIPIENT:
	case SCOPE_MESSAGE:
	case SCOPE__COUNT: v.outcome = OUTCOME_FAILED; break;
	}
	return v;
}

struct verdict
verdict_of_result(const struct smtp_result *r)
{
	struct verdict v = {.outcome = OUTCOME_ACCEPTED};

	if (r->accepted) {
		v.diagnosis = known(SCOPE_RECIPIENT, BOUNCE_NONE, CATEGORY_NONE,
		    "accepted");
		return v;
	}
	if (r->local)
		return of_local(r);
	if (r->reply.code == 0)
		return of_silence(r);
	v.diagnosis = diagnose_reply(r->phase, &r->reply);
	if (refuses_sender(&r->reply, &v.diagnosis))
		return of_refused_sender(r, v);
	return smtp_reply_class(&r->reply) == 4 ? of_4xx(r, v) : of_5xx(v);
}

bool
verdict_stops_account(const struct verdict *v)
{
	return v->account == ACCOUNT_WAIT || v->account == ACCOUNT_PAUSE;
}

/* Refused before any message: nobody's address is to blame. */
static enum verdict_account
account_of_end(const struct smtp_end *end, int logins)
{
	int class = smtp_reply_class(&end->reply);

	if (end->err.kind == FAIL_TLS)
		return ACCOUNT_PAUSE;
	if (end->err.kind == FAIL_AUTH)
		return class == 4 && logins < VERDICT_LOGINS_MAX
			   ? ACCOUNT_SLOW
			   : ACCOUNT_PAUSE;
	if (end->reply.code == 421 || end->err.kind == FAIL_REFUSED)
		return ACCOUNT_SLOW;
	return ACCOUNT_KEEP;
}

struct verdict
verdict_of_end(const struct smtp_end *end, int logins)
{
	struct verdict v = {.outcome = OUTCOME_NOT_ATTEMPTED};

	v.account = account_of_end(end, logins);
	if (end->reply.code >= 400) {
		v.diagnosis = diagnose_reply(end->phase, &end->reply);
	} else {
		v.diagnosis = known(SCOPE_CONNECTION, BOUNCE_NONE,
		    CATEGORY_NONE, "connection");
	}
	if (v.account == ACCOUNT_PAUSE) {
		v.diagnosis.scope = SCOPE_ACCOUNT;
		v.diagnosis.type = BOUNCE_BLOCK;
		v.diagnosis.category = CATEGORY_AUTH;
	}
	return v;
}
