#include "lib/base/base.h"

#include "tests/sink/sink_record.h"

#include "lib/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LINES_MAX (64U << 20)

static const char *const event_names[SINK_EVENT__COUNT] = {
    [SINK_EVENT_TRY] = "try",
    [SINK_EVENT_LOST] = "lost",
    [SINK_EVENT_LOGIN] = "login",
    [SINK_EVENT_OPEN] = "open",
    [SINK_EVENT_CLOSE] = "close",
    [SINK_EVENT_FAULT] = "fault",
};

void
sink_record_init(struct sink_record *r, const char *path)
{
	*r = (struct sink_record){.fd = -1};
	buf_init(&r->lines, LINES_MAX);
	sink_record_tell_time(r);
	if (path == NULL)
		return;
	r->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (r->fd < 0)
		die("sink: open %s: %s", path, strerrordesc_np(errno));
}

void
sink_record_release(struct sink_record *r)
{
	sink_record_flush(r);
	if (r->fd >= 0)
		close(r->fd);
	buf_release(&r->lines);
}

void
sink_record_tell_time(struct sink_record *r)
{
	r->now_us = clock_wall_us();
	r->now_ms = clock_mono_ms();
}

/* Fields come from a peer: what would end one becomes a blank. */
void
sink_record_text(struct sink_record *r, struct str field)
{
	char *p = buf_room(&r->lines, field.n + 1);
	size_t i;

	if (p == NULL)
		die("sink: more to log in one turn than there is room for");
	for (i = 0; i < field.n; i++)
		p[i] = (unsigned char)field.p[i] < ' ' ? ' ' : field.p[i];
	p[i] = '\t';
	buf_used(&r->lines, i + 1);
}

void
sink_record_number(struct sink_record *r, int64_t n)
{
	char digits[24], *p = digits + sizeof(digits);
	uint64_t left = n > 0 ? (uint64_t)n : 0;

	*--p = '\t';
	do
		*--p = (char)('0' + left % 10);
	while ((left /= 10) > 0);
	buf_add(&r->lines, p, (size_t)(digits + sizeof(digits) - p));
}

void
sink_record_end(struct sink_record *r)
{
	if (r->lines.n > 0)
		r->lines.p[r->lines.n - 1] = '\n';
}

void
sink_record_add(struct sink_record *r, const struct sink_envelope *e)
{
	if (r->fd < 0)
		return;
	sink_record_number(r, r->now_us);
	sink_record_text(r, e->from);
	sink_record_text(r, e->to);
	sink_record_text(r, e->message_id);
	sink_record_number(r, (int64_t)e->bytes);
	sink_record_number(r, e->connection);
	sink_record_number(r, e->mail_us);
	sink_record_number(r, e->number);
	sink_record_text(r, e->user);
	sink_record_end(r);
}

bool
sink_record_parse_events(const char *text, unsigned *events, struct err *err)
{
	struct str rest = str_of(text), name;
	int e;

	while (str_cut(&rest, ',', &name)) {
		unsigned found = 0;

		if (str_eq(name, STR("all")))
			found = (1U << SINK_EVENT__COUNT) - 1;
		for (e = 0; e < SINK_EVENT__COUNT; e++)
			if (str_eq(name, str_of(event_names[e])))
				found = 1U << e;
		if (found == 0)
			return err_set(err, FAIL_INPUT, "no event \"%.*s\"",
			    STR_ARG(name));
		*events |= found;
	}
	return true;
}

bool
sink_record_wants(const struct sink_record *r, enum sink_event e)
{
	return r->fd >= 0 && (r->events & 1U << e) != 0;
}

void
sink_record_begin(struct sink_record *r, enum sink_event e, long connection)
{
	sink_record_text(r, str_of(event_names[e]));
	sink_record_number(r, r->now_us);
	sink_record_number(r, connection);
}

void
sink_record_flush(struct sink_record *r)
{
	size_t done = 0;
	ssize_t n;

	while (r->fd >= 0 && done < r->lines.n) {
		n = write(r->fd, r->lines.p + done, r->lines.n - done);
		if (n < 0 && errno != EINTR)
			die("sink: log: %s", strerrordesc_np(errno));
		done += n > 0 ? (size_t)n : 0;
	}
	if (done > 0 && r->sync && fdatasync(r->fd) != 0)
		die("sink: log: %s", strerrordesc_np(errno));
	buf_reset(&r->lines);
}

void
sink_record_dump(const char *folder, long n, struct str message)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%ld.eml", folder, n);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(message.p, 1, message.n, f) != message.n ||
	    fclose(f) != 0)
		die("sink: write %s: %s", path, strerrordesc_np(errno));
}
