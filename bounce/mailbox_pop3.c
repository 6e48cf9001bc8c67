/* What a mailbox of POP3 needs beside: its ledger in the database, and when
 * to come back. */
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/process.h"

#define KNOWN_PAGE   10000 /* rows of the ledger a statement */
#define FORGET_PAGE  1000
#define SOON_MS      1000 /* all is not read yet */
#define JITTER_PARTS 4    /* up to a fourth later */

static struct str
key_of(const unsigned char *key)
{
	return (struct str){(const char *)key, UIDL_KEY_SIZE};
}

static void
on_known(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox *m = mailbox_errand_end(arg);
	struct arena a;
	int i, rows;

	(void)count;
	if (m == NULL)
		return;
	if (err != NULL) {
		loop_timer_start(m->timer, AGAIN_MS);
		return;
	}
	arena_init(&a, (size_t)KNOWN_PAGE * 64);
	rows = db_rows(&results[0]);
	for (i = 0; i < rows; i++)
		uidl_ledger_load(&m->ledger,
		    db_get_bytes(&results[0], i, 0, &a),
		    db_get_bool(&results[0], i, 1));
	arena_release(&a);
	m->is_known = rows < KNOWN_PAGE;
	mailbox_begin(m);
}

/* The keys are loaded in their order: the last one says where to go on. */
void
mailbox_know(struct mailbox *m)
{
	struct uidl_ledger *l = &m->ledger;
	struct db_batch *b = db_batch_new(m->shared->db);
	struct str after =
	    l->count > 0 ? key_of(l->at[l->count - 1].key) : STR("");

	l->last_uid = m->row.cursor.last_uid;
	db_batch_add(b, Q_UIDL_KNOWN,
	    DB_ARGS(db_int(m->row.id), db_bytes(after), db_int(KNOWN_PAGE)));
	db_batch_send(b, on_known, mailbox_errand(m));
}

/* Also when the database does not hear of it: what it keeps too long is
 * noticed by the next poller that has the mailbox. */
void
mailbox_forget(struct mailbox *m, const struct mail_folder *folder)
{
	unsigned char(*gone)[UIDL_KEY_SIZE];
	struct str *keys;
	size_t n, i;

	if (m->row.protocol != MAILBOX_POP3 || m->ledger.seen != folder->exists)
		return;
	gone = mem_zero(FORGET_PAGE, UIDL_KEY_SIZE);
	keys = NEW_ARRAY(struct str, FORGET_PAGE);
	do {
		n = uidl_ledger_forget(&m->ledger, gone, FORGET_PAGE);
		for (i = 0; i < n; i++)
			keys[i] = key_of(gone[i]);
		if (n > 0)
			mailbox_tell(m, Q_UIDL_FORGET,
			    DB_ARGS(db_int(m->row.id), db_bytes_array(keys, n),
				db_cstr(process_name()),
				db_int(m->row.version)));
	} while (n == FORGET_PAGE);
	free(gone);
	free(keys);
}

void
mailbox_record_keys(struct mailbox *m, struct db_batch *b)
{
	struct uidl_entry *e;
	size_t i, n = uidl_ledger_due(&m->ledger, m->last, &e);
	struct str *keys, *prints;

	if (m->row.protocol != MAILBOX_POP3)
		return;
	keys = NEW_ARRAY(struct str, n + 1);
	prints = NEW_ARRAY(struct str, n + 1);
	for (i = 0; i < n; i++) {
		keys[i] = key_of(e[i].key);
		prints[i] = batch_fingerprint(m->batch, e[i].uid);
	}
	db_batch_add(b, Q_UIDL_RECORD,
	    DB_ARGS(db_int(m->row.id), db_bytes_array(keys, n),
		db_bytes_array(prints, n), db_cstr(process_name()),
		db_int(m->row.version)));
	free(keys);
	free(prints);
}

void
mailbox_keys_recorded(struct mailbox *m, const struct db_result *r,
    uint32_t last)
{
	struct arena a;
	int i;

	if (m->row.protocol != MAILBOX_POP3)
		return;
	uidl_ledger_stored(&m->ledger, last);
	arena_init(&a, 1U << 20);
	for (i = 0; i < db_rows(r); i++)
		if (db_get_bool(r, i, 1))
			uidl_ledger_report(&m->ledger,
			    db_get_bytes(r, i, 0, &a));
	arena_release(&a);
}

bool
mailbox_was_too_large(const struct mailbox *m, const struct err *err)
{
	return m->row.protocol == MAILBOX_POP3 && err->kind == FAIL_LIMIT &&
	       (m->doing == HEADERS || m->doing == BODIES) &&
	       m->first != m->last;
}

void
mailbox_come_back(struct mailbox *m, int64_t asked_ms)
{
	int64_t pause_ms = SOON_MS;
	uint32_t luck;

	if (m->doing == WAITING) {
		pause_ms = m->shared->settings->poll_s * INT64_C(1000);
		random_bytes(&luck, sizeof(luck));
		pause_ms += luck % (pause_ms / JITTER_PARTS);
	}
	if (asked_ms > pause_ms)
		pause_ms = asked_ms;
	mailbox_drop_link(m);
	loop_timer_start(m->timer, pause_ms);
}
