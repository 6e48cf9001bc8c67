#include "api/contacts.h"

#include "api/body.h"
#include "api/consent.h"
#include "api/page.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/segments.h"
#include "db/erase.h"
#include "lib/mail/address.h"

/* The contact that the path names; false: answered. */
static bool
path_address(struct request *q, int status, struct address *address)
{
	struct err err;

	if (address_parse(address, q->params[0], &err))
		return true;
	problem(q, status, "this is no mail address: %s", err.text);
	return false;
}

static void
reply_contact(struct request *q, int status, int64_t id)
{
	const struct db_result *row =
	    request_one(q, Q_CONTACT_DOCUMENTS, DB_ARGS(db_int_array(&id, 1)));

	if (row != NULL)
		reply_document(q, status, db_get_text(row, 0, 1));
}

struct wish {
	struct str name, attributes, tracking; /* STR_NONE: as they are */
	const int64_t *lists;
	size_t list_count;
	bool has_consent;
	struct str basis;
	int64_t consent_ends; /* INT64_MIN: it does not */
};

static void
read_consent(struct body *b, struct wish *w)
{
	struct body inner = body_object(b, "consent", 0);

	w->has_consent = body_has(b, "consent");
	w->basis = body_text(&inner, "basis", BODY_REQUIRED | BODY_LINE,
	    CONSENT_BASIS_MAX);
	w->consent_ends = body_time(&inner, "expires_at", BODY_NULL);
	body_end(&inner, b);
	if (w->has_consent && w->list_count == 0)
		body_complain(b, "consent", "is for lists: name them");
}

static bool
read_wish(struct request *q, struct wish *w)
{
	struct body b = body_open(q);
	const struct db_result *unknown = NULL;
	int row;

	w->name = body_text(&b, "name", BODY_LINE, CONTACT_NAME_MAX);
	w->attributes = body_json(&b, "attributes", 0, CONTACT_ATTRIBUTES_MAX);
	w->tracking = body_choice(&b, "tracking", 0, TRACKING_MODES, NULL);
	w->lists = body_ids(&b, "lists", 0, &w->list_count);
	if (w->list_count > 0)
		unknown = request_run(q, Q_CONTACT_UNKNOWN_LISTS,
		    DB_ARGS(db_int_array(w->lists, w->list_count)));
	if (w->list_count > 0 && unknown == NULL)
		return false;
	read_consent(&b, w);
	for (row = 0; unknown != NULL && row < db_rows(unknown); row++)
		body_complain(&b, "lists", "there is no list %lld",
		    (long long)db_get_int(unknown, row, 0));
	return body_close(&b);
}

/* Nobody comes back from being erased but by removing that suppression; what
 * else kept mail away still does.  false: answered. */
static bool
let_in(struct request *q, const struct address *address)
{
	const struct db_args args = DB_ARGS(db_text(address_key(address)),
	    erase_inner(&q->api->keyring.person),
	    erase_outer(&q->api->keyring.person));
	const struct db_result *r = request_one(q, Q_CONTACT_IS_ERASED, args);

	if (r == NULL)
		return false;
	if (!db_get_bool(r, 0, 0))
		return request_run(q, Q_CONTACT_RETURNS, args) != NULL;
	problem(q, 409,
	    "this person was erased; remove that suppression first");
	return false;
}

static bool
join(struct request *q, int64_t id, const struct wish *w)
{
	const struct consent said = {.source = "api", .basis = w->basis};

	if (w->list_count == 0)
		return true;
	return consent_say(q, &said) &&
	       request_run(q, Q_CONTACT_JOIN,
		   DB_ARGS(db_int(id), db_int_array(w->lists, w->list_count),
		       db_cstr("api"), db_time(w->consent_ends),
		       db_bool(w->has_consent))) != NULL &&
	       request_run(q, Q_CONFIRMATION_ASK_ALL,
		   DB_ARGS(db_int(id),
		       db_int_array(w->lists, w->list_count))) != NULL;
}

static void
contact_put(struct request *q)
{
	const struct db_result *row;
	struct address address;
	struct wish w;
	int64_t id;

	if (!path_address(q, 422, &address) || !read_wish(q, &w) ||
	    !let_in(q, &address))
		return;
	row = request_one(q, Q_CONTACT_PUT,
	    DB_ARGS(db_text(address_text(&address)),
		db_text(address_key(&address)), db_text_or_null(w.name),
		db_text_or_null(w.attributes), db_text_or_null(w.tracking)));
	if (row == NULL)
		return;
	id = db_get_int(row, 0, 0);
	if (join(q, id, &w))
		reply_contact(q, db_get_bool(row, 0, 1) ? 201 : 200, id);
}

/* Tags go through POST /v1/tags, lists through PUT. */
static void
contact_change(struct request *q)
{
	const struct db_result *row;
	struct address address;
	struct body b;
	struct str name, attributes, tracking;

	if (!path_address(q, 404, &address))
		return;
	b = body_open(q);
	name = body_text(&b, "name", BODY_LINE, CONTACT_NAME_MAX);
	attributes = body_json(&b, "attributes", 0, CONTACT_ATTRIBUTES_MAX);
	tracking = body_choice(&b, "tracking", 0, TRACKING_MODES, NULL);
	if (!body_close(&b))
		return;
	row = request_one(q, Q_CONTACT_CHANGE,
	    DB_ARGS(db_text(address_key(&address)), db_text_or_null(name),
		db_text_or_null(attributes), db_text_or_null(tracking)));
	if (row == NULL)
		return;
	if (db_get_int(row, 0, 1) > CONTACT_ATTRIBUTES_MAX)
		problem_field(q, "attributes",
		    "would be longer than %u bytes in all",
		    CONTACT_ATTRIBUTES_MAX);
	else
		reply_contact(q, 200, db_get_int(row, 0, 0));
}

