#include "bounce/imap_response.h"

#include "bounce/imap_backoff.h"
#include "bounce/imap_response_data.h"
#include "lib/mail/sasl.h"

static const char *const code_names[IMAP_CODE__COUNT] = {
    [IMAP_CODE_NONE] = "",
    [IMAP_CODE_ALERT] = "ALERT",
    [IMAP_CODE_CAPABILITY] = "CAPABILITY",
    [IMAP_CODE_READ_ONLY] = "READ-ONLY",
    [IMAP_CODE_READ_WRITE] = "READ-WRITE",
    [IMAP_CODE_UIDVALIDITY] = "UIDVALIDITY",
    [IMAP_CODE_UIDNEXT] = "UIDNEXT",
    [IMAP_CODE_HIGHESTMODSEQ] = "HIGHESTMODSEQ",
    [IMAP_CODE_NOMODSEQ] = "NOMODSEQ",
    [IMAP_CODE_UIDNOTSTICKY] = "UIDNOTSTICKY",
    [IMAP_CODE_UNAVAILABLE] = "UNAVAILABLE",
    [IMAP_CODE_AUTHENTICATIONFAILED] = "AUTHENTICATIONFAILED",
    [IMAP_CODE_AUTHORIZATIONFAILED] = "AUTHORIZATIONFAILED",
    [IMAP_CODE_EXPIRED] = "EXPIRED",
    [IMAP_CODE_PRIVACYREQUIRED] = "PRIVACYREQUIRED",
    [IMAP_CODE_CONTACTADMIN] = "CONTACTADMIN",
    [IMAP_CODE_NOPERM] = "NOPERM",
    [IMAP_CODE_INUSE] = "INUSE",
    [IMAP_CODE_EXPUNGEISSUED] = "EXPUNGEISSUED",
    [IMAP_CODE_SERVERBUG] = "SERVERBUG",
    [IMAP_CODE_LIMIT] = "LIMIT",
    [IMAP_CODE_OVERQUOTA] = "OVERQUOTA",
    [IMAP_CODE_NONEXISTENT] = "NONEXISTENT",
};

static const struct {
	const char *name;
	unsigned feature;
} features[] = {
    {"IMAP4rev1", IMAP_CAN_REV1},
    {"IMAP4rev2", IMAP_CAN_REV2},
    {"STARTTLS", IMAP_CAN_STARTTLS},
    {"LOGINDISABLED", IMAP_CAN_NOT_LOGIN},
    {"SASL-IR", IMAP_CAN_SASL_IR},
    {"IDLE", IMAP_CAN_IDLE},
    {"ID", IMAP_CAN_ID},
    {"LITERAL+", IMAP_CAN_LITERAL_PLUS},
    {"LITERAL-", IMAP_CAN_LITERAL_MINUS},
    {"ESEARCH", IMAP_CAN_ESEARCH},
    {"SPECIAL-USE", IMAP_CAN_SPECIAL_USE},
    {"UIDPLUS", IMAP_CAN_UIDPLUS},
    {"MOVE", IMAP_CAN_MOVE},
    {"CONDSTORE", IMAP_CAN_CONDSTORE},
    {"LIST-EXTENDED", IMAP_CAN_LIST_EXTENDED},
};

/* What RFC 9051 made part of the protocol itself. */
#define REV2_FEATURES                                                 \
	(IMAP_CAN_SASL_IR | IMAP_CAN_IDLE | IMAP_CAN_ESEARCH |        \
	    IMAP_CAN_SPECIAL_USE | IMAP_CAN_UIDPLUS | IMAP_CAN_MOVE | \
	    IMAP_CAN_LIST_EXTENDED | IMAP_CAN_LITERAL_MINUS)

bool
imap_names_are_utf8(unsigned can)
{
	return (can & (IMAP_CAN_REV1 | IMAP_CAN_REV2)) == IMAP_CAN_REV2;
}

const char *
imap_code_name(enum imap_code c)
{
	return code_names[c];
}

void
imap_response_init(struct imap_response *r)
{
	*r = (struct imap_response){.kind = IMAP_RESPONSE_OTHER};
	imap_set_init(&r->set);
}

void
imap_response_release(struct imap_response *r)
{
	imap_set_release(&r->set);
	imap_response_init(r);
}

bool
imap_response_malformed(struct err *err, const char *what)
{
	return err_set(err, FAIL_PROTOCOL, "imap response: malformed %s", what);
}

static void
add_capability(struct imap_capability *c, struct str word)
{
	size_t i;

	if (str_starts_nocase(word, STR("AUTH="))) {
		c->mechanisms |= sasl_offer(str_from(word, 5));
		return;
	}
	for (i = 0; i < ARRAY_LEN(features); i++)
		if (str_eq_nocase(word, str_of(features[i].name)))
			c->features |= features[i].feature;
}

