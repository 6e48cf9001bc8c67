#include "api/login.h"
#include "api/page.h"
#include "api/routes.h"
#include "api/tasks.h"
#include "lib/mail/address.h"

#define OWNER        "mailbox" /* of its grant */
#define FOLDER_MAX   500
#define AUTHSERV_MAX 255
#define DOMAINS_MAX  20
#define BYTES_MIN    (INT64_C(1) << 20)
#define BYTES_MAX    (INT64_C(1) << 40)
#define BYTES        (INT64_C(1) << 30) /* Gmail gives 2.5 GB a day */

struct mailbox {
	struct login login;
	struct str protocol, after_reading, after_folder;
	struct str folder;
	bool junk; /* the folder for spam is read as well */
	int64_t bytes_per_day;
	/* Whose feedback reports are believed, and who says it is they. */
	struct str authserv_id;
	const struct str *domains;
	size_t domain_count;
	int64_t since_us; /* INT64_MIN: a day ago; for a new one */
};

static void
reply_mailbox(struct request *q, int status, int64_t id)
{
	const struct db_result *row = request_one(q, Q_MAILBOX_DOCUMENTS,
	    DB_ARGS(db_int(id - 1), db_int(id), db_int(1)));

	if (row == NULL)
		return;
	reply_document(q, status, db_get_text(row, 0, 1));
	if (status == 201)
		reply_header(q, "Location", "/v1/mailboxes/%lld",
		    (long long)id);
}

static bool
speaks_pop3(const struct mailbox *m)
{
	return str_eq(m->protocol, STR("pop3"));
}

/* Another protocol is spoken at another port. */
static void
read_protocol(struct body *b, struct mailbox *m)
{
	struct str protocol = body_choice(b, "protocol", 0, "imap pop3", NULL);

	if (protocol.p != NULL && !str_eq(protocol, m->protocol)) {
		m->protocol = protocol;
		m->login.port = 0;
	}
}

static void
read_folder(struct body *b, struct mailbox *m)
{
	struct str folder =
	    body_text(b, "folder", BODY_FILLED | BODY_LINE, FOLDER_MAX);

	if (folder.p != NULL)
		m->folder = folder;
	if (speaks_pop3(m) && !str_eq(m->folder, STR("INBOX")))
		body_complain(b, "folder", "POP3 knows INBOX alone");
}

/* By POP3 a mailbox has one folder and no flags; by IMAP mail is not deleted. */
static void
check_after(struct body *b, const struct mailbox *m)
{
	bool keeps = str_eq(m->after_reading, STR("keep"));
	bool moves = str_eq(m->after_reading, STR("move"));

	if (!keeps && speaks_pop3(m) != str_eq(m->after_reading, STR("delete")))
		body_complain(b, "after_reading",
		    "has to be keep or delete by POP3; keep, keyword, seen or "
		    "move by IMAP");
	else if (moves && m->after_folder.n == 0)
		body_complain(b, "after_folder", "is where to move it");
	else if (moves && str_eq_nocase(m->after_folder, m->folder))
		body_complain(b, "after_folder", "is the folder that is read");
}

static void
read_after(struct body *b, struct mailbox *m)
{
	struct str after = body_choice(b, "after_reading", 0,
	    "keep delete keyword seen move", NULL);
	struct str folder = body_text(b, "after_folder", BODY_LINE, FOLDER_MAX);

	if (after.p != NULL)
		m->after_reading = after;
	if (folder.p != NULL)
		m->after_folder = folder;
	check_after(b, m);
}

/* As they are compared: A-labels in small letters. */
static void
read_domains(struct body *b, struct mailbox *m)
{
	struct arena *a = &b->q->arena;
	char domain[ADDRESS_DOMAIN_MAX + 1];
	struct str *kept;
	struct err err;
	size_t n, i;
	const struct str *given =
	    body_texts(b, "feedback_domains", 0, ADDRESS_DOMAIN_MAX, &n);

	if (!body_has(b, "feedback_domains"))
		return;
	if (n > DOMAINS_MAX)
		body_complain(b, "feedback_domains", "at most %d", DOMAINS_MAX);
	kept = ARENA_ARRAY(a, struct str, n + 1);
	for (i = 0; i < n; i++)
		if (domain_parse(domain, given[i], &err))
			kept[i] = arena_dup(a, str_of(domain));
		else
			body_complain(b, "feedback_domains", "%s", err.text);
	m->domains = kept;
	m->domain_count = n;
}

