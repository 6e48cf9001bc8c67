#include "lib/base/base.h"

#include "sender/smtp_exchange.h"

#include <assert.h>

void
smtp_exchange_expect(struct smtp_session *s, enum smtp_step step,
    struct smtp_transaction *t)
{
	assert(s->pending_count < SMTP_SESSION_PENDING_MAX);
	s->pending[s->pending_count++] = (struct smtp_pending){step, t};
}

struct smtp_pending
smtp_exchange_answered(struct smtp_session *s)
{
	struct smtp_pending oldest = s->pending[0];

	assert(s->pending_count > 0);
	s->pending_count--;
	memmove(s->pending, s->pending + 1,
	    (size_t)s->pending_count * sizeof(s->pending[0]));
	return oldest;
}

enum smtp_event
smtp_exchange_over(struct smtp_session *s, enum phase phase,
    const struct err *err)
{
	assert(s->stage != SMTP_STAGE_OVER);
	s->stage = SMTP_STAGE_OVER;
	s->go_ahead = false;
	s->pending_count = 0;
	s->end.phase = phase;
	s->end.err = *err;
	smtp_reply_copy(&s->end.reply, &s->reply);
	return SMTP_OVER;
}

enum smtp_event
smtp_exchange_refused(struct smtp_session *s, enum phase phase, enum fail kind,
    const char *what)
{
	char words[SMTP_REPLY_BRIEF_MAX];
	struct err err;

	err_set(&err, kind, "%s: %s", what, smtp_reply_brief(&s->reply, words));
	return smtp_exchange_over(s, phase, &err);
}

enum smtp_event
smtp_exchange_broken(struct smtp_session *s, enum phase phase, const char *what)
{
	return smtp_exchange_refused(s, phase, FAIL_PROTOCOL, what);
}
