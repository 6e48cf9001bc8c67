/*
 * "View in browser": the message as its recipient got it, with nothing in it
 * tracked.  What the template's author wrote is shown as it is, so the page
 * runs no script, sends no form and is nobody else's frame.
 */
#include "api/campaign_message.h"
#include "api/delivery_link.h"
#include "api/message_cache.h"
#include "api/problem.h"
#include "api/public_page.h"
#include "api/routes.h"
#include "lib/base/encode.h"

#include <stdatomic.h>

#define PAGE_MAX (16U << 20) /* with its images */

static const char policy[] =
    "default-src 'none'; img-src * data:; style-src * 'unsafe-inline'; "
    "font-src * data:; media-src *; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox";

enum {
	COL_CAMPAIGN,
	COL_FROM_NAME,
	COL_FROM_EMAIL,
	COL_EMAIL,
	COL_NAME,
	COL_ATTRIBUTES,
	COL_LIST,
	COL_LIST_NAME,
	COL_AT,
	COL_STARTED,
};

static const struct message_attachment *
inline_file(const struct message_source *s, struct str id)
{
	size_t i;

	for (i = 0; i < s->attachment_count; i++)
		if (id.n > 0 && str_eq(s->attachments[i].content_id, id))
			return &s->attachments[i];
	return NULL;
}

/* src="cid:logo" has no meaning outside of a mail: the picture itself. */
static void
put_html(struct buf *out, struct str html, const struct message_source *s)
{
	const struct message_attachment *file;
	size_t at, n;

	while ((at = str_find(html, STR("cid:"))) != STR_NOWHERE) {
		buf_str(out, str_sub(html, 0, at));
		html = str_from(html, at + 4);
		for (n = 0; n < html.n; n++)
			if (str_chr(STR("\"'<> );"), html.p[n]) != STR_NOWHERE)
				break;
		file = inline_file(s, str_sub(html, 0, n));
		if (file == NULL) {
			buf_puts(out, "cid:");
			continue;
		}
		buf_printf(out, "data:%.*s;base64,", STR_ARG(file->type));
		base64_encode(out, file->content);
		html = str_from(html, n);
	}
	buf_str(out, html);
}

/* A page, unless it is too long for one. */
static void
reply_plain(struct request *q, const struct message_rendered *r)
{
	struct value_member members[] = {
	    {STR("subject"), value_string(r->subject)},
	    {STR("text"), value_string(r->text)},
	};

	if (public_page_try(q, 200, "message_text.html", members,
		ARRAY_LEN(members)))
		return;
	reply_text(q, 200, "text/plain; charset=utf-8", r->text);
	reply_header(q, "X-Robots-Tag", "noindex");
}

static void
reply_view(struct request *q, const struct message_rendered *r,
    const struct message_source *s)
{
	struct buf page;

	if (r->html.n == 0) {
		reply_plain(q, r);
		return;
	}
	buf_init(&page, PAGE_MAX);
	put_html(&page, r->html, s);
	if (page.full)
		delivery_link_unknown(q);
	else
		reply_framed(q, 200, buf_view(&page), policy);
	reply_header(q, "X-Robots-Tag", "noindex");
	buf_release(&page);
}

/* Whatever is missing, or cannot be written, is no page of ours. */
static void
show(struct request *q, const struct campaign_message *m,
    const struct db_result *r, int64_t delivery)
{
	struct message_campaign campaign = {
	    .id = delivery >> 32,
	    .name = db_get_text(r, 0, COL_CAMPAIGN),
	    .from_name = db_get_text(r, 0, COL_FROM_NAME),
	    .base_url = str_of(q->api->settings->base_url),
	    .is_test = (delivery & UINT32_MAX) == 0,
	    .postal_address = m->postal_address,
	    .ring = &q->api->keyring,
	};
	struct message_recipient to = {
	    .name = db_get_text(r, 0, COL_NAME),
	    .attributes = db_get_text(r, 0, COL_ATTRIBUTES),
	    .list_id = db_get_int(r, 0, COL_LIST),
	    .list_name = db_get_text(r, 0, COL_LIST_NAME),
	    .date_us = db_get_time(r, 0, COL_AT),
	};
	struct str email = db_get_text(r, 0, COL_EMAIL);
	struct message_rendered rendered;
	struct message_error error;

	memcpy(to.token, q->params[0].p, TOKEN_LEN);
	if (!address_parse(&campaign.from, db_get_text(r, 0, COL_FROM_EMAIL),
		NULL) ||
	    (email.n > 0 && !address_parse(&to.to, email, NULL)) ||
	    !message_render(m->message, &campaign, &to, &q->arena, &rendered,
		&error))
		delivery_link_unknown(q);
	else
		reply_view(q, &rendered, &m->source);
}

/* What was started stays as it is, and is kept. */
static void
show_new(struct request *q, const struct db_result *r, int64_t delivery)
{
	struct message_cache *cache = q->api->messages;
	struct campaign_message m = {0};
	struct cached_message *held;
	bool found;

	if (!campaign_message_load(q, delivery >> 32, &m, &found))
		return;
	if (!found) {
		delivery_link_unknown(q);
		message_free(m.message);
	} else if (db_get_bool(r, 0, COL_STARTED)) {
		held = message_cache_put(cache, delivery >> 32, &m);
		show(q, cached_message(held), r, delivery);
		message_cache_give(cache, held);
	} else {
		show(q, &m, r, delivery);
		message_free(m.message);
	}
}

static void
view_one(struct request *q)
{
	struct message_cache *cache = q->api->messages;
	struct cached_message *held;
	const struct db_result *r;
	int64_t delivery = 0;

	if (delivery_link_open(q, &delivery) == LINK_UNKNOWN) {
		delivery_link_unknown(q);
		return;
	}
	r = request_run(q, Q_WEB_VIEW_RECIPIENT,
	    DB_ARGS(db_int(delivery >> 32), db_int(delivery)));
	if (r == NULL)
		return;
	held = message_cache_take(cache, delivery >> 32);
	if (db_rows(r) == 0)
		delivery_link_unknown(q);
	else if (held != NULL)
		show(q, cached_message(held), r, delivery);
	else
		show_new(q, r, delivery);
	if (held != NULL)
		message_cache_give(cache, held);
}

/* Some messages take their time: half of the threads stay free for what is
 * quick, however many look at once. */
static void
view(struct request *q)
{
	static atomic_llong under_way;
	int64_t most = (q->api->settings->api_threads + 1) / 2;

	if (atomic_fetch_add(&under_way, 1) < most)
		view_one(q);
	else
		problem(q, 503, "many look at their mails now; try again");
	atomic_fetch_sub(&under_way, 1);
}

const struct route web_view_routes[] = {
    {METHOD_GET, "/w/{token}", view, ACCESS_NONE, PAYLOAD_NONE, NULL, NULL},
    {0},
};