static void
read_trust(struct body *b, struct mailbox *m)
{
	struct str host = body_text(b, "authserv_id", BODY_LINE, AUTHSERV_MAX);

	if (host.p != NULL)
		m->authserv_id = host;
	if (str_chr(m->authserv_id, ' ') != STR_NOWHERE ||
	    str_chr(m->authserv_id, ';') != STR_NOWHERE)
		body_complain(b, "authserv_id", "is one word");
	read_domains(b, m);
	if (m->domain_count > 0 && m->authserv_id.n == 0)
		body_complain(b, "authserv_id",
		    "says whose word counts for feedback_domains");
}

static bool
read_mailbox(struct request *q, struct mailbox *m, bool fresh)
{
	struct body b = body_open(q);

	read_protocol(&b, m);
	read_folder(&b, m);
	m->junk = body_bool(&b, "junk", 0, m->junk);
	read_after(&b, m);
	m->bytes_per_day = body_int(&b, "bytes_per_day", 0, BYTES_MIN,
	    BYTES_MAX, m->bytes_per_day);
	read_trust(&b, m);
	login_read(&b, speaks_pop3(m) ? LOGIN_POP3 : LOGIN_IMAP, &m->login,
	    fresh);
	if (fresh)
		m->since_us = body_time(&b, "since", 0);
	return body_close(&b);
}

static void
mailbox_create(struct request *q)
{
	struct mailbox m = {.protocol = STR("imap"),
	    .after_reading = STR("keep"),
	    .after_folder = STR(""),
	    .folder = STR("INBOX"),
	    .junk = true,
	    .bytes_per_day = BYTES,
	    .authserv_id = STR("")};
	struct login *l = &m.login;
	const struct db_result *row;
	int64_t id;

	if (!read_mailbox(q, &m, true))
		return;
	row = request_one(q, Q_MAILBOX_NEXT_ID, DB_NO_ARGS);
	if (row == NULL)
		return;
	id = db_get_int(row, 0, 0);
	row = request_run(q, Q_MAILBOX_INSERT,
	    DB_ARGS(db_int(id), db_text(l->name), db_text(l->host),
		db_int(l->port), db_text(l->tls), db_text(l->auth),
		db_text(l->username), login_secret(q, l, OWNER, id),
		db_text(l->ca_file), db_text(m.folder), db_text(l->provider),
		db_bool(m.junk), db_time(m.since_us), db_text(m.protocol),
		db_text(m.after_reading), db_int(m.bytes_per_day),
		db_text(m.after_folder), db_text(m.authserv_id),
		db_text_array(m.domains, m.domain_count)));
	if (row != NULL && grant_write(q, OWNER, id, &l->grant))
		reply_mailbox(q, 201, id);
}

static void
mailbox_index(struct request *q)
{
	const struct db_result *rows;
	struct page page;

	if (!page_read(q, &page))
		return;
	rows = request_run(q, Q_MAILBOX_DOCUMENTS,
	    DB_ARGS(db_int(page.after), db_int(INT64_MAX),
		db_int(page_fetch(&page))));
	if (rows != NULL)
		page_reply(q, &page, rows);
}

static void
mailbox_show(struct request *q)
{
	reply_mailbox(q, 200, q->id);
}

/* Blanks stand between them. */
static void
load_domains(struct request *q, struct mailbox *m, struct str stored)
{
	struct str *kept = ARENA_ARRAY(&q->arena, struct str, DOMAINS_MAX);

	m->domains = kept;
	while (m->domain_count < DOMAINS_MAX &&
	       str_cut(&stored, ' ', &kept[m->domain_count]))
		m->domain_count++;
}

