#include "bounce/imap_response.h"

#include "bounce/imap_backoff.h"
#include "bounce/imap_date.h"
#include "lib/mail/sasl.h"

typedef bool read_fn(struct imap_response *, struct imap_cursor *,
    struct err *);

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
    {"ENABLE", IMAP_CAN_ENABLE},
    {"CONDSTORE", IMAP_CAN_CONDSTORE},
    {"QRESYNC", IMAP_CAN_QRESYNC},
    {"X-GM-EXT-1", IMAP_CAN_GMAIL},
    {"LIST-EXTENDED", IMAP_CAN_LIST_EXTENDED},
};

/* What RFC 9051 made part of the protocol itself. */
#define REV2_FEATURES                                                 \
	(IMAP_CAN_SASL_IR | IMAP_CAN_IDLE | IMAP_CAN_ESEARCH |        \
	    IMAP_CAN_SPECIAL_USE | IMAP_CAN_UIDPLUS | IMAP_CAN_MOVE | \
	    IMAP_CAN_ENABLE | IMAP_CAN_LIST_EXTENDED | IMAP_CAN_LITERAL_MINUS)

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

static bool
malformed(struct err *err, const char *what)
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

static bool
read_capability(struct imap_response *r, struct imap_cursor *c, struct err *err)
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

/* `SEARCH 2 84 882`, with (MODSEQ n) after it where CONDSTORE is on. */
static bool
read_search(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	const struct imap_value *v;
	uint64_t n;

	r->kind = IMAP_RESPONSE_SEARCH;
	while ((v = imap_cursor_next(c)) != NULL) {
		if (v->kind == IMAP_LIST)
			continue;
		if (!imap_value_number(c->parse, v, &n) || n == 0 ||
		    n > UINT32_MAX)
			return malformed(err, "SEARCH");
		if (!imap_set_add(&r->set, (uint32_t)n, (uint32_t)n))
			return err_set(err, FAIL_LIMIT,
			    "imap response: SEARCH with too many ranges");
	}
	return true;
}

static bool
read_set(struct imap_response *r, struct str text, struct err *err)
{
	if (imap_set_parse(&r->set, text))
		return true;
	if (r->set.count >= IMAP_RANGES_MAX / 2)
		return err_set(err, FAIL_LIMIT,
		    "imap response: number set with too many ranges");
	return malformed(err, "number set");
}

/* `(TAG "A5")` */
static struct str
search_tag(const struct imap_parse *p, const struct imap_value *list)
{
	struct imap_cursor c = imap_cursor_list(p, list);
	const struct imap_value *name = imap_cursor_next(&c), *tag;

	tag = imap_cursor_next(&c);
	if (name == NULL || tag == NULL ||
	    !str_eq_nocase(imap_value_str(p, name), STR("TAG")))
		return STR_NONE;
	return imap_value_str(p, tag);
}

/* `ESEARCH (TAG "A5") UID ALL 2,10:11` (RFC 4731, 3.1) */
static bool
read_esearch(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	const struct imap_value *v, *value;
	struct str name;

	r->kind = IMAP_RESPONSE_SEARCH;
	while ((v = imap_cursor_next(c)) != NULL) {
		if (v->kind == IMAP_LIST) {
			r->search_tag = search_tag(c->parse, v);
			continue;
		}
		name = imap_value_str(c->parse, v);
		if (str_eq_nocase(name, STR("UID")))
			continue;
		value = imap_cursor_next(c);
		if (value == NULL)
			return malformed(err, "ESEARCH");
		if (str_eq_nocase(name, STR("ALL")) &&
		    !read_set(r, imap_value_str(c->parse, value), err))
			return false;
	}
	return true;
}

/* `VANISHED (EARLIER) 300:310` (RFC 7162, 3.2.10) */
static bool
read_vanished(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	const struct imap_value *v = imap_cursor_next(c);

	r->kind = IMAP_RESPONSE_VANISHED;
	if (v != NULL && v->kind == IMAP_LIST) {
		r->earlier = true;
		v = imap_cursor_next(c);
	}
	if (v == NULL)
		return malformed(err, "VANISHED");
	return read_set(r, imap_value_str(c->parse, v), err);
}

static unsigned
folder_use(const struct imap_parse *p, const struct imap_value *list)
{
	struct imap_cursor c = imap_cursor_list(p, list);
	const struct imap_value *v;
	unsigned use = 0;
	struct str flag;

	while ((v = imap_cursor_next(&c)) != NULL) {
		flag = imap_value_str(p, v);
		if (str_eq_nocase(flag, STR("\\Junk")))
			use |= IMAP_FOLDER_JUNK;
		else if (str_eq_nocase(flag, STR("\\All")))
			use |= IMAP_FOLDER_ALL;
		else if (str_eq_nocase(flag, STR("\\Noselect")) ||
			 str_eq_nocase(flag, STR("\\NonExistent")))
			use |= IMAP_FOLDER_NOSELECT;
	}
	return use;
}

/* `LIST (\HasNoChildren \Junk) "/" "Spam"` */
static bool
read_list(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	const struct imap_value *flags = imap_cursor_next(c), *sep, *name;

	sep = imap_cursor_next(c);
	name = imap_cursor_next(c);
	if (flags == NULL || flags->kind != IMAP_LIST || name == NULL ||
	    name->kind == IMAP_LIST)
		return malformed(err, "LIST");
	r->kind = IMAP_RESPONSE_LIST;
	r->list.use = folder_use(c->parse, flags);
	if (imap_value_is_string(sep) && sep->n == 1)
		r->list.separator = imap_value_str(c->parse, sep).p[0];
	r->list.name = imap_value_str(c->parse, name);
	return true;
}

