#include "api/page_text.h"

#include "api/files.h"

#define LANGUAGES_ASKED_MAX 20

/* Of "de-CH;q=0.9", "de", in lower case. */
static struct str
language_of(struct str item, struct arena *a)
{
	size_t i, n = 0;
	char *out;

	item = str_trim(item);
	while (n < item.n && item.p[n] != '-' && item.p[n] != ';')
		n++;
	out = arena_cstr(a, str_sub(item, 0, n));
	for (i = 0; i < n; i++)
		out[i] = str_lower_char(out[i]);
	return (struct str){out, n};
}

struct page_text
page_text_for(struct request *q)
{
	struct str rest = request_header(q, "Accept-Language"), item, lang;
	struct page_text t = {.lang = STR("en")};
	struct value all;
	struct err err;
	int asked = 0;

	if (!value_from_json(&all, api_file("texts.json"), &q->arena, &err))
		BUG("texts.json: %s", err.text);
	t.text = value_member(all, t.lang);
	while (asked++ < LANGUAGES_ASKED_MAX && str_cut(&rest, ',', &item)) {
		lang = language_of(item, &q->arena);
		if (value_member(all, lang).type == VALUE_OBJECT) {
			t.lang = lang;
			t.text = value_member(all, lang);
			break;
		}
	}
	return t;
}

struct str
page_text_statement(struct request *q, const struct page_text *t,
    struct str list, struct str own)
{
	struct str words = value_text(value_member(t->text, STR("agree")));
	size_t at = str_find(words, STR("%s"));

	if (own.n > 0)
		return own;
	return ARENA_JOIN(&q->arena, str_sub(words, 0, at), list,
	    str_from(words, at + 2));
}
