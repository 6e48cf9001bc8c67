/*
 * Goal: the conversation is the one written in tests/script/.imap files,
 * however the server's bytes arrive.
 *
 *   ? tls=starttls auth=plain folder=Junk    the parameters, first
 *   S: text     the server says text CRLF
 *   X: 6869     the server says these bytes
 *   C: text     we must have said just this, CRLF after it
 *   T:          TLS was asked for; it stands now
 *   > search 5  the owner's command
 *   = event     what we must have told the owner; '*' at its end: anything
 *
 * Each file is played whole, cut in two at every byte, and byte by byte.
 */
#include "bounce/imap_session.h"

#include "lib/base/clock.h"
#include "lib/base/encode.h"
#include "lib/base/file.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SCRIPT_MAX (1U << 20)
#define LOG_MAX    (1U << 16)
#define SHOWN_MAX  60
#define BY_BYTE    SIZE_MAX
#define SCRIPTS    30 /* at least; a wrong folder must not pass */

struct player {
	const char *path;
	int line;
	size_t cut, at; /* of the server's bytes */
	struct imap_session session;
	struct buf text; /* of the parameters */
	struct buf told; /* events, a line each */
	struct buf run;  /* bytes of the server not given yet */
	bool started, over;
};

static void
complain(struct player *p, const char *what, struct str got)
{
	fail_msg("%s:%d (cut at %zd): %s: \"%.*s\"", p->path, p->line,
	    (ssize_t)p->cut, what, STR_ARG(got));
}

static char *
keep(struct player *p, struct str value)
{
	char *at = buf_room(&p->text, value.n + 1);

	assert_non_null(at);
	memcpy(at, value.p, value.n);
	at[value.n] = '\0';
	buf_used(&p->text, value.n + 1);
	return at;
}

static void
set_param(struct player *p, struct imap_session_params *params, struct str name,
    struct str value)
{
	if (str_eq(name, STR("tls")))
		assert_true(conn_tls_parse(value, &params->tls));
	else if (str_eq(name, STR("writes")))
		params->writes = str_eq(value, STR("yes"));
	else if (str_eq(name, STR("auth")))
		assert_true(sasl_parse(value, &params->auth));
	else if (str_eq(name, STR("user")))
		params->username = keep(p, value);
	else if (str_eq(name, STR("password")))
		params->password = keep(p, value);
	else if (str_eq(name, STR("folder")))
		params->folder = keep(p, value);
	else if (str_eq(name, STR("version")))
		params->version = keep(p, value);
	else if (str_eq(name, STR("contact")))
		params->contact = keep(p, value);
	else
		complain(p, "unknown parameter", name);
}

/* `%xx` stands for a byte that a line cannot hold. */
static struct str
unescape(struct str s, char *out)
{
	struct buf b;
	size_t i, n = 0;

	buf_init(&b, 1);
	for (i = 0; i < s.n; i++) {
		out[n] = s.p[i];
		if (s.p[i] == '%' && i + 2 < s.n) {
			assert_true(hex_decode(&b, str_sub(s, i + 1, 2)));
			out[n] = b.p[0];
			buf_reset(&b);
			i += 2;
		}
		n++;
	}
	buf_release(&b);
	return (struct str){out, n};
}

static void
start(struct player *p, struct str words)
{
	struct imap_session_params params = {.tls = CONN_TLS_IMPLICIT,
	    .username = "bounces@example.test",
	    .password = "secret",
	    .host = "imap.example.test",
	    .port = 993,
	    .tag = "A"};
	char value[256];
	struct str word;
	size_t eq;

	while (str_cut(&words, ' ', &word)) {
		eq = str_chr(word, '=');
		assert_true(eq < word.n && word.n < sizeof(value));
		set_param(p, &params, str_sub(word, 0, eq),
		    unescape(str_from(word, eq + 1), value));
	}
	imap_session_init(&p->session, &params);
	p->started = true;
}

static void
tell_err(struct player *p, const char *word, const struct err *err)
{
	buf_puts(&p->told, word);
	if (err->kind != FAIL_NONE)
		buf_printf(&p->told, " %s: %s", fail_name(err->kind),
		    err->text);
}

