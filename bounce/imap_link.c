#include "bounce/imap_link_private.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/mem.h"

#include <assert.h>

#define SECOND     1000LL
#define IDLE_S     300
#define POLL_S     60
#define CHECK_S    900
#define TAG_RANDOM 5 /* bytes: a stranger does not guess 40 bits */

static void
destroy(void *link)
{
	struct imap_link *l = link;

	loop_timer_free(l->wait);
	imap_session_release(&l->session);
	mailbox_conn_release(&l->conn);
	free(l->folder);
	free(l->version);
	free(l->contact);
	free(l);
}

static void
on_over(const struct err *err, void *link)
{
	struct imap_link *l = link;

	loop_timer_stop(l->wait);
	l->events.on_closed(err, l->session.backoff_ms, l->arg);
}

/* Failures found inside a call of the owner. */
static void
on_turn(void *link)
{
	struct imap_link *l = link;

	if (l->state == LINK_OPENING) {
		mailbox_conn_end(&l->conn, &l->conn.failure);
	} else if (l->state == LINK_BUSY) {
		l->state = LINK_FREE;
		l->events.on_done(&l->conn.failure, l->arg);
	}
}

/* One limit a command. */
static struct mailbox_step
step(void *link)
{
	const struct imap_link *l = link;
	enum imap_state state = l->session.state;
	bool idling = state == IMAP_STATE_IDLING;

	return (struct mailbox_step){
	    .number = l->session.tag_count * IMAP_STATE__COUNT + state,
	    .doing = imap_state_doing(state),
	    .limit_ms = idling ? l->idle_ms : imap_state_timeout_ms(state),
	    .is_ours = idling,
	    .is_last = state == IMAP_STATE_LOGOUT};
}

/* Of one IDLE. */
static void
on_limit(void *link)
{
	struct imap_link *l = link;

	imap_session_idle_end(&l->session);
}

static void
tell_new(struct imap_link *l)
{
	if (l->state != LINK_WAITING)
		return;
	loop_timer_stop(l->wait);
	l->state = LINK_FREE;
	l->events.on_new(l->arg);
}

static void
on_wait(void *arg)
{
	struct imap_link *l = arg;

	mailbox_conn_enter(&l->conn);
	tell_new(l);
	mailbox_conn_settle(&l->conn);
	mailbox_conn_leave(&l->conn);
}

/* IDLE ended while the owner still waits: it was renewed, refused, or the
 * server had enough of it. */
static void
wait_on(struct imap_link *l)
{
	link_idle(l);
	if (!imap_session_can_idle(&l->session))
		loop_timer_start(l->wait, l->poll_ms);
}

static void
on_command_done(struct imap_link *l)
{
	struct err refusal = l->session.refusal;

	if (l->state == LINK_WAITING)
		wait_on(l);
	if (l->state != LINK_BUSY)
		return;
	l->state = LINK_FREE;
	l->events.on_done(&refusal, l->arg);
}

/* Does IDLE tell of mail, or do only our own looks find it? */
static void
judge_idle(struct imap_link *l)
{
	if (l->session.found.count == 0)
		return;
	if (l->told || l->session.news)
		l->silent_finds = 0;
	else
		l->silent_finds++;
	l->told = false;
}

static void
on_search_done(struct imap_link *l)
{
	judge_idle(l);
	l->events.on_found(&l->session.found, l->arg);
	on_command_done(l);
}

static void
on_opened(struct imap_link *l)
{
	l->state = LINK_FREE;
	l->told = true; /* what is found first was there before */
	l->events.on_ready(&l->session.mailbox, l->arg);
}

static void
on_message(struct imap_link *l)
{
	const struct mail_message *m = &l->session.message;

	/* A batch may take long, its messages may not. */
	mailbox_conn_restart(&l->conn);
	if (m->is_body)
		l->events.on_body(m, l->arg);
	else
		l->events.on_header(m, l->arg);
}

