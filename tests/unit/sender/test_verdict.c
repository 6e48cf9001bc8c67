/*
 * Goal: what the wire says becomes the outcome that the table in verdict.h
 * promises; only recipient scope is ever held against an address (S-044 to
 * S-050, table 1G).
 */
#include "lib/base/base.h"

#include "sender/verdict.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct row {
	const char *label;
	const char *reply; /* as a line; NULL: none, then kind says why */
	enum phase phase;
	enum fail kind;
	int dot_sent, losses;
	enum outcome outcome;
	enum verdict_account account;
	enum scope scope;
	enum bounce_type type;
};

#define R SCOPE_RECIPIENT
#define M SCOPE_MESSAGE
#define A SCOPE_ACCOUNT
#define C SCOPE_CONNECTION
#define P SCOPE_PROVIDER

static const struct row rows[] = {
    /* no reply */
    {"lost before the dot", NULL, PHASE_RCPT, FAIL_IO, false, 1,
	OUTCOME_NOT_ATTEMPTED, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"lost before the dot, once too often", NULL, PHASE_RCPT, FAIL_IO, false,
	VERDICT_LOSSES_MAX, OUTCOME_DEFERRED, ACCOUNT_KEEP, C, BOUNCE_SOFT},
    {"garbage before the dot", NULL, PHASE_MAIL, FAIL_PROTOCOL, false, 1,
	OUTCOME_NOT_ATTEMPTED, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"timeout before the dot", NULL, PHASE_RCPT, FAIL_TIMEOUT, false, 0,
	OUTCOME_DEFERRED, ACCOUNT_KEEP, C, BOUNCE_SOFT},
    {"held back by us", NULL, PHASE_DATA, FAIL_CONFLICT, false, 0,
	OUTCOME_NOT_ATTEMPTED, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"lost after the dot", NULL, PHASE_DATA, FAIL_IO, true, 0,
	OUTCOME_UNCERTAIN, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"lost after the dot, again", NULL, PHASE_DATA, FAIL_IO, true,
	VERDICT_LOSSES_MAX, OUTCOME_UNCERTAIN, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"timeout after the dot", NULL, PHASE_DATA, FAIL_TIMEOUT, true, 0,
	OUTCOME_UNCERTAIN, ACCOUNT_KEEP, C, BOUNCE_NONE},
    {"garbage after the dot", NULL, PHASE_DATA, FAIL_PROTOCOL, true, 0,
	OUTCOME_UNCERTAIN, ACCOUNT_KEEP, C, BOUNCE_NONE},

    /* 421 */
    {"421 to MAIL", "421 4.3.2 shutting down", PHASE_MAIL, FAIL_NONE, false, 1,
	OUTCOME_NOT_ATTEMPTED, ACCOUNT_SLOW, C, BOUNCE_SOFT},
    {"421 to RCPT", "421 4.7.0 try later", PHASE_RCPT, FAIL_NONE, false, 1,
	OUTCOME_NOT_ATTEMPTED, ACCOUNT_SLOW, C, BOUNCE_SOFT},
    {"421 to RCPT once too often", "421 4.3.2 no", PHASE_RCPT, FAIL_NONE, false,
	VERDICT_LOSSES_MAX, OUTCOME_DEFERRED, ACCOUNT_SLOW, C, BOUNCE_SOFT},
    {"421 to the dot", "421 4.3.2 shutting down", PHASE_DATA, FAIL_NONE, true,
	0, OUTCOME_DEFERRED, ACCOUNT_SLOW, C, BOUNCE_SOFT},

    /* 4xx */
    {"greylisted", "450 4.2.0 Greylisted, try again in 5 minutes", PHASE_RCPT,
	FAIL_NONE, false, 0, OUTCOME_DEFERRED, ACCOUNT_KEEP, R, BOUNCE_SOFT},
    {"greylisted after the dot", "451 4.7.1 Greylisting in action", PHASE_DATA,
	FAIL_NONE, true, 0, OUTCOME_DEFERRED, ACCOUNT_KEEP, R, BOUNCE_SOFT},
    {"full, for now", "452 4.2.2 mailbox full", PHASE_RCPT, FAIL_NONE, false, 0,
	OUTCOME_DEFERRED, ACCOUNT_KEEP, R, BOUNCE_SOFT},
    {"their domain is unreachable", "450 4.4.1 unreachable", PHASE_RCPT,
	FAIL_NONE, false, 0, OUTCOME_DEFERRED, ACCOUNT_KEEP, C, BOUNCE_SOFT},
    {"no room for anything", "452 4.3.1 no disk space", PHASE_MAIL, FAIL_NONE,
	false, 0, OUTCOME_DEFERRED, ACCOUNT_SLOW, C, BOUNCE_SOFT},
    {"too many connections (Exchange)",
	"432 4.3.2 Concurrent connections limit exceeded", PHASE_MAIL,
	FAIL_NONE, false, 0, OUTCOME_DEFERRED, ACCOUNT_SLOW, A, BOUNCE_SOFT},

    /* 5xx, the recipient's */
    {"no such user", "550 5.1.1 no such user", PHASE_RCPT, FAIL_NONE, false, 0,
	OUTCOME_FAILED, ACCOUNT_KEEP, R, BOUNCE_HARD},
    {"no such user, after the dot", "550 5.1.1 no such user", PHASE_DATA,
	FAIL_NONE, true, 0, OUTCOME_FAILED, ACCOUNT_KEEP, R, BOUNCE_HARD},
    {"null MX", "556 5.1.10 does not accept mail", PHASE_RCPT, FAIL_NONE, false,
	0, OUTCOME_FAILED, ACCOUNT_KEEP, R, BOUNCE_HARD},
    {"full", "552 5.2.2 out of storage space and inactive", PHASE_RCPT,
	FAIL_NONE, false, 0, OUTCOME_FAILED, ACCOUNT_KEEP, R, BOUNCE_SOFT},
    {"unknown", "550 no", PHASE_RCPT, FAIL_NONE, false, 0, OUTCOME_FAILED,
	ACCOUNT_KEEP, R, BOUNCE_SOFT},

    /* 5xx, the message's */
    {"too big", "552 5.3.4 message too big", PHASE_DATA, FAIL_NONE, true, 0,
	OUTCOME_FAILED, ACCOUNT_KEEP, M, BOUNCE_BLOCK},
    {"spam", "554 5.7.1 message content looks like spam", PHASE_DATA, FAIL_NONE,
	true, 0, OUTCOME_FAILED, ACCOUNT_KEEP, M, BOUNCE_BLOCK},

    /* 5xx, the account's: pause, the recipient stays pending */
    {"daily limit (Gmail)", "550 5.4.5 Daily user sending limit exceeded",
	PHASE_RCPT, FAIL_NONE, false, 0, OUTCOME_NOT_ATTEMPTED, ACCOUNT_WAIT, A,
	BOUNCE_SOFT},
    {"daily limit, after the dot",
	"550 5.7.1 Daily SMTP relay sending limit exceeded", PHASE_DATA,
	FAIL_NONE, true, 0, OUTCOME_NOT_ATTEMPTED, ACCOUNT_WAIT, A,
	BOUNCE_SOFT},
    {"login wanted", "530 5.7.0 Authentication required", PHASE_MAIL, FAIL_NONE,
	false, 0, OUTCOME_NOT_ATTEMPTED, ACCOUNT_PAUSE, A, BOUNCE_BLOCK},
    {"own mailbox full (Exchange)",
	"554 5.2.2 mailbox full; STOREDRV.Submission", PHASE_DATA, FAIL_NONE,
	true, 0, OUTCOME_NOT_ATTEMPTED, ACCOUNT_WAIT, A, BOUNCE_SOFT},
    {"sender not ours", "553 5.7.1 Sender address rejected: not owned by user",
	PHASE_MAIL, FAIL_NONE, false, 0, OUTCOME_NOT_ATTEMPTED, ACCOUNT_PAUSE,
	A, BOUNCE_BLOCK},

    /* the receiving side does not want so much of us now */
    {"complaints (Yahoo)",
	"421 4.7.0 [TSS04] temporarily deferred due to user complaints",
	PHASE_DATA, FAIL_NONE, true, 0, OUTCOME_DEFERRED, ACCOUNT_SLOW, P,
	BOUNCE_BLOCK},
    {"too fast", "450 4.7.1 too many messages from you: rate limit", PHASE_RCPT,
	FAIL_NONE, false, 0, OUTCOME_DEFERRED, ACCOUNT_KEEP, P, BOUNCE_SOFT},
};

