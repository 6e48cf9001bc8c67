/*
 * pop3-cuts STEP [MESSAGES] - a visit to a POP3 mailbox, cut at every STEP-th
 * byte of either side, then one that is not: every message counts
 * once, and none is deleted that was not recorded.
 *
 * The server is a thread, which answers all that has come in one go; the
 * owner of the link keeps a ledger in which "recorded" is what the database
 * would have committed.
 */
#include "bounce/mime_walk.h"
#include "bounce/pop3_link.h"
#include "lib/base/mem.h"
#include "tests/support/cut_wire.h"

#define BATCH     40
#define LINE_SIZE 1024
#define WIRE_SIZE (1U << 20)
#define GUARD_MS  30000
#define USAGE     "pop3-cuts STEP [MESSAGES]"

struct box {
	int messages;
	bool *gone, *marked;
	int *events; /* what was recorded of each */
	struct cut_wire wire;
	int unread_deleted;
	struct buf in, out; /* what was heard, and is to be said */
};

struct visit {
	struct loop *loop;
	struct loop_timer *guard;
	struct pop3_link *link;
	struct uidl_ledger ledger;
	struct box *box;
	struct imap_set *found, wanted, next;
	uint32_t position, last;
	bool reading_bodies;
	int bodies[BATCH], body_count;
	struct err end;
};

/* The server. */

static bool
say(struct box *b, const char *text)
{
	size_t all = strlen(text), n = cut_wire_says(&b->wire, all);

	buf_add(&b->out, text, n);
	return n == all;
}

static bool
flush(struct peer_conn *pc, struct box *b)
{
	bool ok = b->out.n == 0 || peer_say(pc, b->out.p, b->out.n);

	buf_reset(&b->out);
	return ok;
}

/* The next line; before it is waited for, what is to be said leaves. */
static bool
hear(struct peer_conn *pc, struct box *b, char line[LINE_SIZE])
{
	size_t n = str_chr(buf_view(&b->in), '\n');
	size_t got;

	while (n == STR_NOWHERE) {
		if (!flush(pc, b))
			return false;
		got = peer_hear(pc, line, LINE_SIZE);
		if (got == 0)
			return false;
		buf_add(&b->in, line, got);
		n = str_chr(buf_view(&b->in), '\n');
	}
	snprintf(line, LINE_SIZE, "%.*s", (int)n + 1, b->in.p);
	buf_drop(&b->in, n + 1);
	return true;
}

static bool
say_message(struct box *b, int n, bool whole)
{
	char text[LINE_SIZE];

	snprintf(text, sizeof(text), "+OK\r\nSubject: %d\r\n\r\n%s.\r\n", n,
	    whole ? "Hello.\r\n..\r\n..dot\r\n" : "");
	return say(b, text);
}

static bool
say_list(struct box *b)
{
	char text[LINE_SIZE];
	int i, number = 0;

	if (!say(b, "+OK\r\n"))
		return false;
	for (i = 0; i < b->messages; i++) {
		if (b->gone[i])
			continue;
		snprintf(text, sizeof(text), "%d key-%d\r\n", ++number, i);
		if (!say(b, text))
			return false;
	}
	return say(b, ".\r\n");
}

/* The message with that number at this visit. */
static int
message_of(const struct box *b, int number)
{
	int i;

	for (i = 0; i < b->messages; i++)
		if (!b->gone[i] && --number == 0)
			return i;
	return -1;
}

static bool
say_count(struct box *b)
{
	char text[LINE_SIZE];
	int i, count = 0;

	for (i = 0; i < b->messages; i++)
		count += !b->gone[i];
	snprintf(text, sizeof(text), "+OK %d 1\r\n", count);
	return say(b, text);
}

/* What is marked goes now, whether the answer arrives or not. */
static bool
leave(struct box *b)
{
	int i;

	for (i = 0; i < b->messages; i++) {
		if (b->marked[i] && !b->gone[i] && b->events[i] == 0)
			b->unread_deleted++;
		b->gone[i] = b->gone[i] || b->marked[i];
	}
	(void)!say(b, "+OK\r\n");
	return false;
}

