#include "bounce/mailbox.h"

#include "lib/base/encode.h"
#include "lib/base/mem.h"

#define SECRET_MIN       4  /* what is shorter stands in any text */
#define SECRET_BEGIN     24 /* what is longer is known by that much */
#define SECRET_CODED_MAX (64U << 10)

/* Columns of mailbox_claim and, without the cursor, mailbox_by_id. */
enum {
	COL_ID = 0,
	COL_HOST,
	COL_PORT,
	COL_TLS,
	COL_AUTH,
	COL_USERNAME,
	COL_SECRET,
	COL_CA_FILE,
	COL_FOLDER,
	COL_VERSION,
	COL_SINCE,
	COL_OAUTH,
	COL_PROTOCOL,
	COL_AFTER_READING,
	COL_AFTER_FOLDER,
	COL_UIDVALIDITY,
	COL_LAST_UID,
	COL_MOVED_AT,
	COL_PROVEN,
	COL_JUNK,
	COL_BYTES_PER_DAY,
	COL_BYTES_DAY,
	COL_BYTES_READ,
	COL_MODSEQ,
	COL_AUTHSERV_ID,
	COL_FEEDBACK_DOMAINS,
	COL_RECORDED_AGO,
};

static enum imap_mark
mark_of(struct str after_reading)
{
	if (str_eq(after_reading, STR("keyword")))
		return IMAP_MARK_KEYWORD;
	if (str_eq(after_reading, STR("seen")))
		return IMAP_MARK_SEEN;
	if (str_eq(after_reading, STR("move")))
		return IMAP_MARK_MOVE;
	return IMAP_MARK_NONE;
}

static bool
read_password(struct mailbox_row *row, const struct db_result *r, int at,
    const struct keyring *ring, struct err *err)
{
	struct arena a;
	struct buf plain;
	struct str secret;
	bool ok = true;

	arena_init(&a, 1U << 20);
	buf_init(&plain, SEAL_PLAIN_MAX);
	secret = db_get_bytes(r, at, COL_SECRET, &a);
	if (secret.p != NULL)
		ok = unseal(ring,
		    arena_printf(&a, "mailbox:%lld", (long long)row->id),
		    secret, &plain, err);
	row->password = mem_strdup(buf_cstr(&plain));
	buf_wipe(&plain);
	arena_release(&a);
	return ok;
}

bool
mailbox_row_read(struct mailbox_row *row, const struct db_result *r, int at,
    const struct keyring *ring, struct err *err)
{
	*row = (struct mailbox_row){
	    .id = db_get_int(r, at, COL_ID),
	    .version = db_get_int(r, at, COL_VERSION),
	    .host = str_dup(db_get_text(r, at, COL_HOST)),
	    .username = str_dup(db_get_text(r, at, COL_USERNAME)),
	    .ca_file = str_dup(db_get_text(r, at, COL_CA_FILE)),
	    .folder = str_dup(db_get_text(r, at, COL_FOLDER)),
	    .port = (int)db_get_int(r, at, COL_PORT),
	    .oauth = db_get_bool(r, at, COL_OAUTH),
	    .cursor.since_us = db_get_time(r, at, COL_SINCE),
	    .protocol = str_eq(db_get_text(r, at, COL_PROTOCOL), STR("pop3"))
			    ? MAILBOX_POP3
			    : MAILBOX_IMAP,
	    .mark = mark_of(db_get_text(r, at, COL_AFTER_READING)),
	    .mark_folder = str_dup(db_get_text(r, at, COL_AFTER_FOLDER)),
	    .deletes =
		str_eq(db_get_text(r, at, COL_AFTER_READING), STR("delete")),
	};

	if (!conn_tls_parse(db_get_text(r, at, COL_TLS), &row->tls) ||
	    !sasl_parse(db_get_text(r, at, COL_AUTH), &row->auth))
		return err_set(err, FAIL_INPUT, "unknown tls or auth setting");
	if (!read_password(row, r, at, ring, err))
		return err_wrap(err, "stored password");
	return true;
}