static bool
load_mailbox(struct request *q, struct mailbox *m)
{
	const struct db_result *r =
	    request_one(q, Q_MAILBOX_HELD, DB_ARGS(db_int(q->id)));
	struct grant grant;

	if (r == NULL || !grant_load(q, OWNER, q->id, &grant))
		return false;
	*m = (struct mailbox){
	    .login =
		{
		    .name = db_get_text(r, 0, 0),
		    .host = db_get_text(r, 0, 1),
		    .port = db_get_int(r, 0, 2),
		    .tls = db_get_text(r, 0, 3),
		    .auth = db_get_text(r, 0, 4),
		    .username = db_get_text(r, 0, 5),
		    .has_secret = db_get_bool(r, 0, 6),
		    .ca_file = db_get_text(r, 0, 7),
		    .grant = grant,
		    .provider = db_get_text(r, 0, 9),
		},
	    .folder = db_get_text(r, 0, 8),
	    .junk = db_get_bool(r, 0, 10),
	    .protocol = db_get_text(r, 0, 11),
	    .after_reading = db_get_text(r, 0, 12),
	    .bytes_per_day = db_get_int(r, 0, 13),
	    .after_folder = db_get_text(r, 0, 14),
	    .authserv_id = db_get_text(r, 0, 15),
	};
	load_domains(q, m, db_get_text(r, 0, 16));
	return true;
}

static void
mailbox_change(struct request *q)
{
	struct mailbox m;
	struct login *l = &m.login;

	if (!load_mailbox(q, &m) || !read_mailbox(q, &m, false))
		return;
	if (request_run(q, Q_MAILBOX_UPDATE,
		DB_ARGS(db_int(q->id), db_text(l->name), db_text(l->host),
		    db_int(l->port), db_text(l->tls), db_text(l->auth),
		    db_text(l->username), login_secret(q, l, OWNER, q->id),
		    db_text(l->ca_file), db_text(m.folder),
		    db_text(l->provider), db_bool(m.junk),
		    login_replaces_secret(l), db_text(m.protocol),
		    db_text(m.after_reading), db_int(m.bytes_per_day),
		    db_text(m.after_folder), db_text(m.authserv_id),
		    db_text_array(m.domains, m.domain_count))) != NULL &&
	    grant_write(q, OWNER, q->id, &l->grant))
		reply_mailbox(q, 200, q->id);
}

static void
mailbox_remove(struct request *q)
{
	if (request_one(q, Q_MAILBOX_DELETE, DB_ARGS(db_int(q->id))) != NULL)
		reply_empty(q, 204);
}

static void
set_state(struct request *q, const char *state)
{
	struct body b = body_open(q);

	if (body_close(&b) &&
	    request_one(q, Q_MAILBOX_SET_STATE,
		DB_ARGS(db_int(q->id), db_cstr(state))) != NULL &&
	    request_run(q, Q_OAUTH_AGAIN,
		DB_ARGS(db_cstr(OWNER), db_int(q->id))) != NULL)
		reply_mailbox(q, 200, q->id);
}

static void
mailbox_pause(struct request *q)
{
	set_state(q, "paused");
}

static void
mailbox_resume(struct request *q)
{
	set_state(q, "active");
}

static void
mailbox_test(struct request *q)
{
	if (request_one(q, Q_MAILBOX_HELD, DB_ARGS(db_int(q->id))) != NULL)
		task_test_mailbox(q, q->id);
}

const struct route mailbox_routes[] = {
    {METHOD_POST, "/v1/mailboxes", mailbox_create, ACCESS_ADMIN, PAYLOAD_JSON,
	NULL, NULL},
    {METHOD_GET, "/v1/mailboxes", mailbox_index, ACCESS_READ, PAYLOAD_NONE,
	"limit cursor", NULL},
    {METHOD_GET, "/v1/mailboxes/{id}", mailbox_show, ACCESS_READ, PAYLOAD_NONE,
	NULL, NULL},
    {METHOD_PATCH, "/v1/mailboxes/{id}", mailbox_change, ACCESS_ADMIN,
	PAYLOAD_JSON, NULL, NULL},
    {METHOD_DELETE, "/v1/mailboxes/{id}", mailbox_remove, ACCESS_ADMIN,
	PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/v1/mailboxes/{id}/test", mailbox_test, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/mailboxes/{id}/pause", mailbox_pause, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {METHOD_POST, "/v1/mailboxes/{id}/resume", mailbox_resume, ACCESS_WRITE,
	PAYLOAD_JSON_OPTIONAL, NULL, NULL},
    {0},
};
