#include "templates/render_source.h"

#include "lib/base/file.h"

#define FILES_BYTES_MAX (64U << 20)
#define INLINE_MARK     ",inline="

void
render_source_init(struct render_source *s,
    const struct render_options *options)
{
	*s = (struct render_source){.options = options};
	arena_init(&s->arena, FILES_BYTES_MAX);
}

void
render_source_release(struct render_source *s)
{
	arena_release(&s->arena);
}

static bool
read_file(struct render_source *s, const char *path, size_t max,
    struct str *out, struct err *err)
{
	struct buf b;
	bool ok;

	*out = STR_NONE;
	if (path == NULL)
		return true;
	buf_init(&b, max);
	ok = file_read(path, &b, err);
	if (ok)
		*out = arena_dup(&s->arena, buf_view(&b));
	buf_release(&b);
	return ok;
}

static bool
load(struct render_source *s, const char *path, size_t max, struct str *out)
{
	struct err err = {0};

	if (read_file(s, path, max, out, &err))
		return true;
	fprintf(stderr, "volley render: %s\n", err.text);
	return false;
}

static bool
has_ending(const char *path, const char *ending)
{
	return str_ends(str_of(path), str_of(ending));
}

static bool
is_text(const struct render_options *o)
{
	return has_ending(o->template, ".txt");
}

static bool
is_markdown(const struct render_options *o)
{
	return o->markdown || has_ending(o->template, ".md") ||
	       has_ending(o->template, ".markdown");
}

/* ---- attachments ---- */

static struct str
type_of(struct str path)
{
	static const char *const types[][2] = {
	    {".pdf", "application/pdf"},
	    {".png", "image/png"},
	    {".jpg", "image/jpeg"},
	    {".jpeg", "image/jpeg"},
	    {".gif", "image/gif"},
	    {".webp", "image/webp"},
	    {".svg", "image/svg+xml"},
	    {".ics", "text/calendar"},
	    {".csv", "text/csv"},
	    {".txt", "text/plain"},
	    {".html", "text/html"},
	    {".zip", "application/zip"},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(types); i++)
		if (str_ends(path, str_of(types[i][0])))
			return str_of(types[i][1]);
	return STR("application/octet-stream");
}

static bool
read_attachment(struct render_source *s, const char *word,
    struct message_attachment *file)
{
	struct str path = str_of(word), mark = STR(INLINE_MARK);
	size_t at = str_find(path, mark), slash;

	if (at != STR_NOWHERE) {
		file->content_id = str_from(path, at + mark.n);
		path.n = at;
	}
	slash = str_rchr(path, '/');
	file->name = slash == STR_NOWHERE ? path : str_from(path, slash + 1);
	file->type = type_of(path);
	return load(s, arena_cstr(&s->arena, path),
	    MESSAGE_ATTACHMENT_BYTES_MAX, &file->content);
}

static bool
read_attachments(struct render_source *s)
{
	const struct render_options *o = s->options;
	size_t i;

	for (i = 0; i < o->attach_count; i++)
		if (!read_attachment(s, o->attach[i], &s->files[i]))
			return false;
	s->source.attachments = s->files;
	s->source.attachment_count = o->attach_count;
	return true;
}

bool
render_source_read(struct render_source *s)
{
	const struct render_options *o = s->options;
	struct message_source *to = &s->source;
	struct str *body = is_text(o)       ? &to->text
			   : is_markdown(o) ? &to->markdown
					    : &to->html;
	size_t max = LIQUID_SOURCE_MAX + 1;

	to->subject = o->subject;
	to->preheader = o->preheader;
	to->missing = o->missing;
	if (o->snippets != NULL) {
		s->folder = (struct snippet_folder){
		    .path = o->snippets,
		    .arena = &s->arena,
		};
		to->partial = snippet_folder_find;
		to->partial_arg = &s->folder;
	}
	return load(s, o->text, max, &to->text) &&
	       load(s, o->template, max, body) &&
	       load(s, o->layout, max, &to->layout) &&
	       load(s, o->translations, VALUE_JSON_MAX + 1,
		   &to->translations) &&
	       load(s, o->defaults, VALUE_JSON_MAX + 1, &to->defaults) &&
	       load(s, o->data, VALUE_JSON_MAX + 1, &s->data) &&
	       read_attachments(s);
}

const char *
render_source_file(const struct render_options *o, const char *part)
{
	const struct {
		const char *part, *file;
	} rows[] = {
	    {"html", o->template},
	    {"markdown", o->template},
	    {"text", is_text(o) ? o->template : o->text},
	    {"layout", o->layout},
	    {"translations", o->translations},
	    {"defaults", o->defaults},
	    {"data", o->data},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strcmp(part, rows[i].part) == 0 && rows[i].file != NULL)
			return rows[i].file;
	return part;
}
