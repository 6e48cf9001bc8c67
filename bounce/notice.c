#include "bounce/notice.h"

#include "bounce/notice_address.h"
#include "bounce/notice_format.h"
#include "bounce/notice_sign.h"
#include "lib/mail/header.h"

#define REASON_MAX   2048 /* bytes of a reason */
#define EXPANDED_MAX 300  /* how far behind an address its origin stands */

/* The addresses that are being chosen from. */
struct notice {
	struct inbound_mail *m;
	struct str low; /* the text, in lower case */
	struct notice_address found[NOTICE_ADDRESSES_MAX];
	int count;
};

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

/* Those of our side: what the notification was sent to, what sent it. */
static bool
is_ours(struct notice *n, struct str address)
{
	struct inbound_mail *m = n->m;
	struct str from = inbound_mail_returned_field(m, "From");
	struct str path = inbound_mail_returned_field(m, "Return-Path");

	return str_find_nocase(m->to, address) != STR_NOWHERE ||
	       str_find_nocase(from, address) != STR_NOWHERE ||
	       str_find_nocase(path, address) != STR_NOWHERE ||
	       str_eq_nocase(m->from_address, address);
}

static void
find_all(struct notice *n, size_t from)
{
	n->count = 0;
	while (n->count < NOTICE_ADDRESSES_MAX &&
	       notice_address_next(&n->found[n->count], n->low, &from))
		n->count++;
}

static bool
is_strong(const struct notice_address *a)
{
	return a->place == NOTICE_LISTED || a->place == NOTICE_LABELLED;
}

static bool
is_weak(const struct notice_address *a)
{
	return a->place == NOTICE_ANSWERED || a->place == NOTICE_TOLD;
}

static void
keep_only(struct notice *n, bool (*wanted)(const struct notice_address *))
{
	int i, kept = 0;

	for (i = 0; i < n->count; i++)
		if (wanted(&n->found[i]))
			n->found[kept++] = n->found[i];
	n->count = kept;
}

/* Lines that are indented more than the first of a list belong to what is
 * said of it. */
static void
drop_indented(struct notice *n)
{
	size_t indent = STR_NOWHERE;
	int i, kept = 0;

	for (i = 0; i < n->count; i++) {
		if (n->found[i].place == NOTICE_LISTED) {
			if (indent == STR_NOWHERE)
				indent = n->found[i].indent;
			if (n->found[i].indent > indent)
				continue;
		}
		n->found[kept++] = n->found[i];
	}
	n->count = kept;
}

static bool
is_known(const struct notice *n, int count, struct str address)
{
	int i;

	for (i = 0; i < count; i++)
		if (str_eq(n->found[i].address, address))
			return true;
	return false;
}

static void
drop_doubles(struct notice *n)
{
	int i, kept = 0;

	for (i = 0; i < n->count; i++)
		if (!is_known(n, kept, n->found[i].address))
			n->found[kept++] = n->found[i];
	n->count = kept;
}

/* The sender and the postmaster, unless nobody else is left. */
static void
drop_others(struct notice *n, bool ours)
{
	struct notice_address first;
	int i, kept = 0;

	if (n->count == 0)
		return;
	first = n->found[0];
	for (i = 0; i < n->count; i++)
		if (!is_office(n->found[i].address) &&
		    (!ours || !is_ours(n, n->found[i].address)))
			n->found[kept++] = n->found[i];
	if (kept == 0)
		n->found[kept++] = first;
	n->count = kept;
}

static bool
choose(struct notice *n, size_t from)
{
	find_all(n, from);
	keep_only(n, is_strong);
	drop_indented(n);
	drop_doubles(n);
	drop_others(n, false);
	if (n->count > 0)
		return true;
	find_all(n, from);
	keep_only(n, is_weak);
	drop_doubles(n);
	drop_others(n, true);
	return n->count > 0;
}

static bool
choose_in_text(struct notice *n, const struct notice_format *f)
{
	size_t at = f->list != NULL ? str_find(n->low, str_of(f->list)) : 0;

	if (at == STR_NOWHERE || at == 0)
		return choose(n, 0);
	return choose(n, at + strlen(f->list)) || choose(n, 0);
}

static bool
has_words(struct str text)
{
	size_t i, letters = 0;

	for (i = 0; i < text.n && letters < 3; i++)
		letters += (text.p[i] >= 'a' && text.p[i] <= 'z') ||
			   (text.p[i] >= '0' && text.p[i] <= '9') ||
			   (unsigned char)text.p[i] >= 0x80;
	return letters == 3;
}

/* Of several recipients each has a paragraph; what follows the last is about
 * all of them. */
static size_t
paragraph_end(struct str low, size_t from, size_t to)
{
	size_t at = from, end;

	while (at < to) {
		end = str_find(str_sub(low, at, to - at), STR("\n\n"));
		if (end == STR_NOWHERE)
			return to;
		if (has_words(str_sub(low, from, at + end - from)))
			return at + end;
		at += end + 2;
	}
	return to;
}

