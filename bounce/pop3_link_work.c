/* What is asked of a server, and what it answers. */
#include "bounce/mail_date.h"
#include "bounce/pop3_link_private.h"

#include "lib/base/mem.h"

#include <assert.h>

#define A_JOB_ASKS 2 /* commands at most */

static void
new_jobs(struct pop3_link *l, size_t room)
{
	free(l->jobs);
	l->jobs = NEW_ARRAY(struct pop3_job, room > 0 ? room : 1);
	l->job_count = l->asked = l->answered = 0;
}

static void
add_job(struct pop3_link *l, uint32_t number, const struct uidl_entry *e)
{
	l->jobs[l->job_count++] = (struct pop3_job){.number = number,
	    .uid = e != NULL ? e->uid : 0,
	    .size = e != NULL ? e->size : 0};
}

/* RETR makes a message one that was read, for other programs too. */
static enum pop3_state
way_to_fetch(const struct pop3_link *l, const struct pop3_job *job)
{
	if (l->only_whole)
		return POP3_STATE_RETR;
	if (job->size > MAIL_PART_MAX)
		return POP3_STATE_LINES;
	return l->deletes ? POP3_STATE_RETR : POP3_STATE_PEEK;
}

static void
ask(struct pop3_link *l, const struct pop3_job *job)
{
	struct pop3_session *s = &l->session;

	switch (l->doing) {
	case POP3_HASHING:
		pop3_session_ask(s, POP3_STATE_TOP, job->number);
		break;
	case POP3_HEADERS:
		pop3_session_ask(s, POP3_STATE_LIST, job->number);
		pop3_session_ask(s,
		    l->only_whole ? POP3_STATE_RETR : POP3_STATE_TOP,
		    job->number);
		break;
	case POP3_BODIES:
		pop3_session_ask(s, way_to_fetch(l, job), job->number);
		break;
	case POP3_LEAVING:
		pop3_session_ask(s, POP3_STATE_DELE, job->number);
		break;
	case POP3_OPENING:
	case POP3_LISTING:
	case POP3_FREE:
	case POP3_LOOKING: BUG("nothing to ask for");
	}
}

static void
ask_more(struct pop3_link *l)
{
	while (l->asked < l->job_count &&
	       pop3_session_room(&l->session) >= A_JOB_ASKS)
		ask(l, &l->jobs[l->asked++]);
}

/* All messages stand in the ledger. */
static void
listed(struct pop3_link *l)
{
	struct mail_folder folder = {.uidvalidity = POP3_UIDVALIDITY,
	    .uidnext = l->ledger != NULL ? l->ledger->last_uid + 1 : 0,
	    .exists = l->session.messages};

	l->doing = POP3_FREE;
	l->events.on_ready(&folder, l->arg);
}

void
visit_list(struct pop3_link *l)
{
	if (l->ledger == NULL) {
		listed(l);
		return;
	}
	l->only_whole =
	    l->session.can.is_told && !(l->session.can.features & POP3_CAN_TOP);
	uidl_ledger_visit(l->ledger);
	l->doing = POP3_LISTING;
	pop3_session_ask(&l->session, POP3_STATE_UIDL, 0);
}

static void
begin_hashing(struct pop3_link *l)
{
	uint32_t i;

	uidl_ledger_visit(l->ledger);
	l->doing = POP3_HASHING;
	new_jobs(l, l->session.messages);
	for (i = 1; i <= l->session.messages; i++)
		add_job(l, i, NULL);
	if (l->job_count > 0)
		ask_more(l);
	else
		listed(l);
}

static void
cannot_tell_apart(struct pop3_link *l)
{
	struct err err;

	err_set(&err, FAIL_MISSING,
	    "pop3 %s: the server has neither UIDL nor TOP: %s",
	    mailbox_conn_describe(&l->conn), l->session.refusal.text);
	mailbox_conn_end(&l->conn, &err);
}

/* A server of before 1998 does not tell whether it has TOP. */
static void
begin_anew_whole(struct pop3_link *l)
{
	l->only_whole = true;
	l->asked = l->answered = 0;
	ask_more(l);
}

static void
done(struct pop3_link *l, const struct err *err)
{
	struct err answer = *err;

	l->doing = POP3_FREE;
	l->events.on_done(&answer, l->arg);
}

/* A refusal of DELE is that of a message that has gone. */
static void
finished(struct pop3_link *l)
{
	bool refused = l->session.refusal.kind != FAIL_NONE;

	switch (l->doing) {
	case POP3_LISTING:
		if (refused)
			begin_hashing(l);
		else
			listed(l);
		break;
	case POP3_HASHING:
		if (refused)
			cannot_tell_apart(l);
		else
			listed(l);
		break;
	case POP3_HEADERS:
		if (refused && !l->session.can.is_told && !l->only_whole)
			begin_anew_whole(l);
		else
			done(l, &l->session.refusal);
		break;
	case POP3_BODIES: done(l, &l->session.refusal); break;
	case POP3_LEAVING:
		pop3_session_ask(&l->session, POP3_STATE_QUIT, 0);
		break;
	case POP3_OPENING:
	case POP3_FREE:
	case POP3_LOOKING: break; /* the owner's turn */
	}
}

