/*
 * html-links - html_rewrite for tests in other languages.
 *
 * Standard input holds sources, a NUL behind each; standard output gives for
 * each, also with a NUL behind, the rewritten source and then the links, a
 * line each: "s" or "p" (personal), a blank, the URL.
 */
#include "templates/html/html_rewrite.h"

#define INPUT_MAX (64U << 20)

static void
put(const struct buf *out)
{
	fwrite(out->p, 1, out->n, stdout);
	putchar('\0');
}

static void
rewrite(struct str html, struct arena *a, struct buf *out)
{
	struct html_rewrite how = {.track_clicks = true, .arena = a};
	struct err err;
	uint32_t i;

	arena_reset(a);
	buf_reset(out);
	if (!html_rewrite(out, html, &how, &err))
		die("%s", err.text);
	put(out);
	buf_reset(out);
	for (i = 0; i < how.link_count; i++)
		buf_printf(out, "%s %.*s\n", how.links[i].personal ? "p" : "s",
		    STR_ARG(how.links[i].url));
	put(out);
}

int
main(void)
{
	struct buf in, out;
	struct str rest, html;
	struct arena a;
	char *room;

	buf_init(&in, INPUT_MAX);
	buf_init(&out, INPUT_MAX);
	arena_init(&a, INPUT_MAX);
	do {
		room = buf_room(&in, 1U << 16);
		if (room == NULL)
			die("too much input");
		buf_used(&in, fread(room, 1, 1U << 16, stdin));
	} while (!feof(stdin));
	rest = buf_view(&in);
	while (str_cut(&rest, '\0', &html))
		rewrite(html, &a, &out);
	buf_release(&in);
	buf_release(&out);
	arena_release(&a);
	return fflush(stdout) == 0 ? 0 : 1;
}
