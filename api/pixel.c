/*
 * The pixel of a shop's page of thanks: a conversion without JavaScript,
 * cookies or a key.
 *
 *   <img src="https://news.example.com/k/CLICK_ID.gif?order=A-1017&value=49.90&currency=EUR">
 *
 * CLICK_ID is what the link of a mail brought to the shop (click_id.h), and
 * proves only that somebody clicked: who has one may make orders up.  They are of a
 * source of their own therefore, "pixel", and so many a minute at most; a
 * shop whose numbers matter calls POST /v1/conversions.  Verified without a
 * query; written down as hits are, the same order once.
 */
#include "api/pixel.h"

#include "api/currency.h"
#include "api/hit.h"
#include "api/pixel_pace.h"
#include "api/routes.h"
#include "lib/mail/token.h"

#define ORDER_MAX 200 /* bytes */
#define TYPE_MAX  100 /* bytes */

static const char dot[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377"
			  "!\371\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";

void
pixel_reply(struct request *q)
{
	reply_text(q, 200, "image/gif", (struct str){dot, sizeof(dot) - 1});
}

/* The order as it is kept, JSON; STR_NONE: it is none.  A parameter is UTF-8
 * without control bytes (url.h). */
static struct str
order_of(struct request *q)
{
	struct str order = request_query(q, "order");
	struct str type = request_query(q, "type");
	struct str currency = request_query(q, "currency");
	int64_t amount;
	json_t *object;
	struct str kept;
	char *text;

	if (order.n == 0 || order.n > ORDER_MAX || type.n > TYPE_MAX ||
	    !currency_parse(request_query(q, "value"), currency, &amount))
		return STR_NONE;
	object = json_pack("{s:s%, s:I, s:s%, s:s%}", "order", order.p, order.n,
	    "amount", (json_int_t)amount, "currency", currency.p, currency.n,
	    "type", type.p != NULL ? type.p : "", type.n);
	text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
	kept = text != NULL ? arena_dup(&q->arena, str_of(text)) : STR_NONE;
	free(text);
	json_decref(object);
	return kept.n <= HIT_TARGET_MAX ? kept : STR_NONE;
}

/* /k/CLICK_ID.gif */
static void
order_pixel(struct request *q)
{
	char record[HIT_RECORD_MAX];
	struct str order = order_of(q);
	struct token t;
	struct hit h;

	pixel_reply(q);
	if (order.p == NULL ||
	    !token_open_click(&t, &q->api->keyring, q->params[0]) ||
	    (t.delivery & UINT32_MAX) == 0)
		return;
	h = hit_of(q);
	if (q->head || !pixel_pace_take(q->api->pixels, t.delivery, h.at_us))
		return;
	h.kind = HIT_ORDER;
	h.delivery = t.delivery;
	h.target = order;
	q->hit = arena_dup(&q->arena, hit_encode(record, &h));
}

const struct route pixel_routes[] = {
    {METHOD_GET, "/k/{click}.gif", order_pixel, ACCESS_NONE, PAYLOAD_NONE,
	"order value currency type", NULL},
    {0},
};
