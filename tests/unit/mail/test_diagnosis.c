/* Goal: whom a failure concerns and whom it may be held against, for the
 * replies that big receivers and submission servers really give. */
#include "lib/mail/diagnosis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Expected verdicts, short: scope, type, category. */
#define R_HARD(c)   SCOPE_RECIPIENT, BOUNCE_HARD, CATEGORY_##c
#define R_SOFT(c)   SCOPE_RECIPIENT, BOUNCE_SOFT, CATEGORY_##c
#define R_BLOCK(c)  SCOPE_RECIPIENT, BOUNCE_BLOCK, CATEGORY_##c
#define MESSAGE(c)  SCOPE_MESSAGE, BOUNCE_BLOCK, CATEGORY_##c
#define A_SOFT(c)   SCOPE_ACCOUNT, BOUNCE_SOFT, CATEGORY_##c
#define A_BLOCK(c)  SCOPE_ACCOUNT, BOUNCE_BLOCK, CATEGORY_##c
#define PROVIDER(c) SCOPE_PROVIDER, BOUNCE_BLOCK, CATEGORY_##c
#define P_SOFT(c)   SCOPE_PROVIDER, BOUNCE_SOFT, CATEGORY_##c
#define NETWORK     SCOPE_CONNECTION, BOUNCE_SOFT, CATEGORY_TECHNICAL

struct row {
	enum phase phase;
	int code;
	const char *text; /* may start with an enhanced status */
	enum scope scope;
	enum bounce_type type;
	enum category category;
	bool permanent;
};

/* As the session and the report reader fill it in. */
static struct failure
failure_of(const struct row *r)
{
	struct failure f = {.phase = r->phase, .code = r->code};

	f.text = str_of(r->text);
	(void)status_parse(&f.status, f.text);
	return f;
}

static bool
same(const struct diagnosis *d, const struct row *r)
{
	return d->scope == r->scope && d->type == r->type &&
	       d->category == r->category && d->permanent == r->permanent;
}

static size_t
wrong_rows(const struct row *rows, size_t n)
{
	struct diagnosis d;
	struct failure f;
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		f = failure_of(&rows[i]);
		d = diagnose(&f);
		if (same(&d, &rows[i]))
			continue;
		wrong++;
		print_error("%s %d %s: %s %s %s, %s (%s)\n",
		    phase_name(f.phase), f.code, rows[i].text,
		    scope_name(d.scope), bounce_type_name(d.type),
		    category_name(d.category),
		    d.permanent ? "permanent" : "for now", d.rule);
	}
	return wrong;
}

#define R PHASE_RCPT
#define D PHASE_DATA
#define M PHASE_MAIL
#define A PHASE_AUTH
#define C PHASE_CONNECT

