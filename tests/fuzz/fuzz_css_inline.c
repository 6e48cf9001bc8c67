/* Fuzz target: any HTML; inlining changes no more than style attributes and
 * <style> elements. */
#include "templates/html/css_inline.h"
#include "templates/html/html_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next piece that inlining may not touch; text is counted. */
static bool
next_piece(struct html_scan *scan, struct html_piece *piece, size_t *text)
{
	while (html_scan_next(scan, piece))
		if (piece->kind == HTML_TEXT)
			*text += piece->bytes.n;
		else if (!html_tag_is(&piece->tag, "style"))
			return true;
	return false;
}

/* The next attribute but style. */
static struct str
next_attribute(struct str *rest)
{
	struct html_attribute a;

	while (html_attribute_next(rest, &a))
		if (!str_eq_nocase(a.name, STR("style")))
			return a.whole;
	return STR_NONE;
}

static bool
is_same(struct html_piece a, struct html_piece b)
{
	struct str attribute;

	if (a.kind != HTML_TAG)
		return a.kind == b.kind && str_eq(a.bytes, b.bytes);
	do {
		attribute = next_attribute(&a.tag.attributes);
		if (!str_eq(attribute, next_attribute(&b.tag.attributes)))
			return false;
	} while (attribute.n > 0);
	return a.kind == b.kind && str_eq(a.tag.name, b.tag.name) &&
	       a.tag.closes == b.tag.closes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str html = {(const char *)data, size};
	struct html_scan before, after;
	struct html_piece a, b;
	struct buf out;
	size_t m = 0, n = 0;
	bool more;

	buf_init(&out, 32U << 20);
	(void)!css_inline(&out, html, NULL);
	html_scan_init(&before, html);
	html_scan_init(&after, buf_view(&out));
	do {
		more = next_piece(&before, &a, &m);
		if (next_piece(&after, &b, &n) != more || m != n ||
		    (more && !is_same(a, b)))
			abort();
	} while (more);
	buf_release(&out);
	return 0;
}
