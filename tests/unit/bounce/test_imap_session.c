/*
 * Goal: the conversation is the one written in tests/script/.imap files,
 * however the server's bytes arrive (mailbox_script.h).  The owner's commands
 * are those of the session, `> search 5`.
 */
#include "bounce/imap_session.h"

#include "lib/base/clock.h"
#include "tests/support/mailbox_script.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SCRIPTS 30 /* at least; a wrong folder must not pass */

static struct imap_session session;
static struct imap_session_params params;

static bool
set(struct mailbox_script *p, struct str name, struct str value)
{
	(void)p;
	if (str_eq(name, STR("writes")))
		params.writes = str_eq(value, STR("yes"));
	else if (str_eq(name, STR("folder")))
		params.folder = value.p;
	else if (str_eq(name, STR("version")))
		params.version = value.p;
	else if (str_eq(name, STR("contact")))
		params.contact = value.p;
	else
		return false;
	return true;
}

static void
start(struct mailbox_script *p)
{
	params.access = p->access;
	params.tag = "A";
	imap_session_init(&session, &params);
}

static void
release(void)
{
	imap_session_release(&session);
	params = (struct imap_session_params){.writes = false};
}

static void
tell_message(struct mailbox_script *p)
{
	const struct mail_message *m = &session.message;
	char date[TIME_TEXT_MAX];

	buf_printf(&p->told, "%s %u size=%llu", m->is_body ? "body" : "header",
	    m->uid, (unsigned long long)m->size);
	if (m->internal_us != 0)
		buf_printf(&p->told, " at=%s",
		    time_rfc3339(m->internal_us, date));
	buf_char(&p->told, ' ');
	mailbox_script_tell_text(p, m->bytes);
}

static void
tell(struct mailbox_script *p, enum imap_event event, const struct err *err)
{
	struct imap_session *s = &session;

	switch (event) {
	case IMAP_EVENT_READY:
		buf_printf(&p->told, "ready %u next=%u exists=%u",
		    s->mailbox.uidvalidity, s->mailbox.uidnext,
		    s->mailbox.exists);
		if (s->mailbox.highestmodseq > 0)
			buf_printf(&p->told, " modseq=%llu",
			    (unsigned long long)s->mailbox.highestmodseq);
		break;
	case IMAP_EVENT_FOLDER:
		buf_printf(&p->told, "folder %.*s%s", STR_ARG(s->folder.name),
		    s->folder.use & IMAP_FOLDER_JUNK ? " (junk)" : "");
		break;
	case IMAP_EVENT_FOUND:
		buf_puts(&p->told, "found ");
		imap_set_write(&s->found, &p->told);
		break;
	case IMAP_EVENT_MESSAGE: tell_message(p); break;
	case IMAP_EVENT_NEWS:
		buf_printf(&p->told, "news exists=%u", s->mailbox.exists);
		break;
	case IMAP_EVENT_DONE:
		mailbox_script_tell_err(p, "done", &s->refusal);
		break;
	case IMAP_EVENT_OVER:
		mailbox_script_tell_err(p, "over", err);
		if (s->backoff_ms >= 0)
			buf_printf(&p->told, " [%lld ms]",
			    (long long)s->backoff_ms);
		p->over = true;
		break;
	case IMAP_EVENT_STARTTLS: /* told by T: */
	case IMAP_EVENT_NONE: return;
	}
	buf_char(&p->told, '\n');
}

static size_t
feed(struct mailbox_script *p, struct str bytes)
{
	struct err err = {FAIL_NONE, ""};
	size_t used;

	tell(p, imap_session_feed(&session, bytes, &used, &err), &err);
	return used;
}

static bool
fetch(struct str words, struct err *err)
{
	struct imap_set set;
	struct str uids;
	bool ok;

	imap_set_init(&set);
	str_cut(&words, ' ', &uids);
	assert_true(imap_set_parse(&set, uids));
	ok = imap_session_fetch(&session, &set, str_eq(words, STR("bodies")),
	    err);
	imap_set_release(&set);
	return ok;
}

/* mark UIDS seen|keyword|remove|move [FOLDER] */
static bool
mark(struct str words, struct err *err)
{
	enum imap_mark mark = IMAP_MARK_KEYWORD;
	struct imap_set set;
	struct str uids, how;
	bool ok;

	imap_set_init(&set);
	str_cut(&words, ' ', &uids);
	str_cut(&words, ' ', &how);
	assert_true(imap_set_parse(&set, uids));
	if (str_eq(how, STR("seen")))
		mark = IMAP_MARK_SEEN;
	else if (str_eq(how, STR("move")))
		mark = IMAP_MARK_MOVE;
	else if (str_eq(how, STR("remove")))
		mark = IMAP_MARK_REMOVE;
	ok = imap_session_mark(&session, &set, mark, words, err);
	imap_set_release(&set);
	return ok;
}

