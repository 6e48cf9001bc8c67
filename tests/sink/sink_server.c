#include "lib/base/base.h"

#include "tests/sink/sink_server.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"
#include "tests/sink/sink_conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_A_TURN 256
#define BACKLOG       1024

struct sink_worker {
	struct sink_server *server;
	int epoll, listener;
	struct sink_host host;
	struct sink_conn *all, *touched;
	int64_t due_ms; /* nothing goes on by itself before it */
	pthread_t thread;
};

struct sink_server {
	struct sink_shared shared;
	SSL_CTX *tls;
	int stop; /* eventfd: readable when all is to end */
	int port;
	struct sink_worker *workers;
};

static void
touch(struct sink_worker *w, struct sink_conn *c)
{
	if (c->touched)
		return;
	c->touched = true;
	c->next_touched = w->touched;
	w->touched = c;
}

static void
watch(struct sink_worker *w, struct sink_conn *c)
{
	struct epoll_event e = {.data.ptr = c, .events = sink_conn_events(c)};
	int64_t due_ms = sink_conn_due_ms(c);

	if (due_ms < w->due_ms)
		w->due_ms = due_ms;
	if (c->watched == (int)e.events)
		return;
	epoll_ctl(w->epoll, c->watched < 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
	    c->fd, &e);
	c->watched = (int)e.events;
}