static const struct row gmail[] = {
    {D, 550,
	"5.1.1 The email account that you tried to reach does not exist. "
	"Please try\n5.1.1 double-checking the recipient's email address",
	R_HARD(INVALID), true},
    {R, 550,
	"5.2.1 The email account that you tried to reach is inactive. For "
	"more information, go to https://support.google.com/mail/?p=Disabled",
	R_HARD(DISABLED), true},
    {R, 550, "5.2.1 The email account that you tried to reach is disabled.",
	R_HARD(DISABLED), true},
    {R, 550,
	"5.2.1 The user you are trying to contact is receiving mail at a rate "
	"that\n5.2.1 prevents additional messages from being delivered.",
	R_SOFT(THROTTLED), true},
    {R, 450,
	"4.2.1 The user you are trying to contact is receiving mail too "
	"quickly. Please resend your message at a later time.",
	R_SOFT(THROTTLED), false},
    {D, 552,
	"5.2.2 The recipient's inbox is out of storage space and inactive. "
	"Please\n5.2.2 direct the recipient to clear it",
	R_SOFT(FULL), true},
    {R, 452, "4.2.2 The recipient's inbox is out of storage space.",
	R_SOFT(FULL), false},
    {M, 550, "5.4.5 Daily user sending limit exceeded. For more information",
	A_SOFT(THROTTLED), false},
    {D, 550, "5.4.5 Daily user sending limit exceeded.", A_SOFT(THROTTLED),
	false},
    {D, 550,
	"5.7.1 Daily SMTP relay sending limit exceeded for customer. For more",
	A_SOFT(THROTTLED), false},
    {D, 550, "5.7.1 Email quota exceeded.", A_SOFT(THROTTLED), false},
    {M, 550, "5.7.1 The user is rate limited.", A_SOFT(THROTTLED), false},
    {R, 550, "5.5.3 Too many recipients for this sender", A_SOFT(THROTTLED),
	false},
    {M, 530, "5.7.0 Authentication Required. For more information, go to",
	A_BLOCK(AUTH), false},
    {M, 530, "5.7.0 Must issue a STARTTLS command first.", A_BLOCK(AUTH),
	false},
    {A, 535, "5.7.8 Username and Password not accepted. For more",
	A_BLOCK(AUTH), false},
    {A, 534, "5.7.9 Application-specific password required.", A_BLOCK(AUTH),
	false},
    {A, 534, "5.7.14 Please log in via your web browser and then try again.",
	A_BLOCK(AUTH), false},
    {A, 454, "4.7.0 Too many login attempts, please try again later.",
	A_BLOCK(AUTH), false},
    {D, 550,
	"5.7.26 This mail has been blocked because the sender is "
	"unauthenticated.\n5.7.26 Gmail requires all senders to authenticate "
	"with either SPF or DKIM.",
	PROVIDER(AUTH), false},
    {D, 550,
	"5.7.26 Unauthenticated email from example.com is not accepted due "
	"to\n5.7.26 domain's DMARC policy.",
	PROVIDER(AUTH), false},
    {D, 550,
	"5.7.1 This message does not have authentication information or fails "
	"to pass\n5.7.1 authentication checks.",
	PROVIDER(AUTH), false},
    {D, 550, "5.7.25 The IP address sending this message does not have a PTR",
	PROVIDER(BLOCKED), false},
    {D, 421,
	"4.7.28 Gmail has detected an unusual rate of unsolicited mail "
	"originating from your IP address.",
	PROVIDER(BLOCKED), false},
    {D, 421,
	"4.7.30 Your email has been rate limited because DKIM "
	"authentication didn't pass for this message.",
	PROVIDER(AUTH), false},
    {D, 450,
	"4.7.32 Your email has been rate limited because the From: "
	"header isn't aligned",
	PROVIDER(AUTH), false},
    {D, 550,
	"5.7.1 [192.0.2.1 12] Our system has detected that this message is\n"
	"5.7.1 likely unsolicited mail. To reduce the amount of spam sent to "
	"Gmail",
	MESSAGE(CONTENT), true},
    {D, 550,
	"5.7.1 [192.0.2.1] Our system has detected that this message is\n"
	"5.7.1 likely suspicious due to the very low reputation of the "
	"sending IP\n5.7.1 address.",
	PROVIDER(BLOCKED), false},
    {D, 552,
	"5.7.0 This message was blocked because its content presents a "
	"potential\n5.7.0 security issue.",
	MESSAGE(CONTENT), true},
    {D, 552, "5.3.4 Your message exceeded Google's message size limits.",
	MESSAGE(CONTENT), true},
    {D, 552, "5.3.4 Message headers fields size exceed", MESSAGE(CONTENT),
	true},
    {D, 550,
	"5.7.1 Messages missing a valid Message-ID header are not "
	"accepted. RFC 5322",
	MESSAGE(CONTENT), true},
    {D, 451, "4.3.0 Mail server temporarily rejected message.", NETWORK, false},
    {R, 451, "4.4.2 Timeout - closing connection.", NETWORK, false},
    {C, 421, "4.7.0 Try again later, closing connection.", NETWORK, false},
};

