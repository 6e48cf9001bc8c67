#include "tests/support/imap_owner.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define WAIT_MS 10000

static void
told(struct imap_owner *o, int *count)
{
	++*count;
	if (o->free_at_once) {
		imap_link_free(o->link);
		o->link = NULL;
	}
	if (o->until == count || o->closed > 0)
		loop_stop(o->loop);
}

static void
on_ready(const struct mail_folder *mailbox, void *arg)
{
	struct imap_owner *o = arg;

	o->mailbox = *mailbox;
	told(o, &o->ready);
}

static void
on_found(struct imap_set *found, void *arg)
{
	struct imap_owner *o = arg;

	imap_set_take(found, UINT64_MAX, &o->uids);
	told(o, &o->found);
}

static void
keep(struct imap_owner *o, const struct mail_message *m)
{
	o->last_uid = m->uid;
	o->last_size = m->size;
	assert_true(m->internal_us > 0);
	buf_reset(&o->bytes);
	buf_str(&o->bytes, m->bytes);
}

static void
on_header(const struct mail_message *m, void *arg)
{
	struct imap_owner *o = arg;

	assert_false(m->is_body);
	keep(o, m);
	told(o, &o->headers);
}

static void
on_body(const struct mail_message *m, void *arg)
{
	struct imap_owner *o = arg;

	assert_true(m->is_body);
	keep(o, m);
	told(o, &o->bodies);
}

static void
on_folder(const struct imap_folder *f, void *arg)
{
	struct imap_owner *o = arg;

	buf_printf(&o->names, "%.*s%s,", STR_ARG(f->name),
	    f->use & IMAP_FOLDER_JUNK ? " (junk)" : "");
	told(o, &o->folders);
}

static void
on_new(void *arg)
{
	struct imap_owner *o = arg;

	told(o, &o->news);
}

static void
on_done(const struct err *err, void *arg)
{
	struct imap_owner *o = arg;

	o->answer = *err;
	told(o, &o->done);
}

static void
on_closed(const struct err *err, int64_t backoff_ms, void *arg)
{
	struct imap_owner *o = arg;

	o->end = *err;
	o->backoff_ms = backoff_ms;
	told(o, &o->closed);
}

static const struct mail_events events = {
    .on_ready = on_ready,
    .on_found = on_found,
    .on_header = on_header,
    .on_body = on_body,
    .on_folder = on_folder,
    .on_new = on_new,
    .on_done = on_done,
    .on_closed = on_closed,
};

static void
on_alarm(void *arg)
{
	struct imap_owner *o = arg;

	o->rang = true;
	loop_stop(o->loop);
}

int
imap_owner_setup(void **state)
{
	static struct imap_owner o;

	o = (struct imap_owner){.loop = loop_new()};
	o.alarm = loop_timer_new(o.loop, on_alarm, &o);
	imap_set_init(&o.uids);
	buf_init(&o.bytes, 1U << 20);
	buf_init(&o.names, 4096);
	*state = &o;
	return 0;
}

int
imap_owner_teardown(void **state)
{
	struct imap_owner *o = *state;

	imap_link_free(o->link);
	loop_timer_free(o->alarm);
	loop_free(o->loop);
	imap_set_release(&o->uids);
	buf_release(&o->bytes);
	buf_release(&o->names);
	return 0;
}

bool
imap_owner_run(struct imap_owner *o, int *until, int64_t ms)
{
	int before = *until;

	o->until = until;
	o->rang = false;
	loop_timer_start(o->alarm, ms);
	loop_run(o->loop);
	loop_timer_stop(o->alarm);
	return *until > before;
}

void
imap_owner_expect(struct imap_owner *o, int *until, const char *what)
{
	if (!imap_owner_run(o, until, WAIT_MS))
		fail_msg("%s: not told; closed: %s", what, o->end.text);
}

void
imap_owner_open(struct imap_owner *o, const struct imap_link_params *params)
{
	o->link = imap_link_new(o->loop, params, &events, o);
}

void
imap_owner_open_ready(struct imap_owner *o,
    const struct imap_link_params *params)
{
	imap_owner_open(o, params);
	imap_owner_expect(o, &o->ready, "ready");
}

void
imap_owner_search(struct imap_owner *o, uint32_t from)
{
	imap_link_search(o->link, from, 0);
	imap_owner_expect(o, &o->done, "search");
	assert_int_equal(o->answer.kind, FAIL_NONE);
}
