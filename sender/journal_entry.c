#include "sender/journal_entry.h"

#define ATTEMPT_MAX 32767 /* a smallint */
#define CODE_MAX    999
#define STATUS_MAX  999

struct attempt_bytes {
	int64_t delivery;
	int64_t first_at_us;
	int64_t attempt;
};

struct outcome_bytes {
	int64_t delivery;
	int64_t at_us, first_at_us, retry_ms;
	int64_t account_id;
	int16_t attempt, code;
	int16_t class, subject, detail;
	uint8_t state;
	uint8_t diagnosed, settles_retry, is_bounce;
	uint8_t scope, type, category, permanent;
	uint8_t has_reply;
	uint8_t zeros[5];
};

_Static_assert(sizeof(struct attempt_bytes) == 24, "no holes");
_Static_assert(sizeof(struct outcome_bytes) == 64, "no holes");

struct str
journal_entry_attempt(char out[JOURNAL_PAYLOAD_MAX],
    const struct recipient *who)
{
	const struct attempt_bytes b = {
	    .delivery = who->delivery,
	    .first_at_us = who->first_at_us,
	    .attempt = who->attempt,
	};

	memcpy(out, &b, sizeof(b));
	return (struct str){out, sizeof(b)};
}

struct str
journal_entry_outcome(char out[JOURNAL_PAYLOAD_MAX],
    const struct outcome_row *row)
{
	const struct outcome_bytes b = {
	    .delivery = row->delivery,
	    .at_us = row->at_us,
	    .first_at_us = row->first_at_us,
	    .retry_ms = row->retry_ms,
	    .account_id = row->account_id,
	    .attempt = (int16_t)row->attempt,
	    .code = (int16_t)row->code,
	    .class = (int16_t)row->status.class,
	    .subject = (int16_t)row->status.subject,
	    .detail = (int16_t)row->status.detail,
	    .state = (uint8_t)row->state,
	    .diagnosed = row->diagnosed,
	    .settles_retry = row->settles_retry,
	    .is_bounce = row->is_bounce,
	    .scope = (uint8_t)row->diagnosis.scope,
	    .type = (uint8_t)row->diagnosis.type,
	    .category = (uint8_t)row->diagnosis.category,
	    .permanent = row->diagnosis.permanent,
	    .has_reply = row->reply.p != NULL,
	};
	struct str reply = str_fit(row->reply, JOURNAL_PAYLOAD_MAX - sizeof(b));

	memcpy(out, &b, sizeof(b));
	if (reply.n > 0)
		memcpy(out + sizeof(b), reply.p, reply.n);
	return (struct str){out, sizeof(b) + reply.n};
}

static bool
is_within(int64_t n, int64_t max)
{
	return n >= 0 && n <= max;
}

static bool
read_attempt(struct journal_entry *e, struct str payload)
{
	struct attempt_bytes b;

	if (payload.n != sizeof(b))
		return false;
	memcpy(&b, payload.p, sizeof(b));
	if (b.delivery <= 0 || b.attempt < 1 || b.attempt > ATTEMPT_MAX)
		return false;
	e->delivery = b.delivery;
	e->first_at_us = b.first_at_us;
	e->attempt = (int)b.attempt;
	return true;
}

static bool
is_outcome(const struct outcome_bytes *b)
{
	return b->delivery > 0 && b->attempt >= 1 && b->retry_ms >= -1 &&
	       is_within(b->code, CODE_MAX) && is_within(b->class, 9) &&
	       is_within(b->subject, STATUS_MAX) &&
	       is_within(b->detail, STATUS_MAX) && b->state < LEDGER__COUNT &&
	       b->scope < SCOPE__COUNT && b->type < BOUNCE__COUNT &&
	       b->category < CATEGORY__COUNT;
}

static bool
read_outcome(struct journal_entry *e, struct str payload)
{
	struct outcome_bytes b;

	if (payload.n < sizeof(b))
		return false;
	memcpy(&b, payload.p, sizeof(b));
	if (!is_outcome(&b))
		return false;
	e->delivery = b.delivery;
	e->attempt = b.attempt;
	e->row = (struct outcome_row){
	    .delivery = b.delivery,
	    .attempt = b.attempt,
	    .state = (enum ledger_state)b.state,
	    .at_us = b.at_us,
	    .account_id = b.account_id,
	    .code = b.code,
	    .status = {b.class, b.subject, b.detail},
	    .diagnosed = b.diagnosed != 0,
	    .diagnosis =
		{
		    .scope = (enum scope)b.scope,
		    .type = (enum bounce_type)b.type,
		    .category = (enum category)b.category,
		    .permanent = b.permanent != 0,
		},
	    .retry_ms = b.retry_ms,
	    .first_at_us = b.first_at_us,
	    .settles_retry = b.settles_retry != 0,
	    .is_bounce = b.is_bounce != 0,
	};
	if (b.has_reply != 0)
		e->row.reply = str_from(payload, sizeof(b));
	return true;
}

bool
journal_entry_read(struct journal_entry *e, uint16_t type, struct str payload)
{
	*e = (struct journal_entry){.type = (enum journal_entry_type)type};
	switch (type) {
	case JOURNAL_INTENT:
	case JOURNAL_UNSENT: return read_attempt(e, payload);
	case JOURNAL_OUTCOME: return read_outcome(e, payload);
	default: return false;
	}
}