static bool
answer(struct box *b, const char *line)
{
	char text[LINE_SIZE];
	int number = 0, n;

	(void)!sscanf(line, "%*s %d", &number);
	n = message_of(b, number);
	if (strncmp(line, "CAPA", 4) == 0)
		return say(b, "+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n"
			      ".\r\n");
	if (strncmp(line, "STAT", 4) == 0)
		return say_count(b);
	if (strncmp(line, "UIDL", 4) == 0)
		return say_list(b);
	if (strncmp(line, "QUIT", 4) == 0)
		return leave(b);
	if (strncmp(line, "TOP", 3) == 0)
		return say_message(b, n, false);
	if (strncmp(line, "RETR", 4) == 0)
		return say_message(b, n, true);
	if (strncmp(line, "DELE", 4) == 0)
		b->marked[n] = true;
	snprintf(text, sizeof(text), "+OK %d 99\r\n", number);
	return say(b, text);
}

static void
serve(struct peer_conn *pc, void *arg)
{
	struct box *b = arg;
	char line[LINE_SIZE];
	bool goes_on;

	cut_wire_begin(&b->wire, pc);
	buf_reset(&b->in);
	memset(b->marked, 0, (size_t)b->messages * sizeof(bool));
	goes_on = say(b, "+OK ready\r\n");
	while (goes_on && hear(pc, b, line))
		goes_on =
		    cut_wire_hears(&b->wire, strlen(line)) && answer(b, line);
	(void)!flush(pc, b);
}

/* The owner. */

static void
go_on(struct visit *v)
{
	imap_set_reset(&v->wanted);
	if (imap_set_take(v->found, BATCH, &v->wanted)) {
		v->last = imap_set_max(&v->wanted);
		v->reading_bodies = false;
		v->body_count = 0;
		pop3_link_headers(v->link, &v->wanted);
	} else {
		pop3_link_leave(v->link);
	}
}

static void
record(struct visit *v)
{
	struct uidl_entry *e;
	size_t i, n = uidl_ledger_due(&v->ledger, v->last, &e);

	for (i = 0; i < n; i++)
		e[i].is_report = true;
	uidl_ledger_stored(&v->ledger, v->last);
	v->position = v->last;
	for (i = 0; i < (size_t)v->body_count; i++)
		v->box->events[v->bodies[i]]++;
}

static void
on_ready(const struct mail_folder *folder, void *arg)
{
	struct visit *v = arg;
	unsigned char gone[BATCH][UIDL_KEY_SIZE];

	if (v->ledger.seen == folder->exists)
		while (uidl_ledger_forget(&v->ledger, gone, BATCH) == BATCH)
			;
	pop3_link_look(v->link, v->position + 1, 0);
}

static void
on_found(struct imap_set *found, void *arg)
{
	((struct visit *)arg)->found = found;
}

static void
on_header(const struct mail_message *m, void *arg)
{
	(void)m;
	(void)arg;
}

static void
on_body(const struct mail_message *m, void *arg)
{
	struct visit *v = arg;
	int n = -1;

	if (sscanf(m->bytes.p, "Subject: %d", &n) != 1 ||
	    !str_ends(m->bytes, STR("Hello.\r\n.\r\n.dot\r\n")))
		die("a message that is not as it was");
	v->bodies[v->body_count++] = n;
}

static void
on_done(const struct err *err, void *arg)
{
	struct visit *v = arg;

	if (err->kind != FAIL_NONE)
		die("refused: %s", err->text);
	if (v->body_count == 0 && !v->reading_bodies &&
	    imap_set_size(&v->wanted) > 0) {
		v->reading_bodies = true;
		pop3_link_bodies(v->link, &v->wanted);
		return;
	}
	if (v->reading_bodies)
		record(v);
	go_on(v);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct visit *v = arg;

	(void)backoff_ms;
	v->end = *err;
	loop_stop(v->loop);
}

static void
on_guard(void *arg)
{
	(void)arg;
	die("a visit without end");
}

