#include "api/campaign_message.h"

enum {
	COL_POSTAL_ADDRESS = MESSAGE_COLUMN__COUNT,
	COL_ABSENT_LAYOUT,
};

static void
read_snippets(struct request *q, const struct db_result *r,
    struct message_snippets *out)
{
	int i, n = db_rows(r);

	out->n = (size_t)n;
	out->at = ARENA_ARRAY(&q->arena, struct message_snippet, out->n + 1);
	for (i = 0; i < n; i++) {
		out->at[i].name = db_get_text(r, i, 0);
		out->at[i].html = db_get_text(r, i, 1);
	}
}

static void
read_attachments(struct request *q, const struct db_result *r,
    struct message_source *source)
{
	struct message_attachment *at;
	int i, n = db_rows(r);

	at = ARENA_ARRAY(&q->arena, struct message_attachment, (size_t)n + 1);
	for (i = 0; i < n; i++)
		at[i] = (struct message_attachment){
		    .name = db_get_text(r, i, 0),
		    .type = db_get_text(r, i, 1),
		    .content_id = db_get_text(r, i, 2),
		    .content = db_get_bytes(r, i, 3, &q->arena),
		};
	source->attachments = at;
	source->attachment_count = (size_t)n;
}

static void
read_source(const struct db_result *r, struct campaign_message *m)
{
	struct str columns[MESSAGE_COLUMN__COUNT];
	int i;

	for (i = 0; i < MESSAGE_COLUMN__COUNT; i++)
		columns[i] = db_get_text(r, 0, i);
	message_row_read(&m->source, columns);
	m->postal_address = db_get_text(r, 0, COL_POSTAL_ADDRESS);
}

bool
campaign_message_load(struct request *q, int64_t campaign,
    struct campaign_message *out, bool *found)
{
	const struct db_args id = DB_ARGS(db_int(campaign));
	const struct db_result *r, *snippets, *files;
	struct message_snippets all = {0};

	*out = (struct campaign_message){0};
	*found = false;
	r = request_run(q, Q_MESSAGE_SOURCE,
	    DB_ARGS(db_int(campaign),
		db_cstr(q->api->settings->postal_address)));
	if (r == NULL)
		return false;
	if (db_rows(r) == 0 || !db_is_null(r, 0, COL_ABSENT_LAYOUT))
		return true;
	snippets = request_run(q, Q_MESSAGE_SNIPPETS, id);
	if (snippets == NULL)
		return false;
	files = request_run(q, Q_MESSAGE_ATTACHMENTS, id);
	if (files == NULL)
		return false;
	read_source(r, out);
	read_snippets(q, snippets, &all);
	read_attachments(q, files, &out->source);
	out->source.partial = message_snippet_find;
	out->source.partial_arg = &all;
	*found = message_compile(&out->message, &out->source, &out->error);
	if (*found)
		out->error.part = NULL;
	out->source.partial = NULL; /* `all` ends here */
	return true;
}
