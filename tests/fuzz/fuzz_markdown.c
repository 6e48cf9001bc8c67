/* Fuzz target: any Markdown; every mark of the HTML stands in the source, in
 * its order where nothing moves them, and without marks it is md4c's. */
#include "templates/html/markdown.h"
#include "templates/liquid/liquid_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether a mark reaches its end, perhaps because nothing closes it: such a
 * source does not compile. */
static bool
ends_in_mark(struct str s)
{
	struct str mark = STR_NONE;
	const char *end = s.p + s.n;

	while (s.n > 0) {
		mark = str_sub(s, 0, liquid_mark(s));
		s = str_from(s, mark.n > 0 ? mark.n : 1);
	}
	return mark.n > 0 && mark.p + mark.n == end;
}

/* The next mark of s, which is cut off there; empty: there is none. */
static struct str
next_mark(struct str *s)
{
	struct str mark = STR_NONE;

	while (s->n > 0 && mark.n == 0) {
		mark = str_sub(*s, 0, liquid_mark(*s));
		*s = str_from(*s, mark.n > 0 ? mark.n : 1);
	}
	return mark;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str source = {(const char *)data, size}, html, mark, same;
	bool moves = false;
	struct buf out;
	size_t i;

	buf_init(&out, MARKDOWN_HTML_MAX);
	for (i = 0; i < size; i++)
		moves |= strchr("[<|`~:.@\\&", data[i]) != NULL;
	if (!ends_in_mark(source) && markdown_html(&out, source, NULL)) {
		html = buf_view(&out);
		while ((mark = next_mark(&html)).n > 0) {
			if (str_find(source, mark) == STR_NOWHERE)
				abort();
			same = moves ? mark : next_mark(&source);
			if (!str_eq(str_trim(mark), str_trim(same)))
				abort();
		}
		if (!moves && next_mark(&source).n > 0)
			abort();
	}
	buf_release(&out);
	return 0;
}
