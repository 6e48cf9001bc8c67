#include "bounce/notice_sign.h"

#include "bounce/signs.h"
#include "lib/mail/header.h"

#define FIELD_MEMORY_MAX (64U << 10)

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
	unsigned subject = signs_find(m->subject),
		 text = signs_find(m->own_text);
	bool no_sender = m->has_return_path && m->return_path.n == 0;

	s->delayed = !(text & SIGN_NOTICE_FINAL) &&
		     ((subject | text) & SIGN_NOTICE_DELAY);
	if (m->failed_recipients.n > 0)
		return true;
	if ((signs_find(m->from) & SIGN_NOTICE_SENDER) ||
	    str_eq(m->report_type, STR("delivery-status")))
		return (text & SIGN_NOTICE_TROUBLE) ||
		       (subject & SIGN_NOTICE_SUBJECT);
	return (text & SIGN_NOTICE_SURE) &&
	       (no_sender ||
		   ((subject & SIGN_NOTICE_SUBJECT) && !is_answer(m)));
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
	    signs_find(header_decode(str_sub(value, 0, HEADER_VALUE_MAX), &a));
	arena_release(&a);
	return (found & (is_from ? SIGN_NOTICE_SENDER : SIGN_NOTICE_SUBJECT)) !=
	       0;
}