static void
results(void **state)
{
	struct smtp_message message = {.from = STR("b@sender.test")};
	struct smtp_result r;
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];

		print_message("%s\n", row->label);
		memset(&r, 0, sizeof(r));
		message.losses = row->losses;
		r.message = &message;
		r.phase = row->phase;
		r.dot_sent = row->dot_sent;
		r.err.kind = row->kind;
		if (row->reply != NULL)
			assert_int_equal(
			    smtp_reply_feed(&r.reply, str_of(row->reply), NULL),
			    SMTP_REPLY_DONE);
		v = verdict_of_result(&r);
		assert_string_equal(outcome_name(v.outcome),
		    outcome_name(row->outcome));
		assert_string_equal(verdict_account_name(v.account),
		    verdict_account_name(row->account));
		assert_int_equal(v.campaign, CAMPAIGN_KEEP);
		assert_string_equal(scope_name(v.diagnosis.scope),
		    scope_name(row->scope));
		assert_string_equal(bounce_type_name(v.diagnosis.type),
		    bounce_type_name(row->type));
		assert_non_null(v.diagnosis.rule);
	}
}

/* The receiving side refuses who sends: nothing more there, the recipient
 * is kept, contacts untouched. */
static const struct {
	const char *reply;
	enum phase phase;
	enum verdict_account account;
	enum verdict_campaign campaign;
} senders[] = {
    {"550 5.7.515 Access denied, sending domain does not meet the required "
     "authentication level",
	PHASE_DATA, ACCOUNT_KEEP, CAMPAIGN_PAUSE_GROUP},
    {"550 5.7.25 no PTR record", PHASE_RCPT, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"550 5.7.26 unauthenticated", PHASE_DATA, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"550 5.7.30 DKIM did not pass", PHASE_DATA, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"550 5.7.40 rejected", PHASE_DATA, ACCOUNT_KEEP, CAMPAIGN_PAUSE_GROUP},
    {"554 5.7.1 blocked using zen.spamhaus.org", PHASE_RCPT, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"421 4.7.26 unauthenticated", PHASE_DATA, ACCOUNT_SLOW,
	CAMPAIGN_PAUSE_GROUP},
    {"450 4.7.25 no PTR record", PHASE_RCPT, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"451 4.7.28 unusual rate of unsolicited mail", PHASE_RCPT, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE_GROUP},
    {"550 5.7.26 unauthenticated", PHASE_MAIL, ACCOUNT_KEEP, CAMPAIGN_PAUSE},
    {"554 5.7.1 blocked using zen.spamhaus.org", PHASE_MAIL, ACCOUNT_KEEP,
	CAMPAIGN_PAUSE},
};

