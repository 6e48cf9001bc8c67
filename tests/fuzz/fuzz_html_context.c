/* Fuzz target: any HTML around merge values ('@', their kind told by the
 * first byte); a hostile value makes of it what a harmless one makes. */
#include "templates/html/html_place.h"
#include "templates/liquid/liquid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const hostile[] = {"<script>alert(1)</script>",
    "\" onclick=\"a\" '", "' onclick='a' \"", " onclick=a ", "-->", "--", "/>",
    "]]>", "`=>", "</style></script></title>", "javascript:alert(1)//<b>",
    "&#60;b&#62;", "\\'\\\"", "\t=\n>", "!--", "/b", "?", "onclick", "--!>"};

/* Tags, attributes and comments of the rendered page, in one number. */
static uint64_t
outline(const char *source, const char *value)
{
	struct value_member x = {STR("x"), value_string(str_of(value))};
	struct value scope = value_object(&x, 1);
	struct liquid_data given = {.scopes = &scope, .count = 1};
	struct html_place place = {0}, before;
	struct liquid_error error;
	struct liquid *program;
	uint64_t sum = 0;
	struct arena a;
	struct buf out;
	size_t i;

	if (!liquid_compile(&program, str_of(source), LIQUID_HTML, &error))
		return 0;
	arena_init(&a, 4U << 20);
	buf_init(&out, 2U << 20);
	if (!liquid_render(program, &given, &a, &out, &error))
		buf_reset(&out); /* a limit: where is by chance */
	for (i = 0; i < out.n; i++) {
		before = place;
		html_place_feed(&place, (struct str){out.p + i, 1});
		if (before.state != place.state ||
		    before.quote != place.quote ||
		    before.element != place.element)
			sum =
			    ((sum * 31 + place.state) * 31 + place.quote) * 31 +
			    place.element;
	}
	liquid_free(program);
	buf_release(&out);
	arena_release(&a);
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t plain, other;
	struct buf source;
	size_t i;

	if (size == 0 || size > 4096)
		return 0;
	buf_init(&source, 8 * size + 8);
	for (i = 1; i < size; i++)
		if (data[i] == '@')
			buf_puts(&source, "{{ x }}");
		else if (data[i] != '\0')
			buf_char(&source, (char)data[i]);
	plain = outline(buf_cstr(&source), "x");
	other =
	    outline(buf_cstr(&source), hostile[data[0] % ARRAY_LEN(hostile)]);
	if (plain != other && plain != 0 && other != 0)
		abort();
	buf_release(&source);
	return 0;
}
