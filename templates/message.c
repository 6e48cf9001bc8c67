#include "templates/message.h"

#include "lib/base/mem.h"
#include "templates/entity.h"
#include "templates/html_scan.h"
#include "templates/message_parts.h"
#include "templates/text_part.h"

static const struct {
	const char *name;
	enum liquid_escape escape;
} part_table[PART__COUNT] = {
    [PART_SUBJECT] = {"subject", LIQUID_HEADER},
    [PART_PREHEADER] = {"preheader", LIQUID_TEXT},
    [PART_HTML] = {"html", LIQUID_HTML},
    [PART_TEXT] = {"text", LIQUID_TEXT},
};

/* Shown by mail clients behind the subject, hidden in the message. */
static const char hidden_open[] =
    "<div style=\"display:none;max-height:0;max-width:0;opacity:0;"
    "overflow:hidden;font-size:1px;line-height:1px;mso-hide:all\">";
static const char hidden_close[] = "</div>";

bool
message_fail(struct message_error *error, const char *part, const char *text)
{
	*error = (struct message_error){.part = part};
	snprintf(error->at.text, sizeof(error->at.text), "%.*s",
	    (int)sizeof(error->at.text) - 1, text);
	return false;
}

static void
note_contact(struct str path, void *arg)
{
	struct message *m = arg;

	if (str_eq(path, STR("*")) || str_eq(path, STR("contact")) ||
	    str_starts(path, STR("contact.")))
		m->reads_contact = true;
}

static bool
compile_part(struct message *m, enum message_part part, struct str source,
    struct message_error *error)
{
	error->part = part_table[part].name;
	if (str_trim(source).n == 0)
		return true;
	if (!liquid_compile(&m->parts[part], source, part_table[part].escape,
		&error->at))
		return false;
	liquid_names(m->parts[part], note_contact, m);
	return true;
}

bool
message_compile(struct message **out, const struct message_source *src,
    struct message_error *error)
{
	struct message *m = NEW(struct message);
	bool ok;

	*out = NULL;
	ok = compile_part(m, PART_SUBJECT, src->subject, error) &&
	     compile_part(m, PART_PREHEADER, src->preheader, error) &&
	     compile_part(m, PART_HTML, src->html, error) &&
	     compile_part(m, PART_TEXT, src->text, error);
	if (ok && m->parts[PART_SUBJECT] == NULL)
		ok = message_fail(error, "subject", "the subject is empty");
	if (ok && m->parts[PART_HTML] == NULL && m->parts[PART_TEXT] == NULL)
		ok = message_fail(error, "html",
		    "neither an HTML nor a text part");
	if (!ok) {
		message_free(m);
		return false;
	}
	*out = m;
	return true;
}

void
message_free(struct message *m)
{
	int i;

	if (m == NULL)
		return;
	for (i = 0; i < PART__COUNT; i++)
		liquid_free(m->parts[i]);
	free(m);
}

void
message_names(const struct message *m, liquid_name_fn *fn, void *arg)
{
	int i;

	for (i = 0; i < PART__COUNT; i++)
		if (m->parts[i] != NULL)
			liquid_names(m->parts[i], fn, arg);
}

/* Moves what the scratch buf holds into the arena. */
static bool
keep(struct buf *scratch, struct arena *a, struct str *out, const char *part,
    struct message_error *error)
{
	char *p = arena_try(a, scratch->n + 1);

	if (p == NULL || scratch->full)
		return message_fail(error, part,
		    "larger than there is room for");
	memcpy(p, buf_cstr(scratch), scratch->n + 1);
	*out = (struct str){p, scratch->n};
	buf_reset(scratch);
	return true;
}

static bool
render_part(struct message_rendering *r, enum message_part part,
    struct str *out)
{
	const char *name = part_table[part].name;
	struct message_error *error = r->error;

	*out = STR_NONE;
	error->part = name;
	if (r->m->parts[part] == NULL)
		return true;
	return liquid_render(r->m->parts[part], &r->data.data, r->arena,
		   r->scratch, &error->at) &&
	       keep(r->scratch, r->arena, out, name, error);
}

static void
put_hidden(struct buf *out, struct str text)
{
	size_t i;

	buf_puts(out, hidden_open);
	for (i = 0; i < text.n; i++) {
		struct str entity = entity_of(text.p[i]);

		buf_str(out, entity.n > 0 ? entity : str_sub(text, i, 1));
	}
	buf_puts(out, hidden_close);
}

/* The preheader goes right behind <body>. */
static bool
insert_preheader(struct message_rendering *r, struct message_rendered *out)
{
	size_t at;

	if (out->preheader.n == 0 || out->html.n == 0)
		return true;
	at = html_body_start(out->html);
	buf_str(r->scratch, str_sub(out->html, 0, at));
	put_hidden(r->scratch, out->preheader);
	buf_str(r->scratch, str_from(out->html, at));
	return keep(r->scratch, r->arena, &out->html, "html", r->error);
}

static bool
derive_text(struct message_rendering *r, struct message_rendered *out)
{
	if (r->m->parts[PART_TEXT] != NULL)
		return true;
	text_part(r->scratch, out->html);
	return keep(r->scratch, r->arena, &out->text, "text", r->error);
}

bool
message_render_parts(struct message_rendering *r,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct message_rendered *out)
{
	struct err err = {0};

	*r->error = (struct message_error){0};
	buf_reset(r->scratch);
	if (!message_data_fill(&r->data, campaign, recipient,
		r->m->reads_contact, r->arena, &err))
		return message_fail(r->error, "data", err.text);
	if (!render_part(r, PART_SUBJECT, &out->subject) ||
	    !render_part(r, PART_PREHEADER, &out->preheader) ||
	    !render_part(r, PART_HTML, &out->html) ||
	    !render_part(r, PART_TEXT, &out->text))
		return false;
	out->subject = str_trim(out->subject);
	out->preheader = str_trim(out->preheader);
	return derive_text(r, out) && insert_preheader(r, out);
}

bool
message_render(const struct message *m, const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct message_rendered *out, struct message_error *error)
{
	struct buf scratch;
	struct message_rendering r = {
	    .m = m,
	    .arena = a,
	    .scratch = &scratch,
	    .error = error,
	};
	bool ok;

	buf_init(&scratch, MESSAGE_MAX);
	ok = message_render_parts(&r, campaign, recipient, out);
	buf_release(&scratch);
	return ok;
}