/* The columns that only mailbox_claim has. */
static void
read_claimed(struct mailbox_row *row, const struct db_result *r, int at)
{
	struct cursor *c = &row->cursor;

	row->authserv_id = str_dup(db_get_text(r, at, COL_AUTHSERV_ID));
	row->feedback_domains =
	    str_dup(db_get_text(r, at, COL_FEEDBACK_DOMAINS));
	row->trust = (struct auth_trust){str_of(row->authserv_id),
	    str_of(row->feedback_domains)};
	c->stored = !db_is_null(r, at, COL_UIDVALIDITY);
	c->uidvalidity = (uint32_t)db_get_int(r, at, COL_UIDVALIDITY);
	c->last_uid = (uint32_t)db_get_int(r, at, COL_LAST_UID);
	c->moved_us = db_get_time(r, at, COL_MOVED_AT);
	c->modseq = (uint64_t)db_get_int(r, at, COL_MODSEQ);
	row->recorded_ago_ms = db_is_null(r, at, COL_RECORDED_AGO)
				   ? INT64_MAX
				   : db_get_int(r, at, COL_RECORDED_AGO);
	row->proven = db_get_bool(r, at, COL_PROVEN);
	row->junk =
	    row->protocol == MAILBOX_IMAP && db_get_bool(r, at, COL_JUNK);
	row->budget = (struct byte_budget){
	    .per_day = db_get_int(r, at, COL_BYTES_PER_DAY),
	    .day = db_get_int(r, at, COL_BYTES_DAY),
	    .used = db_get_int(r, at, COL_BYTES_READ),
	    .saved = db_get_int(r, at, COL_BYTES_READ),
	};
}

bool
mailbox_claim_read(struct mailbox_row *row, const struct db_result *r, int at,
    const struct keyring *ring, struct err *err)
{
	bool ok = mailbox_row_read(row, r, at, ring, err);

	read_claimed(row, r, at);
	return ok;
}

static void
wipe_password(struct mailbox_row *row)
{
	if (row->password != NULL)
		explicit_bzero(row->password, strlen(row->password));
	free(row->password);
	row->password = NULL;
}

void
mailbox_row_set_password(struct mailbox_row *row, struct str password)
{
	wipe_password(row);
	row->password = str_dup(password);
}

void
mailbox_row_release(struct mailbox_row *row)
{
	wipe_password(row);
	free(row->host);
	free(row->username);
	free(row->ca_file);
	free(row->folder);
	free(row->mark_folder);
	free(row->authserv_id);
	free(row->feedback_domains);
	*row = (struct mailbox_row){.id = 0};
}

/* What the mechanism says first, as AUTHENTICATE writes it. */
static void
put_initial(struct buf *coded, const struct mailbox_row *row,
    enum sasl_mechanism mechanism)
{
	struct sasl *sasl =
	    sasl_new(&(struct sasl_params){.mechanism = mechanism,
		.username = row->username,
		.password = row->password,
		.host = row->host,
		.port = row->port});
	struct buf plain;
	struct err err;

	buf_init(&plain, SECRET_CODED_MAX);
	if (sasl_step(sasl, STR_NONE, &plain, &err))
		base64_encode(coded, buf_view(&plain));
	buf_wipe(&plain);
	sasl_free(sasl);
}

/* Texts of servers are cut: the beginning of a long secret tells of it. */
static bool
repeats(const struct err *err, struct str secret)
{
	return str_find(str_of(err->text), str_sub(secret, 0, SECRET_BEGIN)) !=
	       STR_NOWHERE;
}

/* As LOGIN and PASS say it, and as SASL does. */
void
mailbox_row_hide_secret(const struct mailbox_row *row, struct err *err)
{
	static const enum sasl_mechanism mechanisms[] = {SASL_PLAIN,
	    SASL_XOAUTH2, SASL_OAUTHBEARER};
	struct buf coded;
	bool told;
	size_t i;

	if (row->password == NULL || strlen(row->password) < SECRET_MIN)
		return;
	told = repeats(err, str_of(row->password));
	buf_init(&coded, (size_t)2 * SECRET_CODED_MAX);
	for (i = 0; i < ARRAY_LEN(mechanisms); i++) {
		buf_wipe(&coded);
		put_initial(&coded, row, mechanisms[i]);
		told = told || (coded.n > 0 && repeats(err, buf_view(&coded)));
	}
	buf_wipe(&coded);
	if (told)
		err_set(err, err->kind,
		    "the server's answer repeats the password");
}