static void
accept_all(struct sink_worker *w)
{
	struct sink_conn *c;
	int fd, on = 1;

	while ((fd = accept4(w->listener, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		c = sink_conn_new(fd, &w->host);
		c->next = w->all;
		if (c->next != NULL)
			c->next->prev = c;
		w->all = c;
		touch(w, c);
	}
}

static void
drop(struct sink_worker *w, struct sink_conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		w->all = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	sink_conn_free(c);
}

/* What goes on by itself is looked for when the first of it is due. */
static void
resume_due(struct sink_worker *w)
{
	struct sink_conn *c;
	int64_t due_ms;

	if (w->due_ms > w->host.record.now_ms)
		return;
	w->due_ms = SINK_NEVER;
	for (c = w->all; c != NULL; c = c->next) {
		due_ms = sink_conn_due_ms(c);
		if (due_ms <= w->host.record.now_ms) {
			sink_conn_resume(c);
			touch(w, c);
		} else if (due_ms < w->due_ms) {
			w->due_ms = due_ms;
		}
	}
}

static int
wait_ms(const struct sink_worker *w)
{
	int64_t wait = w->due_ms - w->host.record.now_ms;

	if (w->due_ms == SINK_NEVER)
		return -1;
	return wait < 0 ? 0 : wait < 60000 ? (int)wait : 60000;
}

/* First the log, then the replies: what a client was told is on record.  What
 * became of connections is told after it. */
static void
end_turn(struct sink_worker *w)
{
	struct sink_conn *c;

	sink_record_flush(&w->host.record);
	while ((c = w->touched) != NULL) {
		w->touched = c->next_touched;
		c->touched = false;
		sink_conn_flush(c);
		if (c->gone)
			drop(w, c);
		else
			watch(w, c);
	}
	sink_record_flush(&w->host.record);
}

static bool
take_event(struct sink_worker *w, const struct epoll_event *e)
{
	struct sink_conn *c = e->data.ptr;

	if (e->data.ptr == w->server)
		return false;
	if (e->data.ptr == w) {
		accept_all(w);
		return true;
	}
	if (c->session.due_ms == 0)
		sink_conn_read(c);
	if (e->events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP))
		c->gone = true;
	touch(w, c);
	return true;
}

static void *
work(void *arg)
{
	struct sink_worker *w = arg;
	struct epoll_event events[EVENTS_A_TURN];
	bool on = true;
	int i, n;

	while (on) {
		n = epoll_wait(w->epoll, events, EVENTS_A_TURN, wait_ms(w));
		sink_record_tell_time(&w->host.record);
		for (i = 0; i < n; i++)
			on = take_event(w, &events[i]) && on;
		resume_due(w);
		end_turn(w);
	}
	while (w->all != NULL)
		drop(w, w->all);
	sink_record_release(&w->host.record);
	free(w->host.scratch);
	return NULL;
}

static int
listen_on(const struct sink_options *o, int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof(at);
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	at.sin_port = htons((uint16_t)*port);
	if (fd < 0 || inet_pton(AF_INET, o->host, &at.sin_addr) != 1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0 ||
	    (o->receive_buffer > 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &o->receive_buffer,
		    sizeof(o->receive_buffer)) != 0) ||
	    bind(fd, (struct sockaddr *)&at, n) != 0 ||
	    listen(fd, BACKLOG) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("sink: listen on %s:%d: %s", o->host, *port,
		    strerrordesc_np(errno));
	*port = ntohs(at.sin_port);
	return fd;
}

static SSL_CTX *
new_tls(const struct sink_options *o)
{
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	if (SSL_CTX_use_certificate_chain_file(tls, o->cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(tls, o->key, SSL_FILETYPE_PEM) != 1)
		die("sink: certificate %s or key %s", o->cert, o->key);
	SSL_CTX_set_ciphersuites(tls,
	    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
	    "TLS_CHACHA20_POLY1305_SHA256");
	SSL_CTX_set_options(tls, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_read_ahead(tls, 1);
	SSL_CTX_set_default_read_buffer_len(tls, SINK_READ_MAX);
	SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
				  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* many write their last bytes and go without a goodbye */
	SSL_CTX_set_options(tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_id_context(tls, (const unsigned char *)"sink", 4);
	return tls;
}

static void
start_worker(struct sink_worker *w)
{
	struct sink_server *s = w->server;
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = w};

	sink_record_init(&w->host.record, s->shared.options->log);
	w->host.record.events = s->shared.options->events;
	w->host.record.sync = s->shared.options->sync;
	w->host.shared = &s->shared;
	w->host.tls = s->tls;
	w->host.scratch = mem_alloc(SINK_SCRATCH);
	w->due_ms = SINK_NEVER;
	w->listener = listen_on(s->shared.options, &s->port);
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->listener, &e);
	e.data.ptr = s;
	epoll_ctl(w->epoll, EPOLL_CTL_ADD, s->stop, &e);
	if (pthread_create(&w->thread, NULL, work, w) != 0)
		die("sink: thread");
}

struct sink_server *
sink_server_new(struct sink_options *options)
{
	struct sink_server *s = NEW(struct sink_server);
	int i;

	sink_shared_init(&s->shared, options);
	if (options->tls != SINK_TLS_NONE)
		s->tls = new_tls(options);
	s->stop = eventfd(0, EFD_CLOEXEC);
	s->port = options->port;
	s->workers = NEW_ARRAY(struct sink_worker, (size_t)options->threads);
	for (i = 0; i < options->threads; i++) {
		s->workers[i].server = s;
		start_worker(&s->workers[i]);
	}
	return s;
}

int
sink_server_port(const struct sink_server *s)
{
	return s->port;
}

const struct sink_shared *
sink_server_shared(const struct sink_server *s)
{
	return &s->shared;
}

bool
sink_server_reload(struct sink_server *s, struct err *err)
{
	return sink_rules_reload(s->shared.rules, err);
}

void
sink_server_free(struct sink_server *s)
{
	int i;

	if (s == NULL)
		return;
	(void)eventfd_write(s->stop, 1);
	for (i = 0; i < s->shared.options->threads; i++) {
		pthread_join(s->workers[i].thread, NULL);
		close(s->workers[i].listener);
		close(s->workers[i].epoll);
	}
	close(s->stop);
	SSL_CTX_free(s->tls);
	sink_shared_release(&s->shared);
	free(s->workers);
	free(s);
}
