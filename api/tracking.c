/*
 * Links and pixels of mails that were sent.
 *
 * A link leads only where its campaign's template led when it started, or
 * where a target says that we signed.  Every request gets the same
 * answer, whoever asks, from memory; what it was is written down (hit.h) and
 * judged later.
 */
#include "api/click_id.h"
#include "api/delivery_link.h"
#include "api/hit.h"
#include "api/link_cache.h"
#include "api/pixel.h"
#include "api/routes.h"
#include "api/url.h"
#include "lib/mail/link.h"

static bool
is_test(int64_t delivery)
{
	return (delivery & UINT32_MAX) == 0;
}

/* Written down before the answer leaves; a test message stands for nobody. */
static void
note(struct request *q, const struct hit *h)
{
	char record[HIT_RECORD_MAX];

	if (!is_test(h->delivery))
		q->hit = arena_dup(&q->arena, hit_encode(record, h));
}

/* T-008: who asks not to be followed is not, unless by a click. */
static bool
objects(const struct request *q)
{
	return str_eq(request_header(q, "Sec-GPC"), STR("1")) ||
	       str_eq(request_header(q, "DNT"), STR("1"));
}

/* Sends the browser there; a target that is none is no link of ours. */
static void
redirect(struct request *q, const struct hit *h, struct str url)
{
	struct buf location;

	if (!is_test(h->delivery) && !objects(q))
		url = click_id_add(q, h->delivery, url);
	buf_init(&location, REPLY_HEADER_MAX - 1);
	if (!url_location(&location, url)) {
		delivery_link_unknown(q);
	} else {
		note(q, h);
		reply_empty(q, 302);
		reply_header(q, "Location", "%s", buf_cstr(&location));
		reply_header(q, "Referrer-Policy", "no-referrer");
		reply_header(q, "X-Robots-Tag", "noindex");
	}
	buf_release(&location);
}

/* The click that the address stands for; false: none of ours. */
static bool
open_click(struct request *q, struct hit *h)
{
	uint64_t number;
	int64_t delivery;

	if (delivery_link_open(q, &delivery) == LINK_UNKNOWN ||
	    !str_to_u64(q->params[1], &number) || number > UINT32_MAX)
		return false;
	*h = hit_of(q);
	h->kind = HIT_CLICK;
	h->delivery = delivery;
	h->link = (uint32_t)number;
	return true;
}

/* Into the cache; false: answered. */
static bool
load_links(struct request *q, int64_t campaign, uint32_t number,
    struct str *url)
{
	const struct db_result *r =
	    request_run(q, Q_LINK_TARGETS, DB_ARGS(db_int(campaign)));
	struct link_target *links;
	int i, n;

	if (r == NULL)
		return false;
	n = db_rows(r);
	links = ARENA_ARRAY(&q->arena, struct link_target, (size_t)n);
	for (i = 0; i < n; i++) {
		links[i].number = (uint32_t)db_get_int(r, i, 0);
		links[i].url = db_get_text(r, i, 1);
		if (links[i].number == number)
			*url = links[i].url;
	}
	link_cache_put(q->api->links, campaign, links, (size_t)n);
	return true;
}

/* /c/TOKEN/NUMBER */
static void
click(struct request *q)
{
	struct str url = STR_NONE;
	struct hit h;

	if (!open_click(q, &h)) {
		delivery_link_unknown(q);
		return;
	}
	if (link_cache_get(q->api->links, h.delivery >> 32, h.link, &q->arena,
		&url) == LINK_CACHE_MISS &&
	    !load_links(q, h.delivery >> 32, h.link, &url))
		return;
	if (url.p == NULL)
		delivery_link_unknown(q);
	else
		redirect(q, &h, url);
}

/* /c/TOKEN/NUMBER/SIGNATURE?u=TARGET */
static void
click_signed(struct request *q)
{
	struct str target = request_query(q, "u");
	struct hit h;

	if (!open_click(q, &h) || !link_verify(&q->api->keyring, q->params[0],
				      h.link, target, q->params[2])) {
		delivery_link_unknown(q);
		return;
	}
	h.target = target;
	redirect(q, &h, target);
}

/* The same dot for everybody, so that a guess learns nothing. */
static void
open_pixel(struct request *q)
{
	int64_t delivery;
	struct hit h;

	if (delivery_link_open(q, &delivery) != LINK_UNKNOWN && !objects(q)) {
		h = hit_of(q);
		h.delivery = delivery;
		note(q, &h);
	}
	pixel_reply(q);
}

const struct route tracking_routes[] = {
    {METHOD_GET, "/c/{token}/{number}", click, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {METHOD_GET, "/c/{token}/{number}/{signature}", click_signed, ACCESS_NONE,
	PAYLOAD_NONE, "u", NULL},
    {METHOD_GET, "/o/{token}.gif", open_pixel, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {0},
};
