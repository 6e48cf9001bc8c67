/* Fuzz target: any template; with nothing to do html_rewrite changes no byte,
 * and tracked links change nothing but themselves. */
#include "templates/html/html_rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What stands between the changes stands in the source, in this order. */
static bool
kept(struct str out, struct str html)
{
	size_t i = 0, j = 0;

	while (i < html.n && j < out.n && html.p[i] == out.p[j]) {
		i++;
		j++;
	}
	while (
	    html.n > i && out.n > j && html.p[html.n - 1] == out.p[out.n - 1]) {
		html.n--;
		out.n--;
	}
	return out.n == j ||
	       str_find(str_from(out, j), STR("{")) != STR_NOWHERE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str html = {(const char *)data, size};
	struct message_utm utm = {.source = STR("s"), .term = STR("t&")};
	struct html_rewrite how = {.track_clicks = true, .track_opens = true};
	struct html_rewrite nothing = {.track_clicks = false};
	struct buf out, with_utm;
	struct arena a;
	struct err err;

	arena_init(&a, 16U << 20);
	buf_init(&out, 64 * size + 4096);
	buf_init(&with_utm, 64 * size + 4096);
	how.arena = nothing.arena = &a;
	if (!html_rewrite(&out, html, &nothing, &err) ||
	    (!str_eq(buf_view(&out), html) &&
		str_find_nocase(html, STR("volley-track")) == STR_NOWHERE))
		abort();
	html_add_utm(&with_utm, html, &utm);
	buf_reset(&out);
	if (html_rewrite(&out, buf_view(&with_utm), &how, &err) &&
	    (with_utm.full || out.full || !kept(buf_view(&out), html)))
		abort();
	buf_release(&out);
	buf_release(&with_utm);
	arena_release(&a);
	return 0;
}