static const struct row microsoft[] = {
    {R, 550,
	"5.5.0 Requested action not taken: mailbox unavailable (S2017062302).",
	R_HARD(INVALID), true},
    {R, 550,
	"5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP "
	"address lookup",
	R_HARD(INVALID), true},
    {R, 550,
	"5.4.1 Recipient address rejected: Access denied. "
	"[x.prod.protection.example.com]",
	R_HARD(INVALID), true},
    {D, 550,
	"5.7.515 Access denied, sending domain example.com doesn't meet the "
	"required authentication level.",
	PROVIDER(AUTH), false},
    {D, 550,
	"5.7.509 Access denied, sending domain example.com does not pass "
	"DMARC verification",
	PROVIDER(AUTH), false},
    {M, 550,
	"5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please "
	"contact your Internet service provider since part of their network "
	"is on our block list (S3150).",
	PROVIDER(BLOCKED), false},
    {R, 550, "5.7.606 Access denied, banned sending IP [192.0.2.1].",
	PROVIDER(BLOCKED), false},
    {R, 451,
	"4.7.650 The mail server [192.0.2.1] has been temporarily rate "
	"limited due to IP reputation.",
	PROVIDER(BLOCKED), false},
    {C, 421,
	"4.3.2 The maximum number of concurrent server connections has "
	"exceeded a limit, closing transmission channel",
	NETWORK, false},
    {D, 432, "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
	A_SOFT(THROTTLED), false},
    {M, 432, "4.3.2 Concurrent connections limit exceeded.", A_SOFT(THROTTLED),
	false},
    {A, 535, "5.7.3 Authentication unsuccessful [x.prod.example.com]",
	A_BLOCK(AUTH), false},
    {A, 550,
	"5.7.30 Basic authentication is not supported for Client Submission.",
	A_BLOCK(AUTH), false},
    {M, 530,
	"5.7.57 Client not authenticated to send mail. [x.prod.example.com]",
	A_BLOCK(AUTH), false},
    {D, 554,
	"5.2.252 SendAsDenied; u@example.com not allowed to send as "
	"x@example.com",
	A_BLOCK(BLOCKED), false},
    {D, 550,
	"5.7.60 SMTP; Client does not have permissions to send as this sender",
	A_BLOCK(BLOCKED), false},
    {D, 554,
	"5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceeded"
	"Exception",
	A_SOFT(THROTTLED), false},
    {D, 554, "5.2.2 mailbox full", A_SOFT(FULL), false},
    {R, 550, "5.1.8 Access denied, bad outbound sender", A_BLOCK(BLOCKED),
	false},
    {R, 550, "5.7.1 RESOLVER.RST.AuthRequired; authentication required",
	R_BLOCK(BLOCKED), true},
    {R, 550, "5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup",
	R_BLOCK(BLOCKED), true},
    {D, 550, "5.2.3 RESOLVER.RST.SendSizeLimit.Org; message too large",
	MESSAGE(CONTENT), true},
    {R, 452, "4.2.2 Over quota", R_SOFT(FULL), false},
};

