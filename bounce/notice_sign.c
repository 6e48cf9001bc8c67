#include "bounce/notice_sign.h"

#define ANY(text, phrases) says_any(text, phrases, ARRAY_LEN(phrases))

/* In the From field. */
static const char *const senders[] = {
    "mailer-daemon",
    "mailer daemon",
    "postmaster",
    "post_master",
    "mail delivery",
    "mail.delivery",
    "delivery subsystem",
    "delivery system",
    "mdaemon@",
};

/* In the subject. */
static const char *const subjects[] = {
    "undeliver",
    "non-deliver",
    "nondeliver",
    "non deliver",
    "not deliver",
    "not be deliver",
    "not been deliver",
    "not yet been deliver",
    "n't be deliver",
    "delivery fail",
    "delivery has failed",
    "delivery problem",
    "delivery status",
    "delivery report",
    "delivery notification",
    "delivery error",
    "delivery delay",
    "failed delivery",
    "failure delivery",
    "failure notice",
    "failure notification",
    "during delivery",
    "unable to deliver",
    "returned mail",
    "returned to sender",
    "returning to sender",
    "mail failure",
    "mail failed",
    "mail delivery",
    "mail system error",
    "message delivery",
    "message status",
    "user unknown",
    "unknown user",
    "could not send m",
    "rejected mail",
    "error sending your mail",
    "are not member",
    "non remis",
    "non délivré",
    "non distribu",
    "échec de la remise",
    "unzustellbar",
    "nicht zugestellt",
    "nicht zustellbar",
    "fehler bei der zustellung",
    "no entregado",
    "no se puede entregar",
    "no se ha podido entregar",
    "não entregue",
    "nao entregue",
    "mancata consegna",
    "onbestelbaar",
    "не доставлен",
    "недоставлен",
    "エラー通知",
    "配信できません",
    "配信不能",
    "配信失敗",
    "送信できません",
    "配送できません",
    "退信",
};

/* In the text: what a delivery that failed or is late is told with. */
static const char *const troubles[] = {
    "undeliver",
    "not be deliver",
    "not been deliver",
    "not deliver",
    "n't be deliver",
    "n't deliver",
    "unable to deliver",
    "able to deliver",
    "delivery fail",
    "delivery has failed",
    "delivery to the following",
    "delevery to the following",
    "delivering your m",
    "deliver the mail",
    "delivery failure",
    "delivery error",
    "delivery problem",
    "failed address",
    "failed recipient",
    "failure reason",
    "permanent error",
    "permanent failure",
    "permanent fatal",
    "transient non-fatal",
    "following address",
    "following recipient",
    "not reach",
    "not be reached",
    "not receive this",
    "unknown user",
    "unknown or",
    "user unknown",
    "user not found",
    "no such user",
    "not found",
    "not exist",
    "invalid",
    "incorrectly constructed",
    "mailbox",
    "over quota",
    "overquota",
    "quota exceeded",
    "is full",
    "rejected",
    "rcpt to",
    "smtp error",
    "transcript of session",
    "has been delayed",
    "not a member",
    "status code",
    "error type",
    "failed for the following",
    "delivery errors",
    "has failed",
    "failure notice",
    "delivered",
    "zugestellt",
    "zustell",
    "delivre",
    "délivr",
    "remis",
    "entreg",
    "consegn",
    "доставл",
    "送信",
    "配信",
    "退信",
};

/* Enough for a mail of which nothing is known but that it has no sender:
 * automatic replies have none either. */
static const char *const sure[] = {
    "not be delivered to",
    "unable to deliver",
    "undeliverable to",
    "delivery to the following",
    "failed permanently",
    "permanent fatal errors",
};

static const char *const delays[] = {
    "has been delayed",
    "have been delayed",
    "is delayed",
    "not yet been deliver",
    "still being retried",
    "be retried until",
    "will be retried for",
    "will be retried",
    "will keep trying",
    "will continue to ",
    "attempts will continue",
    "warning message only",
    "is a warning only",
    "just a warning",
    "(delay)",
    "delayed mail",
    "temporarily delayed",
    "transient non-fatal",
    "could not send mail for past",
    "message delayed",
    "delivery delayed",
    "still trying",
    "try again later to deliver",
};

static const char *const final[] = {
    "permanent error",
    "permanent failure",
    "permanent fatal",
    "failed permanently",
    "given up",
    "giving up on",
    "not going to try again",
    "will not be retried",
    "will be deleted from queue",
    "no further delivery attempts",
    "have failed",
};

static bool
says_any(struct str text, const char *const *phrases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_find(text, str_of(phrases[i])) != STR_NOWHERE)
			return true;
	return false;
}

/* A person's answer to a notification has its subject, too. */
static bool
is_answer(const struct inbound_mail *m)
{
	return (m->in_reply_to.n > 0 || m->reference_count > 0) &&
	       (str_starts(m->subject_low, STR("re:")) ||
		   str_starts(m->subject_low, STR("aw:")) ||
		   str_starts(m->subject_low, STR("fw")));
}

static bool
is_sent_by_mailer(const struct inbound_mail *m)
{
	return ANY(m->from_low, senders) || m->failed_recipients.n > 0 ||
	       str_eq(m->report_type, STR("delivery-status"));
}

bool
notice_sign(const struct inbound_mail *m)
{
	if (m->failed_recipients.n > 0)
		return true;
	if (is_sent_by_mailer(m) ||
	    (!is_answer(m) && ANY(m->subject_low, subjects)))
		return ANY(m->own_low, troubles) ||
		       ANY(m->subject_low, subjects);
	return m->has_return_path && m->return_path.n == 0 &&
	       ANY(m->own_low, sure);
}

bool
notice_sign_delay(const struct inbound_mail *m)
{
	if (ANY(m->own_low, final))
		return false;
	return ANY(m->subject_low, delays) || ANY(m->own_low, delays) ||
	       (str_find(m->subject_low, STR("warning")) != STR_NOWHERE &&
		   str_find(m->subject_low, STR("delayed")) != STR_NOWHERE);
}