static void
end_capability(struct imap_capability *c)
{
	c->known = true;
	if (c->features & IMAP_CAN_REV2)
		c->features |= REV2_FEATURES;
}

bool
imap_response_capability(struct imap_response *r, struct imap_cursor *c,
    struct err *err)
{
	const struct imap_value *v;

	(void)err;
	r->kind = IMAP_RESPONSE_CAPABILITY;
	while ((v = imap_cursor_next(c)) != NULL)
		add_capability(&r->capability, imap_value_str(c->parse, v));
	end_capability(&r->capability);
	return true;
}

static enum imap_code
code_of(struct str word)
{
	int i;

	for (i = 1; i < IMAP_CODE__COUNT; i++)
		if (str_eq_nocase(word, str_of(code_names[i])))
			return (enum imap_code)i;
	return IMAP_CODE_NONE;
}

/* `[UIDNEXT 12] text`: a number that cannot be read makes the code none. */
static void
read_code(struct imap_response *r, struct str code)
{
	struct str word = STR_NONE;

	str_cut(&code, ' ', &word);
	r->code = code_of(word);
	if (r->code == IMAP_CODE_CAPABILITY) {
		while (str_cut(&code, ' ', &word))
			add_capability(&r->capability, word);
		end_capability(&r->capability);
		return;
	}
	if (r->code != IMAP_CODE_UIDVALIDITY && r->code != IMAP_CODE_UIDNEXT &&
	    r->code != IMAP_CODE_HIGHESTMODSEQ)
		return;
	if (!str_to_u64(str_trim(code), &r->number))
		r->code = IMAP_CODE_NONE;
}

static void
read_text(struct imap_response *r, struct imap_cursor *c)
{
	const struct imap_value *v = imap_cursor_next(c);
	size_t end;

	if (v == NULL)
		return;
	r->text = str_trim(imap_value_str(c->parse, v));
	r->backoff_ms = imap_backoff_asked(r->text);
	if (r->kind == IMAP_RESPONSE_CONTINUE || r->text.n == 0 ||
	    r->text.p[0] != '[')
		return;
	end = str_chr(r->text, ']');
	if (end == STR_NOWHERE)
		return;
	read_code(r, str_sub(r->text, 1, end - 1));
	r->text = str_trim(str_from(r->text, end + 1));
}

/* False when the word is no status. */
static bool
read_status(struct imap_response *r, struct str word, struct imap_cursor *c)
{
	static const char *const words[] = {"OK", "NO", "BAD", "BYE",
	    "PREAUTH"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_nocase(word, str_of(words[i])))
			break;
	if (i == ARRAY_LEN(words))
		return false;
	r->kind = IMAP_RESPONSE_STATUS;
	r->status = (enum imap_status)i;
	read_text(r, c);
	return true;
}

static bool
read_untagged(struct imap_response *r, const struct imap_value *first,
    struct imap_cursor *c, struct err *err)
{
	bool numbered = imap_value_number(c->parse, first, &r->number);
	const struct imap_value *word = numbered ? imap_cursor_next(c) : first;

	if (word == NULL || word->kind != IMAP_ATOM)
		return imap_response_malformed(err, "untagged response");
	if (!numbered && read_status(r, imap_value_str(c->parse, word), c))
		return true;
	return imap_response_data(r, imap_value_str(c->parse, word), c,
	    numbered, err);
}

static void
clear(struct imap_response *r)
{
	struct imap_set set = r->set;

	imap_set_reset(&set);
	*r = (struct imap_response){.backoff_ms = -1, .set = set};
}

bool
imap_response_read(struct imap_response *r, const struct imap_parse *p,
    struct err *err)
{
	struct imap_cursor c = imap_cursor_top(p);
	const struct imap_value *first = imap_cursor_next(&c), *second;
	struct str tag;

	clear(r);
	if (first == NULL || first->kind != IMAP_ATOM)
		return imap_response_malformed(err, "response");
	tag = imap_value_str(p, first);
	if (str_eq(tag, STR("+"))) {
		r->kind = IMAP_RESPONSE_CONTINUE;
		read_text(r, &c);
		return true;
	}
	second = imap_cursor_next(&c);
	if (second == NULL)
		return imap_response_malformed(err, "response");
	if (str_eq(tag, STR("*")))
		return read_untagged(r, second, &c, err);
	r->tag = tag;
	return read_status(r, imap_value_str(p, second), &c) ||
	       imap_response_malformed(err, "tagged response");
}