static const struct row others[] = {
    {R, 554,
	"delivery error: dd This user doesn't have a example.com account "
	"(u@example.com) [0]",
	R_HARD(INVALID), true},
    {R, 554,
	"delivery error: dd Sorry your message to u@example.com cannot be "
	"delivered. This account has been disabled or discontinued [#102].",
	R_HARD(DISABLED), true},
    {R, 552, "1 Requested mail action aborted, mailbox not found",
	R_HARD(INVALID), true},
    {C, 421,
	"4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to "
	"unexpected volume or user complaints - 4.16.55.1",
	PROVIDER(BLOCKED), false},
    {M, 421, "4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred",
	PROVIDER(BLOCKED), false},
    {D, 554,
	"5.7.9 Message not accepted for policy reasons. See "
	"https://senders.example.com/error-codes",
	MESSAGE(BLOCKED), true},
    {D, 554,
	"5.7.1 Your message was rejected due to example.com's DMARC policy.",
	PROVIDER(AUTH), false},
    {R, 550, "5.1.1 <u@example.com>: user does not exist", R_HARD(INVALID),
	true},
    {R, 552, "5.2.2 <u@example.com>: user is over quota", R_SOFT(FULL), true},
    {R, 550, "5.1.6 recipient no longer on server: u@example.com",
	R_HARD(INVALID), true},
    {D, 550, "5.7.1 [CS01] Message rejected due to local policy.",
	MESSAGE(BLOCKED), true},
    {R, 550,
	"5.1.1 <u@example.com>: Recipient address rejected: User unknown in "
	"virtual mailbox table",
	R_HARD(INVALID), true},
    {R, 550,
	"5.1.1 <u@example.com>: Recipient address rejected: User "
	"unknown in local recipient table",
	R_HARD(INVALID), true},
    {R, 450,
	"4.2.0 <u@example.com>: Recipient address rejected: Greylisted, see "
	"https://postgrey.example/help",
	R_SOFT(THROTTLED), false},
    {R, 451, "Temporarily rejected. Try again in 300 seconds (greylisting)",
	R_SOFT(THROTTLED), false},
    {R, 450,
	"4.1.1 <u@example.com>: Recipient address rejected: unverified "
	"address",
	R_SOFT(TECHNICAL), false},
    {R, 450,
	"4.1.2 <u@example.com>: Recipient address rejected: Domain not "
	"found",
	R_SOFT(TECHNICAL), false},
    {R, 554, "5.7.1 <u@example.com>: Relay access denied", A_BLOCK(BLOCKED),
	false},
    {R, 454, "4.7.1 <u@example.com>: Relay access denied", A_SOFT(TECHNICAL),
	false},
    {R, 553,
	"5.7.1 <from@example.com>: Sender address rejected: not owned by user "
	"other@example.com",
	A_BLOCK(BLOCKED), false},
    {R, 550,
	"5.1.8 <from@example.com>: Sender address rejected: Domain not "
	"found",
	A_BLOCK(BLOCKED), false},
    {M, 552, "5.3.4 Message size exceeds fixed limit", MESSAGE(CONTENT), true},
    {M, 452, "4.3.1 Insufficient system storage", NETWORK, false},
    {R, 554,
	"5.7.1 Service unavailable; Client host [192.0.2.1] blocked using "
	"zen.spamhaus.org",
	PROVIDER(BLOCKED), false},
    {C, 554, "No SMTP service: Bad DNS PTR resource record.", PROVIDER(BLOCKED),
	false},
    {D, 421, "4.4.2 mx.example.com Error: timeout exceeded", NETWORK, false},
    {A, 535, "5.7.8 Error: authentication failed: UGFzc3dvcmQ6", A_BLOCK(AUTH),
	false},
    {A, 454, "4.7.0 Temporary authentication failure: Connection lost",
	A_SOFT(TECHNICAL), false},
    {A, 421, "4.3.0 Server shutting down", NETWORK, false},
    {R, 550, "Unrouteable address", R_HARD(INVALID), true},
    {R, 550, "relay not permitted", A_BLOCK(BLOCKED), false},
    {R, 451, "Could not complete sender verify callout", R_SOFT(TECHNICAL),
	false},
    {A, 535, "Incorrect authentication data", A_BLOCK(AUTH), false},
    {D, 550, "This message was classified as SPAM and may not be delivered",
	MESSAGE(CONTENT), true},
    {R, 553,
	"5.1.8 <from@example.com>... Domain of sender address does not exist",
	A_BLOCK(BLOCKED), false},
    {R, 550, "5.1.2 <u@example.com>... Host unknown", R_HARD(DOMAIN), true},
    {R, 550, "5.7.1 <u@example.com>... Relaying denied", A_BLOCK(BLOCKED),
	false},
    {R, 553, "sorry, no mailbox here by that name (#5.7.1)", R_HARD(INVALID),
	true},
    {R, 556, "5.1.10 domain does not accept mail", R_HARD(DOMAIN), true},
    {D, 454, "Throttling failure: Maximum sending rate exceeded.",
	A_SOFT(TECHNICAL), false},
    {D, 554, "Message rejected: Email address is not verified.",
	A_BLOCK(BLOCKED), false},
    {D, 554, "Message rejected: Sending paused for this account.",
	A_BLOCK(BLOCKED), false},
    {M, 550, "example.com has exceeded the max emails per hour (5/5) allowed",
	A_SOFT(THROTTLED), false},
    {D, 550, "5.6.7 Mailbox needs SMTPUTF8", R_BLOCK(CONTENT), true},
    {D, 554, "5.6.0 Message contains bare linefeed", MESSAGE(CONTENT), true},
    {D, 550, "5.5.2 syntax error", SCOPE_MESSAGE, BOUNCE_SOFT,
	CATEGORY_TECHNICAL, true},
};

