/*
 * imap-cuts STEP [MESSAGES [move]] - a poll of an IMAP folder, cut at every
 * STEP-th byte of either side, then one that is not: every message is
 * recorded once.  `move`: reports go to another folder once they are recorded
 * each goes, and none before; some may be read twice for that.
 *
 * The owner of the link keeps a cursor; "recorded" is what the database would
 * have committed.
 */
#include "bounce/cursor.h"
#include "bounce/imap_link.h"
#include "lib/base/mem.h"
#include "tests/support/imap_box.h"

#define BATCH    10
#define GUARD_MS 30000
#define USAGE    "imap-cuts STEP [MESSAGES [move]]"

enum doing { LOOKING = 0, HEADERS, BODIES, MARKING, WAITING };

struct poll {
	struct loop *loop;
	struct loop_timer *guard;
	struct imap_link *link;
	struct cursor cursor;
	struct imap_box *box;
	bool moves;
	enum doing doing;
	struct imap_set *found, wanted;
	uint32_t first, last;
	int bodies[BATCH], body_count;
	struct err end;
};

static void
look(struct poll *p)
{
	struct cursor_look from = cursor_look(&p->cursor);

	p->doing = LOOKING;
	imap_link_search(p->link, from.uid_from, from.since_us);
}

static bool
has_all(const struct imap_box *b)
{
	int i;

	for (i = 0; i < b->messages; i++)
		if (b->recorded[i] == 0)
			return false;
	return true;
}

static void
rest(struct poll *p)
{
	uint32_t end = cursor_end(&p->cursor);

	if (end > 0)
		cursor_moved(&p->cursor, end, 1);
	p->doing = WAITING;
	if (has_all(p->box))
		imap_link_logout(p->link);
	else
		imap_link_wait(p->link);
}

static void
next_batch(struct poll *p)
{
	imap_set_reset(&p->wanted);
	p->body_count = 0;
	if (!imap_set_take(p->found, cursor_batch_max(&p->cursor, BATCH),
		&p->wanted)) {
		rest(p);
		return;
	}
	p->first = p->wanted.at[0].first;
	p->last = imap_set_max(&p->wanted);
	p->doing = HEADERS;
	imap_link_headers(p->link, &p->wanted);
}

/* Before the batch while it is to be moved, as in mailbox_mark.c. */
static void
record(struct poll *p)
{
	int i;

	for (i = 0; i < p->body_count; i++)
		p->box->recorded[p->bodies[i]]++;
	if (!p->moves || p->body_count == 0) {
		cursor_moved(&p->cursor, p->last, 1);
		next_batch(p);
		return;
	}
	cursor_moved(&p->cursor, p->first - 1, 1);
	p->doing = MARKING;
	imap_link_mark(p->link, &p->wanted, IMAP_MARK_MOVE, "Done");
}

static void
on_ready(const struct mail_folder *folder, void *arg)
{
	struct poll *p = arg;

	if (cursor_open(&p->cursor, folder))
		die("the folder is another one");
	look(p);
}

static void
on_new(void *arg)
{
	look(arg);
}

static void
on_found(struct imap_set *found, void *arg)
{
	((struct poll *)arg)->found = found;
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
	struct poll *p = arg;
	int n = -1;

	if (sscanf(m->bytes.p, "Subject: %d", &n) != 1 ||
	    (uint32_t)n + 1 != m->uid ||
	    !str_ends(m->bytes, STR("\r\n\r\nHello)\r\n* 1 EXISTS\r\n")))
		die("a message that is not as it was");
	p->bodies[p->body_count++] = n;
}

static void
on_done(const struct err *err, void *arg)
{
	struct poll *p = arg;

	if (err->kind != FAIL_NONE)
		die("refused: %s", err->text);
	switch (p->doing) {
	case LOOKING: next_batch(p); break;
	case HEADERS:
		p->doing = BODIES;
		imap_link_bodies(p->link, &p->wanted);
		break;
	case BODIES: record(p); break;
	case MARKING:
		cursor_moved(&p->cursor, p->last, 1);
		next_batch(p);
		break;
	case WAITING: BUG("an answer to nothing");
	}
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct poll *p = arg;

	(void)backoff_ms;
	if (p->doing == HEADERS || p->doing == BODIES)
		cursor_troubled(&p->cursor, p->first, p->last);
	p->end = *err;
	loop_stop(p->loop);
}

