#include "bounce/mailbox_login.h"

#include "lib/base/encode.h"

#define SASL_BYTES_MAX (32U << 10)
#define DETAIL_MAX     100

void
mailbox_login_init(struct mailbox_login *l, const char *protocol,
    const struct mailbox_access *access)
{
	*l = (struct mailbox_login){.protocol = protocol, .access = *access};
	buf_init(&l->initial, SASL_BYTES_MAX);
}

void
mailbox_login_release(struct mailbox_login *l)
{
	buf_wipe(&l->initial);
	sasl_free(l->sasl);
	l->sasl = NULL;
}

enum mailbox_way
mailbox_login_begin(struct mailbox_login *l, unsigned offered,
    bool password_offered, struct err *err)
{
	const struct mailbox_access *a = &l->access;
	bool may =
	    password_offered && (a->auth == SASL_AUTO || a->auth == SASL_LOGIN);

	mailbox_login_release(l);
	if (!sasl_choose(a->auth, offered, &l->mechanism, may ? NULL : err))
		return may ? MAILBOX_BY_PASSWORD : MAILBOX_NO_WAY;
	l->sasl = sasl_new(&(struct sasl_params){.mechanism = l->mechanism,
	    .username = a->username,
	    .password = a->password,
	    .host = a->host,
	    .port = a->port});
	return MAILBOX_BY_SASL;
}

bool
mailbox_login_initial(struct mailbox_login *l, struct err *err)
{
	return !sasl_has_initial(l->sasl) ||
	       sasl_step(l->sasl, STR_NONE, &l->initial, err);
}

/* The next answer, not encoded yet. */
static bool
step(struct mailbox_login *l, struct str challenge, struct buf *answer,
    struct err *err)
{
	struct buf plain;
	bool ok;

	if (l->initial.n > 0) {
		buf_swap(answer, &l->initial);
		return true;
	}
	buf_init(&plain, SASL_BYTES_MAX);
	ok = base64_decode(&plain, challenge)
		 ? sasl_step(l->sasl, buf_view(&plain), answer, err)
		 : err_set(err, FAIL_PROTOCOL, "%s: challenge is not base64",
		       l->protocol);
	buf_wipe(&plain);
	return ok;
}

bool
mailbox_login_answer(struct mailbox_login *l, struct str challenge,
    struct buf *out, struct err *err)
{
	struct buf answer, line;
	bool ok;

	buf_init(&answer, SASL_BYTES_MAX);
	buf_init(&line, MAILBOX_ANSWER_MAX);
	ok = step(l, challenge, &answer, err);
	base64_encode(&line, buf_view(&answer));
	buf_puts(&line, "\r\n");
	if (ok && (answer.full || line.full))
		ok = err_set(err, FAIL_INPUT, "%s: credentials too long",
		    l->protocol);
	if (ok)
		buf_str(out, buf_view(&line));
	buf_wipe(&answer);
	buf_wipe(&line);
	return ok;
}

bool
mailbox_login_proven(const struct mailbox_login *l, struct err *err)
{
	if (l->sasl == NULL || sasl_done(l->sasl))
		return true;
	return err_set(err, FAIL_AUTH,
	    "%s: the server did not prove that it knows us", l->protocol);
}

void
mailbox_login_refused(const struct mailbox_login *l, struct err *err)
{
	struct str detail = STR_NONE;

	if (l->sasl != NULL)
		detail = sasl_detail(l->sasl);
	if (detail.n > 0 && err->kind == FAIL_AUTH)
		err_wrap(err, "%.*s", STR_ARG(str_sub(detail, 0, DETAIL_MAX)));
}
