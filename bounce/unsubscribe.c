#include "bounce/unsubscribe.h"

#include "bounce/answer_text.h"
#include "bounce/signs.h"
#include "lib/mail/token.h"

#define WISH_MAX 120 /* bytes: more is a letter */

/* "unsubscribe mfrggzdfmy..." without the token. */
static struct str
without_token(struct str subject)
{
	size_t space;

	subject = str_trim(subject);
	space = str_rchr(subject, ' ');
	if (space == STR_NOWHERE || subject.n - space - 1 < TOKEN_LEN)
		return subject;
	return str_sub(subject, 0, space);
}

static bool
is_wish(struct str text)
{
	return text.n <= WISH_MAX && (signs_find(text) & SIGN_UNSUBSCRIBE) != 0;
}

const char *
unsubscribe_rule(const struct inbound_mail *m)
{
	if (is_wish(without_token(m->subject)))
		return "unsubscribe-subject";
	return is_wish(answer_text(m->text)) ? "unsubscribe-text" : NULL;
}