static void
refused_for_who_sends(void **state)
{
	struct smtp_message message = {.from = STR("b@sender.test")};
	struct smtp_result r;
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(senders); i++) {
		print_message("%s\n", senders[i].reply);
		memset(&r, 0, sizeof(r));
		r.message = &message;
		r.phase = senders[i].phase;
		r.dot_sent = r.phase == PHASE_DATA;
		assert_int_equal(
		    smtp_reply_feed(&r.reply, str_of(senders[i].reply), NULL),
		    SMTP_REPLY_DONE);
		v = verdict_of_result(&r);
		assert_int_equal(v.outcome, OUTCOME_NOT_ATTEMPTED);
		assert_string_equal(verdict_account_name(v.account),
		    verdict_account_name(senders[i].account));
		assert_string_equal(verdict_campaign_name(v.campaign),
		    verdict_campaign_name(senders[i].campaign));
		assert_int_equal(v.diagnosis.scope, SCOPE_PROVIDER);
	}
}

static void
accepted(void **state)
{
	struct smtp_result r;
	struct verdict v;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.accepted = r.dot_sent = true;
	smtp_reply_make(&r.reply, 250, (struct status){2, 0, 0},
	    "2.0.0 queued");
	v = verdict_of_result(&r);
	assert_int_equal(v.outcome, OUTCOME_ACCEPTED);
	assert_int_equal(v.account, ACCOUNT_KEEP);
	assert_int_equal(v.diagnosis.type, BOUNCE_NONE);
}

static const struct {
	struct status status;
	enum scope scope;
	enum bounce_type type;
} locals[] = {
    {{5, 1, 3}, SCOPE_RECIPIENT, BOUNCE_HARD},
    {{5, 1, 7}, SCOPE_MESSAGE, BOUNCE_BLOCK}, /* never the recipient's fault */
    {{5, 6, 7}, SCOPE_RECIPIENT, BOUNCE_SOFT},
    {{5, 6, 3}, SCOPE_MESSAGE, BOUNCE_BLOCK},
    {{5, 3, 4}, SCOPE_MESSAGE, BOUNCE_BLOCK},
};

static void
refused_by_us(void **state)
{
	struct smtp_result r;
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(locals); i++) {
		memset(&r, 0, sizeof(r));
		r.local = true;
		r.phase = PHASE_MAIL;
		smtp_reply_make(&r.reply, 550, locals[i].status, "no");
		v = verdict_of_result(&r);
		assert_int_equal(v.outcome, OUTCOME_FAILED);
		assert_int_equal(v.account, ACCOUNT_KEEP);
		assert_int_equal(v.diagnosis.scope, locals[i].scope);
		assert_int_equal(v.diagnosis.type, locals[i].type);
		assert_true(v.diagnosis.permanent);
	}
}

struct end_row {
	const char *label;
	enum phase phase;
	enum fail kind;
	const char *reply;
	int logins;
	enum verdict_account account;
};

