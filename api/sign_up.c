/*
 * The form of a list, for people who want to be on it: only of lists that
 * are public and have forms.  Without cookies there is nothing for
 * another site to borrow; whatever is known of an address, the answer is the
 * same.
 */
#include "api/consent.h"
#include "api/contacts.h"
#include "api/form.h"
#include "api/page_text.h"
#include "api/problem.h"
#include "api/public_page.h"
#include "api/routes.h"
#include "db/erase.h"
#include "lib/base/digest.h"
#include "lib/mail/address.h"

#define BODY_MAX      (4U << 10)
#define RETRY_AFTER_S 3600

enum { FORM_LIST, FORM_TEXT, FORM_DOUBLE };

struct sign_up {
	struct page_text words;
	struct str list, statement;
	bool asks; /* by a mail, before anything else is sent */
	struct str email, name;
};

static void
reply_form(struct request *q, int status, const char *state,
    const struct sign_up *s)
{
	struct value_member members[] = {
	    {STR("state"), value_string(str_of(state))},
	    {STR("lang"), value_string(s->words.lang)},
	    {STR("t"), s->words.text},
	    {STR("list"), value_string(s->list)},
	    {STR("statement"), value_string(s->statement)},
	    {STR("email"), value_string(s->email)},
	    {STR("name"), value_string(s->name)},
	};

	public_page(q, status, "sign_up.html", members, ARRAY_LEN(members));
}

static void
reply_unknown(struct request *q)
{
	public_page(q, 404, "unknown_link.html", NULL, 0);
}

/* false: answered. */
static bool
find(struct request *q, struct sign_up *s)
{
	const struct db_result *r =
	    request_run(q, Q_FORM_FIND, DB_ARGS(db_text(q->params[0])));

	if (r == NULL)
		return false;
	if (db_rows(r) == 0) {
		reply_unknown(q);
		return false;
	}
	*s = (struct sign_up){.words = page_text_for(q),
	    .list = db_get_text(r, 0, FORM_LIST),
	    .asks = db_get_bool(r, 0, FORM_DOUBLE)};
	s->statement = page_text_statement(q, &s->words, s->list,
	    db_get_text(r, 0, FORM_TEXT));
	return true;
}

static void
form_show(struct request *q)
{
	struct sign_up s;

	if (find(q, &s))
		reply_form(q, 200, "ask", &s);
}

static struct str
field(struct request *q, const char *name)
{
	return str_trim(form_field(&q->arena, request_header(q, "Content-Type"),
	    buf_view(&q->body), name));
}

/* A keyed hash of the address, of IPv6 of its /64: who has that has 2^64. */
static int64_t
source_of(struct request *q)
{
	struct {
		char what[8];
		struct peer peer;
	} input = {"sign-up", request_peer(q)};
	unsigned char mac[SHA256_SIZE];
	int64_t source;

	if (input.peer.family == 6)
		memset(&input.peer.at[8], 0, 8);
	hmac_sha256(mac,
	    (struct str){(const char *)q->api->keyring.keys[0].token, KEY_SIZE},
	    (struct str){(const char *)&input, sizeof(input)});
	memcpy(&source, mac, sizeof(source));
	return source;
}

/* Not too many from there; false: answered. */
static bool
may_pass(struct request *q, const struct sign_up *s)
{
	const struct db_result *r =
	    request_one(q, Q_FORM_PASS, DB_ARGS(db_int(source_of(q))));

	if (r == NULL)
		return false;
	if (db_get_bool(r, 0, 0))
		return true;
	reply_form(q, 429, "many", s);
	reply_header(q, "Retry-After", "%d", RETRY_AFTER_S);
	return false;
}

static void
enter(struct request *q, const struct sign_up *s, const struct address *who)
{
	const struct consent said = {.source = "form",
	    .method = s->asks ? NULL : "single",
	    .text = s->statement};
	const struct db_result *r;

	if (!consent_say(q, &said))
		return;
	r = request_one(q, Q_FORM_SIGN_UP,
	    DB_ARGS(db_text(q->params[0]), db_text(address_text(who)),
		db_text(address_key(who)), db_text(s->name),
		erase_inner(&q->api->keyring.person),
		erase_outer(&q->api->keyring.person)));
	if (r == NULL)
		return;
	if (!db_get_bool(r, 0, 0))
		reply_unknown(q); /* it was just closed */
	else
		reply_form(q, 200, s->asks ? "check" : "thanks", s);
}

static void
form_take(struct request *q)
{
	struct address address;
	struct sign_up s;
	struct err err;

	if (q->body.n > BODY_MAX) {
		problem(q, 413, "the body is longer than %u bytes", BODY_MAX);
		return;
	}
	if (!find(q, &s))
		return;
	s.email = field(q, "email");
	s.name = field(q, "name");
	if (s.name.p == NULL || s.name.n > CONTACT_NAME_MAX)
		s.name = STR("");
	if (field(q, "website").n > 0) /* programs fill in everything */
		reply_form(q, 200, s.asks ? "check" : "thanks", &s);
	else if (!address_parse(&address, s.email, &err))
		reply_form(q, 400, "wrong", &s);
	else if (may_pass(q, &s))
		enter(q, &s, &address);
}

const struct route sign_up_routes[] = {
    {METHOD_GET, "/f/{form}", form_show, ACCESS_NONE, PAYLOAD_NONE, NULL, NULL},
    {METHOD_POST, "/f/{form}", form_take, ACCESS_NONE, PAYLOAD_FORM, NULL,
	NULL},
    {0},
};
