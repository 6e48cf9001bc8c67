#include "bounce/classification_json.h"

#include "bounce/answer_text.h"
#include "lib/base/json_write.h"

/* Of one text, before it is escaped; 200 recipients have to fit. */
#define FILE_MAX       4096
#define DIAGNOSTIC_MAX 2000
#define WORD_MAX       400 /* an address, a type */

static void
put(struct json_write *j, const char *key, struct str text, size_t max)
{
	json_write_key(j, key);
	if (text.n == 0)
		json_write_null(j);
	else
		json_write_text(j, str_fit(text, max));
}

static void
put_status(struct json_write *j, const struct dsn_recipient *r)
{
	struct status status = r->status;
	char text[STATUS_TEXT_MAX];

	if (status.class == 0)
		(void)status_find(&status, r->diagnostic);
	put(j, "status", str_of(status_text(status, text)), WORD_MAX);
	json_write_key(j, "reply_code");
	if (r->reply_code != 0)
		json_write_int(j, r->reply_code);
	else
		json_write_null(j);
}

static void
put_recipient(struct json_write *j, const struct inbound_recipient *r)
{
	const struct dsn_recipient *said = r->said;
	const struct diagnosis *d = &r->diagnosis;

	json_write_open(j, '{');
	put(j, "address", said->final.n > 0 ? said->final : said->original,
	    WORD_MAX);
	put(j, "original", said->original, WORD_MAX);
	put(j, "action", str_of(dsn_action_name(r->action)), WORD_MAX);
	put(j, "type", str_of(bounce_type_name(d->type)), WORD_MAX);
	put(j, "category", str_of(category_name(d->category)), WORD_MAX);
	put_status(j, said);
	put(j, "diagnostic", said->diagnostic, DIAGNOSTIC_MAX);
	put(j, "rule", str_of(d->rule), WORD_MAX);
	json_write_close(j, '}');
}

void
classification_json(struct buf *out, struct str file,
    const struct classification *c, const struct inbound_mail *m)
{
	struct json_write j;
	int i;

	json_write_init(&j, out);
	json_write_open(&j, '{');
	put(&j, "file", file, FILE_MAX);
	put(&j, "class", str_of(inbound_class_name(c->class)), WORD_MAX);
	put(&j, "rule", str_of(c->rule), WORD_MAX);
	put(&j, "feedback_type", c->feedback_type, WORD_MAX);
	put(&j, "reply_text",
	    c->class == INBOUND_REPLY ? answer_text(m->text) : STR_NONE,
	    INBOUND_TEXT_MAX);
	json_write_key(&j, "recipients");
	json_write_open(&j, '[');
	for (i = 0; i < c->count; i++)
		put_recipient(&j, &c->recipients[i]);
	json_write_close(&j, ']');
	json_write_close(&j, '}');
}
