/*
 * inject - messages into an SMTP server as fast as one thread can: no work is
 * done for a message but the bytes on the wire.  It tells what a sink can
 * take, and what a sender could reach at best.
 *
 *   inject PORT [MESSAGES [CONNECTIONS [SIZE [tls]]]]
 *
 * A message's text, the MAIL, RCPT and DATA of the next one and the end of the
 * text leave in one write, then their replies are awaited (RFC 2920).  Prints
 * one JSON line.
 */
#include "lib/base/base.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1000
#define SIZE_MIN        200
#define SIZE_MAX_BYTES  ((size_t)1 << 20)
#define READ_MAX        65536

struct job {
	int port, connections, size;
	long messages, begun, accepted;
	SSL_CTX *tls;
	struct buf text; /* of every message, behind its Message-ID */
	int epoll;
};

struct link {
	struct job *job;
	int fd;
	SSL *ssl;
	struct buf out;
	int awaited;   /* replies */
	bool has_data; /* the last of them is to DATA */
	bool waits_to_write;
	int column; /* in a line of a reply */
	bool more;  /* the line is not the last of its reply */
};

static void
make_text(struct job *j)
{
	buf_init(&j->text, SIZE_MAX_BYTES + 1000);
	buf_puts(&j->text, "From: a@example.com\r\nSubject: hello\r\n\r\n");
	while (j->text.n < (size_t)j->size - 80)
		buf_puts(&j->text,
		    "All work and no play makes a dull boy of Jack. He knows "
		    "it. So he goes out.\r\n");
	buf_puts(&j->text, ".\r\n");
}

static void
check(struct link *l, const char *p, ssize_t n)
{
	ssize_t i;

	for (i = 0; i < n; i++) {
		if (l->column == 0 && p[i] != '2' && p[i] != '3')
			die("inject: refused: %.*s", (int)(n - i), p + i);
		if (l->column == 3)
			l->more = p[i] == '-';
		l->column++;
		if (p[i] != '\n')
			continue;
		l->column = 0;
		l->awaited -= l->more ? 0 : 1;
	}
}

/* The text of the message under way, if there is one, and the next one's
 * envelope, if there is one. */
static void
say_next(struct link *l)
{
	struct job *j = l->job;

	l->awaited = 0;
	if (l->has_data) {
		buf_printf(&l->out, "Message-ID: <%ld@example.com>\r\n",
		    j->accepted);
		buf_str(&l->out, buf_view(&j->text));
		j->accepted++;
		l->awaited++;
	}
	l->has_data = j->begun < j->messages;
	if (!l->has_data)
		return;
	buf_printf(&l->out,
	    "MAIL FROM:<b@example.com>\r\nRCPT TO:<r%ld@example.com>\r\n"
	    "DATA\r\n",
	    j->begun++);
	l->awaited += 3;
}

static ssize_t
read_some(struct link *l, char *p, size_t n)
{
	ssize_t r =
	    l->ssl != NULL ? SSL_read(l->ssl, p, (int)n) : recv(l->fd, p, n, 0);

	if (r > 0)
		return r;
	if (l->ssl != NULL
		? SSL_get_error(l->ssl, (int)r) == SSL_ERROR_WANT_READ
		: errno == EAGAIN)
		return 0;
	die("inject: the server has gone");
}

static void
write_out(struct link *l)
{
	struct epoll_event e = {.data.ptr = l, .events = EPOLLIN};
	ssize_t r = 1;
	size_t done = 0;

	while (done < l->out.n && r > 0) {
		r = l->ssl != NULL ? SSL_write(l->ssl, l->out.p + done,
					 (int)(l->out.n - done))
				   : send(l->fd, l->out.p + done,
					 l->out.n - done, MSG_NOSIGNAL);
		done += r > 0 ? (size_t)r : 0;
	}
	buf_drop(&l->out, done);
	if ((l->out.n > 0) == l->waits_to_write)
		return;
	l->waits_to_write = l->out.n > 0;
	if (l->waits_to_write)
		e.events |= EPOLLOUT;
	epoll_ctl(l->job->epoll, EPOLL_CTL_MOD, l->fd, &e);
}

