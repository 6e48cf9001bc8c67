#include "lib/net/wire.h"

#include "lib/net/tls.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

bool
wire_fail(struct err *err, int error)
{
	const char *words;

	switch (error) {
	case ECONNREFUSED: return err_set(err, FAIL_IO, "refused");
	case 0:
	case EPIPE:
	case ECONNRESET: return err_set(err, FAIL_IO, "reset by peer");
	case EHOSTUNREACH:
	case ENETUNREACH: return err_set(err, FAIL_IO, "unreachable");
	case ETIMEDOUT: return err_set(err, FAIL_TIMEOUT, "no answer");
	default: words = strerrordesc_np(error);
	}
	return err_set(err, FAIL_IO, "%s", words != NULL ? words : "unknown");
}

static enum wire_io
trouble(struct err *err, enum wire_io blocked)
{
	if (errno == EAGAIN)
		return blocked;
	wire_fail(err, errno);
	return WIRE_FAILED;
}

enum wire_io
wire_read(const struct wire *w, char *p, size_t n, size_t *got, struct err *err)
{
	ssize_t r;

	if (w->tls != NULL)
		return tls_read(w->tls, p, n, got, err);
	do
		r = recv(w->fd, p, n, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return trouble(err, WIRE_WANT_READ);
	*got = (size_t)r;
	return r > 0 ? WIRE_DONE : WIRE_EOF;
}

enum wire_io
wire_write(const struct wire *w, const char *p, size_t n, size_t *sent,
    struct err *err)
{
	ssize_t r;

	if (w->tls != NULL)
		return tls_write(w->tls, p, n, sent, err);
	do
		r = send(w->fd, p, n, MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return trouble(err, WIRE_WANT_WRITE);
	*sent = (size_t)r;
	return WIRE_DONE;
}

bool
wire_has_more(const struct wire *w, size_t asked, size_t got)
{
	return w->tls != NULL ? tls_has_more(w->tls) : got == asked;
}

void
wire_goodbye(const struct wire *w)
{
	if (w->tls != NULL)
		tls_close(w->tls);
	shutdown(w->fd, SHUT_WR);
}

void
wire_close(struct wire *w)
{
	tls_free(w->tls);
	w->tls = NULL;
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}
