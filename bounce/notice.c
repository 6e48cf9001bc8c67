#include "bounce/notice.h"

#include "bounce/notice_json.h"
#include "bounce/notice_list.h"
#include "bounce/notice_sign.h"

static void
put(struct dsn *d, struct str address, enum dsn_action action)
{
	if (d->count == DSN_RECIPIENTS_MAX)
		d->cut = true;
	else
		d->recipients[d->count++] = (struct dsn_recipient){
		    .final = address,
		    .action = action,
		};
}

static void
put_reason(struct dsn_recipient *r, const struct notice_list *l)
{
	int i = notice_list_place(l, r->final);

	if (i >= 0 && r->original.n == 0)
		r->original = notice_list_origin(l, i);
	r->diagnostic = i >= 0 ? notice_list_reason(l, i) : notice_text(l->m);
	r->reply_code = dsn_reply_code(r->diagnostic);
	if (r->status.class == 0)
		(void)status_find(&r->status, r->diagnostic);
}

/* The addresses of a header field, at most so many. */
static void
put_field(struct dsn *d, struct str field, int max, enum dsn_action action)
{
	struct notice_address a;
	size_t at = 0;

	while (d->count < max && notice_address_next(&a, field, &at))
		put(d, a.address, action);
}

static void
put_all(struct dsn *d, const struct notice_list *l, enum dsn_action action)
{
	struct inbound_mail *m = l->m;
	int i;

	put_field(d, m->failed_recipients, DSN_RECIPIENTS_MAX, action);
	for (i = 0; i < l->count && m->failed_recipients.n == 0; i++)
		put(d, l->found[i].address, action);
	if (d->count == 0)
		put_field(d, m->subject, 1, action);
	if (d->count == 0)
		put_field(d, inbound_mail_returned_field(m, "To"), 1, action);
	for (i = 0; i < d->count; i++)
		put_reason(&d->recipients[i], l);
}

bool
notice_read(struct dsn *d, struct inbound_mail *m, const char **rule)
{
	const struct notice_format *format;
	struct notice_list list;
	struct notice_sign sign;

	*d = (struct dsn){
	    .recipients = arena_alloc(&m->arena,
		DSN_RECIPIENTS_MAX * sizeof(struct dsn_recipient)),
	};
	if (notice_json_read(d, m)) {
		*rule = "notice-ses";
		return true;
	}
	if (!notice_sign(&sign, m))
		return false;
	format = notice_format_of(m->own_text);
	notice_list_find(&list, m, format);
	put_all(d, &list, sign.delayed ? DSN_DELAYED : DSN_FAILED);
	*rule = format->name;
	return d->count > 0;
}

void
notice_name(struct dsn_recipient *r, struct inbound_mail *m)
{
	struct notice_list list;

	if (notice_is_address(r->final) || notice_is_address(r->original))
		return;
	notice_list_find(&list, m, notice_format_of(m->own_text));
	if (notice_is_address(m->failed_recipients))
		r->final = m->failed_recipients;
	else if (list.count == 1)
		r->final = list.found[0].address;
}

void
notice_explain(struct dsn_recipient *r, struct inbound_mail *m)
{
	struct notice_list list;

	notice_list_find(&list, m, notice_format_of(m->own_text));
	put_reason(r, &list);
}
