#include "lib/base/base.h"

#include "tests/sink/sink_conn.h"

#include "lib/base/mem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum io { IO_SOME = 0, IO_LATER, IO_END };

static void
start_handshake(struct sink_conn *c)
{
	buf_reset(&c->in); /* what was said in the clear does not count */
	c->ssl = SSL_new(c->host->tls);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_accept_state(c->ssl);
	c->handshake = true;
}

static void
begin(struct sink_conn *c)
{
	struct sink_session *s = &c->session;

	if (sink_session_fault(s, SINK_CONNECT)) {
		/* in the clear, in the place of all else */
		if (s->end == SINK_STAYS && s->tls)
			s->end = SINK_CLOSES;
		s->tls = false;
		return;
	}
	if (!s->tls)
		sink_session_greet(s);
	else if (!sink_session_fault(s, SINK_TLS))
		start_handshake(c);
}

struct sink_conn *
sink_conn_new(int fd, struct sink_host *host)
{
	struct sink_conn *c = NEW(struct sink_conn);

	c->fd = fd;
	c->host = host;
	c->watched = -1;
	buf_init(&c->in, SINK_LEFT_MAX);
	sink_session_init(&c->session, host->shared, &host->record,
	    host->shared->options->tls == SINK_TLS_IMPLICIT);
	sink_session_find_cut(&c->session, SINK_IN, &c->in_cut);
	sink_session_find_cut(&c->session, SINK_OUT, &c->out_cut);
	begin(c);
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
	sink_rules_uncut(c->host->shared->rules, &c->in_cut);
	sink_rules_uncut(c->host->shared->rules, &c->out_cut);
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

/* The handshake that STARTTLS asked for, once the reply has left. */
static void
begin_tls(struct sink_conn *c)
{
	struct sink_session *s = &c->session;

	if (!s->start_tls || c->ssl != NULL || s->out.n > 0 || s->due_ms != 0 ||
	    s->end != SINK_STAYS || c->gone)
		return;
	if (sink_session_fault(s, SINK_TLS))
		s->start_tls = false;
	else
		start_handshake(c);
}

static int64_t
now_ms(const struct sink_conn *c)
{
	return c->host->record.now_ms;
}

static bool
paced(const struct sink_conn *c, const struct sink_pace *pace)
{
	return pace->bytes > 0 &&
	       pace->generation ==
		   sink_rules_generation(c->host->shared->rules);
}

/* Nothing is read while a reply is held back: the client waits as it would
 * for a server that takes its time. */
static bool
reads(const struct sink_conn *c)
{
	const struct sink_session *s = &c->session;

	return !c->gone && !c->handshake && s->due_ms == 0 &&
	       !(s->start_tls && c->ssl == NULL) &&
	       (c->read_due_ms <= now_ms(c) || !paced(c, &s->reads));
}

/* How many octets may be read now. */
static size_t
allowance(struct sink_conn *c)
{
	const struct sink_session *s = &c->session;
	size_t n = SINK_READ_MAX;

	if (c->in_cut.rule != NULL && (uint64_t)c->in_cut.at - s->received < n)
		n = (size_t)((uint64_t)c->in_cut.at - s->received);
	if (paced(c, &s->reads) && (size_t)s->reads.bytes < n)
		n = (size_t)s->reads.bytes;
	return n;
}

/* The session sees what it left before, and what is new behind it, which
 * stands in the shared memory with room before it. */
static void
eat(struct sink_conn *c, struct str data)
{
	size_t n = sink_session_feed(&c->session, data);

	buf_reset(&c->in);
	buf_str(&c->in, str_from(data, n));
	if (c->in.full) /* it says more than it may, unread */
		c->gone = true;
}

static void
come_to_in_cut(struct sink_conn *c)
{
	if (c->in_cut.rule != NULL &&
	    c->session.received == (uint64_t)c->in_cut.at)
		sink_session_cut(&c->session, &c->in_cut);
}

/* Most likely there is no more: asking costs a call for nothing, and epoll
 * would tell. */
static bool
drained(const struct sink_conn *c, size_t got, size_t room)
{
	return c->ssl != NULL ? !SSL_has_pending(c->ssl) : got < room;
}

void
sink_conn_read(struct sink_conn *c)
{
	char *at = c->host->scratch;
	size_t got = 0, room, old;
	enum io io;

	c->want_write = false;
	if (c->handshake)
		shake_hands(c);
	come_to_in_cut(c);
	while (reads(c)) {
		old = c->in.n;
		room = allowance(c);
		memcpy(at, buf_cstr(&c->in), old);
		io = read_some(c, at + old, room, &got);
		if (io == IO_END)
			c->gone = true;
		if (io != IO_SOME)
			return;
		c->session.received += got;
		if (paced(c, &c->session.reads))
			c->read_due_ms = now_ms(c) + c->session.reads.ms;
		eat(c, (struct str){at, old + got});
		come_to_in_cut(c);
		if (drained(c, got, room))
			return;
	}
}

void
sink_conn_resume(struct sink_conn *c)
{
	char *at = c->host->scratch;
	struct sink_session *s = &c->session;

	if (s->due_ms != 0 && s->due_ms <= now_ms(c)) {
		sink_session_resume(s);
		memcpy(at, buf_cstr(&c->in), c->in.n);
		eat(c, (struct str){at, c->in.n});
	}
	if (c->read_due_ms <= now_ms(c))
		c->read_due_ms = 0;
	if (reads(c)) /* TLS may have more, of which epoll knows nothing */
		sink_conn_read(c);
	if (c->write_due_ms <= now_ms(c))
		c->write_due_ms = 0;
}

/* How much of what was said may leave now. */
static struct str
leaving(struct sink_conn *c)
{
	struct sink_session *s = &c->session;
	struct str data = buf_view(&s->out);

	if (c->out_cut.rule != NULL)
		data = str_sub(data, 0,
		    (size_t)((uint64_t)c->out_cut.at - s->sent));
	if (paced(c, &s->writes))
		data = c->write_due_ms > now_ms(c)
			   ? STR_NONE
			   : str_sub(data, 0, (size_t)s->writes.bytes);
	return data;
}

static void
come_to_out_cut(struct sink_conn *c)
{
	if (c->out_cut.rule != NULL && !c->gone &&
	    c->session.sent == (uint64_t)c->out_cut.at)
		sink_session_cut(&c->session, &c->out_cut);
}

static void
write_all(struct sink_conn *c)
{
	struct sink_session *s = &c->session;
	struct str data;
	size_t done = 0;
	enum io io;

	come_to_out_cut(c);
	while (!c->gone && !c->handshake && (data = leaving(c)).n > 0) {
		io = write_some(c, data, &done);
		if (io == IO_END)
			c->gone = true;
		if (io != IO_SOME)
			return;
		s->sent += done;
		buf_drop(&s->out, done);
		if (paced(c, &s->writes))
			c->write_due_ms = now_ms(c) + s->writes.ms;
		come_to_out_cut(c);
	}
}

static void
write_nonsense(struct sink_conn *c)
{
	char text[1024];
	size_t n = (size_t)c->session.corrupt;

	n = n < sizeof(text) ? n : sizeof(text);
	if (n == 0 || c->gone)
		return;
	c->session.corrupt = 0;
	sink_rules_random(c->host->shared->rules, text, n);
	if (send(c->fd, text, n, MSG_NOSIGNAL) < 0)
		c->gone = true;
}

void
sink_conn_flush(struct sink_conn *c)
{
	struct sink_session *s = &c->session;

	write_all(c);
	begin_tls(c);
	write_all(c);
	write_nonsense(c);
	if (c->gone || s->end == SINK_STAYS || c->shut || s->out.n > 0 ||
	    s->due_ms != 0)
		return;
	if (s->end == SINK_RESETS) {
		c->gone = true;
		return;
	}
	if (c->ssl != NULL && s->end == SINK_CLOSES)
		SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	c->shut = true;
}

/* A client that goes while it waits for good is let go. */
unsigned
sink_conn_events(const struct sink_conn *c)
{
	unsigned events = c->want_write ? EPOLLOUT : 0;

	if (c->session.due_ms == SINK_NEVER)
		events |= EPOLLRDHUP;
	if (c->handshake || reads(c))
		events |= EPOLLIN;
	return events;
}

int64_t
sink_conn_due_ms(const struct sink_conn *c)
{
	const struct sink_session *s = &c->session;
	int64_t due = s->due_ms != 0 ? s->due_ms : SINK_NEVER;

	if (paced(c, &s->reads) && c->read_due_ms != 0 && c->read_due_ms < due)
		due = c->read_due_ms;
	if (paced(c, &s->writes) && s->out.n > 0 && c->write_due_ms != 0 &&
	    c->write_due_ms < due)
		due = c->write_due_ms;
	return due;
}
