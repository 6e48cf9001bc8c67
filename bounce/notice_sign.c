#include "bounce/notice_sign.h"

#include "lib/mail/header.h"
#include "lib/mail/phrases.h"

#include <pthread.h>

#define FIELD_MEMORY_MAX (64U << 10)

/* What a phrase tells, and where it does. */
enum sign {
	SENDER = 1 << 0,
	SUBJECT = 1 << 1,
	TROUBLE = 1 << 2,
	SURE = 1 << 3,
	DELAY = 1 << 4,
	FINAL = 1 << 5,
};

static const struct {
	enum sign sign;
	const char *words;
} signs[] = {
    /* In the From field */
    {SENDER, "mailer-daemon"},
    {SENDER, "mailer daemon"},
    {SENDER, "postmaster"},
    {SENDER, "post_master"},
    {SENDER, "mail delivery"},
    {SENDER, "mail.delivery"},
    {SENDER, "delivery subsystem"},
    {SENDER, "delivery system"},
    {SENDER, "mdaemon@"},
    /* In the subject */
    {SUBJECT, "undeliver"},
    {SUBJECT, "non-deliver"},
    {SUBJECT, "nondeliver"},
    {SUBJECT, "non deliver"},
    {SUBJECT, "not deliver"},
    {SUBJECT, "not be deliver"},
    {SUBJECT, "not been deliver"},
    {SUBJECT, "not yet been deliver"},
    {SUBJECT, "n't be deliver"},
    {SUBJECT, "delivery fail"},
    {SUBJECT, "delivery has failed"},
    {SUBJECT, "delivery problem"},
    {SUBJECT, "delivery status"},
    {SUBJECT, "delivery report"},
    {SUBJECT, "delivery notification"},
    {SUBJECT, "delivery error"},
    {SUBJECT, "delivery delay"},
    {SUBJECT, "failed delivery"},
    {SUBJECT, "failure delivery"},
    {SUBJECT, "failure notice"},
    {SUBJECT, "failure notification"},
    {SUBJECT, "during delivery"},
    {SUBJECT, "unable to deliver"},
    {SUBJECT, "returned mail"},
    {SUBJECT, "returned to sender"},
    {SUBJECT, "returning to sender"},
    {SUBJECT, "mail failure"},
    {SUBJECT, "mail failed"},
    {SUBJECT, "mail delivery"},
    {SUBJECT, "mail system error"},
    {SUBJECT, "message delivery"},
    {SUBJECT, "message status"},
    {SUBJECT, "user unknown"},
    {SUBJECT, "unknown user"},
    {SUBJECT, "could not send m"},
    {SUBJECT, "rejected mail"},
    {SUBJECT, "error sending your mail"},
    {SUBJECT, "are not member"},
    {SUBJECT, "non remis"},
    {SUBJECT, "non délivré"},
    {SUBJECT, "non distribu"},
    {SUBJECT, "échec de la remise"},
    {SUBJECT, "unzustellbar"},
    {SUBJECT, "nicht zugestellt"},
    {SUBJECT, "nicht zustellbar"},
    {SUBJECT, "fehler bei der zustellung"},
    {SUBJECT, "no entregado"},
    {SUBJECT, "no se puede entregar"},
    {SUBJECT, "no se ha podido entregar"},
    {SUBJECT, "não entregue"},
    {SUBJECT, "nao entregue"},
    {SUBJECT, "mancata consegna"},
    {SUBJECT, "onbestelbaar"},
    {SUBJECT, "не доставлен"},
    {SUBJECT, "недоставлен"},
    {SUBJECT, "エラー通知"},
    {SUBJECT, "配信できません"},
    {SUBJECT, "配信不能"},
    {SUBJECT, "配信失敗"},
    {SUBJECT, "送信できません"},
    {SUBJECT, "配送できません"},
    {SUBJECT, "退信"},
    /* In the text: a delivery that failed or is late */
    {TROUBLE, "undeliver"},
    {TROUBLE, "not be deliver"},
    {TROUBLE, "not been deliver"},
    {TROUBLE, "not deliver"},
    {TROUBLE, "n't be deliver"},
    {TROUBLE, "n't deliver"},
    {TROUBLE, "unable to deliver"},
    {TROUBLE, "able to deliver"},
    {TROUBLE, "delivery fail"},
    {TROUBLE, "delivery has failed"},
    {TROUBLE, "delivery to the following"},
    {TROUBLE, "delevery to the following"},
    {TROUBLE, "delivering your m"},
    {TROUBLE, "deliver the mail"},
    {TROUBLE, "delivery failure"},
    {TROUBLE, "delivery error"},
    {TROUBLE, "delivery problem"},
    {TROUBLE, "failed address"},
    {TROUBLE, "failed recipient"},
    {TROUBLE, "failure reason"},
    {TROUBLE, "permanent error"},
    {TROUBLE, "permanent failure"},
    {TROUBLE, "permanent fatal"},
    {TROUBLE, "transient non-fatal"},
    {TROUBLE, "following address"},
    {TROUBLE, "following recipient"},
    {TROUBLE, "not reach"},
    {TROUBLE, "not be reached"},
    {TROUBLE, "not receive this"},
    {TROUBLE, "unknown user"},
    {TROUBLE, "unknown or"},
    {TROUBLE, "user unknown"},
    {TROUBLE, "user not found"},
    {TROUBLE, "no such user"},
    {TROUBLE, "not found"},
    {TROUBLE, "not exist"},
    {TROUBLE, "invalid"},
    {TROUBLE, "incorrectly constructed"},
    {TROUBLE, "mailbox"},
    {TROUBLE, "over quota"},
    {TROUBLE, "overquota"},
    {TROUBLE, "quota exceeded"},
    {TROUBLE, "is full"},
    {TROUBLE, "rejected"},
    {TROUBLE, "rcpt to"},
    {TROUBLE, "smtp error"},
    {TROUBLE, "transcript of session"},
    {TROUBLE, "has been delayed"},
    {TROUBLE, "not a member"},
    {TROUBLE, "status code"},
    {TROUBLE, "error type"},
    {TROUBLE, "failed for the following"},
    {TROUBLE, "delivery errors"},
    {TROUBLE, "has failed"},
    {TROUBLE, "failure notice"},
    {TROUBLE, "delivered"},
    {TROUBLE, "zugestellt"},
    {TROUBLE, "zustell"},
    {TROUBLE, "delivre"},
    {TROUBLE, "délivr"},
    {TROUBLE, "remis"},
    {TROUBLE, "entreg"},
    {TROUBLE, "consegn"},
    {TROUBLE, "доставл"},
    {TROUBLE, "送信"},
    {TROUBLE, "配信"},
    {TROUBLE, "退信"},
    /* Enough for a mail of which nothing is known but that it has no sender:
     * automatic replies have none either */
    {SURE, "not be delivered to"},
    {SURE, "unable to deliver"},
    {SURE, "undeliverable to"},
    {SURE, "delivery to the following"},
    {SURE, "failed permanently"},
    {SURE, "permanent fatal errors"},
    /* It is still being tried */
    {DELAY, "has been delayed"},
    {DELAY, "have been delayed"},
    {DELAY, "is delayed"},
    {DELAY, "not yet been deliver"},
    {DELAY, "still being retried"},
    {DELAY, "be retried until"},
    {DELAY, "will be retried for"},
    {DELAY, "will be retried"},
    {DELAY, "will keep trying"},
    {DELAY, "will continue to "},
    {DELAY, "attempts will continue"},
    {DELAY, "warning message only"},
    {DELAY, "is a warning only"},
    {DELAY, "just a warning"},
    {DELAY, "(delay)"},
    {DELAY, "delayed mail"},
    {DELAY, "temporarily delayed"},
    {DELAY, "transient non-fatal"},
    {DELAY, "could not send mail for past"},
    {DELAY, "message delayed"},
    {DELAY, "delivery delayed"},
    {DELAY, "still trying"},
    {DELAY, "keep trying"},
    {DELAY, "could not send message for past"},
    {DELAY, "delivery is delayed"},
    {DELAY, "zustellung verzögert"},
    {DELAY, "verzögerte zustellung"},
    {DELAY, "remise retardée"},
    {DELAY, "entrega retrasada"},
    {DELAY, "entrega se ha retrasado"},
    {DELAY, "consegna ritardata"},
    {DELAY, "配信が遅"},
    {DELAY, "配送遅延"},
    {DELAY, "try again later to deliver"},
    /* It is not */
    {FINAL, "permanent error"},
    {FINAL, "permanent failure"},
    {FINAL, "permanent fatal"},
    {FINAL, "failed permanently"},
    {FINAL, "given up"},
    {FINAL, "giving up on"},
    {FINAL, "not going to try again"},
    {FINAL, "will not be retried"},
    {FINAL, "will be deleted from queue"},
    {FINAL, "no further delivery attempts"},
    {FINAL, "have failed"},
};

