#include "api/audit.h"

#include "api/filter.h"
#include "api/page.h"
#include "api/routes.h"

static bool
takes_part(const struct request *q)
{
	const struct route *r = q->route;

	/* what a shop reports or sends is a record of its own */
	if (q->key_id != 0 && (strcmp(r->pattern, "/v1/conversions") == 0 ||
				  strcmp(r->pattern, "/v1/messages") == 0))
		return false;
	if ((q->key_id == 0 && q->user_id == 0) || q->audited ||
	    q->reply.status >= 400)
		return false;
	return (r->method != METHOD_GET &&
		   (r->access >= ACCESS_WRITE || q->user_id != 0)) ||
	       str_ends(str_of(r->pattern), STR("/export"));
}

static void
write_masked(struct buf *out, struct str address)
{
	size_t at = address.n;

	while (at > 0 && address.p[at - 1] != '@')
		at--;
	if (address.n > 0 && address.p[0] > ' ' && address.p[0] < 127 && at > 1)
		buf_char(out, address.p[0]);
	buf_puts(out, "***");
	if (at > 0)
		buf_str(out, str_from(address, at - 1));
}

/* The route's pattern with what stood in its place. */
static void
write_path(struct buf *out, const struct request *q)
{
	struct str rest = str_of(q->route->pattern), name;
	size_t open, n = 0;

	while ((open = str_chr(rest, '{')) != STR_NOWHERE) {
		buf_str(out, str_sub(rest, 0, open));
		rest = str_from(rest, open + 1);
		name = str_sub(rest, 0, str_chr(rest, '}'));
		rest = str_from(rest, name.n + 1);
		if (str_eq(name, STR("email")))
			write_masked(out, q->params[n++]);
		else
			buf_str(out, q->params[n++]);
	}
	buf_str(out, rest);
}

/* What was made has no place in the request: the answer has it. */
static struct str
object_of(struct request *q)
{
	bool placed = strchr(q->route->pattern, '{') != NULL;
	struct str object;
	struct buf out;
	size_t i;

	for (i = 0; i < q->reply.header_count && !placed; i++)
		if (strcmp(q->reply.headers[i].name, "Location") == 0)
			return q->reply.headers[i].value;
	buf_init(&out, REQUEST_BODY_MAX);
	write_path(&out, q);
	object = arena_dup(&q->arena, buf_view(&out));
	buf_release(&out);
	return object;
}

static json_t *
kind_of(json_t *value)
{
	if (json_is_string(value))
		return json_string("text");
	if (json_is_array(value))
		return json_sprintf("%zu items", json_array_size(value));
	if (json_is_object(value))
		return json_sprintf("%zu fields", json_object_size(value));
	return json_incref(value);
}

static struct str
changed_of(struct request *q)
{
	json_t *out = json_object(), *value;
	const char *field;
	struct str text;
	char *dumped;

	json_object_foreach(q->document, field, value)
	{
		json_object_set_new(out, field, kind_of(value));
	}
	dumped = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
	if (dumped == NULL)
		BUG("the fields of a request are no JSON");
	text = arena_dup(&q->arena, str_of(dumped));
	free(dumped);
	json_decref(out);
	return text;
}

void
audit_write(struct request *q)
{
	if (!takes_part(q))
		return;
	q->audited = true;
	request_run(q, Q_AUDIT_WRITE,
	    DB_ARGS(db_int_or_null(q->key_id, q->key_id != 0),
		db_int_or_null(q->user_id, q->user_id != 0),
		db_cstr(method_name(q->route->method)),
		db_cstr(q->route->pattern), db_text(object_of(q)),
		db_int(q->reply.status), db_text(changed_of(q))));
}

static void
audit_index(struct request *q)
{
	int64_t key = 0, user = 0, since = INT64_MIN;
	const struct db_result *rows;
	struct page page;

	if (!request_query_id(q, "api_key_id", &key) ||
	    !request_query_id(q, "user_id", &user) ||
	    !filter_time(q, "since", &since) || !page_read(q, &page))
		return;
	rows = request_run(q, Q_AUDIT_PAGE,
	    DB_ARGS(db_int(page.after), db_int(page_fetch(&page)),
		db_int_or_null(key, key != 0), db_int_or_null(user, user != 0),
		since == INT64_MIN ? db_null() : db_time(since)));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

const struct route audit_routes[] = {
    {METHOD_GET, "/v1/audit", audit_index, ACCESS_ADMIN, PAYLOAD_NONE,
	"limit cursor api_key_id user_id since", NULL},
    {0},
};
