#include "tests/sink/sink_conn.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX     (256U << 10)
#define READ_CHUNK (64U << 10)

enum io { IO_SOME = 0, IO_LATER, IO_END };

static void
start_handshake(struct sink_conn *c, SSL_CTX *tls)
{
	buf_reset(&c->in); /* what was said in the clear does not count */
	c->ssl = SSL_new(tls);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_accept_state(c->ssl);
	c->handshake = true;
}

struct sink_conn *
sink_conn_new(int fd, struct sink_shared *shared, struct sink_record *record,
    struct ssl_ctx_st *tls)
{
	struct sink_conn *c = NEW(struct sink_conn);
	bool implicit = shared->options->tls == SINK_TLS_IMPLICIT;

	c->fd = fd;
	c->watched = -1;
	buf_init(&c->in, IN_MAX);
	sink_session_init(&c->session, shared, record, implicit);
	if (implicit)
		start_handshake(c, tls);
	else
		sink_session_greet(&c->session);
	return c;
}

void
sink_conn_free(struct sink_conn *c)
{
	struct linger none = {.l_onoff = 1, .l_linger = 0};

	if (c->session.end == SINK_RESETS)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	SSL_free(c->ssl);
	close(c->fd);
	buf_release(&c->in);
	sink_session_release(&c->session);
	free(c);
}

static enum io
ssl_outcome(struct sink_conn *c, int r)
{
	int error = SSL_get_error(c->ssl, r);

	ERR_clear_error();
	if (error == SSL_ERROR_WANT_WRITE)
		c->want_write = true;
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE
		   ? IO_LATER
		   : IO_END;
}

static enum io
read_some(struct sink_conn *c, char *p, size_t n, size_t *got)
{
	ssize_t r;

	if (c->ssl != NULL) {
		int s = SSL_read_ex(c->ssl, p, n, got);

		return s == 1 ? IO_SOME : ssl_outcome(c, s);
	}
	r = recv(c->fd, p, n, 0);
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return IO_LATER;
	*got = r > 0 ? (size_t)r : 0;
	return r > 0 ? IO_SOME : IO_END;
}

static enum io
write_some(struct sink_conn *c, struct str data, size_t *done)
{
	ssize_t r;

	if (c->ssl != NULL) {
		int s = SSL_write_ex(c->ssl, data.p, data.n, done);

		return s == 1 ? IO_SOME : ssl_outcome(c, s);
	}
	r = send(c->fd, data.p, data.n, MSG_NOSIGNAL);
	if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
		c->want_write = true;
		return IO_LATER;
	}
	*done = r > 0 ? (size_t)r : 0;
	return r > 0 ? IO_SOME : IO_END;
}

static void
shake_hands(struct sink_conn *c)
{
	int r = SSL_accept(c->ssl);

	if (r != 1) {
		if (ssl_outcome(c, r) == IO_END)
			c->gone = true;
		return;
	}
	c->handshake = false;
	if (c->session.start_tls)
		sink_session_secured(&c->session);
	else
		sink_session_greet(&c->session);
}

static void
eat(struct sink_conn *c, int64_t now_ms)
{
	buf_drop(&c->in,
	    sink_session_feed(&c->session, buf_view(&c->in), now_ms));
}

/* Nothing is read while a reply is held back: the client waits as it would
 * for a server that takes its time. */
static bool
reads(const struct sink_conn *c)
{
	return !c->gone && !c->handshake && c->session.due_ms == 0 &&
	       !(c->session.start_tls && c->ssl == NULL);
}

void
sink_conn_read(struct sink_conn *c, struct ssl_ctx_st *tls, int64_t now_ms)
{
	enum io io;
	size_t got = 0;
	char *p;

	c->want_write = false;
	if (c->session.start_tls && c->ssl == NULL && c->session.out.n == 0)
		start_handshake(c, tls);
	if (c->handshake)
		shake_hands(c);
	while (reads(c)) {
		p = buf_room(&c->in, READ_CHUNK);
		if (p == NULL) { /* it says more than it may, unread */
			c->gone = true;
			return;
		}
		io = read_some(c, p, READ_CHUNK, &got);
		if (io == IO_END)
			c->gone = true;
		if (io != IO_SOME)
			return;
		buf_used(&c->in, got);
		eat(c, now_ms);
		if (got < READ_CHUNK && c->ssl == NULL)
			return;
	}
}

void
sink_conn_resume(struct sink_conn *c, int64_t now_ms)
{
	sink_session_release_reply(&c->session);
	eat(c, now_ms);
}

void
sink_conn_flush(struct sink_conn *c)
{
	struct sink_session *s = &c->session;
	size_t done = 0;

	if (s->end == SINK_RESETS)
		c->gone = true;
	while (!c->gone && !c->handshake && s->out.n > 0) {
		switch (write_some(c, buf_view(&s->out), &done)) {
		case IO_SOME: buf_drop(&s->out, done); break;
		case IO_LATER: return;
		case IO_END: c->gone = true; break;
		}
	}
	if (c->gone || s->end != SINK_CLOSES || c->shut || s->out.n > 0)
		return;
	if (c->ssl != NULL)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	c->shut = true;
}