static bool
visit(struct visit *v, int port)
{
	static const struct mail_events events = {.on_ready = on_ready,
	    .on_found = on_found,
	    .on_header = on_header,
	    .on_body = on_body,
	    .on_done = on_done,
	    .on_closed = on_closed};

	imap_set_reset(&v->wanted);
	v->reading_bodies = false;
	v->body_count = 0;
	v->link = pop3_link_new(v->loop,
	    &(struct pop3_link_params){.access = {.host = "127.0.0.1",
					   .port = port,
					   .username = "u",
					   .password = "p"},
		.ledger = &v->ledger,
		.deletes = true},
	    &events, v);
	loop_timer_start(v->guard, GUARD_MS);
	loop_run(v->loop);
	loop_timer_stop(v->guard);
	pop3_link_free(v->link);
	return v->end.kind == FAIL_NONE;
}

/* A mailbox that nobody has read. */
static void
begin_anew(struct visit *v)
{
	struct box *b = v->box;

	memset(b->gone, 0, (size_t)b->messages * sizeof(bool));
	memset(b->events, 0, (size_t)b->messages * sizeof(int));
	uidl_ledger_release(&v->ledger);
	v->position = 0;
}

struct figures {
	struct visit *visit;
	int port;
	long cuts, events, missed, doubled, left;
};

static void
count(struct figures *f)
{
	const struct box *b = f->visit->box;
	int i;

	f->cuts++;
	for (i = 0; i < b->messages; i++) {
		f->events += b->events[i];
		f->missed += b->events[i] == 0;
		f->doubled += b->events[i] > 1;
		f->left += !b->gone[i];
	}
}

/* One visit cut there, then one that is whole. */
static void
cut_at(long said, long heard, void *arg)
{
	struct figures *f = arg;
	struct cut_wire *wire = &f->visit->box->wire;

	begin_anew(f->visit);
	wire->cut_said = said;
	wire->cut_heard = heard;
	(void)!visit(f->visit, f->port);
	cut_wire_mend(wire);
	if (!visit(f->visit, f->port))
		die("after a cut: %s", f->visit->end.text);
	count(f);
}

static void
sweep(struct figures *f, long step)
{
	struct box *b = f->visit->box;
	struct cut_wire whole;

	cut_wire_mend(&b->wire);
	begin_anew(f->visit);
	if (!visit(f->visit, f->port))
		die("uncut: %s", f->visit->end.text);
	whole = b->wire;
	cut_wire_sweep(&whole, step, cut_at, f);
	printf("%d messages, %ld bytes said, %ld heard: %ld cuts, "
	       "%.1f events each, missed %ld, doubled %ld, left %ld, "
	       "deleted unread %d\n",
	    b->messages, whole.said, whole.heard, f->cuts,
	    (double)f->events / (double)f->cuts, f->missed, f->doubled, f->left,
	    b->unread_deleted);
}

int
main(int argc, char **argv)
{
	long step =
	    cut_wire_number(argc > 1 ? argv[1] : NULL, 1, 1000000, USAGE);
	long messages =
	    cut_wire_number(argc > 2 ? argv[2] : NULL, 200, 1000000, USAGE);
	struct box b = {.messages = (int)messages};
	struct visit v = {.loop = loop_new(), .box = &b};
	struct peer *peer = peer_start(NULL, serve, &b);
	struct figures f = {.visit = &v, .port = peer_port(peer)};

	mime_walk_start();
	b.gone = NEW_ARRAY(bool, (size_t)b.messages);
	b.marked = NEW_ARRAY(bool, (size_t)b.messages);
	b.events = NEW_ARRAY(int, (size_t)b.messages);
	buf_init(&b.in, WIRE_SIZE);
	buf_init(&b.out, WIRE_SIZE);
	uidl_ledger_init(&v.ledger);
	imap_set_init(&v.wanted);
	v.guard = loop_timer_new(v.loop, on_guard, &v);
	sweep(&f, step);
	peer_stop(peer);
	peer_free(peer);
	uidl_ledger_release(&v.ledger);
	imap_set_release(&v.wanted);
	loop_timer_free(v.guard);
	loop_free(v.loop);
	free(b.gone);
	free(b.marked);
	free(b.events);
	buf_release(&b.in);
	buf_release(&b.out);
	return f.missed + f.doubled + f.left + b.unread_deleted > 0;
}
