/*
 * Links and pixels of mails that were sent.
 *
 * A link leads only where its campaign's template led when it started, or
 * where a target says that we signed.  Every request gets the same
 * answer, whoever asks; it is counted unless nobody looks at it (HEAD), and
 * apart when a program says that it looks ahead (T-002).
 */
#include "api/delivery_link.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/url.h"
#include "lib/mail/link.h"

/* One transparent dot: 43 bytes. */
static const char pixel[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377"
			    "!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

static bool
looks_ahead(const struct request *q)
{
	static const char *const headers[] = {"Sec-Purpose", "Purpose",
	    "X-Purpose", "X-Moz"};
	struct str value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(headers); i++) {
		value = request_header(q, headers[i]);
		if (str_find(value, STR("prefetch")) != STR_NOWHERE ||
		    str_find(value, STR("prerender")) != STR_NOWHERE ||
		    str_find(value, STR("preview")) != STR_NOWHERE)
			return true;
	}
	return false;
}

static bool
record(struct request *q, const char *kind, int64_t delivery, json_t *data)
{
	char *text = json_dumps(data, JSON_COMPACT);
	bool ok;

	ok = request_run(q, Q_HIT_RECORD,
		 DB_ARGS(db_cstr(kind), db_int(delivery),
		     db_bool(looks_ahead(q)), db_cstr(text))) != NULL;
	free(text);
	json_decref(data);
	return ok;
}

/* Sends the browser there; a target that is none is no link of ours. */
static void
redirect(struct request *q, enum delivery_link kind, int64_t delivery,
    uint32_t number, struct str url)
{
	struct buf location;

	buf_init(&location, REPLY_HEADER_MAX - 1);
	if (!url_location(&location, url)) {
		delivery_link_unknown(q);
	} else if (kind == LINK_TEST || q->head ||
		   record(q, "click", delivery,
		       json_pack("{s:I, s:s%}", "n", (json_int_t)number, "url",
			   url.p, url.n))) {
		reply_empty(q, 302);
		reply_header(q, "Location", "%s", buf_cstr(&location));
		reply_header(q, "Referrer-Policy", "no-referrer");
		reply_header(q, "X-Robots-Tag", "noindex");
	}
	buf_release(&location);
}

static bool
read_number(struct str s, uint32_t *number)
{
	uint64_t n;

	if (!str_to_u64(s, &n) || n > UINT32_MAX)
		return false;
	*number = (uint32_t)n;
	return true;
}

/* /c/TOKEN/NUMBER */
static void
click(struct request *q)
{
	enum delivery_link kind;
	const struct db_result *r;
	int64_t delivery = 0;
	uint32_t number = 0;

	kind = delivery_link_open(q, &delivery);
	if (kind == LINK_UNKNOWN || !read_number(q->params[1], &number)) {
		delivery_link_unknown(q);
		return;
	}
	r = request_run(q, Q_LINK_TARGET,
	    DB_ARGS(db_int(delivery >> 32), db_int(number)));
	if (r == NULL)
		return;
	if (db_rows(r) == 0)
		delivery_link_unknown(q);
	else
		redirect(q, kind, delivery, number, db_get_text(r, 0, 0));
}

/* /c/TOKEN/NUMBER/SIGNATURE?u=TARGET */
static void
click_signed(struct request *q)
{
	struct str target = request_query(q, "u");
	enum delivery_link kind;
	int64_t delivery = 0;
	uint32_t number = 0;

	kind = delivery_link_open(q, &delivery);
	if (kind == LINK_UNKNOWN || !read_number(q->params[1], &number) ||
	    !link_verify(&q->api->keyring, q->params[0], number, target,
		q->params[2]))
		delivery_link_unknown(q);
	else
		redirect(q, kind, delivery, number, target);
}

/* The same dot for everybody, so that a guess learns nothing. */
static void
open_pixel(struct request *q)
{
	int64_t delivery;

	if (delivery_link_open(q, &delivery) == LINK_DELIVERY && !q->head &&
	    !record(q, "open", delivery, json_object()))
		return;
	reply_text(q, 200, "image/gif", (struct str){pixel, sizeof(pixel) - 1});
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
