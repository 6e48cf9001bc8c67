#include "tests/support/mailbox_script.h"

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

static void
complain(const struct mailbox_script *p, const char *what, struct str got)
{
	fail_msg("%s:%d (cut at %zd): %s: \"%.*s\"", p->path, p->line,
	    (ssize_t)p->cut, what, STR_ARG(got));
}

struct str
mailbox_script_keep(struct mailbox_script *p, struct str value)
{
	char *at = buf_room(&p->text, value.n + 1);
	size_t i, n = 0;
	struct buf b;

	assert_non_null(at);
	buf_init(&b, 1);
	for (i = 0; i < value.n; i++) {
		at[n] = value.p[i];
		if (value.p[i] == '%') {
			assert_true(hex_decode(&b, str_sub(value, i + 1, 2)));
			at[n] = b.p[0];
			buf_reset(&b);
			i += 2;
		}
		n++;
	}
	at[n] = '\0';
	buf_used(&p->text, n + 1);
	buf_release(&b);
	return (struct str){at, n};
}

void
mailbox_script_tell_err(struct mailbox_script *p, const char *word,
    const struct err *err)
{
	buf_puts(&p->told, word);
	if (err->kind != FAIL_NONE)
		buf_printf(&p->told, " %s: %s", fail_name(err->kind),
		    err->text);
}

void
mailbox_script_tell_text(struct mailbox_script *p, struct str bytes)
{
	size_t i;

	buf_char(&p->told, '"');
	for (i = 0; i < bytes.n && i < SHOWN_MAX; i++)
		if (bytes.p[i] == '\n')
			buf_puts(&p->told, "\\n");
		else if (bytes.p[i] != '\r')
			buf_char(&p->told, bytes.p[i]);
	buf_char(&p->told, '"');
}

static void
set(struct mailbox_script *p, struct str name, struct str value)
{
	if (str_eq(name, STR("tls")))
		assert_true(conn_tls_parse(value, &p->access.tls));
	else if (str_eq(name, STR("auth")))
		assert_true(sasl_parse(value, &p->access.auth));
	else if (str_eq(name, STR("user")))
		p->access.username = value.p;
	else if (str_eq(name, STR("password")))
		p->access.password = value.p;
	else if (p->side->set == NULL || !p->side->set(p, name, value))
		complain(p, "unknown parameter", name);
}

static void
start(struct mailbox_script *p, struct str words)
{
	struct str word;
	size_t eq;

	p->access = p->side->access;
	while (str_cut(&words, ' ', &word)) {
		eq = str_chr(word, '=');
		assert_true(eq < word.n);
		set(p, str_sub(word, 0, eq),
		    mailbox_script_keep(p, str_from(word, eq + 1)));
	}
	p->side->start(p);
	p->started = true;
}

static void
feed(struct mailbox_script *p, struct str bytes)
{
	size_t used;

	while (bytes.n > 0 && !p->over) {
		used = p->side->feed(p, bytes);
		assert_true(used > 0 || p->over);
		bytes = str_from(bytes, used);
	}
}

static void
give_run(struct mailbox_script *p)
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
check_said(struct mailbox_script *p, struct str want)
{
	struct buf *out = p->side->out;
	size_t nl = str_find(buf_view(out), STR("\r\n"));

	if (nl == STR_NOWHERE)
		complain(p, "not said", want);
	if (!str_eq(str_sub(buf_view(out), 0, nl), want))
		complain(p, "we said", str_sub(buf_view(out), 0, nl));
	buf_drop(out, nl + 2);
}

static void
check_told(struct mailbox_script *p, struct str want)
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

static void
command(struct mailbox_script *p, struct str words)
{
	struct str verb;

	str_cut(&words, ' ', &verb);
	if (!p->side->command(p, verb, words))
		complain(p, "unknown command", verb);
}

static void
handshake_done(struct mailbox_script *p)
{
	struct err err;

	if (!p->side->secured(&err))
		complain(p, "secured", str_of(err.text));
}

static void
play_line(struct mailbox_script *p, struct str line)
{
	struct str rest =
	    str_from(line, line.n > 2 && line.p[1] == ' ' ? 2 : 3);

	if (line.n == 0 || line.p[0] == '#')
		return;
	if (!p->started && line.p[0] != '?')
		start(p, STR_NONE);
	if (line.p[0] != 'S' && line.p[0] != 'X')
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
play(const struct mailbox_script_side *side, const char *path,
    struct str script, size_t cut)
{
	struct mailbox_script p = {.side = side, .path = path, .cut = cut};
	struct str line;

	buf_init(&p.text, LOG_MAX);
	buf_init(&p.told, LOG_MAX);
	buf_init(&p.run, SCRIPT_MAX);
	assert_non_null(buf_room(&p.text, LOG_MAX)); /* it must not move */
	while (str_cut(&script, '\n', &line)) {
		p.line++;
		play_line(&p, line);
	}
	give_run(&p);
	if (side->out->n > 0)
		complain(&p, "also said", buf_view(side->out));
	if (p.told.n > 0)
		complain(&p, "also told", buf_view(&p.told));
	side->release();
	buf_release(&p.text);
	buf_release(&p.told);
	buf_release(&p.run);
	return p.at;
}

void
mailbox_script_play_all(const struct mailbox_script_side *side,
    const char *pattern, size_t least)
{
	struct buf script;
	struct err err;
	size_t i, cut, bytes;
	const char *path;
	glob_t g;

	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	assert_true(g.gl_pathc >= least);
	buf_init(&script, SCRIPT_MAX);
	for (i = 0; i < g.gl_pathc; i++) {
		path = g.gl_pathv[i];
		buf_reset(&script);
		assert_true(file_read(path, &script, &err));
		bytes = play(side, path, buf_view(&script), 0);
		for (cut = 1; cut < bytes; cut++)
			play(side, path, buf_view(&script), cut);
		play(side, path, buf_view(&script), BY_BYTE);
	}
	buf_release(&script);
	globfree(&g);
}