static void
converse(struct link *l)
{
	char in[READ_MAX];
	ssize_t n;

	while ((n = read_some(l, in, sizeof(in))) > 0) {
		check(l, in, n);
		if (l->ssl == NULL && (size_t)n < sizeof(in))
			break;
	}
	if (l->awaited == 0 && l->out.n == 0)
		say_next(l);
	if (l->out.n > 0)
		write_out(l);
}

static void
open_link(struct link *l, struct job *j)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)j->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct epoll_event e = {.data.ptr = l, .events = EPOLLIN};

	l->job = j;
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0 ||
	    connect(l->fd, (struct sockaddr *)&at, sizeof(at)) != 0)
		die("inject: connect: %s", strerrordesc_np(errno));
	if (j->tls != NULL) {
		l->ssl = SSL_new(j->tls);
		SSL_set_fd(l->ssl, l->fd);
		if (SSL_connect(l->ssl) != 1)
			die("inject: handshake");
	}
	buf_init(&l->out, 2 * SIZE_MAX_BYTES);
	buf_puts(&l->out, "EHLO inject.test\r\n");
	l->awaited = 2; /* with the greeting */
	if (epoll_ctl(j->epoll, EPOLL_CTL_ADD, l->fd, &e) != 0)
		die("inject: epoll: %s", strerrordesc_np(errno));
	write_out(l);
	if (fcntl(l->fd, F_SETFL, O_NONBLOCK) != 0)
		die("inject: %s", strerrordesc_np(errno));
}

static void
close_link(struct link *l)
{
	SSL_free(l->ssl);
	close(l->fd);
	buf_release(&l->out);
}

static bool
busy(const struct job *j, const struct link *links)
{
	int i;

	for (i = 0; i < j->connections; i++)
		if (links[i].awaited > 0 || links[i].out.n > 0)
			return true;
	return false;
}

static void
run(struct job *j)
{
	struct link *links = NEW_ARRAY(struct link, (size_t)j->connections);
	struct epoll_event events[64];
	int i, n;

	for (i = 0; i < j->connections; i++)
		open_link(&links[i], j);
	while (j->begun < j->messages || busy(j, links)) {
		n = epoll_wait(j->epoll, events, (int)ARRAY_LEN(events), -1);
		for (i = 0; i < n; i++)
			converse(events[i].data.ptr);
	}
	for (i = 0; i < j->connections; i++)
		close_link(&links[i]);
	free(links);
}

static long
number(char **argv, int i, int argc, long otherwise, long max)
{
	int64_t n;

	if (i >= argc)
		return otherwise;
	if (!str_to_i64(str_of(argv[i]), &n) || n < 1 || n > max)
		die("inject: bad number %s", argv[i]);
	return (long)n;
}

static double
cpu_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

int
main(int argc, char **argv)
{
	struct job j = {0};
	int64_t start;
	double s;

	j.port = (int)number(argv, 1, argc, 25, 65535);
	j.messages = number(argv, 2, argc, 100000, LONG_MAX);
	j.connections = (int)number(argv, 3, argc, 10, CONNECTIONS_MAX);
	j.size = (int)number(argv, 4, argc, 10240, SIZE_MAX_BYTES);
	if (j.size < SIZE_MIN)
		die("inject: a message has at least %d octets", SIZE_MIN);
	if (argc > 5)
		j.tls = SSL_CTX_new(TLS_client_method());
	if (j.tls != NULL)
		SSL_CTX_set_mode(j.tls,
		    SSL_MODE_ENABLE_PARTIAL_WRITE |
			SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	j.epoll = epoll_create1(EPOLL_CLOEXEC);
	make_text(&j);
	start = clock_wall_us();
	run(&j);
	s = (double)(clock_wall_us() - start) / 1e6;
	printf("{\"messages\": %ld, \"messages_per_s\": %.0f, "
	       "\"cpu_us_per_message\": %.2f}\n",
	    j.accepted, (double)j.accepted / s, cpu_us() / (double)j.accepted);
	SSL_CTX_free(j.tls);
	buf_release(&j.text);
	close(j.epoll);
	return 0;
}
