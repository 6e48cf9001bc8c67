/*
 * message_link.c - links whose target only a render tells, as they stand in
 * one recipient's message.
 */
#include "lib/mail/link.h"
#include "templates/html/entity.h"
#include "templates/html/href.h"
#include "templates/html/utm.h"
#include "templates/message_parts.h"

/* Of any URL that a render can write: percent-encoding makes three bytes of
 * one. */
#define CLEAN_MAX (3U << 20)

static void
put_html(struct buf *out, struct str s)
{
	size_t i = 0, from;

	while (i < s.n) {
		for (from = i;
		     i < s.n && entity_special[(unsigned char)s.p[i]] == 0; i++)
			;
		buf_str(out, str_sub(s, from, i - from));
		if (i < s.n)
			buf_str(out, entity_of(s.p[i++]));
	}
}

/* Our own pages count themselves. */
static bool
is_ours(const struct message_campaign *campaign, struct str url)
{
	struct str path = str_from(url, campaign->base_url.n);

	return campaign->base_url.n > 0 &&
	       str_starts(url, campaign->base_url) && path.n > 3 &&
	       path.p[0] == '/' && path.p[2] == '/' &&
	       strchr("cuopw", path.p[1]) != NULL;
}

static bool
put_tracked(struct buf *out, const struct message_data *d, uint32_t number,
    struct str target)
{
	char signature[LINK_SIGNATURE_LEN + 1];
	const struct message_campaign *campaign = d->from;

	if (!d->tracked || number >= HTML_LINK_UTM || campaign->ring == NULL ||
	    target.n > LINK_TARGET_MAX ||
	    !link_sign(signature, campaign->ring, str_of(d->to->token), number,
		target))
		return false;
	put_html(out, campaign->base_url);
	buf_puts(out, "/c/");
	buf_puts(out, d->to->token);
	buf_char(out, '/');
	buf_int(out, number);
	buf_char(out, '/');
	buf_puts(out, signature);
	buf_puts(out, "?u=");
	href_percent(out, target);
	return true;
}

void
message_link_write(uint32_t number, struct str url, struct buf *out, void *arg)
{
	const struct message_data *d = arg;
	struct buf clean, with_utm;
	struct str target;
	bool http, ours;

	buf_init(&clean, CLEAN_MAX);
	buf_init(&with_utm, CLEAN_MAX);
	url = str_trim(url);
	href_clean(&clean, url);
	http = href_is_http(url);
	ours = is_ours(d->from, url);
	target = buf_view(&clean);
	if (!href_is_harmless(url)) {
		target = STR("#");
	} else if (http && !ours && !utm_is_empty(&d->message->utm)) {
		utm_add(&with_utm, target, &d->message->utm);
		target = buf_view(&with_utm);
	}
	if (d->plain)
		buf_str(out, target);
	else if (!http || ours || !put_tracked(out, d, number, target))
		put_html(out, target);
	buf_release(&clean);
	buf_release(&with_utm);
}