/* search UID [DAY], DAY counted from 1970. */
static bool
search(struct str words, struct err *err)
{
	struct str uid;
	uint64_t from = 0, day = 0;

	if (str_cut(&words, ' ', &uid))
		assert_true(str_to_u64(uid, &from));
	if (words.n > 0)
		assert_true(str_to_u64(words, &day));
	return imap_session_search(&session, (uint32_t)from,
	    (int64_t)day * 86400 * 1000000, err);
}

static bool
command(struct mailbox_script *p, struct str verb, struct str words)
{
	struct imap_session *s = &session;
	struct err err = {FAIL_NONE, ""};
	bool ok = true;

	if (str_eq(verb, STR("search")))
		ok = search(words, &err);
	else if (str_eq(verb, STR("fetch")))
		ok = fetch(words, &err);
	else if (str_eq(verb, STR("mark")))
		ok = mark(words, &err);
	else if (str_eq(verb, STR("select")))
		ok =
		    imap_session_select(s, mailbox_script_keep(p, words), &err);
	else if (str_eq(verb, STR("list")))
		ok = imap_session_list(s, &err);
	else if (str_eq(verb, STR("noop")))
		ok = imap_session_noop(s, &err);
	else if (str_eq(verb, STR("logout")))
		ok = imap_session_logout(s, &err);
	else if (str_eq(verb, STR("idle")))
		ok = imap_session_idle(s);
	else if (str_eq(verb, STR("done")))
		imap_session_idle_end(s);
	else
		return false;
	if (!ok) {
		mailbox_script_tell_err(p, "no", &err);
		buf_char(&p->told, '\n');
	}
	return true;
}

static bool
secured(struct err *err)
{
	return imap_session_secured(&session, err);
}

static void
test_scripts(void **state)
{
	static const struct mailbox_script_side side = {
	    .access = {.tls = CONN_TLS_IMPLICIT,
		.username = "bounces@example.test",
		.password = "secret",
		.host = "imap.example.test",
		.port = 993},
	    .out = &session.out,
	    .set = set,
	    .start = start,
	    .feed = feed,
	    .command = command,
	    .secured = secured,
	    .release = release};

	(void)state;
	mailbox_script_play_all(&side, "tests/script/*.imap", SCRIPTS);
}

/* A session that nobody believes yet. */
static void
begin(struct imap_session *s)
{
	imap_session_init(s,
	    &(struct imap_session_params){.access = {.tls = CONN_TLS_IMPLICIT,
					      .username = "u",
					      .password = "p"},
		.tag = "A"});
}

/* The link tells how much of the command the kernel does not have yet. */
static void
test_answer_while_in_flight(void **state)
{
	struct imap_session s;
	struct err err;
	size_t used;

	(void)state;
	begin(&s);
	assert_int_equal(imap_session_feed(&s, STR("* OK hi\r\n"), &used, &err),
	    IMAP_EVENT_NONE);
	buf_drop(&s.out, s.out.n);
	s.in_flight = 1;
	assert_int_equal(
	    imap_session_feed(&s, STR("A1 OK done\r\n"), &used, &err),
	    IMAP_EVENT_OVER);
	assert_int_equal(err.kind, FAIL_PROTOCOL);
	imap_session_release(&s);
}

/* Nothing is said, whatever comes, once the session is over. */
static void
test_silent_after_the_end(void **state)
{
	struct imap_session s;
	struct err err;
	size_t used;

	(void)state;
	begin(&s);
	assert_int_equal(imap_session_feed(&s, STR("* BYE\r\n"), &used, &err),
	    IMAP_EVENT_OVER);
	assert_int_equal(imap_session_feed(&s, STR("* OK hi\r\n"), &used, &err),
	    IMAP_EVENT_OVER);
	assert_int_equal(s.out.n, 0);
	imap_session_release(&s);
}

static void
test_states_have_words(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < IMAP_STATE__COUNT; i++) {
		assert_non_null(imap_state_name((enum imap_state)i));
		assert_non_null(imap_state_doing((enum imap_state)i));
	}
	assert_int_equal(imap_state_timeout_ms(IMAP_STATE_IDLING), 0);
	assert_int_equal(imap_state_timeout_ms(IMAP_STATE_DONE), 30000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_answer_while_in_flight),
	    cmocka_unit_test(test_silent_after_the_end),
	    cmocka_unit_test(test_states_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
