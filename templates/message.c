#include "templates/message.h"

#include "lib/base/mem.h"
#include "templates/message_parts.h"

static const char *const part_names[PART__COUNT] = {
    [PART_SUBJECT] = "subject",
    [PART_PREHEADER] = "preheader",
    [PART_HTML] = "html",
    [PART_TEXT] = "text",
};

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

bool
message_compile(struct message **out, const struct message_source *src,
    struct message_error *error)
{
	struct message *m = NEW(struct message);
	int i;

	*out = NULL;
	*error = (struct message_error){.part = "html"};
	arena_init(&m->memory, MESSAGE_MEMORY_MAX);
	if (!message_build(m, src, error) ||
	    !mime_make(&m->mime, m, &m->memory, error)) {
		message_free(m);
		return false;
	}
	for (i = 0; i < PART__COUNT; i++)
		if (m->parts[i] != NULL)
			liquid_names(m->parts[i], note_contact, m);
	*out = m;
	return true;
}

void
message_free(struct message *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < PART__COUNT; i++)
		liquid_free(m->parts[i]);
	for (i = 0; i < ARRAY_LEN(m->written); i++)
		liquid_free(m->written[i].program);
	liquid_free(m->untracked);
	arena_release(&m->memory);
	free(m);
}

struct name_filter {
	liquid_name_fn *fn;
	void *arg;
};

/* What the stages put in is no name of the recipient's. */
static void
tell_name(struct str path, void *arg)
{
	const struct name_filter *to = arg;

	if (!str_starts(path, STR("__")))
		to->fn(path, to->arg);
}

void
message_names(const struct message *m, liquid_name_fn *fn, void *arg)
{
	struct name_filter filter = {fn, arg};
	int i;

	for (i = 0; i < PART__COUNT; i++)
		if (m->parts[i] != NULL &&
		    (i != PART_PREHEADER || m->parts[PART_HTML] == NULL))
			liquid_names(m->parts[i], tell_name, &filter);
}

void
message_links(const struct message *m, message_link_fn *fn, void *arg)
{
	uint32_t i;

	for (i = 0; i < m->link_count; i++)
		fn(i, m->links[i].url, m->links[i].personal, arg);
}

bool
message_is_tracked(const struct message_campaign *campaign)
{
	return campaign->ring != NULL && !campaign->is_test;
}

bool
message_begin(struct message_rendering *r)
{
	struct err err = {0};

	*r->error = (struct message_error){.part = "data"};
	if (!message_data_fill(&r->data, r->m, r->campaign, r->recipient,
		r->arena, &err))
		return message_fail(r->error, "data", err.text);
	r->data.tracked = !r->preview && !r->recipient->untracked &&
			  message_is_tracked(r->campaign);
	return true;
}

const struct liquid *
message_program(const struct message_rendering *r, enum message_part part)
{
	if (part == PART_HTML && !r->data.tracked && r->m->untracked != NULL)
		return r->m->untracked;
	return r->m->parts[part];
}

/* Whether that program fails, too; the error is then its own. */
static bool
fails_in(struct message_rendering *r, const struct message_written *written)
{
	struct liquid_error error;
	struct buf ignored;
	bool ok;

	if (written->program == NULL)
		return false;
	buf_init(&ignored, MESSAGE_MAX);
	r->data.plain = false;
	ok = liquid_render(written->program, &r->data.data, r->arena, &ignored,
	    &error);
	buf_release(&ignored);
	if (ok)
		return false;
	r->error->part = written->part;
	r->error->at = error;
	return true;
}

bool
message_explain(struct message_rendering *r, enum message_part part)
{
	const struct message *m = r->m;
	size_t i;

	r->error->part = part_names[part];
	r->data.data.trace = NULL;
	if (part != PART_HTML && (part != PART_TEXT || !m->text_is_derived))
		return false;
	for (i = 0; i < ARRAY_LEN(m->written); i++)
		if (fails_in(r, &m->written[i]))
			return false;
	r->error->part = m->written[0].part;
	r->error->at.line = r->error->at.column = 0;
	return false;
}

bool
message_render_part(struct message_rendering *r, enum message_part part,
    struct buf *out)
{
	const struct liquid *program = message_program(r, part);

	r->error->part = part_names[part];
	r->data.plain = part != PART_HTML;
	return program == NULL ||
	       liquid_render(program, &r->data.data, r->arena, out,
		   &r->error->at) ||
	       message_explain(r, part);
}

/* Moves what the scratch buf holds into the arena. */
static bool
keep(struct message_rendering *r, struct buf *scratch, struct str *out)
{
	char *p = arena_try(r->arena, scratch->n + 1);

	if (p == NULL || scratch->full)
		return message_fail(r->error, r->error->part,
		    "larger than there is room for");
	memcpy(p, buf_cstr(scratch), scratch->n + 1);
	*out = (struct str){p, scratch->n};
	buf_reset(scratch);
	return true;
}

static bool
render_kept(struct message_rendering *r, enum message_part part,
    struct buf *scratch, struct str *out)
{
	*out = STR_NONE;
	return message_render_part(r, part, scratch) && keep(r, scratch, out);
}

bool
message_render_parts(struct message_rendering *r, struct buf *scratch,
    struct message_rendered *out)
{
	buf_reset(scratch);
	if (!message_begin(r) ||
	    !render_kept(r, PART_SUBJECT, scratch, &out->subject) ||
	    !render_kept(r, PART_PREHEADER, scratch, &out->preheader) ||
	    !render_kept(r, PART_HTML, scratch, &out->html) ||
	    !render_kept(r, PART_TEXT, scratch, &out->text))
		return false;
	out->subject = str_trim(out->subject);
	out->preheader = str_trim(out->preheader);
	return true;
}

bool
message_render(const struct message *m, const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct message_rendered *out, struct message_error *error)
{
	struct buf scratch;
	struct message_rendering r = {
	    .m = m,
	    .campaign = campaign,
	    .recipient = recipient,
	    .arena = a,
	    .error = error,
	    .preview = true,
	};
	bool ok;

	buf_init(&scratch, MESSAGE_MAX);
	ok = message_render_parts(&r, &scratch, out);
	buf_release(&scratch);
	return ok;
}