static struct phrases *set;
static pthread_once_t set_once = PTHREAD_ONCE_INIT;

static void
build_set(void)
{
	const char *words[ARRAY_LEN(signs)];
	size_t i;

	for (i = 0; i < ARRAY_LEN(signs); i++)
		words[i] = signs[i].words;
	set = phrases_new(words, ARRAY_LEN(signs));
}

/* All signs in a text, as bits. */
static unsigned
signs_of(struct str text)
{
	struct phrases_scan s;
	unsigned all = 0;
	int i;

	pthread_once(&set_once, build_set);
	phrases_scan_init(&s, set, text);
	while ((i = phrases_next(&s)) >= 0)
		all |= signs[i].sign;
	return all;
}

/* A person's answer to a notification has its subject, too. */
static bool
is_answer(const struct inbound_mail *m)
{
	return (m->in_reply_to.n > 0 || m->reference_count > 0) &&
	       (str_starts_nocase(m->subject, STR("re:")) ||
		   str_starts_nocase(m->subject, STR("aw:")) ||
		   str_starts_nocase(m->subject, STR("fw")));
}

bool
notice_sign(struct notice_sign *s, const struct inbound_mail *m)
{
	unsigned subject = signs_of(m->subject), text = signs_of(m->own_text);
	bool no_sender = m->has_return_path && m->return_path.n == 0;

	s->delayed = !(text & FINAL) && ((subject | text) & DELAY);
	if (m->failed_recipients.n > 0)
		return true;
	if ((signs_of(m->from) & SENDER) ||
	    str_eq(m->report_type, STR("delivery-status")))
		return (text & TROUBLE) || (subject & SUBJECT);
	if ((subject & SUBJECT) && !is_answer(m))
		return true;
	return no_sender && (text & SURE);
}

bool
notice_sign_field(struct str name, struct str value)
{
	bool is_from = str_eq_nocase(name, STR("From"));
	struct arena a;
	unsigned found;

	if (str_eq_nocase(name, STR("X-Failed-Recipients")))
		return true;
	if (!is_from && !str_eq_nocase(name, STR("Subject")))
		return false;
	arena_init(&a, FIELD_MEMORY_MAX);
	found =
	    signs_of(header_decode(str_sub(value, 0, HEADER_VALUE_MAX), &a));
	arena_release(&a);
	return (found & (is_from ? SENDER : SUBJECT)) != 0;
}
