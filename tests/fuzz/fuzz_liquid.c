/* Fuzz target: any template, in each kind of escaping, on fixed data. */
#include "templates/liquid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char json[] =
    "{\"a\":[1,2.5,\"x\",[3],{\"k\":\"v\"}],\"s\":\"gr\xc3\xbc\xc3\x9f <b>\","
    "\"o\":{\"first\":1,\"d\":\"2025-03-30T01:30:00+02:00\"},\"n\":-7,"
    "\"t\":true,\"z\":null}";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str source = {(const char *)data + 1, size - 1};
	struct value scope = value_nil();
	struct liquid_data given = {
	    .scopes = &scope,
	    .count = 1,
	    .now_us = 1756717503000000,
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
	if (liquid_compile(&program, source, (enum liquid_escape)(data[0] % 4),
		&error)) {
		(void)!liquid_render(program, &given, &a, &out, &error);
		liquid_free(program);
	}
	buf_release(&out);
	arena_release(&a);
	return 0;
}
