/* Goal: the templates that ship compile, render for people of whom much or
 * nothing is known, and give lint nothing to say. */
#include "lib/base/file.h"
#include "templates/lint.h"
#include "templates/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define FOLDER    "templates/starters/"
#define BYTES_MAX 30000
#define TOKEN     "aebagbafaydqqcikbmga2dqpcaireeyuc4"

static const struct {
	const char *name;
	bool has_text;
} starters[] = {
    {"newsletter", true},
    {"announcement", false},
    {"receipt", true},
    {"event-invitation", false},
    {"re-engagement", false},
    {"plain-letter", false},
};

struct starter {
	struct buf html, text, data;
	struct message_source source;
};

static void
load(struct buf *out, const char *name, const char *kind)
{
	char path[128];
	struct err err = {0};

	buf_init(out, LIQUID_SOURCE_MAX);
	snprintf(path, sizeof(path), FOLDER "%s.%s", name, kind);
	if (!file_read(path, out, &err))
		fail_msg("%s", err.text);
}

/* What stands behind `label` in the comment that a starter begins with. */
static struct str
noted(struct str html, struct str label)
{
	size_t at = str_find(html, label);

	assert_int_not_equal(at, STR_NOWHERE);
	html = str_from(html, at + label.n);
	return str_trim(str_sub(html, 0, str_chr(html, '\n')));
}

static void
starter_load(struct starter *s, size_t i)
{
	*s = (struct starter){0};
	load(&s->html, starters[i].name, "html");
	load(&s->data, starters[i].name, "json");
	if (starters[i].has_text)
		load(&s->text, starters[i].name, "txt");
	s->source = (struct message_source){
	    .html = buf_view(&s->html),
	    .text = buf_view(&s->text),
	    .subject = noted(buf_view(&s->html), STR("subject:")),
	    .preheader = noted(buf_view(&s->html), STR("preheader:")),
	    .track_clicks = true,
	    .track_opens = true,
	};
}

static void
starter_release(struct starter *s)
{
	buf_release(&s->html);
	buf_release(&s->text);
	buf_release(&s->data);
}

static bool
has(struct str text, const char *what)
{
	return str_find(text, str_of(what)) != STR_NOWHERE;
}

static void
expect_parts(const char *name, const struct message_rendered *parts)
{
	static const char *const in_all[] = {"<html lang=\"",
	    "name=\"color-scheme\"", "prefers-color-scheme: dark",
	    "max-width: 480px", "<!--[if mso]>", "<v:roundrect",
	    "role=\"presentation\"", "https://m.example.com/u/" TOKEN,
	    "https://m.example.com/p/" TOKEN, "https://m.example.com/w/" TOKEN,
	    "style=\"margin:0;padding:0;width:100%;background-color:#"};
	size_t i;

	for (i = 0; i < ARRAY_LEN(in_all); i++)
		if (!has(parts->html, in_all[i]))
			fail_msg("%s: %s is missing", name, in_all[i]);
	if (parts->html.n > BYTES_MAX)
		fail_msg("%s: %zu bytes", name, parts->html.n);
	if (has(parts->html, "{{") || has(parts->text, "{{"))
		fail_msg("%s: marks are left", name);
	if (parts->subject.n == 0 || parts->preheader.n == 0 ||
	    !has(parts->text, "https://m.example.com/u/" TOKEN))
		fail_msg("%s: subject, preheader or text part", name);
}

static void
render(const char *name, const struct message *m, struct str data)
{
	struct message_recipient recipient = {
	    .token = TOKEN,
	    .name = STR("Ann"),
	    .attributes = data,
	    .list_id = 1,
	    .list_name = STR("Friends & Co"),
	    .date_us = 1796115600000000LL,
	};
	struct message_campaign campaign = {
	    .id = 1,
	    .name = STR("Autumn"),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley-1"),
	    .postal_address = STR("Example Inc., 1 Example Road"),
	};
	struct message_rendered parts;
	struct message_error error;
	struct arena arena;
	struct err err;

	assert_true(address_parse(&recipient.to, STR("ann@example.org"), &err));
	assert_true(
	    address_parse(&campaign.from, STR("news@example.com"), &err));
	arena_init(&arena, MESSAGE_ARENA_MAX);
	if (!message_render(m, &campaign, &recipient, &arena, &parts, &error))
		fail_msg("%s, %s:%d:%d: %s", name, error.part, error.at.line,
		    error.at.column, error.at.text);
	expect_parts(name, &parts);
	if (!has(parts.html, "Example Inc., 1 Example Road") ||
	    !has(parts.text, "Example Inc., 1 Example Road"))
		fail_msg("%s: the postal address is missing", name);
	arena_release(&arena);
}

static void
test_render(void **state)
{
	struct starter s;
	struct message *m;
	struct message_error error;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(starters); i++) {
		starter_load(&s, i);
		if (!message_compile(&m, &s.source, &error))
			fail_msg("%s, %s:%d:%d: %s", starters[i].name,
			    error.part, error.at.line, error.at.column,
			    error.at.text);
		render(starters[i].name, m, buf_view(&s.data));
		render(starters[i].name, m, STR("{}"));
		message_free(m);
		starter_release(&s);
	}
}

static void
on_warning(const struct lint_warning *warning, void *arg)
{
	fail_msg("%s, %s:%d:%d: %s: %s", (const char *)arg, warning->part,
	    warning->line, warning->column, warning->rule, warning->text);
}

static void
test_lint(void **state)
{
	struct starter s;
	char name[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(starters); i++) {
		starter_load(&s, i);
		assert_true(s.html.n < BYTES_MAX);
		snprintf(name, sizeof(name), "%s", starters[i].name);
		lint_message(&s.source, on_warning, name);
		starter_release(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_lint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
