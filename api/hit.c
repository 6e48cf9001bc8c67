#include "api/hit.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"

#define DAY_US INT64_C(86400000000)

/* A record: this, then the texts after each other. */
struct record {
	int64_t at_us, delivery, source, headers;
	uint32_t link;
	uint8_t kind, head;
	uint16_t lengths[4];
};

_Static_assert(sizeof(struct record) + HIT_AGENT_MAX + HIT_PURPOSE_MAX +
		       PEER_NETWORK_MAX + HIT_TARGET_MAX <=
		   HIT_RECORD_MAX,
    "a record holds all of its texts");

const char *
hit_kind_name(enum hit_kind kind)
{
	static const char *const names[] = {"open", "click", "order"};

	return names[kind];
}

/* Programs that look ahead say so here. */
static struct str
purpose_of(struct request *q)
{
	static const char *const names[] = {"Sec-Purpose", "Purpose",
	    "X-Purpose", "X-Moz"};
	struct str value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		value = request_header(q, names[i]);
		if (value.n > 0)
			return value;
	}
	return STR_NONE;
}

/* FNV-1a */
static int64_t
headers_of(const struct request *q)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct str name;
	size_t i, k;

	for (i = 0; i < q->header_count; i++) {
		name = q->headers[i].name;
		for (k = 0; k <= name.n; k++) {
			hash ^= k < name.n
				    ? (unsigned char)str_lower_char(name.p[k])
				    : '\n';
			hash *= UINT64_C(0x100000001b3);
		}
	}
	return (int64_t)hash;
}

/* Tomorrow it is another one. */
static int64_t
source_of(const struct request *q, const struct peer *peer, int64_t at_us)
{
	const struct keyring *ring = &q->api->keyring;
	struct {
		char what[8];
		int64_t day;
		struct peer peer;
	} input = {"source", at_us / DAY_US, *peer};
	unsigned char mac[SHA256_SIZE];
	int64_t source;

	if (!peer_is_public(peer))
		return 0;
	hmac_sha256(mac,
	    (struct str){(const char *)ring->keys[0].token, KEY_SIZE},
	    (struct str){(const char *)&input, sizeof(input)});
	memcpy(&source, mac, sizeof(source));
	return source != 0 ? source : 1;
}

struct hit
hit_of(struct request *q)
{
	struct hit h = {.at_us = clock_wall_us(), .head = q->head};
	struct peer peer = request_peer(q);

	h.source = source_of(q, &peer, h.at_us);
	h.headers = headers_of(q);
	h.purpose = purpose_of(q);
	h.agent = request_header(q, "User-Agent");
	h.network = peer_network(&peer, &q->arena);
	return h;
}

/* Of what programs say about themselves only ASCII is kept. */
static void
put_plain(struct buf *out, struct str s, size_t max, uint16_t *length)
{
	size_t i;

	s = str_sub(s, 0, max);
	for (i = 0; i < s.n; i++)
		buf_char(out, s.p[i] < ' ' || s.p[i] > '~' ? '?' : s.p[i]);
	*length = (uint16_t)s.n;
}

struct str
hit_encode(char out[HIT_RECORD_MAX], const struct hit *h)
{
	struct record r = {.at_us = h->at_us,
	    .delivery = h->delivery,
	    .source = h->source,
	    .headers = h->headers,
	    .link = h->link,
	    .kind = (uint8_t)h->kind,
	    .head = h->head};
	struct str target = str_fit(h->target, HIT_TARGET_MAX);
	struct buf b;

	buf_init_in(&b, out, HIT_RECORD_MAX);
	buf_add(&b, &r, sizeof(r));
	put_plain(&b, h->purpose, HIT_PURPOSE_MAX, &r.lengths[0]);
	put_plain(&b, h->agent, HIT_AGENT_MAX, &r.lengths[1]);
	put_plain(&b, h->network, PEER_NETWORK_MAX, &r.lengths[2]);
	buf_str(&b, target);
	r.lengths[3] = (uint16_t)target.n;
	memcpy(out, &r, sizeof(r));
	return buf_view(&b);
}

bool
hit_decode(struct hit *h, struct str record)
{
	struct str *texts[] = {&h->purpose, &h->agent, &h->network, &h->target};
	struct record r;
	size_t i, at = sizeof(r);

	if (record.n < sizeof(r))
		return false;
	memcpy(&r, record.p, sizeof(r));
	*h = (struct hit){.at_us = r.at_us,
	    .delivery = r.delivery,
	    .source = r.source,
	    .headers = r.headers,
	    .kind = (enum hit_kind)r.kind,
	    .head = r.head != 0,
	    .link = r.link};
	for (i = 0; i < ARRAY_LEN(texts); i++) {
		*texts[i] = str_sub(record, at, r.lengths[i]);
		at += r.lengths[i];
	}
	return at == record.n && r.kind < HIT_KIND__COUNT;
}
