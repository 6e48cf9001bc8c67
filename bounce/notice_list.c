#include "bounce/notice_list.h"

#define NAME_MAX_BYTES 64  /* of a recipient without a domain */
#define ORIGIN_NEAR    300 /* bytes behind an address where its origin is */

typedef bool place_fn(enum notice_place);

static const char *const offices[] = {
    "postmaster",
    "mailer-daemon",
    "support",
    "abuse",
    "helpdesk",
};

static bool
is_office(struct str address)
{
	return str_is_any(str_sub(address, 0, str_chr(address, '@')), offices,
	    ARRAY_LEN(offices));
}

static bool
mentions(struct str field, struct str address)
{
	return str_find_nocase(field, address) != STR_NOWHERE;
}

/* Those of our side: whom the notification was sent to, who sent it. */
static bool
is_ours(const struct notice_list *l, struct str address)
{
	struct inbound_mail *m = l->m;

	return mentions(m->to, address) ||
	       mentions(inbound_mail_returned_field(m, "From"), address) ||
	       mentions(inbound_mail_returned_field(m, "Return-Path"),
		   address) ||
	       str_eq_nocase(m->from_address, address);
}

static bool
is_strong(enum notice_place p)
{
	return p == NOTICE_LISTED || p == NOTICE_LABELLED;
}

static bool
is_weak(enum notice_place p)
{
	return p == NOTICE_ANSWERED || p == NOTICE_TOLD;
}

int
notice_list_place(const struct notice_list *l, struct str address)
{
	int i;

	for (i = 0; i < l->count; i++)
		if (str_eq_nocase(l->found[i].address, address))
			return i;
	return -1;
}

/* Lines of a list that are indented more than the first belong to what is
 * said of it; labels are of one kind. */
static bool
belongs(const struct notice_list *l, const struct notice_address *a)
{
	const struct notice_address *first = &l->found[0];

	if (l->count == 0 || !is_strong(first->place))
		return true;
	return a->place == first->place &&
	       (a->place != NOTICE_LISTED || a->indent <= first->indent);
}

/* "a@b, c@d: why": what is said of the one is said of the others. */
static void
join_line(struct notice_address *a, const struct notice_address *before,
    struct str low)
{
	struct str between = str_sub(low, before->to, a->from - before->to);
	size_t i;

	for (i = 0; i < between.n; i++)
		if (strchr(",; ", between.p[i]) == NULL)
			return;
	a->place = before->place;
	a->indent = before->indent;
}

static void
find_places(struct notice_list *l, size_t at, place_fn *wanted)
{
	struct notice_address a, before = {.to = 0};

	l->count = 0;
	for (; l->count < NOTICE_ADDRESSES_MAX &&
	       notice_address_next(&a, l->m->own_low, &at);
	     before = a) {
		if (before.to > 0 && a.place == NOTICE_ELSEWHERE)
			join_line(&a, &before, l->m->own_low);
		if (wanted(a.place) && belongs(l, &a) &&
		    notice_list_place(l, a.address) < 0)
			l->found[l->count++] = a;
	}
}

/* The sender and the postmaster, unless nobody else is left. */
static void
drop_others(struct notice_list *l)
{
	bool weak = l->count > 0 && is_weak(l->found[0].place);
	int i, kept = 0;

	if (l->count < 2)
		return;
	for (i = 0; i < l->count; i++)
		if (!is_office(l->found[i].address) &&
		    (!weak || !is_ours(l, l->found[i].address)))
			l->found[kept++] = l->found[i];
	l->count = kept > 0 ? kept : 1;
}

static bool
choose(struct notice_list *l, size_t at, place_fn *wanted)
{
	find_places(l, at, wanted);
	drop_others(l);
	return l->count > 0;
}

static bool
is_name(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!((name.p[i] >= 'a' && name.p[i] <= 'z') ||
			(name.p[i] >= '0' && name.p[i] <= '9') ||
			strchr("._-+", name.p[i]) != NULL))
			return false;
	return name.n > 0 && name.n <= NAME_MAX_BYTES;
}

/* A line of a list that is a name alone, or a name and a reason apart. */
static bool
choose_name(struct notice_list *l, size_t at)
{
	struct inbound_mail *m = l->m;
	struct str rest = str_from(m->own_low, at), line, name, domain;
	size_t n;

	domain = str_from(m->from_address, str_chr(m->from_address, '@'));
	str_cut(&rest, '\n', &line); /* the rest of the words before it */
	do {
		if (!str_cut(&rest, '\n', &line))
			return false;
		name = str_trim(line);
	} while (name.n == 0);
	n = str_find(name, STR("  "));
	name = str_sub(name, 0, n);
	name = str_sub(name, 0, str_find(name, STR(" (")));
	if (domain.n == 0 || !is_name(name))
		return false;
	at = (size_t)(name.p - m->own_low.p);
	l->count = 1;
	l->found[0] = (struct notice_address){
	    .address = ARENA_JOIN(&m->arena, name, domain),
	    .line = (size_t)(line.p - m->own_low.p),
	    .from = at,
	    .to = at + name.n,
	    .place = NOTICE_LISTED,
	};
	return true;
}

static bool
choose_behind(struct notice_list *l, const char *words)
{
	size_t at;

	if (words == NULL)
		return false;
	at = str_find(l->m->own_low, str_of(words));
	if (at == STR_NOWHERE)
		return false;
	at += strlen(words);
	return choose_name(l, at) || choose(l, at, is_strong) ||
	       choose(l, at, is_weak);
}

void
notice_list_find(struct notice_list *l, struct inbound_mail *m,
    const struct notice_format *format)
{
	l->m = m;
	l->count = 0;
	if (!choose_behind(l, format->list) && !choose(l, 0, is_strong))
		choose(l, 0, is_weak);
}

struct str
notice_list_origin(const struct notice_list *l, int i)
{
	static const char *const words[] = {"expanded from", "generated from",
	    "generated by"};
	struct str near = str_sub(l->m->own_low, l->found[i].to, ORIGIN_NEAR);
	struct notice_address origin;
	size_t k, at;

	for (k = 0; k < ARRAY_LEN(words); k++) {
		at = str_find(near, str_of(words[k]));
		if (at != STR_NOWHERE &&
		    notice_address_next(&origin, near, &at))
			return origin.address;
	}
	return STR_NONE;
}
