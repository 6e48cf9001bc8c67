#include "api/public_page.h"

#include "api/files.h"
#include "api/routes.h"
#include "lib/base/clock.h"
#include "templates/liquid/liquid.h"

bool
public_page_try(struct request *q, int status, const char *name,
    const struct value_member *members, uint32_t n)
{
	struct value scope = value_object(members, n);
	struct liquid_data data = {.scopes = &scope,
	    .count = 1,
	    .now_us = clock_wall_us()};
	struct liquid_error error;
	struct liquid *page;
	struct buf out;
	bool ok;

	buf_init(&out, LIQUID_OUTPUT_MAX);
	if (!liquid_compile(&page, api_file(name), LIQUID_HTML, &error))
		BUG("%s:%d:%d: %s", name, error.line, error.column, error.text);
	ok = liquid_render(page, &data, &q->arena, &out, &error);
	if (ok) {
		reply_html(q, status, buf_view(&out));
		reply_header(q, "X-Robots-Tag", "noindex");
	}
	buf_release(&out);
	liquid_free(page);
	return ok;
}

void
public_page(struct request *q, int status, const char *name,
    const struct value_member *members, uint32_t n)
{
	if (!public_page_try(q, status, name, members, n))
		BUG("%s is larger than a page may be", name);
}

static void
style_show(struct request *q)
{
	reply_text(q, 200, "text/css; charset=utf-8", api_file("style.css"));
}

const struct route public_page_routes[] = {
    {METHOD_GET, "/style.css", style_show, ACCESS_NONE, PAYLOAD_NONE, NULL,
	NULL},
    {0},
};