static const struct end_row ends[] = {
    {"quit", PHASE_CONNECT, FAIL_NONE, NULL, 0, ACCOUNT_KEEP},
    {"refused port", PHASE_CONNECT, FAIL_IO, NULL, 0, ACCOUNT_KEEP},
    {"no such host", PHASE_CONNECT, FAIL_MISSING, NULL, 0, ACCOUNT_KEEP},
    {"timeout", PHASE_CONNECT, FAIL_TIMEOUT, NULL, 0, ACCOUNT_KEEP},
    {"garbage", PHASE_CONNECT, FAIL_PROTOCOL, NULL, 0, ACCOUNT_KEEP},
    {"bad certificate", PHASE_CONNECT, FAIL_TLS, NULL, 0, ACCOUNT_PAUSE},
    {"STARTTLS refused for now", PHASE_CONNECT, FAIL_TLS,
	"454 4.7.0 TLS not available", 0, ACCOUNT_PAUSE},
    {"greeting 421", PHASE_CONNECT, FAIL_IO, "421 4.3.2 busy", 0, ACCOUNT_SLOW},
    {"greeting 554", PHASE_CONNECT, FAIL_REFUSED, "554 5.7.1 no", 0,
	ACCOUNT_SLOW},
    {"wrong password", PHASE_AUTH, FAIL_AUTH, "535 5.7.8 no", 1, ACCOUNT_PAUSE},
    {"basic authentication off", PHASE_AUTH, FAIL_AUTH,
	"550 5.7.30 Basic authentication is not supported", 1, ACCOUNT_PAUSE},
    {"web login wanted", PHASE_AUTH, FAIL_AUTH, "534 5.7.14 log in", 1,
	ACCOUNT_PAUSE},
    {"no mechanism in common", PHASE_AUTH, FAIL_AUTH, NULL, 1, ACCOUNT_PAUSE},
    {"login refused for now", PHASE_AUTH, FAIL_AUTH,
	"454 4.7.0 Temporary authentication failure", 1, ACCOUNT_SLOW},
    {"login refused for now, again", PHASE_AUTH, FAIL_AUTH,
	"454 4.7.0 too many login attempts", 2, ACCOUNT_PAUSE},
};

static void
connections(void **state)
{
	struct smtp_end end;
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(ends); i++) {
		const struct end_row *row = &ends[i];

		print_message("%s\n", row->label);
		memset(&end, 0, sizeof(end));
		end.phase = row->phase;
		end.err.kind = row->kind;
		if (row->reply != NULL)
			assert_int_equal(smtp_reply_feed(&end.reply,
					     str_of(row->reply), NULL),
			    SMTP_REPLY_DONE);
		v = verdict_of_end(&end, row->logins);
		assert_string_equal(verdict_account_name(v.account),
		    verdict_account_name(row->account));
		assert_int_equal(v.outcome, OUTCOME_NOT_ATTEMPTED);
		if (v.account == ACCOUNT_PAUSE)
			assert_int_equal(v.diagnosis.scope, SCOPE_ACCOUNT);
	}
}

/* Whatever the reply: only recipient scope with a permanent no may be hard. */
static void
hard_only_for_recipients(void **state)
{
	static const char *const texts[] = {"no such user", "5.1.1 unknown",
	    "4.1.1 unknown", "5.7.1 spam", "mailbox full", ""};
	struct smtp_message message = {.losses = 0};
	char line[100];
	struct smtp_result r;
	struct verdict v;
	int code, phase;
	size_t i;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.message = &message;
	for (code = 400; code < 600; code++)
		for (phase = PHASE_MAIL; phase <= PHASE_DATA; phase++)
			for (i = 0; i < ARRAY_LEN(texts); i++) {
				snprintf(line, sizeof(line), "%d %s", code,
				    texts[i]);
				r.phase = (enum phase)phase;
				smtp_reply_reset(&r.reply);
				assert_int_equal(smtp_reply_feed(&r.reply,
						     str_of(line), NULL),
				    SMTP_REPLY_DONE);
				v = verdict_of_result(&r);
				assert_int_not_equal(v.outcome,
				    OUTCOME_ACCEPTED);
				if (v.diagnosis.type == BOUNCE_HARD) {
					assert_int_equal(v.diagnosis.scope,
					    SCOPE_RECIPIENT);
					assert_int_equal(v.outcome,
					    OUTCOME_FAILED);
				}
				if (code < 500)
					assert_int_not_equal(v.outcome,
					    OUTCOME_FAILED);
			}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(results),
	    cmocka_unit_test(refused_for_who_sends),
	    cmocka_unit_test(accepted),
	    cmocka_unit_test(refused_by_us),
	    cmocka_unit_test(connections),
	    cmocka_unit_test(hard_only_for_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