static bool
read_flags(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	(void)c;
	(void)err;
	r->kind = IMAP_RESPONSE_FLAGS;
	return true;
}

static bool
read_exists(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	(void)c;
	r->kind = IMAP_RESPONSE_EXISTS;
	return r->number <= UINT32_MAX || malformed(err, "EXISTS");
}

static bool
read_expunge(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	(void)c;
	r->kind = IMAP_RESPONSE_EXPUNGE;
	return (r->number > 0 && r->number <= UINT32_MAX) ||
	       malformed(err, "EXPUNGE");
}

static void
read_message_flags(struct imap_fetch *f, const struct imap_parse *p,
    const struct imap_value *list)
{
	struct imap_cursor c = imap_cursor_list(p, list);
	const struct imap_value *v;

	f->has_flags = true;
	while ((v = imap_cursor_next(&c)) != NULL)
		if (str_eq_nocase(imap_value_str(p, v), STR("\\Seen")))
			f->seen = true;
}

/* The bytes of BODY[...]; NIL leaves `has` false. */
static bool
read_part(struct str *out, bool *has, const struct imap_parse *p,
    const struct imap_value *v)
{
	if (!imap_value_is_string(v))
		return imap_value_is_nil(p, v);
	*out = imap_value_str(p, v);
	*has = true;
	return true;
}

static bool
read_item(struct imap_fetch *f, struct str name, const struct imap_parse *p,
    const struct imap_value *v)
{
	uint64_t n;

	if (str_eq_nocase(name, STR("UID"))) {
		if (!imap_value_number(p, v, &n) || n == 0 || n > UINT32_MAX)
			return false;
		f->uid = (uint32_t)n;
	} else if (str_eq_nocase(name, STR("RFC822.SIZE"))) {
		return imap_value_number(p, v, &f->size);
	} else if (str_eq_nocase(name, STR("INTERNALDATE"))) {
		if (!imap_date_parse(imap_value_str(p, v), &f->internal_us))
			f->internal_us = 0;
	} else if (str_eq_nocase(name, STR("FLAGS"))) {
		if (v->kind != IMAP_LIST)
			return false;
		read_message_flags(f, p, v);
	} else if (str_eq_nocase(name, STR("BODY[HEADER]")) ||
		   str_eq_nocase(name, STR("BODY[HEADER]<0>"))) {
		return read_part(&f->header, &f->has_header, p, v);
	} else if (str_eq_nocase(name, STR("BODY[]")) ||
		   str_eq_nocase(name, STR("BODY[]<0>"))) {
		return read_part(&f->body, &f->has_body, p, v);
	}
	return true;
}

/* `12 FETCH (UID 7 RFC822.SIZE 44 BODY[HEADER] {20}...)` */
static bool
read_fetch(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	const struct imap_value *list = imap_cursor_next(c), *name, *value;
	struct imap_cursor items;

	r->kind = IMAP_RESPONSE_FETCH;
	if (list == NULL || list->kind != IMAP_LIST || r->number == 0)
		return malformed(err, "FETCH");
	items = imap_cursor_list(c->parse, list);
	while ((name = imap_cursor_next(&items)) != NULL) {
		value = imap_cursor_next(&items);
		if (value == NULL || name->kind != IMAP_ATOM ||
		    !read_item(&r->fetch, imap_value_str(c->parse, name),
			c->parse, value))
			return malformed(err, "FETCH");
	}
	return true;
}

static const struct {
	const char *word;
	bool numbered; /* `* 12 EXISTS` */
	read_fn *read;
} data[] = {
    {"CAPABILITY", false, read_capability},
    {"SEARCH", false, read_search},
    {"ESEARCH", false, read_esearch},
    {"VANISHED", false, read_vanished},
    {"LIST", false, read_list},
    {"FLAGS", false, read_flags},
    {"EXISTS", true, read_exists},
    {"EXPUNGE", true, read_expunge},
    {"FETCH", true, read_fetch},
};

static bool
read_data(struct imap_response *r, struct str word, struct imap_cursor *c,
    bool numbered, struct err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(data); i++)
		if (data[i].numbered == numbered &&
		    str_eq_nocase(word, str_of(data[i].word)))
			return data[i].read(r, c, err);
	return true;
}

static bool
read_untagged(struct imap_response *r, const struct imap_value *first,
    struct imap_cursor *c, struct err *err)
{
	bool numbered = imap_value_number(c->parse, first, &r->number);
	const struct imap_value *word = numbered ? imap_cursor_next(c) : first;

	if (word == NULL || word->kind != IMAP_ATOM)
		return malformed(err, "untagged response");
	if (!numbered && read_status(r, imap_value_str(c->parse, word), c))
		return true;
	return read_data(r, imap_value_str(c->parse, word), c, numbered, err);
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
		return malformed(err, "response");
	tag = imap_value_str(p, first);
	if (str_eq(tag, STR("+"))) {
		r->kind = IMAP_RESPONSE_CONTINUE;
		read_text(r, &c);
		return true;
	}
	second = imap_cursor_next(&c);
	if (second == NULL)
		return malformed(err, "response");
	if (str_eq(tag, STR("*")))
		return read_untagged(r, second, &c, err);
	r->tag = tag;
	return read_status(r, imap_value_str(p, second), &c) ||
	       malformed(err, "tagged response");
}
