#include "bounce/challenge.h"

#include "bounce/answer_text.h"
#include "bounce/header_sign.h"
#include "bounce/signs.h"

/* Fields and senders of the known systems. */
static const struct header_sign fields[] = {
    {"X-Delivery-Agent", "TMDA"},
    {"X-TMDA-Confirm", NULL},
    {"X-TMDA-Fingerprint", NULL},
    {"X-Boxtrapper", NULL},
    {"X-BoxTrapper-Verify", NULL},
    {"X-Bluebottle-Request", NULL},
    {"X-SpamArrest", NULL},
    {"X-Spamarrest-Cookie", NULL},
    {"X-Mailblocks-Challenge", NULL},
    {"X-ELNK-Challenge", NULL},
    {"X-Mailinblack", NULL},
    {"X-MIB-Challenge", NULL},
    {"X-Challenge-Response", NULL},
    {"X-ASK-Version", NULL},
    {"X-ASK-Auth", NULL},
    {"X-CAMRAM", NULL},
    {"X-Knowspam", NULL},
    {"X-Sendio", NULL},
    {"X-VadeRetro-Challenge", NULL},
    {"From", "@spamarrest.com"},
    {"From", "challenge-response@"},
    {"From", "mailinblack"},
    {"From", "antispam@uol"},
    {"From", "-confirm-"},
    {"From", "spamblocker-challenge@"},
    {"Reply-To", "-confirm-"},
    {"Reply-To", "spamblocker-challenge@"},
    {"Subject", "[tmda"},
    {"Auto-Submitted", "challenge"},
};

static bool
has_link(struct str text)
{
	return str_find_nocase(text, STR("http://")) != STR_NOWHERE ||
	       str_find_nocase(text, STR("https://")) != STR_NOWHERE;
}

const char *
challenge_rule(const struct inbound_mail *m)
{
	unsigned subject, text;
	struct str words;

	if (header_sign_find(m->header, fields, ARRAY_LEN(fields)) != NULL)
		return "challenge-field";
	words = answer_text(m->text);
	text = signs_find(words) & SIGN_CHALLENGE_TEXT;
	if (text == 0)
		return NULL;
	subject = signs_find(m->subject) & SIGN_CHALLENGE_SUBJECT;
	if (subject != 0)
		return "challenge-subject";
	return has_link(words) || m->text_is_html ? "challenge-text" : NULL;
}
