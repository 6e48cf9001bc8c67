#include "bounce/imap_response_data.h"

#include "bounce/imap_date.h"

typedef bool read_fn(struct imap_response *, struct imap_cursor *,
    struct err *);

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
			return imap_response_malformed(err, "SEARCH");
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
	return imap_response_malformed(err, "number set");
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
			return imap_response_malformed(err, "ESEARCH");
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
		return imap_response_malformed(err, "VANISHED");
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
		return imap_response_malformed(err, "LIST");
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
	return r->number <= UINT32_MAX ||
	       imap_response_malformed(err, "EXISTS");
}

static bool
read_expunge(struct imap_response *r, struct imap_cursor *c, struct err *err)
{
	(void)c;
	r->kind = IMAP_RESPONSE_EXPUNGE;
	return (r->number > 0 && r->number <= UINT32_MAX) ||
	       imap_response_malformed(err, "EXPUNGE");
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
		return imap_response_malformed(err, "FETCH");
	items = imap_cursor_list(c->parse, list);
	while ((name = imap_cursor_next(&items)) != NULL) {
		value = imap_cursor_next(&items);
		if (value == NULL || name->kind != IMAP_ATOM ||
		    !read_item(&r->fetch, imap_value_str(c->parse, name),
			c->parse, value))
			return imap_response_malformed(err, "FETCH");
	}
	return true;
}

static const struct {
	const char *word;
	bool numbered; /* `* 12 EXISTS` */
	read_fn *read;
} data[] = {
    {"CAPABILITY", false, imap_response_capability},
    {"SEARCH", false, read_search},
    {"ESEARCH", false, read_esearch},
    {"VANISHED", false, read_vanished},
    {"LIST", false, read_list},
    {"FLAGS", false, read_flags},
    {"EXISTS", true, read_exists},
    {"EXPUNGE", true, read_expunge},
    {"FETCH", true, read_fetch},
};

bool
imap_response_data(struct imap_response *r, struct str word,
    struct imap_cursor *c, bool numbered, struct err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(data); i++)
		if (data[i].numbered == numbered &&
		    str_eq_nocase(word, str_of(data[i].word)))
			return data[i].read(r, c, err);
	return true;
}
