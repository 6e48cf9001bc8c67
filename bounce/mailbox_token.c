#include "bounce/mailbox_private.h"

#include "lib/base/process.h"

struct oauth_token *
mailbox_token_new(const struct mailbox_shared *shared, int64_t mailbox,
    oauth_token_fn *fn, void *arg)
{
	return oauth_token_new(
	    &(struct oauth_token_params){
		.loop = shared->loop,
		.link = shared->db,
		.ring = shared->ring,
		.owner = "mailbox",
		.id = mailbox,
		.holder = process_name(),
		.left = shared->left_tokens,
	    },
	    fn, arg);
}

static void
on_token(const struct oauth_token_news *news, void *arg)
{
	struct mailbox *m = arg;
	struct err err;

	if (m->doing != CLOSED)
		return;
	switch (news->state) {
	case OAUTH_TOKEN_GOOD:
		m->token.serial = news->serial;
		mailbox_row_set_password(&m->row, news->text);
		mailbox_connect(m);
		break;
	case OAUTH_TOKEN_LATER:
		mailbox_trouble(m, news->error);
		loop_timer_start(m->timer, news->retry_ms);
		break;
	case OAUTH_TOKEN_NEVER:
		err_set(&err, FAIL_AUTH, "%s", news->error);
		mailbox_give_up(m, &err);
		break;
	}
}

void
mailbox_token_ask(struct mailbox *m)
{
	struct mailbox_token *t = &m->token;

	if (t->token == NULL)
		t->token = mailbox_token_new(m->shared, m->row.id, on_token, m);
	oauth_token_ask(t->token, t->refused);
}

void
mailbox_token_accepted(struct mailbox *m)
{
	m->token.refused = 0;
}

bool
mailbox_token_refused(struct mailbox *m, const struct err *why)
{
	struct mailbox_token *t = &m->token;

	if (!m->row.oauth || why->kind != FAIL_AUTH || t->refused != 0)
		return false;
	t->refused = t->serial;
	return true;
}

void
mailbox_token_release(struct mailbox_token *t)
{
	oauth_token_leave(t->token);
}
