#include "sender/content.h"

/* Attachments, decoded, and the list of snippets. */
#define READ_BYTES_MAX (MESSAGE_ATTACHMENT_BYTES_MAX + (1U << 20))
/* A message that reads more of them gets them all. */
#define ATTRIBUTES_MAX 200

enum {
	COL_POSTAL_ADDRESS = MESSAGE_COLUMN__COUNT,
	COL_ABSENT_LAYOUT,
};
enum { COL_NAME, COL_HTML };
enum { COL_FILE_NAME, COL_FILE_TYPE, COL_FILE_ID, COL_FILE_CONTENT };

/* Where a recipient's language is looked for, if there are translations
 * (templates/message_data.h). */
static const struct str languages[] = {STR("locale"), STR("language")};

void
content_ask(struct db_batch *b, int64_t campaign_id, const char *postal_address)
{
	db_batch_add(b, Q_MESSAGE_SOURCE,
	    DB_ARGS(db_int(campaign_id), db_cstr(postal_address)));
	db_batch_add(b, Q_MESSAGE_SNIPPETS, DB_ARGS(db_int(campaign_id)));
	db_batch_add(b, Q_MESSAGE_ATTACHMENTS, DB_ARGS(db_int(campaign_id)));
}

static void
read_snippets(struct content *c, const struct db_result *r, struct arena *a)
{
	struct message_snippet *at;
	size_t i, n = (size_t)db_rows(r);

	at = ARENA_ARRAY(a, struct message_snippet, n + 1);
	for (i = 0; i < n; i++)
		at[i] = (struct message_snippet){
		    .name = db_get_text(r, (int)i, COL_NAME),
		    .html = db_get_text(r, (int)i, COL_HTML),
		};
	c->snippets = (struct message_snippets){at, n};
}

static void
read_attachments(struct content *c, const struct db_result *r, struct arena *a)
{
	struct message_attachment *at;
	size_t i, n = (size_t)db_rows(r);

	at = ARENA_ARRAY(a, struct message_attachment, n + 1);
	for (i = 0; i < n; i++)
		at[i] = (struct message_attachment){
		    .name = db_get_text(r, (int)i, COL_FILE_NAME),
		    .type = db_get_text(r, (int)i, COL_FILE_TYPE),
		    .content_id = db_get_text(r, (int)i, COL_FILE_ID),
		    .content = db_get_bytes(r, (int)i, COL_FILE_CONTENT, a),
		};
	c->source.attachments = at;
	c->source.attachment_count = n;
}

bool
content_read(struct content *c, const struct db_result rows[CONTENT_ROWS],
    struct arena *a, struct err *err)
{
	struct str columns[MESSAGE_COLUMN__COUNT];
	int i;

	if (db_rows(&rows[0]) == 0)
		return err_set(err, FAIL_MISSING,
		    "the campaign is gone or has no template");
	if (!db_is_null(&rows[0], 0, COL_ABSENT_LAYOUT))
		return err_set(err, FAIL_MISSING,
		    "the template has an error: layout: there is no snippet "
		    "\"%.*s\"",
		    STR_ARG(db_get_text(&rows[0], 0, COL_ABSENT_LAYOUT)));
	*c = (struct content){0};
	for (i = 0; i < MESSAGE_COLUMN__COUNT; i++)
		columns[i] = db_get_text(&rows[0], 0, i);
	message_row_read(&c->source, columns);
	c->postal_address = db_get_text(&rows[0], 0, COL_POSTAL_ADDRESS);
	read_snippets(c, &rows[1], a);
	read_attachments(c, &rows[2], a);
	return true;
}

bool
content_compile(struct message **out, const struct content *c, struct err *err)
{
	struct message_source source = c->source;
	struct message_snippets snippets = c->snippets;
	struct message_error e;

	source.partial = message_snippet_find;
	source.partial_arg = &snippets;
	if (message_compile(out, &source, &e))
		return true;
	if (e.at.line == 0)
		return err_set(err, FAIL_INPUT,
		    "the template has an error: %s: %s", e.part, e.at.text);
	return err_set(err, FAIL_INPUT,
	    "the template has an error: %s, line %d, column %d: %s", e.part,
	    e.at.line, e.at.column, e.at.text);
}

static void
want(struct content_attributes *w, struct str name, struct arena *a)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_eq(w->names[i], name))
			return;
	if (w->n == ATTRIBUTES_MAX)
		w->all = true;
	else
		w->names[w->n++] = arena_dup(a, name);
}

struct wanting {
	struct content_attributes *out;
	struct arena *a;
};

/* What is always there, whatever the contact has. */
static bool
is_built_in(struct str name)
{
	static const struct str names[] = {STR("email"), STR("name"),
	    STR("campaign"), STR("list"), STR("unsubscribe_url"),
	    STR("preferences_url"), STR("view_in_browser_url"),
	    STR("confirm_url"), STR("postal_address")};
	size_t i;

	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* "contact.city" and "city.name" alike tell the attribute.  A name with a dot
 * in it reads as a path: both are fetched. */
static void
on_name(struct str path, void *arg)
{
	struct wanting *w = arg;
	struct str first;

	if (str_eq(path, STR("*")) || str_eq(path, STR("contact")))
		w->out->all = true;
	if (str_starts(path, STR("contact.")))
		path = str_from(path, 8);
	first = str_sub(path, 0, str_chr(path, '.'));
	if (is_built_in(first))
		return;
	want(w->out, first, w->a);
	if (first.n < path.n)
		want(w->out, path, w->a);
}

static void
note_attributes(struct content_attributes *out, const struct message *m,
    bool translated, struct arena *a)
{
	struct wanting w = {out, a};
	size_t i;

	*out = (struct content_attributes){
	    .names = ARENA_ARRAY(a, struct str, ATTRIBUTES_MAX)};
	message_names(m, on_name, &w);
	for (i = 0; translated && i < ARRAY_LEN(languages); i++)
		want(out, languages[i], a);
}

bool
content_load(struct content_message *out,
    const struct db_result rows[CONTENT_ROWS], struct arena *keep,
    struct err *err)
{
	struct content c = {0};
	struct arena a;
	bool ok;

	arena_init(&a, READ_BYTES_MAX);
	ok = content_read(&c, rows, &a, err) &&
	     content_compile(&out->message, &c, err);
	if (ok) {
		out->postal_address = arena_dup(keep, c.postal_address);
		note_attributes(&out->attributes, out->message,
		    c.source.translations.n > 0, keep);
	}
	arena_release(&a);
	return ok;
}

struct db_arg
content_attributes_arg(const struct content_attributes *wanted)
{
	return wanted->all ? db_null()
			   : db_text_array(wanted->names, wanted->n);
}