void
visit_go_on(struct pop3_link *l)
{
	bool working = l->doing == POP3_HASHING || l->doing == POP3_HEADERS ||
		       l->doing == POP3_BODIES || l->doing == POP3_LEAVING;

	if (working && l->asked < l->job_count)
		ask_more(l);
	else
		finished(l);
}

/* Answers come in the order of the questions. */
static struct pop3_job *
job_of(struct pop3_link *l, uint32_t number)
{
	while (l->answered < l->asked && l->jobs[l->answered].number != number)
		l->answered++;
	assert(l->answered < l->asked);
	return &l->jobs[l->answered];
}

void
visit_on_size(struct pop3_link *l)
{
	struct pop3_job *job = job_of(l, l->session.number);
	struct uidl_entry *e = uidl_ledger_find(l->ledger, job->uid);

	job->size = l->session.size;
	if (e != NULL)
		e->size = job->size;
}

static void
tell_header(struct pop3_link *l, struct mail_message m)
{
	size_t end = str_find(m.bytes, STR("\r\n\r\n"));

	m.is_body = false;
	if (end != STR_NOWHERE)
		m.bytes = str_sub(m.bytes, 0, end + 4);
	m.internal_us = mail_date_received(m.bytes);
	if (m.internal_us == 0 || m.internal_us >= l->since_us)
		l->events.on_header(&m, l->arg);
}

static void
tell_message(struct pop3_link *l, const struct pop3_job *job)
{
	struct mail_message m = {.uid = job->uid,
	    .size = job->size,
	    .is_body = l->session.is_body,
	    .bytes = buf_view(&l->session.content.bytes)};

	if (l->doing == POP3_HEADERS)
		tell_header(l, m);
	if (m.is_body && !l->conn.over)
		l->events.on_body(&m, l->arg);
}

/* The rest of it is not waited for.  What else was asked for is lost with
 * the connection. */
static void
cut(struct pop3_link *l, const struct pop3_job *job)
{
	struct err err = {FAIL_NONE, ""};
	bool was_last = job == &l->jobs[l->job_count - 1];

	if (l->doing == POP3_HASHING || !was_last) {
		err_set(&err, FAIL_LIMIT,
		    "pop3 %s: a message with more than %u bytes where fewer "
		    "were promised",
		    mailbox_conn_describe(&l->conn), MAIL_PART_MAX);
		mailbox_conn_end(&l->conn, &err);
		return;
	}
	mailbox_conn_cut(&l->conn);
	tell_message(l, job);
	if (!l->conn.over)
		done(l, &err);
}

void
visit_on_message(struct pop3_link *l)
{
	const struct pop3_job *job = job_of(l, l->session.number);

	if (l->session.is_cut)
		cut(l, job);
	else if (l->doing == POP3_HASHING)
		uidl_ledger_see(l->ledger, job->number,
		    buf_view(&l->session.content.bytes));
	else
		tell_message(l, job);
}

/* May the owner give a command?  Not after the end, where it is ignored, and
 * on a connection that was cut it only ends that. */
static bool
begin(struct pop3_link *l, enum pop3_doing doing)
{
	if (l->conn.over)
		return false;
	assert(l->doing == POP3_FREE);
	l->doing = doing;
	if (l->conn.conn != NULL)
		return true;
	l->conn.failure = (struct err){FAIL_NONE, ""};
	mailbox_conn_defer(&l->conn);
	return false;
}

void
pop3_link_look(struct pop3_link *l, uint32_t uid_from, int64_t since_us)
{
	if (!begin(l, POP3_LOOKING))
		return;
	l->since_us = since_us;
	uidl_ledger_unread(l->ledger, uid_from, &l->found);
	mailbox_conn_defer(&l->conn);
}

void
visit_found(struct pop3_link *l)
{
	const struct err nothing = {FAIL_NONE, ""};

	l->events.on_found(&l->found, l->arg);
	if (l->doing == POP3_LOOKING)
		done(l, &nothing);
}

static void
fetch(struct pop3_link *l, struct imap_set *uids)
{
	const struct uidl_entry *e;
	size_t i;
	uint32_t uid;

	new_jobs(l, (size_t)imap_set_size(uids));
	for (i = 0; i < uids->count; i++)
		for (uid = uids->at[i].first; uid <= uids->at[i].last; uid++) {
			e = uidl_ledger_find(l->ledger, uid);
			if (e != NULL && e->number != 0)
				add_job(l, e->number, e);
		}
	assert(l->job_count > 0);
	ask_more(l);
	mailbox_conn_settle(&l->conn);
}

void
pop3_link_headers(struct pop3_link *l, struct imap_set *uids)
{
	if (begin(l, POP3_HEADERS))
		fetch(l, uids);
}

void
pop3_link_bodies(struct pop3_link *l, struct imap_set *uids)
{
	if (begin(l, POP3_BODIES))
		fetch(l, uids);
}

void
pop3_link_leave(struct pop3_link *l)
{
	const struct uidl_ledger *ledger = l->ledger;
	size_t i;

	if (!begin(l, POP3_LEAVING))
		return;
	new_jobs(l, l->deletes ? ledger->count : 0);
	for (i = 0; l->deletes && i < ledger->count; i++)
		if (ledger->at[i].stored && ledger->at[i].is_report &&
		    ledger->at[i].number != 0)
			add_job(l, ledger->at[i].number, &ledger->at[i]);
	visit_go_on(l);
	mailbox_conn_settle(&l->conn);
}
