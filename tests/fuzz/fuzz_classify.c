/* Fuzz target: any bytes become a classification, and that JSON of one line. */
#include "bounce/classification_json.h"

#include <assert.h>
#include <jansson.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	mime_walk_start();
	return 0;
}

/* Each is named, and a delay is never a bounce. */
static void
check_recipient(const struct inbound_recipient *r, bool alone)
{
	bool is_named = r->said->final.n > 0 || r->said->original.n > 0;
	bool is_failure = r->diagnosis.type != BOUNCE_NONE;

	assert(is_named || alone);
	assert(r->action == DSN_FAILED || !is_failure);
}

/* What holds of every classification, whatever the mail. */
static void
check(const struct classification *c)
{
	bool failed =
	    c->recipient != NULL && c->recipient->action == DSN_FAILED;
	int i;

	assert(c->rule[0] != '\0');
	assert((c->class == INBOUND_BOUNCE) == failed);
	for (i = 0; i < c->count; i++)
		check_recipient(&c->recipients[i], c->count == 1);
}

static void
check_json(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	assert(strchr(text, '\n') == NULL);
	assert(json_is_string(json_object_get(json, "class")));
	assert(json_is_array(json_object_get(json, "recipients")));
	json_decref(json);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct classification c;
	struct inbound_mail m;
	struct buf out;

	buf_init(&out, CLASSIFICATION_JSON_MAX);
	mime_walk(&m, (struct str){(const char *)data, size});
	classify(&c, &m, size % 2 == 0);
	check(&c);
	classification_json(&out, STR("file"), &c, &m);
	assert(!out.full);
	check_json(buf_cstr(&out));
	buf_release(&out);
	inbound_mail_release(&m);
	return 0;
}
