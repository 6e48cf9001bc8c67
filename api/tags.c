/*
 * Words that people put on contacts.  One request adds and removes tags of
 * the contacts that it names, or of everybody in a segment, on a list or
 * meant by a filter.
 */
#include "api/body.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/segment_filter.h"
#include "api/segments.h"
#include "lib/mail/address.h"

#define TAGS_MAX 20 /* in one request */

struct wish {
	const struct str *add, *remove;
	size_t add_count, remove_count;
};

static const struct str *
read_tags(struct body *b, const char *field, size_t *n)
{
	const struct str *tags =
	    body_texts(b, field, BODY_FILLED | BODY_LINE, SEGMENT_NAME_MAX, n);

	if (*n > TAGS_MAX)
		body_complain(b, field, "has more than %d items", TAGS_MAX);
	return tags;
}

/* The addresses' keys. */
static struct db_arg
read_emails(struct body *b)
{
	size_t n, i;
	const struct str *emails =
	    body_texts(b, "emails", BODY_FILLED, ADDRESS_MAX, &n);
	struct arena *a = &b->q->arena;
	struct str *keys = ARENA_ARRAY(a, struct str, n + 1);
	struct address address;
	struct err err;

	for (i = 0; i < n; i++) {
		if (address_parse(&address, emails[i], &err)) {
			keys[i] = arena_dup(a, address_key(&address));
			continue;
		}
		body_complain(b, "emails", "item %zu: %s", i + 1, err.text);
		n = 0;
	}
	return db_text_array(keys, n);
}

/* A segment or a list of that number as a filter. */
static struct str
filter_of(struct body *b, const char *field, const char *word, int64_t id)
{
	bool is_list = strcmp(word, "list") == 0;
	struct db_arg named = db_int_array(&id, 1);
	struct db_arg none = db_int_array(NULL, 0);
	const struct db_result *r = request_run(b->q, Q_SEGMENT_DANGLING,
	    DB_ARGS(is_list ? none : named, is_list ? named : none, none));

	if (r == NULL)
		b->complaints++;
	else if (db_rows(r) > 0)
		body_complain(b, field, "there is no %s %lld", word,
		    (long long)id);
	return arena_printf(&b->q->arena, "{\"%s\":%lld%s}", word,
	    (long long)id, is_list ? ",\"state\":\"any\"" : "");
}

/* STR_NONE: by address. */
static struct str
read_whom(struct body *b)
{
	static const char *const words[][2] = {{"segment_id", "segment"},
	    {"list_id", "list"}};
	struct str filter = segment_read(b, "filter", 0, NULL);
	int64_t id;
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++) {
		id = body_int(b, words[i][0], 0, 1, INT64_MAX, 0);
		if (id != 0)
			filter = filter_of(b, words[i][0], words[i][1], id);
	}
	return filter;
}

static bool
read_wish(struct body *b, struct wish *w)
{
	int ways = body_has(b, "emails") + body_has(b, "filter") +
		   body_has(b, "segment_id") + body_has(b, "list_id");

	w->add = read_tags(b, "add", &w->add_count);
	w->remove = read_tags(b, "remove", &w->remove_count);
	if (!body_has(b, "add") && !body_has(b, "remove"))
		body_complain(b, "add", "this or \"remove\" is required");
	if (ways != 1)
		body_complain(b, "emails",
		    "one of this, segment_id, list_id and filter is required");
	return ways == 1;
}

/* Rows that changed, or -1: answered. */
static int64_t
put(struct request *q, enum query query, const struct str *tags, size_t n,
    struct db_arg whom)
{
	struct db_args args = DB_ARGS(db_text_array(tags, n), whom);
	const struct db_result *r;

	if (n == 0)
		return 0;
	if (request_run(q, Q_TAG_MAKE, DB_ARGS(args.at[0])) == NULL)
		return -1;
	r = segment_ask(q, query, args);
	return r != NULL ? db_affected(r) : -1;
}

static void
tag_contacts(struct request *q)
{
	struct body b = body_open(q);
	struct wish w;
	bool one_way = read_wish(&b, &w);
	struct db_arg emails = read_emails(&b);
	struct str filter = read_whom(&b);
	bool by_filter = filter.p != NULL;
	struct db_arg whom = by_filter ? db_text(filter) : emails;
	int64_t added, removed;

	if (!body_close(&b) || !one_way)
		return;
	added = put(q, by_filter ? Q_TAG_PUT_FILTER : Q_TAG_PUT, w.add,
	    w.add_count, whom);
	if (added < 0)
		return;
	removed = put(q, by_filter ? Q_TAG_TAKE_FILTER : Q_TAG_TAKE, w.remove,
	    w.remove_count, whom);
	if (removed >= 0)
		reply_json(q, 200,
		    json_pack("{s:I, s:I}", "added", (json_int_t)added,
			"removed", (json_int_t)removed));
}

static void
tag_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_TAG_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
tag_remove(struct request *q)
{
	if (request_one(q, Q_TAG_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

const struct route tag_routes[] = {
    {METHOD_POST, "/v1/tags", tag_contacts, ACCESS_WRITE, PAYLOAD_JSON, NULL,
	NULL},
    {METHOD_GET, "/v1/tags", tag_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_DELETE, "/v1/tags/{id}", tag_remove, ACCESS_WRITE, PAYLOAD_NONE,
	NULL, NULL},
    {0},
};