static const struct row bare[] = {
    {R, 550, "", R_SOFT(UNKNOWN), true},
    {R, 554, "No", R_SOFT(UNKNOWN), true},
    {R, 550, "5.0.0 Oops", R_SOFT(UNKNOWN), true},
    {R, 599, "what", R_SOFT(UNKNOWN), true},
    {D, 554, "Transaction failed", R_SOFT(UNKNOWN), true},
    {R, 450, "", R_SOFT(TECHNICAL), false},
    {R, 451, "", R_SOFT(TECHNICAL), false},
    {D, 451, "", R_SOFT(TECHNICAL), false},
    {D, 452, "", NETWORK, false},
    {R, 499, "what", R_SOFT(TECHNICAL), false},
    {R, 421, "", NETWORK, false},
    {M, 421, "4.1.1 unknown", NETWORK, false},
    {M, 450, "", NETWORK, false},
    {M, 550, "", A_BLOCK(BLOCKED), false},
    {M, 550, "5.1.1 no such user", A_BLOCK(BLOCKED), false},
    {C, 554, "", NETWORK, false},
    {C, 421, "", NETWORK, false},
    {A, 500, "", A_BLOCK(AUTH), false},
    {A, 535, "", A_BLOCK(AUTH), false},
    {A, 450, "", A_SOFT(TECHNICAL), false},
    {A, 550, "5.1.1 user unknown", A_BLOCK(AUTH), false},
    {R, 550, "5.7.1 Denied", R_BLOCK(BLOCKED), true},
    {R, 550, "5.7.1", R_BLOCK(BLOCKED), true},
    {D, 554, "5.7.1", MESSAGE(BLOCKED), true},
    {M, 550, "5.7.1", A_BLOCK(BLOCKED), false},
    {R, 554, "5.3.0 Other", R_SOFT(TECHNICAL), true},
    {R, 552, "5.2.2", R_SOFT(FULL), true},
    {R, 550, "5.2.1", R_HARD(DISABLED), true},
    {R, 0, "", NETWORK, false}, /* no reply at all */
    {D, 0, "user unknown", NETWORK, false},
    /* a status of another class than the reply is not one (S-037) */
    {R, 450, "5.1.1 maybe", R_SOFT(TECHNICAL), false},
    {R, 550, "4.2.2 odd", R_SOFT(UNKNOWN), true},
    {R, 550, "2.1.5 odd", R_SOFT(UNKNOWN), true},
    /* no failure */
    {R, 250, "2.1.5 Ok", SCOPE_RECIPIENT, BOUNCE_NONE, CATEGORY_NONE, false},
    {D, 354, "go on", SCOPE_RECIPIENT, BOUNCE_NONE, CATEGORY_NONE, false},
};

static void
replies_mean_what_their_senders_mean(void **state)
{
	(void)state;
	assert_true(
	    ARRAY_LEN(gmail) + ARRAY_LEN(microsoft) + ARRAY_LEN(others) >= 80);
	assert_int_equal(wrong_rows(gmail, ARRAY_LEN(gmail)) +
			     wrong_rows(microsoft, ARRAY_LEN(microsoft)) +
			     wrong_rows(others, ARRAY_LEN(others)),
	    0);
}

