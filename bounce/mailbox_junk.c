#include "bounce/imap_session.h"
#include "bounce/mailbox_private.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

enum { UNLIKE = 0, NAMED, MARKED };

/* By name only at the top, and below INBOX where all folders are. */
int
mailbox_junk_likeness(const struct imap_folder *folder)
{
	static const char *const names[] = {"bulk", "bulk mail", "junk",
	    "junk e-mail", "junk email", "junk mail", "spam"};
	struct str name = folder->name;
	size_t i;

	if (folder->use & IMAP_FOLDER_NOSELECT)
		return UNLIKE;
	if (folder->use & IMAP_FOLDER_JUNK)
		return MARKED;
	if (str_starts_nocase(name, STR("INBOX")) && name.n > 6 &&
	    (name.p[5] == '/' || name.p[5] == '.'))
		name = str_from(name, 6);
	for (i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq_nocase(name, str_of(names[i])))
			return NAMED;
	return UNLIKE;
}

void
mailbox_on_folder(const struct imap_folder *folder, void *arg)
{
	struct mailbox *m = arg;
	struct mailbox_junk *j = &m->junk;
	int likeness = mailbox_junk_likeness(folder);

	if (likeness <= j->likeness ||
	    str_eq_nocase(folder->name, str_of(m->row.folder)))
		return;
	j->likeness = likeness;
	free(j->listed);
	j->listed = str_dup(folder->name);
}

static void
open_folder(struct mailbox *m, const char *name, struct cursor *cursor)
{
	m->doing = OPENING;
	m->found = NULL;
	m->folder = name;
	m->cursor = cursor;
	mailbox_link_select(m->link, name);
}

static void
open_main(struct mailbox *m)
{
	open_folder(m, m->row.folder, &m->row.cursor);
}

static bool
is_open(const struct mailbox *m)
{
	return m->cursor == &m->junk.cursor;
}

/* The next look, after so long. */
static void
put_off(struct mailbox *m, int64_t ms)
{
	m->junk.due_ms = clock_mono_ms() + ms;
}

static void
forget_listed(struct mailbox_junk *j)
{
	free(j->listed);
	j->listed = NULL;
	j->likeness = UNLIKE;
}

static void
take_cursor(struct mailbox *m, const struct db_result *r)
{
	struct mailbox_junk *j = &m->junk;
	struct cursor *c = &j->cursor;

	free(j->name);
	j->name = j->listed;
	j->listed = NULL;
	*c = (struct cursor){.since_us = m->row.cursor.since_us};
	c->stored = db_rows(r) > 0;
	if (!c->stored)
		return;
	c->uidvalidity = (uint32_t)db_get_int(r, 0, 0);
	c->last_uid = (uint32_t)db_get_int(r, 0, 1);
	c->moved_us = db_get_time(r, 0, 2);
	c->modseq = (uint64_t)db_get_int(r, 0, 3);
}

static void
on_cursor(const struct db_result *results, int count, const struct err *err,
    void *arg)
{
	struct mailbox *m = mailbox_errand_end(arg);

	(void)count;
	if (m == NULL || m->doing != FINDING)
		return;
	if (err != NULL) {
		loop_timer_start(m->timer, AGAIN_MS);
		return;
	}
	take_cursor(m, &results[0]);
	mailbox_junk_visit(m);
}

void
mailbox_junk_ask(struct mailbox *m)
{
	struct db_batch *b = db_batch_new(m->shared->db);

	db_batch_add(b, Q_CURSOR_READ,
	    DB_ARGS(db_int(m->row.id), db_cstr(m->junk.listed)));
	db_batch_send(b, on_cursor, mailbox_errand(m));
}

/* Of the folder of the connection before, more is known than is stored. */
void
mailbox_junk_listed(struct mailbox *m)
{
	struct mailbox_junk *j = &m->junk;

	if (j->listed == NULL) {
		put_off(m, MAILBOX_JUNK_AGAIN_MS);
		mailbox_wait(m);
		return;
	}
	j->known = true;
	if (j->name == NULL || strcmp(j->name, j->listed) != 0)
		mailbox_junk_ask(m);
	else
		mailbox_junk_visit(m);
}

void
mailbox_junk_visit(struct mailbox *m)
{
	forget_listed(&m->junk);
	if (m->junk.known) {
		open_folder(m, m->junk.name, &m->junk.cursor);
		return;
	}
	m->doing = FINDING;
	mailbox_link_folders(m->link);
}

int64_t
mailbox_junk_due(const struct mailbox *m)
{
	return m->row.junk ? m->junk.due_ms : INT64_MAX;
}

void
mailbox_next_folder(struct mailbox *m)
{
	if (is_open(m)) {
		put_off(m, m->shared->settings->poll_s * 1000);
		open_main(m);
	} else if (mailbox_junk_due(m) <= clock_mono_ms()) {
		mailbox_junk_visit(m);
	} else {
		mailbox_wait(m);
	}
}

bool
mailbox_junk_declined(struct mailbox *m)
{
	bool finding = m->doing == FINDING;
	bool reading =
	    is_open(m) && (m->doing == OPENING || m->doing == LOOKING);

	if (!finding && !reading)
		return false;
	log_warn("junk_declined", "mailbox=%lld", (long long)m->row.id);
	m->junk.known = false;
	put_off(m, MAILBOX_JUNK_AGAIN_MS);
	if (finding)
		mailbox_wait(m);
	else
		open_main(m);
	return true;
}

void
mailbox_junk_close(struct mailbox *m)
{
	forget_listed(&m->junk);
	m->junk.known = false;
	m->junk.due_ms = 0;
	m->folder = m->row.folder;
	m->cursor = &m->row.cursor;
}

void
mailbox_junk_release(struct mailbox_junk *j)
{
	forget_listed(j);
	free(j->name);
}