static void
tell_message(struct player *p)
{
	const struct mail_message *m = &p->session.message;
	char date[TIME_TEXT_MAX];
	size_t i;

	buf_printf(&p->told, "%s %u size=%llu", m->is_body ? "body" : "header",
	    m->uid, (unsigned long long)m->size);
	if (m->internal_us != 0)
		buf_printf(&p->told, " at=%s",
		    time_rfc3339(m->internal_us, date));
	buf_puts(&p->told, " \"");
	for (i = 0; i < m->bytes.n && i < SHOWN_MAX; i++)
		if (m->bytes.p[i] == '\n')
			buf_puts(&p->told, "\\n");
		else if (m->bytes.p[i] != '\r')
			buf_char(&p->told, m->bytes.p[i]);
	buf_char(&p->told, '"');
}

static void
tell(struct player *p, enum imap_event event, const struct err *err)
{
	struct imap_session *s = &p->session;

	switch (event) {
	case IMAP_EVENT_READY:
		buf_printf(&p->told, "ready %u next=%u exists=%u",
		    s->mailbox.uidvalidity, s->mailbox.uidnext,
		    s->mailbox.exists);
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
	case IMAP_EVENT_DONE: tell_err(p, "done", &s->refusal); break;
	case IMAP_EVENT_OVER:
		tell_err(p, "over", err);
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

static void
feed(struct player *p, struct str bytes)
{
	struct err err = {FAIL_NONE, ""};
	size_t used;

	while (bytes.n > 0 && !p->over) {
		tell(p, imap_session_feed(&p->session, bytes, &used, &err),
		    &err);
		assert_true(used > 0 || p->over);
		bytes = str_from(bytes, used);
	}
}

static void
give_run(struct player *p)
{
	struct str run = buf_view(&p->run);
	size_t i;

	if (p->cut == BY_BYTE) {
		for (i = 0; i < run.n; i++)
			feed(p, str_sub(run, i, 1));
	} else if (p->cut > p->at && p->cut < p->at + run.n) {
		feed(p, str_sub(run, 0, p->cut - p->at));
		feed(p, str_from(run, p->cut - p->at));
	} else {
		feed(p, run);
	}
	p->at += run.n;
	buf_reset(&p->run);
}

/* Takes one line off what the session wants to send. */
static void
check_said(struct player *p, struct str want)
{
	struct buf *out = &p->session.out;
	size_t nl = str_find(buf_view(out), STR("\r\n"));

	if (nl == STR_NOWHERE)
		complain(p, "not said", want);
	if (!str_eq(str_sub(buf_view(out), 0, nl), want))
		complain(p, "we said", str_sub(buf_view(out), 0, nl));
	buf_drop(out, nl + 2);
}

static void
check_told(struct player *p, struct str want)
{
	size_t nl = str_chr(buf_view(&p->told), '\n');
	struct str got = str_sub(buf_view(&p->told), 0, nl);
	bool ok;

	if (nl == STR_NOWHERE)
		complain(p, "not told", want);
	if (str_ends(want, STR("*")))
		ok = str_starts(got, str_sub(want, 0, want.n - 1));
	else
		ok = str_eq(got, want);
	if (!ok)
		complain(p, "told", got);
	buf_drop(&p->told, nl + 1);
}

static bool
fetch(struct player *p, struct str words, struct err *err)
{
	struct imap_set set;
	struct str uids;
	bool ok;

	imap_set_init(&set);
	str_cut(&words, ' ', &uids);
	assert_true(imap_set_parse(&set, uids));
	ok = imap_session_fetch(&p->session, &set, str_eq(words, STR("bodies")),
	    err);
	imap_set_release(&set);
	return ok;
}

/* mark UIDS seen|keyword|move [FOLDER] */
static bool
mark(struct player *p, struct str words, struct err *err)
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
	ok = imap_session_mark(&p->session, &set, mark, words, err);
	imap_set_release(&set);
	return ok;
}

/* search UID [DAY], DAY counted from 1970. */
static bool
search(struct player *p, struct str words, struct err *err)
{
	struct str uid;
	uint64_t from = 0, day = 0;

	if (str_cut(&words, ' ', &uid))
		assert_true(str_to_u64(uid, &from));
	if (words.n > 0)
		assert_true(str_to_u64(words, &day));
	return imap_session_search(&p->session, (uint32_t)from,
	    (int64_t)day * 86400 * 1000000, err);
}

static void
command(struct player *p, struct str words)
{
	struct imap_session *s = &p->session;
	struct err err = {FAIL_NONE, ""};
	char name[256];
	struct str verb;
	bool ok = true;

	str_cut(&words, ' ', &verb);
	if (str_eq(verb, STR("search")))
		ok = search(p, words, &err);
	else if (str_eq(verb, STR("fetch")))
		ok = fetch(p, words, &err);
	else if (str_eq(verb, STR("mark")))
		ok = mark(p, words, &err);
	else if (str_eq(verb, STR("select")))
		ok = imap_session_select(s, unescape(words, name), &err);
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
		complain(p, "unknown command", verb);
	if (!ok) {
		tell_err(p, "no", &err);
		buf_char(&p->told, '\n');
	}
}

static void
handshake_done(struct player *p)
{
	struct err err;

	if (p->session.state != IMAP_STATE_HANDSHAKE)
		complain(p, "TLS was not asked for", STR_NONE);
	if (!imap_session_secured(&p->session, &err))
		complain(p, "secured", str_of(err.text));
}

static void
play_line(struct player *p, struct str line)
{
	struct str rest =
	    str_from(line, line.n > 2 && line.p[1] == ' ' ? 2 : 3);
	bool server =
	    str_starts(line, STR("S:")) || str_starts(line, STR("X:"));

	if (line.n == 0 || line.p[0] == '#')
		return;
	if (!p->started && line.p[0] != '?')
		start(p, STR_NONE);
	if (!server)
		give_run(p);
	switch (line.p[0]) {
	case '?': start(p, rest); break;
	case 'S':
		buf_str(&p->run, rest);
		buf_puts(&p->run, "\r\n");
		break;
	case 'X': assert_true(hex_decode(&p->run, rest)); break;
	case 'C': check_said(p, rest); break;
	case 'T': handshake_done(p); break;
	case '>': command(p, rest); break;
	case '=': check_told(p, rest); break;
	default: complain(p, "unknown line", line);
	}
}

/* How many bytes the server said. */
static size_t
play(const char *path, struct str script, size_t cut)
{
	struct player p = {.path = path, .cut = cut};
	struct str line;

	buf_init(&p.text, LOG_MAX);
	buf_init(&p.told, LOG_MAX);
	buf_init(&p.run, SCRIPT_MAX);
	assert_non_null(buf_room(&p.text, 1024)); /* it must not move */
	while (str_cut(&script, '\n', &line)) {
		p.line++;
		play_line(&p, line);
	}
	give_run(&p);
	if (p.session.out.n > 0)
		complain(&p, "also said", buf_view(&p.session.out));
	if (p.told.n > 0)
		complain(&p, "also told", buf_view(&p.told));
	imap_session_release(&p.session);
	buf_release(&p.text);
	buf_release(&p.told);
	buf_release(&p.run);
	return p.at;
}

static void
test_scripts(void **state)
{
	struct buf script;
	struct err err;
	size_t i, cut, bytes;
	glob_t g;

	(void)state;
	assert_int_equal(glob("tests/script/*.imap", 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= SCRIPTS);
	buf_init(&script, SCRIPT_MAX);
	for (i = 0; i < g.gl_pathc; i++) {
		buf_reset(&script);
		assert_true(file_read(g.gl_pathv[i], &script, &err));
		bytes = play(g.gl_pathv[i], buf_view(&script), 0);
		for (cut = 1; cut < bytes; cut++)
			play(g.gl_pathv[i], buf_view(&script), cut);
		play(g.gl_pathv[i], buf_view(&script), BY_BYTE);
	}
	buf_release(&script);
	globfree(&g);
}

/* The link tells how much of the command the kernel does not have yet. */
static void
test_answer_while_in_flight(void **state)
{
	struct imap_session_params params = {.tls = CONN_TLS_IMPLICIT,
	    .username = "u",
	    .password = "p",
	    .tag = "A"};
	struct imap_session s;
	struct err err;
	size_t used;

	(void)state;
	imap_session_init(&s, &params);
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
	struct imap_session_params params = {.tls = CONN_TLS_IMPLICIT,
	    .username = "u",
	    .password = "p",
	    .tag = "A"};
	struct imap_session s;
	struct err err;
	size_t used;

	(void)state;
	imap_session_init(&s, &params);
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
