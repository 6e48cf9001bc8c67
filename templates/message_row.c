#include "templates/message_row.h"

/* An empty object says nothing. */
static struct str
object_of(struct str json)
{
	return str_eq(str_trim(json), STR("{}")) ? STR_NONE : json;
}

static bool
is_true(struct str column)
{
	return str_eq(column, STR("t"));
}

enum message_missing
message_missing_of(struct str name)
{
	if (str_eq(name, STR("default")))
		return MISSING_DEFAULT;
	return str_eq(name, STR("fail")) ? MISSING_FAIL : MISSING_EMPTY;
}

void
message_row_read(struct message_source *source,
    const struct str columns[MESSAGE_COLUMN__COUNT])
{
	source->subject = columns[MESSAGE_SUBJECT];
	source->preheader = columns[MESSAGE_PREHEADER];
	source->html = columns[MESSAGE_HTML];
	source->text = columns[MESSAGE_TEXT];
	source->markdown = columns[MESSAGE_MARKDOWN];
	source->layout = columns[MESSAGE_LAYOUT];
	source->translations = object_of(columns[MESSAGE_TRANSLATIONS]);
	source->missing = message_missing_of(columns[MESSAGE_MISSING]);
	source->defaults = object_of(columns[MESSAGE_DEFAULTS]);
	source->utm = (struct message_utm){
	    .source = columns[MESSAGE_UTM_SOURCE],
	    .medium = columns[MESSAGE_UTM_MEDIUM],
	    .campaign = columns[MESSAGE_UTM_CAMPAIGN],
	    .term = columns[MESSAGE_UTM_TERM],
	    .content = columns[MESSAGE_UTM_CONTENT],
	};
	source->track_clicks = is_true(columns[MESSAGE_TRACK_CLICKS]);
	source->track_opens = is_true(columns[MESSAGE_TRACK_OPENS]);
}

bool
message_snippet_find(struct str name, struct str *source, void *arg)
{
	const struct message_snippets *snippets = arg;
	size_t i;

	for (i = 0; i < snippets->n; i++) {
		if (!str_eq(snippets->at[i].name, name))
			continue;
		snippets->at[i].used = true;
		*source = snippets->at[i].html;
		return true;
	}
	return false;
}
