/*
 * template_draft.h - a template as a person writes it: fields of a request,
 * a stored row, and what both stand on (snippets, attachments).
 *
 * A template that does not compile is not kept: the answer says in which
 * part, line and column.  What is merely unwise is told beside the template,
 * under "warnings".
 */
#ifndef API_TEMPLATE_DRAFT_H
#define API_TEMPLATE_DRAFT_H

#include "api/body.h"
#include "lib/base/json_write.h"
#include "templates/message_row.h"

struct template_draft {
	struct str name;
	struct str layout;            /* name of a snippet; empty: none */
	struct message_source source; /* source.layout is that snippet */
	struct message_snippets snippets;
};

/* Reads the fields over what is there; `presence`: of name and subject. */
void template_draft_read(struct body *b, struct template_draft *d,
    unsigned presence);
/* The row of q->id, by template_parts or template_parts_held.  false:
 * answered. */
bool template_draft_load(struct request *q, enum query query,
    struct template_draft *d) MUST_USE;

/* Snippets and the layout among them; then the draft can be compiled.
 * false: answered. */
bool template_draft_resolve(struct request *q,
    struct template_draft *d) MUST_USE;
/* Those of q->id.  false: answered. */
bool template_draft_attach(struct request *q, struct template_draft *d,
    bool with_content) MUST_USE;

/* The snippets in the request's arena.  false: answered. */
bool template_snippets(struct request *q,
    struct message_snippets *out) MUST_USE;

/* false: answered with the place of the mistake. */
bool template_draft_compile(struct request *q, const struct template_draft *d,
    struct message **out) MUST_USE;
void template_complain(struct request *q, const struct message_error *error);

/* Writes the array of warnings as the next value. */
void template_warnings(struct json_write *j, const struct template_draft *d);

#endif
