#include "tests/support/cut_wire.h"

#include "lib/base/err.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

void
cut_wire_mend(struct cut_wire *w)
{
	w->cut_said = w->cut_heard = -1;
}

void
cut_wire_begin(struct cut_wire *w, struct peer_conn *pc)
{
	int on = 1;

	setsockopt(pc->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	w->said = w->heard = 0;
}

size_t
cut_wire_says(struct cut_wire *w, size_t n)
{
	if (w->cut_said >= 0 && w->said + (long)n > w->cut_said)
		n = (size_t)(w->cut_said - w->said);
	w->said += (long)n;
	return n;
}

bool
cut_wire_hears(struct cut_wire *w, size_t n)
{
	w->heard += (long)n;
	return w->cut_heard < 0 || w->heard <= w->cut_heard;
}

void
cut_wire_sweep(const struct cut_wire *whole, long step, cut_wire_fn *fn,
    void *arg)
{
	long at, said = whole->said, heard = whole->heard;

	for (at = 0; at < said; at += step)
		fn(at, -1, arg);
	for (at = 0; at < heard; at += step)
		fn(-1, at, arg);
}

long
cut_wire_number(const char *text, long otherwise, long most, const char *usage)
{
	int64_t n;

	if (text == NULL)
		return otherwise;
	if (!str_to_i64(str_of(text), &n) || n < 1 || n > most)
		die("usage: %s", usage);
	return n;
}
