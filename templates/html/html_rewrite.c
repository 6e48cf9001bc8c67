#include "templates/html/html_rewrite.h"

#include "lib/mail/link.h"
#include "templates/html/entity.h"
#include "templates/html/href.h"
#include "templates/html/html_scan.h"
#include "templates/html/utm.h"
#include "templates/liquid/liquid_scan.h"

#define OFF_MARK "data-volley-track"

/* Shown by mail clients behind the subject, hidden in the message; what
 * follows it there is pushed out of sight. */
static const char hidden_open[] =
    "<div style=\"display:none;max-height:0;max-width:0;opacity:0;"
    "overflow:hidden;font-size:1px;line-height:1px;mso-hide:all\">";
static const char hidden_pad[] = "&#847;&zwnj;&nbsp;";
static const char hidden_close[] = "</div>";
#define PREVIEW_LETTERS 120 /* of a preheader that clients show */

static const char pixel[] =
    "<img src=\"{{ __open }}\" alt=\"\" width=\"1\" height=\"1\" "
    "border=\"0\">";

static const struct str wrap_open = {"{% link ", 8};
static const struct str wrap_close = {"{% endlink %}", 13};

/* A copy with changes: everything up to `from` has been dealt with. */
struct edit {
	struct buf *out;
	const char *from;
};

static void
copy_to(struct edit *e, const char *p)
{
	if (p > e->from)
		buf_add(e->out, e->from, (size_t)(p - e->from));
	e->from = p;
}

/* Begins what stands instead of an attribute's value; a value without
 * quotes gets some. */
static void
begin_value(struct edit *e, const struct html_attribute *a)
{
	copy_to(e, a->value.p);
	if (a->quote == '\0')
		buf_char(e->out, '"');
}

static void
end_value(struct edit *e, const struct html_attribute *a)
{
	if (a->quote == '\0')
		buf_char(e->out, '"');
	e->from = a->value.p + a->value.n;
}

static void
put_wrapped(struct buf *out, uint32_t number, struct str url)
{
	buf_str(out, wrap_open);
	buf_printf(out, "%u %%}", number);
	buf_str(out, url);
	buf_str(out, wrap_close);
}

/* A value that put_wrapped made, without the wrapping. */
static struct str
unwrapped(struct str value)
{
	size_t n;

	if (!str_starts(value, wrap_open) || !str_ends(value, wrap_close))
		return value;
	n = liquid_mark(value);
	return n + wrap_close.n <= value.n
		   ? str_sub(value, n, value.n - n - wrap_close.n)
		   : value;
}

static bool
is_href(const struct html_attribute *a)
{
	return a->has_value && str_eq_nocase(a->name, STR("href"));
}

static bool
is_off(const struct html_attribute *a)
{
	return str_eq_nocase(a->name, STR(OFF_MARK)) &&
	       str_eq_nocase(str_trim(a->value), STR("off"));
}

static bool
left_alone(const struct html_tag *tag)
{
	struct str rest = tag->attributes;
	struct html_attribute a;

	while (html_attribute_next(&rest, &a))
		if (is_off(&a))
			return true;
	return false;
}

static void
add_utm(struct edit *e, const struct html_attribute *a,
    const struct message_utm *utm)
{
	struct str url = str_trim(a->value);
	enum href_kind kind = href_kind(url);

	if (kind != HREF_STATIC && kind != HREF_MERGED && kind != HREF_PERSONAL)
		return;
	begin_value(e, a);
	if (kind == HREF_PERSONAL)
		put_wrapped(e->out, HTML_LINK_UTM, url);
	else
		utm_add_href(e->out, url, utm);
	end_value(e, a);
}

void
html_add_utm(struct buf *out, struct str html, const struct message_utm *utm)
{
	struct edit e = {out, html.p};
	struct html_scan scan;
	struct html_piece piece;
	struct html_attribute a;

	html_scan_init(&scan, html);
	while (!utm_is_empty(utm) && html_scan_next(&scan, &piece)) {
		if (piece.kind != HTML_TAG || !href_in(&piece.tag) ||
		    left_alone(&piece.tag))
			continue;
		while (html_attribute_next(&piece.tag.attributes, &a))
			if (is_href(&a))
				add_utm(&e, &a, utm);
	}
	if (html.n > 0)
		copy_to(&e, html.p + html.n);
}