static void
on_guard(void *arg)
{
	(void)arg;
	die("a poll without end");
}

static bool
poll_once(struct poll *p, int port)
{
	static const struct mail_events events = {.on_ready = on_ready,
	    .on_found = on_found,
	    .on_header = on_header,
	    .on_body = on_body,
	    .on_new = on_new,
	    .on_done = on_done,
	    .on_closed = on_closed};

	p->doing = LOOKING;
	p->link = imap_link_new(p->loop,
	    &(struct imap_link_params){.access = {.host = "127.0.0.1",
					   .port = port,
					   .username = "u",
					   .password = "p"},
		.writes = p->moves},
	    &events, p);
	loop_timer_start(p->guard, GUARD_MS);
	loop_run(p->loop);
	loop_timer_stop(p->guard);
	imap_link_free(p->link);
	return p->end.kind == FAIL_NONE;
}

struct figures {
	struct poll *poll;
	int port;
	long cuts, missed, again, left, early;
};

static void
add_up(struct figures *f)
{
	const struct imap_box *b = f->poll->box;
	int i;

	f->cuts++;
	f->early += b->moved_unrecorded;
	for (i = 0; i < b->messages; i++) {
		f->missed += b->recorded[i] == 0;
		f->again += b->recorded[i] > 1;
		f->left += f->poll->moves && !b->gone[i];
	}
}

/* A folder that nobody has read. */
static void
begin_anew(struct poll *p)
{
	imap_box_reset(p->box, p->box->messages);
	p->cursor = (struct cursor){.since_us = 0};
}

/* One poll cut there, then one that is whole. */
static void
cut_at(long said, long heard, void *arg)
{
	struct figures *f = arg;
	struct poll *p = f->poll;

	begin_anew(p);
	p->box->wire.cut_said = said;
	p->box->wire.cut_heard = heard;
	(void)!poll_once(p, f->port);
	cut_wire_mend(&p->box->wire);
	if (!poll_once(p, f->port))
		die("after a cut: %s", p->end.text);
	add_up(f);
}

static void
sweep(struct figures *f, long step)
{
	struct poll *p = f->poll;
	struct cut_wire whole;

	begin_anew(p);
	if (!poll_once(p, f->port))
		die("uncut: %s", p->end.text);
	whole = p->box->wire;
	cut_wire_sweep(&whole, step, cut_at, f);
	printf("%d messages, %ld bytes said, %ld heard, ", p->box->messages,
	    whole.said, whole.heard);
}

int
main(int argc, char **argv)
{
	static struct imap_box b;
	long step =
	    cut_wire_number(argc > 1 ? argv[1] : NULL, 1, 1000000, USAGE);
	struct poll p = {.loop = loop_new(),
	    .box = &b,
	    .moves = argc > 3 && strcmp(argv[3], "move") == 0};
	struct peer *peer = peer_start(NULL, imap_box_serve, &b);
	struct figures f = {.poll = &p, .port = peer_port(peer)};

	b.messages = (int)cut_wire_number(argc > 2 ? argv[2] : NULL, 40,
	    IMAP_BOX_MAX, USAGE);
	imap_set_init(&p.wanted);
	p.guard = loop_timer_new(p.loop, on_guard, &p);
	sweep(&f, step);
	peer_stop(peer);
	printf("%ld cuts, missed %ld, recorded again %ld, left %ld, "
	       "moved too early %ld\n",
	    f.cuts, f.missed, f.again, f.left, f.early);
	peer_free(peer);
	imap_set_release(&p.wanted);
	loop_timer_free(p.guard);
	loop_free(p.loop);
	return f.missed + f.left + f.early > 0 || (f.again > 0 && !p.moves);
}