static void
dispatch(struct imap_link *l, enum imap_event event, const struct err *err)
{
	switch (event) {
	case IMAP_EVENT_STARTTLS: mailbox_conn_starttls(&l->conn); break;
	case IMAP_EVENT_READY: on_opened(l); break;
	case IMAP_EVENT_FOLDER:
		if (l->events.on_folder != NULL)
			l->events.on_folder(&l->session.folder, l->arg);
		break;
	case IMAP_EVENT_FOUND: on_search_done(l); break;
	case IMAP_EVENT_MESSAGE: on_message(l); break;
	case IMAP_EVENT_NEWS:
		l->told = true;
		tell_new(l);
		break;
	case IMAP_EVENT_DONE: on_command_done(l); break;
	case IMAP_EVENT_OVER: mailbox_conn_end(&l->conn, err); break;
	case IMAP_EVENT_NONE: break;
	}
}

static size_t
on_data(struct str data, void *link)
{
	struct imap_link *l = link;
	struct err err = {FAIL_NONE, ""};
	size_t used;

	dispatch(l, imap_session_feed(&l->session, data, &used, &err), &err);
	return used;
}

static bool
on_secured(void *link, struct err *err)
{
	struct imap_link *l = link;

	return imap_session_secured(&l->session, err);
}

static char *
copy(const char *text)
{
	return mem_strdup(text != NULL ? text : "");
}

static void
copy_params(struct imap_link *l, const struct imap_link_params *p)
{
	int64_t idle_s = p->idle_s > 0 ? p->idle_s : IDLE_S;
	int64_t poll_s = p->poll_s > 0 ? p->poll_s : POLL_S;
	int64_t check_s = p->check_s > 0 ? p->check_s : CHECK_S;

	l->folder = copy(p->folder);
	l->version = copy(p->version);
	l->contact = copy(p->contact);
	l->idle_ms = idle_s * SECOND;
	l->poll_ms = poll_s * SECOND;
	l->check_ms = check_s * SECOND;
}

static void
make_tag(char out[LINK_TAG_TEXT])
{
	unsigned char random[TAG_RANDOM];
	struct buf text;

	random_bytes(random, sizeof(random));
	buf_init(&text, LINK_TAG_TEXT - 1);
	base32_encode(&text,
	    (struct str){(const char *)random, sizeof(random)});
	snprintf(out, LINK_TAG_TEXT, "v%s.", buf_cstr(&text));
	buf_release(&text);
}

static void
start_session(struct imap_link *l, const struct imap_link_params *p)
{
	make_tag(l->tag);
	imap_session_init(&l->session,
	    &(struct imap_session_params){.access = l->conn.access,
		.folder = l->folder,
		.writes = p->writes,
		.version = l->version,
		.contact = l->contact,
		.tag = l->tag});
}

struct imap_link *
imap_link_new(struct loop *loop, const struct imap_link_params *params,
    const struct mail_events *events, void *arg)
{
	static const struct mailbox_speech speech = {.protocol = "imap",
	    .step = step,
	    .on_data = on_data,
	    .on_secured = on_secured,
	    .on_limit = on_limit,
	    .on_turn = on_turn,
	    .on_over = on_over,
	    .destroy = destroy};
	struct imap_link *l = NEW(struct imap_link);

	l->events = *events;
	l->arg = arg;
	l->wait = loop_timer_new(loop, on_wait, l);
	mailbox_conn_init(&l->conn, loop, &params->access, params->timeout_s);
	copy_params(l, params);
	start_session(l, params);
	mailbox_conn_start(&l->conn, &speech, l, &l->session.out,
	    &l->session.in_flight);
	return l;
}

void
imap_link_free(struct imap_link *l)
{
	if (l != NULL)
		mailbox_conn_free(&l->conn);
}

const struct mail_folder *
imap_link_mailbox(const struct imap_link *l)
{
	return &l->session.mailbox;
}

bool
imap_link_idles(const struct imap_link *l)
{
	return imap_session_can_idle(&l->session);
}

uint64_t
imap_link_bytes(const struct imap_link *l)
{
	return l->conn.bytes;
}

const char *
imap_link_tls(const struct imap_link *l)
{
	return mailbox_conn_tls(&l->conn);
}
