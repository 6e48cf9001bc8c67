/* Fuzz target: any template, in each kind of escaping, on fixed data.  What
 * stands behind a NUL is the source of the snippet "n", and so on: "o"; they
 * may take in each other. */
#include "templates/liquid/liquid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char json[] =
    "{\"a\":[1,2.5,\"x\",[3],{\"k\":\"v\"}],\"s\":\"gr\xc3\xbc\xc3\x9f <b>\","
    "\"o\":{\"first\":1,\"d\":\"2025-03-30T01:30:00+02:00\"},\"n\":-7,"
    "\"t\":true,\"z\":null}";

static const struct str names[] = {{"n", 1}, {"o", 1}};

static bool
find(struct str name, struct str *source, void *arg)
{
	const struct str *sources = arg;
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(name, names[i])) {
			*source = sources[i];
			return true;
		}
	return false;
}

static void
link_url(uint32_t number, struct str url, struct buf *out, void *arg)
{
	(void)arg;
	buf_printf(out, "%u %.*s", number, STR_ARG(url));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data + 1, size - 1}, source;
	struct str snippets[ARRAY_LEN(names)] = {STR_NONE, STR_NONE};
	const struct liquid_options options = {
	    .escape = (enum liquid_escape)(size > 0 ? data[0] % 4 : 0),
	    .partial = find,
	    .partial_arg = snippets,
	    .partial_names = size > 0 && data[0] & 4 ? names : NULL,
	    .partial_count = size > 0 && data[0] & 4 ? ARRAY_LEN(names) : 0,
	    .internal = true,
	};
	struct value scope = value_nil();
	struct liquid_data given = {
	    .scopes = &scope,
	    .count = 1,
	    .now_us = 1756717503000000,
	    .missing_fails = size > 0 && data[0] & 8,
	    .link = link_url,
	};
	struct liquid_error error;
	struct liquid *program;
	struct arena a;
	struct buf out;

	if (size == 0)
		return 0;
	arena_init(&a, 4U << 20);
	buf_init(&out, 2U << 20);
	(void)!value_from_json(&scope, str_of(json), &a, NULL);
	(void)str_cut(&rest, '\0', &source);
	(void)str_cut(&rest, '\0', &snippets[0]);
	(void)str_cut(&rest, '\0', &snippets[1]);
	if (liquid_compile_with(&program, source, &options, &error)) {
		(void)!liquid_render(program, &given, &a, &out, &error);
		liquid_free(program);
	}
	buf_release(&out);
	arena_release(&a);
	return 0;
}
