#include "bounce/pop3_link_private.h"

#include "lib/base/mem.h"

#define SECOND 1000LL

static void
destroy(void *link)
{
	struct pop3_link *l = link;

	pop3_session_release(&l->session);
	mailbox_conn_release(&l->conn);
	imap_set_release(&l->found);
	free(l->jobs);
	free(l);
}

/* A server that wants us to stay away for a while wants it always. */
static void
on_over(const struct err *err, void *link)
{
	struct pop3_link *l = link;
	int64_t delay_s = l->session.can.login_delay_s;

	l->events.on_closed(err, delay_s > 0 ? delay_s * SECOND : -1, l->arg);
}

/* What needs no answer of the server, and what the owner is not to be told
 * from inside its own call. */
static void
on_turn(void *link)
{
	struct pop3_link *l = link;

	if (l->doing == POP3_LOOKING && l->conn.conn != NULL)
		visit_found(l);
	else
		mailbox_conn_end(&l->conn, &l->conn.failure);
}

static struct mailbox_step
step(void *link)
{
	const struct pop3_link *l = link;
	enum pop3_state state = l->session.state;

	return (struct mailbox_step){
	    .number = l->session.answers * POP3_STATE__COUNT + state,
	    .doing = pop3_state_doing(state),
	    .limit_ms = pop3_state_timeout_ms(state)};
}

static void
dispatch(struct pop3_link *l, enum pop3_event event, const struct err *err)
{
	struct pop3_session *s = &l->session;

	switch (event) {
	case POP3_EVENT_STLS: mailbox_conn_starttls(&l->conn); break;
	case POP3_EVENT_READY: visit_list(l); break;
	case POP3_EVENT_KEY:
		uidl_ledger_see(l->ledger, s->number, s->key);
		break;
	case POP3_EVENT_SIZE: visit_on_size(l); break;
	case POP3_EVENT_MESSAGE: visit_on_message(l); break;
	case POP3_EVENT_OVER: mailbox_conn_end(&l->conn, err); break;
	case POP3_EVENT_NONE: break;
	}
	if (!l->conn.over && s->state == POP3_STATE_READY)
		visit_go_on(l);
}

static size_t
on_data(struct str data, void *link)
{
	struct pop3_link *l = link;
	struct err err = {FAIL_NONE, ""};
	size_t used;

	dispatch(l, pop3_session_feed(&l->session, data, &used, &err), &err);
	return used;
}

static bool
on_secured(void *link, struct err *err)
{
	struct pop3_link *l = link;

	return pop3_session_secured(&l->session, err);
}

struct pop3_link *
pop3_link_new(struct loop *loop, const struct pop3_link_params *params,
    const struct mail_events *events, void *arg)
{
	static const struct mailbox_speech speech = {.protocol = "pop3",
	    .step = step,
	    .on_data = on_data,
	    .on_secured = on_secured,
	    .on_turn = on_turn,
	    .on_over = on_over,
	    .destroy = destroy};
	struct pop3_link *l = NEW(struct pop3_link);

	l->events = *events;
	l->arg = arg;
	l->ledger = params->ledger;
	l->deletes = params->deletes;
	imap_set_init(&l->found);
	mailbox_conn_init(&l->conn, loop, &params->access, params->timeout_s);
	pop3_session_init(&l->session, &l->conn.access);
	mailbox_conn_start(&l->conn, &speech, l, &l->session.out,
	    &l->session.in_flight);
	return l;
}

void
pop3_link_free(struct pop3_link *l)
{
	if (l != NULL)
		mailbox_conn_free(&l->conn);
}

uint64_t
pop3_link_bytes(const struct pop3_link *l)
{
	return l->conn.bytes;
}

const char *
pop3_link_tls(const struct pop3_link *l)
{
	return mailbox_conn_tls(&l->conn);
}