/* What is said of the i-th address, as offsets of the text. */
static void
find_reason(const struct notice *n, int i, size_t *from, size_t *to)
{
	const struct notice_address *a = &n->found[i];

	*from = a->place == NOTICE_LISTED ? a->to : a->line;
	*to = i + 1 < n->count ? n->found[i + 1].line : n->low.n;
	if (*to < *from)
		*to = *from;
	if (n->count > 1)
		*to = paragraph_end(n->low, *from, *to);
	if (!has_words(str_sub(n->low, *from, *to - *from))) {
		*from = a->to;
		*to = n->low.n;
	}
	*to = *to - *from > REASON_MAX ? *from + REASON_MAX : *to;
}

/* On one line, without the brackets and colons that an address ends with. */
static struct str
tidy(struct str text, struct arena *a)
{
	struct buf b;
	size_t i;

	while (text.n > 0 && strchr(" \t\n:;,.)>]-", text.p[0]) != NULL)
		text = str_from(text, 1);
	text = str_trim(text);
	buf_init(&b, REASON_MAX);
	for (i = 0; i < text.n; i++) {
		if (strchr(" \t\r\n", text.p[i]) == NULL)
			buf_char(&b, text.p[i]);
		else if (b.n > 0 && b.p[b.n - 1] != ' ')
			buf_char(&b, ' ');
	}
	text = arena_dup(a, buf_view(&b));
	buf_release(&b);
	return text;
}

/* "(expanded from: <a@b>)", "(generated from a@b)". */
static struct str
origin_of(const struct notice *n, const struct notice_address *a)
{
	static const char *const words[] = {"expanded from", "generated from",
	    "generated by"};
	struct str near = str_sub(n->low, a->to, EXPANDED_MAX);
	struct notice_address origin;
	size_t i, at;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		at = str_find(near, str_of(words[i]));
		if (at != STR_NOWHERE &&
		    notice_address_next(&origin, near, &at))
			return origin.address;
	}
	return STR_NONE;
}

static void
put(struct dsn *d, struct notice *n, int i, enum dsn_action action)
{
	struct dsn_recipient *r = &d->recipients[d->count++];
	size_t from, to;

	find_reason(n, i, &from, &to);
	*r = (struct dsn_recipient){
	    .final = n->found[i].address,
	    .original = origin_of(n, &n->found[i]),
	    .action = action,
	    .diagnostic =
		tidy(str_sub(n->m->own_text, from, to - from), &n->m->arena),
	};
	r->reply_code = dsn_reply_code(r->diagnostic);
	(void)status_find(&r->status, r->diagnostic);
}

/* X-Failed-Recipients says whom; the text may say why. */
static void
put_failed(struct dsn *d, struct notice *n, struct str field,
    enum dsn_action action)
{
	struct notice_address a;
	size_t at = 0;
	int i;

	while (d->count < DSN_RECIPIENTS_MAX &&
	       notice_address_next(&a, field, &at)) {
		for (i = 0; i < n->count; i++)
			if (str_eq(n->found[i].address, a.address))
				break;
		if (i < n->count)
			put(d, n, i, action);
		else
			d->recipients[d->count++] = (struct dsn_recipient){
			    .final = a.address,
			    .action = action,
			    .diagnostic = tidy(n->m->own_text, &n->m->arena)};
	}
}

static void
put_field(struct dsn *d, struct notice *n, struct str field,
    enum dsn_action action)
{
	struct notice_address a;
	size_t at = 0;

	if (d->count > 0 || !notice_address_next(&a, field, &at))
		return;
	n->count = 0;
	put_failed(d, n, a.address, action);
}

static void
put_all(struct dsn *d, struct notice *n, enum dsn_action action)
{
	struct inbound_mail *m = n->m;
	int i;

	put_failed(d, n, m->failed_recipients, action);
	if (d->count > 0)
		return;
	for (i = 0; i < n->count && d->count < DSN_RECIPIENTS_MAX; i++)
		put(d, n, i, action);
	put_field(d, n, m->subject_low, action);
	put_field(d, n, inbound_mail_returned_field(m, "To"), action);
}

bool
notice_read(struct dsn *d, struct inbound_mail *m, const char **rule)
{
	const struct notice_format *format;
	struct notice n = {.m = m, .low = m->own_low};

	*d = (struct dsn){.count = 0};
	if (!notice_sign(m))
		return false;
	d->recipients =
	    arena_alloc(&m->arena, DSN_RECIPIENTS_MAX * sizeof(*d->recipients));
	format = notice_format_of(n.low);
	choose_in_text(&n, format);
	put_all(d, &n, notice_sign_delay(m) ? DSN_DELAYED : DSN_FAILED);
	*rule = format->name;
	return d->count > 0;
}

struct str
notice_reason(struct inbound_mail *m, struct str address)
{
	struct notice n = {.m = m, .low = m->own_low};
	size_t from, to;
	int i;

	choose(&n, 0);
	for (i = 0; i < n.count; i++) {
		if (!str_eq_nocase(n.found[i].address, address))
			continue;
		find_reason(&n, i, &from, &to);
		return tidy(str_sub(m->own_text, from, to - from), &m->arena);
	}
	return STR_NONE;
}