static void
bare_replies_are_judged_by_code_and_phase(void **state)
{
	(void)state;
	assert_int_equal(wrong_rows(bare, ARRAY_LEN(bare)), 0);
}

/* A report: its Status, the reply code and the diagnostic text. */
static void
reports_mean_what_the_refusing_server_said(void **state)
{
	static const struct {
		int code;
		struct status status;
		const char *text;
		enum scope scope;
		enum bounce_type type;
		enum category category;
		bool permanent;
	} rows[] = {
	    {550, {5, 1, 1}, "smtp; 550 5.1.1 <u@example.com> User unknown",
		R_HARD(INVALID), true},
	    {0, {5, 1, 1}, "", R_HARD(INVALID), true},
	    {0, {5, 1, 1}, "unknown user: \"u\"", R_HARD(INVALID), true},
	    {550, {5, 0, 0}, "smtp; 550 5.1.1 nobody", R_HARD(INVALID), true},
	    {550, {5, 0, 0}, "smtp; 550 User unknown", R_HARD(INVALID), true},
	    {550, {5, 7, 1}, "smtp; 550 no such user", R_HARD(INVALID), true},
	    /* the reporter guessed 5.1.1 from the code */
	    {550, {5, 1, 1}, "smtp; 550 5.7.1 IP address blacklisted",
		PROVIDER(BLOCKED), true},
	    {550, {5, 1, 1}, "smtp; 550 max message size exceeded",
		MESSAGE(CONTENT), true},
	    {0, {5, 2, 2}, "maildrop: mailbox is full", R_SOFT(FULL), true},
	    {0, {5, 4, 4}, "Host or domain name not found", R_HARD(DOMAIN),
		true},
	    {0, {4, 4, 1}, "connect to mx.example.com: Connection timed out",
		R_SOFT(TECHNICAL), false},
	    {0, {4, 4, 7}, "", R_SOFT(TECHNICAL), false},
	    {554, {5, 7, 1}, "smtp; 554 <u@example.com>: Relay access denied",
		R_SOFT(TECHNICAL), true},
	    {550, {5, 0, 0}, "smtp; 550 message rejected as spam",
		MESSAGE(CONTENT), true},
	    {550, {5, 0, 0},
		"smtp; 550 5.2.1 The user you are trying to "
		"contact is receiving mail at a rate that",
		R_SOFT(THROTTLED), true},
	    {0, {0, 0, 0}, "Sorry, no mailbox here by that name. (#5.1.1)",
		R_HARD(INVALID), true},
	    {0, {0, 0, 0}, "mailbox is over quota", R_SOFT(FULL), true},
	    {0, {0, 0, 0}, "", R_SOFT(UNKNOWN), true},
	    {0, {2, 0, 0}, "250 ok", SCOPE_RECIPIENT, BOUNCE_NONE,
		CATEGORY_NONE, false},
	};
	struct diagnosis d;
	struct failure f;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		f = (struct failure){PHASE_REPORT, rows[i].code, rows[i].status,
		    str_of(rows[i].text)};
		d = diagnose(&f);
		if (d.scope != rows[i].scope || d.type != rows[i].type ||
		    d.category != rows[i].category ||
		    d.permanent != rows[i].permanent)
			fail_msg("row %zu: %s %s %s, %d (%s)", i,
			    scope_name(d.scope), bounce_type_name(d.type),
			    category_name(d.category), d.permanent, d.rule);
	}
}

/* What holds for any reply at all: 5 phases x 1000 codes x 8000 statuses is
 * too much; every code with every phase, and every status of two codes. */