/* What the query asks beside an address, as a segment's filter (the list in
 * whatever state); NULL: nothing. */
static json_t *
query_filter(struct request *q, int64_t list, int64_t segment)
{
	struct str tag = request_query(q, "tag"), text = request_query(q, "q");
	json_t *all;

	if (tag.p == NULL && text.p == NULL && segment == 0)
		return NULL;
	all = json_array();
	if (tag.p != NULL)
		json_array_append_new(all,
		    json_pack("{s:s%}", "tag", tag.p, tag.n));
	if (text.p != NULL)
		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s%}", "field", "email", "op",
			"contains", "value", text.p, text.n));
	if (segment != 0)
		json_array_append_new(all,
		    json_pack("{s:I}", "segment", (json_int_t)segment));
	if (list != 0)
		json_array_append_new(all,
		    json_pack("{s:I, s:s}", "list", (json_int_t)list, "state",
			"any"));
	return json_pack("{s:o}", "all", all);
}

/* Takes the reference. */
static const struct db_result *
find_by_filter(struct request *q, json_t *filter, struct db_arg after,
    struct db_arg most)
{
	char *text = json_dumps(filter, JSON_COMPACT);
	struct str kept = arena_dup(&q->arena, str_of(text));

	free(text);
	json_decref(filter);
	return segment_ask(q, Q_SEGMENT_PAGE,
	    DB_ARGS(db_text(kept), after, most));
}

/* The statement that finds a page's ids, by the filters that are given. */
static const struct db_result *
find_ids(struct request *q, const struct page *page)
{
	struct db_arg after = db_int(page->after);
	struct db_arg most = db_int(page_fetch(page));
	struct str email = request_query(q, "email");
	struct address address;
	struct err err;
	int64_t list = 0, segment = 0;
	json_t *filter;

	if (!request_query_id(q, "list_id", &list) ||
	    !request_query_id(q, "segment_id", &segment))
		return NULL;
	filter = query_filter(q, list, segment);
	if (filter != NULL && email.p == NULL)
		return find_by_filter(q, filter, after, most);
	json_decref(filter);
	if (filter != NULL) {
		problem_field(q, "email",
		    "finds one person: only list_id may stand beside it");
		return NULL;
	}
	if (email.p == NULL && list == 0)
		return request_run(q, Q_CONTACT_IDS, DB_ARGS(after, most));
	if (email.p == NULL)
		return request_run(q, Q_CONTACT_IDS_OF_LIST,
		    DB_ARGS(after, most, db_int(list)));
	if (!address_parse(&address, email, &err)) {
		problem_field(q, "email", "is no mail address: %s", err.text);
		return NULL;
	}
	return request_run(q, Q_CONTACT_IDS_OF_EMAIL,
	    DB_ARGS(after, most, db_text(address_key(&address)),
		db_int_or_null(list, list != 0)));
}

static void
contact_index(struct request *q)
{
	const struct db_result *found, *rows;
	struct page page;
	int64_t *ids;
	int row;

	if (!page_read(q, &page))
		return;
	found = find_ids(q, &page);
	if (found == NULL)
		return;
	ids = ARENA_ARRAY(&q->arena, int64_t, (size_t)db_rows(found) + 1);
	for (row = 0; row < db_rows(found); row++)
		ids[row] = db_get_int(found, row, 0);
	rows = request_run(q, Q_CONTACT_DOCUMENTS,
	    DB_ARGS(db_int_array(ids, (size_t)db_rows(found))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
contact_show(struct request *q)
{
	const struct db_result *row;
	struct address address;

	if (!path_address(q, 404, &address))
		return;
	row = request_one(q, Q_CONTACT_ID,
	    DB_ARGS(db_text(address_key(&address))));
	if (row != NULL)
		reply_contact(q, 200, db_get_int(row, 0, 0));
}

static void
contact_erase(struct request *q)
{
	struct db *db = request_db(q);
	struct err err = {FAIL_NONE, ""};
	struct address address;
	bool found;

	if (db == NULL || !path_address(q, 404, &address))
		return;
	if (!erase_person(db, &q->api->keyring.person, address_key(&address),
		&found, &err))
		problem_db(q, &err);
	else if (!found)
		problem(q, 404, "there is no such thing at this address");
	else
		reply_empty(q, 204);
}

const struct route contact_routes[] = {
    {METHOD_GET, "/v1/contacts", contact_index, ACCESS_READ, PAYLOAD_NONE,
	"email list_id segment_id tag q limit cursor", NULL},
    {METHOD_PUT, "/v1/contacts/{email}", contact_put, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_PATCH, "/v1/contacts/{email}", contact_change, ACCESS_WRITE,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_GET, "/v1/contacts/{email}", contact_show, ACCESS_READ,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_DELETE, "/v1/contacts/{email}", contact_erase, ACCESS_WRITE,
	PAYLOAD_NONE, NULL, NULL},
    {0},
};
