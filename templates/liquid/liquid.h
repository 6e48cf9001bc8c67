/*
 * liquid.h - Liquid, compiled once to a linear program, rendered many times.
 *
 *   source -> liquid_compile -> struct liquid (immutable, shared by threads)
 *   liquid + data -> liquid_render -> bytes
 *
 * One strict parser; errors carry line and column.  Escaping is fixed when
 * compiling: in LIQUID_HTML every output is HTML-escaped unless it is safe
 * already: what `raw` or `escape` made, what `capture` took unless that ends
 * inside of a tag, and what is left of those (liquid_filters.h).
 *
 * Snippets are compiled in where they are taken in; an error in one names
 * it, with the line and column of the tag that took it in.
 *
 * A render is bounded in steps, output, depth, memory and CPU time and
 * touches no file, network, environment or database; only `in_timezone`
 * reads a zone of the system, once (liquid_zone.h).
 */
#ifndef TEMPLATES_LIQUID_H
#define TEMPLATES_LIQUID_H

#include "lib/base/buf.h"
#include "templates/liquid/value.h"

#define LIQUID_SOURCE_MAX (1U << 20) /* bytes of a template */
#define LIQUID_OUTPUT_MAX (1U << 20) /* bytes a render may write */
#define LIQUID_STEPS_MAX  100000     /* operations a render may take */
#define LIQUID_CPU_MS_MAX 50         /* CPU time a render may take */
#define LIQUID_DEPTH_MAX  32         /* nested blocks */
#define LIQUID_MEMORY_MAX (1U << 20) /* arena bytes a render may take */

#define LIQUID_INCLUDE_MAX 8 /* snippets inside of each other */

enum liquid_escape {
	LIQUID_TEXT = 0, /* as it is */
	LIQUID_HTML,     /* escaped as its place in the HTML asks for */
	LIQUID_HEADER,   /* CR, LF and other controls become one blank */
	LIQUID_DERIVED,  /* text derived from HTML: as it is; what is HTML
			  * already (safe) is turned into text */
};

/* Of an error in a snippet: where it was taken in; text has the snippet's
 * name and the place there. */
struct liquid_error {
	int line, column; /* from 1; column counts code points */
	bool aborted;     /* abort_message: text is its reason */
	char text[200];
};

/* The source of a snippet, for `include` and `render`; false: there is none.
 * It must live until liquid_compile returns. */
typedef bool liquid_partial_fn(struct str name, struct str *source, void *arg);

struct liquid_options {
	enum liquid_escape escape;
	liquid_partial_fn *partial; /* NULL: there are no snippets */
	void *partial_arg;
	/* All that may be taken in by an `include` whose name is computed;
	 * NULL: the names must be written down. */
	const struct str *partial_names;
	size_t partial_count;
	bool internal; /* the tag `link` is known: see html_rewrite.h */
};

struct liquid;
struct liquid_trace;

/* With no snippets. */
bool liquid_compile(struct liquid **out, struct str source,
    enum liquid_escape escape, struct liquid_error *error) MUST_USE;
bool liquid_compile_with(struct liquid **out, struct str source,
    const struct liquid_options *options, struct liquid_error *error) MUST_USE;
void liquid_free(struct liquid *program); /* NULL is fine */

/* Top-level names are looked up in `scopes` from the first to the last.
 * `now_us` is the clock of the render ("now"). */
struct liquid_data {
	const struct value *scopes;
	size_t count;
	int64_t now_us;
	bool missing_fails;        /* printing nil fails the render */
	struct str locale;         /* of the recipient: "de-AT"; may be empty */
	struct value translations; /* for `t`: locale -> key -> text, or nil */
	struct str default_locale; /* where the recipient's has no text */
	/* For {% link N %}URL{% endlink %}: writes what stands there instead of
	 * the URL, which is as rendered, entities decoded. */
	void (
	    *link)(uint32_t number, struct str url, struct buf *out, void *arg);
	void *link_arg;
	struct liquid_trace *trace; /* liquid_trace.h; NULL: nobody asks */
};

/* Appends to out.  The arena holds what the render makes; reset it after.
 * On failure `error` says where; out holds what was written so far. */
bool liquid_render(const struct liquid *program, const struct liquid_data *data,
    struct arena *a, struct buf *out, struct liquid_error *error) MUST_USE;

/* The top-level names that the program reads, in order of appearance: what
 * has to be fetched per recipient.  For `contact.x` and `x` alike the dotted path's
 * first two parts are told ("contact.x").  Where a template chooses the name
 * while it renders, "*" is told: it may read anything. */
typedef void liquid_name_fn(struct str path, void *arg);
void liquid_names(const struct liquid *program, liquid_name_fn *fn, void *arg);

#endif