static void
check_invariants(const struct failure *f)
{
	static const enum bounce_type type_of[CATEGORY__COUNT] = {
	    [CATEGORY_INVALID] = BOUNCE_HARD,
	    [CATEGORY_DOMAIN] = BOUNCE_HARD,
	    [CATEGORY_DISABLED] = BOUNCE_HARD,
	    [CATEGORY_FULL] = BOUNCE_SOFT,
	    [CATEGORY_THROTTLED] = BOUNCE_SOFT,
	    [CATEGORY_TECHNICAL] = BOUNCE_SOFT,
	    [CATEGORY_UNKNOWN] = BOUNCE_SOFT,
	    [CATEGORY_BLOCKED] = BOUNCE_BLOCK,
	    [CATEGORY_AUTH] = BOUNCE_BLOCK,
	    [CATEGORY_CONTENT] = BOUNCE_BLOCK,
	};
	struct diagnosis d = diagnose(f);
	bool narrow = d.scope == SCOPE_RECIPIENT || d.scope == SCOPE_MESSAGE;

	assert_int_equal(d.type, type_of[d.category]);
	assert_non_null(d.rule);
	if (d.type == BOUNCE_HARD) {
		assert_int_equal(d.scope, SCOPE_RECIPIENT);
		assert_true(d.permanent);
	}
	if (f->phase == PHASE_REPORT)
		return;
	if (f->code / 100 != 5)
		assert_false(d.permanent);
	if (f->code / 100 == 5)
		assert_int_equal(d.permanent, narrow);
	if (f->code == 421 || (f->phase == PHASE_CONNECT && f->code >= 400))
		assert_false(narrow);
	if (f->phase == PHASE_AUTH && f->code >= 400 && f->code != 421)
		assert_int_equal(d.scope, SCOPE_ACCOUNT);
	if (f->phase == PHASE_MAIL && f->code >= 400)
		assert_int_not_equal(d.scope, SCOPE_RECIPIENT);
}

static void
every_reply_keeps_the_rules(void **state)
{
	static const int codes[] = {421, 450, 550, 554};
	struct failure f = {PHASE_CONNECT, 0, {0, 0, 0}, STR_NONE};
	int phase, i;

	(void)state;
	for (phase = 0; phase < PHASE__COUNT; phase++) {
		f.phase = (enum phase)phase;
		f.status.class = 0;
		for (f.code = 200; f.code < 600; f.code++)
			check_invariants(&f);
		for (i = 0; i < 4 * 8 * 800; i++) {
			f.code = codes[i % 4];
			f.status =
			    (struct status){f.code / 100, i / 4 % 8, i / 32};
			check_invariants(&f);
		}
	}
}

static void
a_long_text_is_read_to_its_limit(void **state)
{
	static char text[1000000];
	struct failure f = {PHASE_RCPT, 550, {0, 0, 0}, {text, sizeof(text)}};
	struct timespec from, to;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &from);
	memset(text, 'x', sizeof(text));
	snprintf(text + 2020, 20, " user unknown ");
	assert_int_equal(diagnose(&f).category, CATEGORY_INVALID);
	memset(text, 'x', sizeof(text));
	snprintf(text + 2040, 20, " user unknown ");
	assert_int_equal(diagnose(&f).category, CATEGORY_UNKNOWN);
	memset(text, ' ', sizeof(text));
	assert_int_equal(diagnose(&f).category, CATEGORY_UNKNOWN);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_in_range(to.tv_sec - from.tv_sec, 0, 1);
}

static void
names_are_those_of_the_reports(void **state)
{
	(void)state;
	assert_string_equal(scope_name(SCOPE_PROVIDER), "provider");
	assert_string_equal(bounce_type_name(BOUNCE_NONE), "none");
	assert_string_equal(bounce_type_name(BOUNCE_BLOCK), "block");
	assert_string_equal(category_name(CATEGORY_NONE), "");
	assert_string_equal(category_name(CATEGORY_CONTENT), "content");
	assert_string_equal(phase_name(PHASE_REPORT), "report");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_mean_what_their_senders_mean),
	    cmocka_unit_test(bare_replies_are_judged_by_code_and_phase),
	    cmocka_unit_test(reports_mean_what_the_refusing_server_said),
	    cmocka_unit_test(every_reply_keeps_the_rules),
	    cmocka_unit_test(a_long_text_is_read_to_its_limit),
	    cmocka_unit_test(names_are_those_of_the_reports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