/* The number of a link; HTML_LINKS_MAX: there are too many. */
static uint32_t
number_of(struct html_rewrite *how, struct str url, bool personal)
{
	uint32_t i;

	if (how->links == NULL)
		how->links =
		    ARENA_ARRAY(how->arena, struct html_link, HTML_LINKS_MAX);
	for (i = 0; i < how->link_count; i++)
		if (how->links[i].personal == personal &&
		    str_eq(how->links[i].url, url))
			return i;
	if (i < HTML_LINKS_MAX)
		how->links[how->link_count++] =
		    (struct html_link){arena_dup(how->arena, url), personal};
	return i;
}

/* False: too many links. */
static bool
track(struct edit *e, const struct html_attribute *a, struct html_rewrite *how)
{
	struct str value = unwrapped(str_trim(a->value));
	enum href_kind kind = href_kind(value);
	bool personal = kind == HREF_MERGED || kind == HREF_PERSONAL;
	uint32_t number = 0;
	struct buf url;

	if (!personal && kind != HREF_STATIC)
		return true;
	buf_init(&url, value.n + 1);
	href_decode(&url, value);
	if (personal || url.n <= LINK_TARGET_MAX) {
		number = number_of(how, buf_view(&url), personal);
		begin_value(e, a);
		if (personal)
			put_wrapped(e->out, number, value);
		else
			buf_printf(e->out, "{{ __click }}%u", number);
		end_value(e, a);
	}
	buf_release(&url);
	return number < HTML_LINKS_MAX;
}

/* The attribute and the blanks before it go. */
static void
take_out(struct edit *e, const struct html_attribute *a)
{
	const char *p = a->whole.p;

	while (
	    p > e->from && (p[-1] == ' ' || (p[-1] >= '\t' && p[-1] <= '\r')))
		p--;
	copy_to(e, p);
	e->from = a->whole.p + a->whole.n;
}

static bool
rewrite_link(struct edit *e, struct html_tag *tag, struct html_rewrite *how)
{
	bool off = left_alone(tag);
	struct html_attribute a;

	while (html_attribute_next(&tag->attributes, &a)) {
		if (off && is_off(&a))
			take_out(e, &a);
		else if (!off && how->track_clicks && is_href(&a) &&
			 !track(e, &a, how))
			return false;
	}
	return true;
}

/* Literal text as HTML, marks as they are; padded. */
static void
put_preheader(struct buf *out, struct str text)
{
	size_t i = 0, letters = 0, n;
	struct str entity;

	buf_puts(out, hidden_open);
	for (; i < text.n; i += n) {
		n = text.p[i] == '{' ? liquid_mark(str_from(text, i)) : 0;
		entity = entity_of(text.p[i]);
		if (n > 0)
			buf_str(out, str_sub(text, i, n));
		else if (entity.n > 0)
			buf_str(out, entity);
		else
			buf_char(out, text.p[i]);
		n = n > 0 ? n : 1;
		letters++;
	}
	for (; letters < PREVIEW_LETTERS; letters += 2)
		buf_puts(out, hidden_pad);
	buf_puts(out, hidden_close);
}

/* What is put between two pieces. */
struct places {
	const char *start, *end; /* of the body; NULL: nothing to put */
	struct str preheader;
};

static struct places
places_in(struct str html, const struct html_rewrite *how)
{
	struct places at = {.preheader = str_trim(how->preheader)};

	if (at.preheader.n > 0)
		at.start = html.p + html_body_start(html);
	if (how->track_opens)
		at.end = html.p + html_body_end(html);
	return at;
}

static void
put_between(struct edit *e, const char *p, const struct places *at)
{
	if (at->start != NULL && p == at->start) {
		copy_to(e, p);
		put_preheader(e->out, at->preheader);
	}
	if (at->end != NULL && p == at->end) {
		copy_to(e, p);
		buf_puts(e->out, pixel);
	}
}

bool
html_rewrite(struct buf *out, struct str html, struct html_rewrite *how,
    struct err *err)
{
	struct places places;
	struct edit e = {out, html.p};
	struct html_scan scan;
	struct html_piece piece;

	if (html.n == 0)
		return true;
	places = places_in(html, how);
	html_scan_init(&scan, html);
	while (html_scan_next(&scan, &piece)) {
		put_between(&e, piece.bytes.p, &places);
		if (piece.kind == HTML_TAG && href_in(&piece.tag) &&
		    !rewrite_link(&e, &piece.tag, how))
			return err_set(err, FAIL_LIMIT,
			    "more than %d different links", HTML_LINKS_MAX);
	}
	put_between(&e, scan.p, &places);
	copy_to(&e, scan.p);
	return true;
}
