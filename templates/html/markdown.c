#include "templates/html/markdown.h"

#include "templates/html/markdown_marks.h"

#include <md4c-html.h>

#define DIALECT \
	(MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_PERMISSIVEAUTOLINKS)

/* Bytes that links by reference may add, if every one used the longest
 * definition. */
#define REFERENCED_MAX ((size_t)16 << 20)

/* md4c 0.4.8 writes a definition as often as it is used, however long it is,
 * and cannot be stopped.  A definition ends at an empty line at the latest. */
static bool
references_fit(struct str source)
{
	size_t i, n, uses = 0, longest = 0;

	for (i = 0; i < source.n; i++)
		uses += source.p[i] == ']';
	while ((i = str_find(source, STR("]:"))) != STR_NOWHERE) {
		source = str_from(source, i);
		n = str_find(source, STR("\n\n"));
		n = n != STR_NOWHERE ? n : source.n;
		longest = n > longest ? n : longest;
		source = str_from(source, n);
	}
	return longest == 0 || uses <= REFERENCED_MAX / longest;
}

static void
on_output(const MD_CHAR *text, MD_SIZE size, void *arg)
{
	buf_add(arg, text, size);
}

bool
markdown_html(struct buf *out, struct str markdown, struct err *err)
{
	struct markdown_marks marks;
	struct buf source, html;
	bool ok;

	if (markdown.n > MARKDOWN_MAX)
		return err_set(err, FAIL_LIMIT, "Markdown of more than %u kB",
		    MARKDOWN_MAX >> 10);
	if (!references_fit(markdown))
		return err_set(err, FAIL_LIMIT,
		    "link definitions too long for so many links");
	buf_init(&source, MARKDOWN_HTML_MAX);
	buf_init(&html, MARKDOWN_HTML_MAX);
	markdown_marks_init(&marks, markdown);
	markdown_marks_protect(&marks, markdown, &source);
	ok = !source.full &&
	     md_html(buf_cstr(&source), (MD_SIZE)source.n, on_output, &html,
		 DIALECT, MD_HTML_FLAG_SKIP_UTF8_BOM) == 0 &&
	     !html.full;
	if (ok)
		markdown_marks_restore(&marks, buf_view(&html), out);
	markdown_marks_release(&marks);
	buf_release(&source);
	buf_release(&html);
	if (!ok || out->full)
		return err_set(err, FAIL_LIMIT,
		    "the HTML of the Markdown is larger than there is room "
		    "for");
	return true;
}
