#include "api/server.h"

#include "api/dispatch.h"
#include "api/hits.h"
#include "api/metrics.h"
#include "api/problem.h"
#include "api/server_links.h"
#include "api/server_listen.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

#include <microhttpd.h>
#include <pthread.h>
#include <unistd.h>

#if defined(MHD_VERSION) && MHD_VERSION < 0x00097500
#error "libmicrohttpd before 0.9.75 has known holes"
#endif

#define HEADER_MAX     (16U << 10)
#define MEMORY_MAX     (32U << 10) /* of a connection: header and answer's */
#define HEADER_WAIT_MS 10000
#define BODY_WAIT_MS   30000
#define IDLE_WAIT_S    30
#define PIECE_BYTES    (32U << 10) /* of an answer in pieces */
#define STOP_WAIT_MS   10000       /* for the requests under way */
/* A body that is refused is read to its end up to this size, so that the
 * peer gets to read the answer. */
#define SWALLOW_MAX (8U << 20)

struct server {
	const struct api *api;
	struct MHD_Daemon *daemon;
	struct server_links *links;
	int port;
	pthread_mutex_t lock;
	int under_way;
	bool stopping;
	struct exchange *waiting; /* whose answers have nothing to say yet */
};

/* One request on its way through libmicrohttpd. */
struct exchange {
	struct server *server;
	struct exchange *next_waiting;
	struct request q;
	struct MHD_Connection *connection;
	bool answered; /* the answer waits for its hit to be on the disk */
	struct str target;
	int64_t started_us;
	bool begun;
	size_t swallowed;
	size_t sent; /* of the piece in q.reply.body, of an answer in pieces */
};

static struct server_link *
link_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

static void
on_connection(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct server *s = cls;
	int fd;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		server_links_remove(s->links, *context);
		return;
	}
	fd = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CONNECTION_FD)
		 ->connect_fd;
	*context = server_links_add(s->links, fd, HEADER_WAIT_MS);
}

static bool
count_under_way(struct server *s, int change)
{
	bool stopping;

	pthread_mutex_lock(&s->lock);
	s->under_way += change;
	stopping = s->stopping;
	pthread_mutex_unlock(&s->lock);
	return stopping;
}

/* The request line is there: the target before anything is decoded. */
static void *
on_target(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct server *s = cls;
	struct exchange *x = NEW(struct exchange);

	x->server = s;
	x->connection = connection;
	request_start(&x->q, s->api);
	x->q.peer = peer_of(MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				->client_addr);
	x->target = arena_dup(&x->q.arena, str_of(uri));
	x->started_us = clock_wall_us();
	count_under_way(s, 1);
	return x;
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct server *s = cls;
	struct exchange *x = *context;

	if (x == NULL)
		return;
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		server_links_expect(s->links, link_of(connection),
		    HEADER_WAIT_MS + IDLE_WAIT_S * 1000);
	if (x->q.reply.status != 0)
		metrics_request(s->api->metrics, x->q.route, x->q.reply.status,
		    clock_wall_us() - x->started_us);
	dispatch_drop(&x->q);
	free(x);
	*context = NULL;
	count_under_way(s, -1);
}

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n,
    const char *value, size_t value_n)
{
	struct request *q = cls;

	(void)kind;
	if (q->header_count == REQUEST_HEADERS_MAX) {
		problem(q, 431, "more than %d header fields",
		    REQUEST_HEADERS_MAX);
		return MHD_NO;
	}
	q->headers[q->header_count++] =
	    (struct pair){{name, name_n}, {value, value_n}};
	return MHD_YES;
}

/* The connection sleeps until the next tick. */
static void
wait_for_tick(struct exchange *x)
{
	struct server *s = x->server;

	x->q.reply.later = false;
	MHD_suspend_connection(x->connection);
	pthread_mutex_lock(&s->lock);
	x->next_waiting = s->waiting;
	s->waiting = x;
	pthread_mutex_unlock(&s->lock);
}

static void
wake_all(struct server *s)
{
	struct exchange *x, *next;

	pthread_mutex_lock(&s->lock);
	x = s->waiting;
	s->waiting = NULL;
	pthread_mutex_unlock(&s->lock);
	for (; x != NULL; x = next) {
		next = x->next_waiting;
		MHD_resume_connection(x->connection);
	}
}

/* The next piece into the body; 0, or how it ends. */
static ssize_t
next_piece(struct exchange *x)
{
	struct reply *r = &x->q.reply;

	buf_reset(&r->body);
	x->sent = 0;
	if (!r->more(&x->q, r->more_arg, &r->body) || r->body.full)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->body.n > 0)
		return 0;
	if (!r->later || count_under_way(x->server, 0))
		return MHD_CONTENT_READER_END_OF_STREAM;
	wait_for_tick(x);
	return 0;
}

/* More of an answer in pieces. */
static ssize_t
on_room(void *arg, uint64_t at, char *out, size_t max)
{
	struct exchange *x = arg;
	struct reply *r = &x->q.reply;
	ssize_t end;
	size_t n;

	(void)at;
	end = x->sent == r->body.n ? next_piece(x) : 0;
	if (end < 0)
		return end;
	n = r->body.n - x->sent < max ? r->body.n - x->sent : max;
	memcpy(out, r->body.p + x->sent, n);
	x->sent += n;
	return (ssize_t)n;
}

static struct MHD_Response *
make_response(struct exchange *x)
{
	const struct reply *r = &x->q.reply;

	if (r->more != NULL)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
		    PIECE_BYTES, on_room, x, NULL);
	return MHD_create_response_from_buffer(r->body.n,
	    r->body.n > 0 ? r->body.p : NULL, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
send_reply(struct server *s, struct MHD_Connection *connection,
    struct exchange *x)
{
	const struct reply *r = &x->q.reply;
	struct MHD_Response *response;
	enum MHD_Result result;
	size_t i;

	response = make_response(x);
	if (response == NULL)
		return MHD_NO;
	if (r->type.p != NULL)
		MHD_add_response_header(response, "Content-Type", r->type.p);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Cache-Control", "no-store");
	for (i = 0; i < r->header_count; i++)
		MHD_add_response_header(response, r->headers[i].name,
		    r->headers[i].value.p);
	if (count_under_way(s, 0))
		MHD_add_response_header(response, "Connection", "close");
	server_links_expect(s->links, link_of(connection), 0);
	result = MHD_queue_response(connection, (unsigned)r->status, response);
	MHD_destroy_response(response);
	return result;
}

/* How long the body says it is; UINT64_MAX when it does not say. */
static uint64_t
announced(const struct request *q)
{
	struct str length = request_header(q, "Content-Length");
	uint64_t n = 0;

	if (request_header(q, "Transfer-Encoding").p != NULL ||
	    (length.p != NULL && !str_to_u64(length, &n)))
		return UINT64_MAX;
	return n;
}

static void
check_size(struct request *q, struct MHD_Connection *connection)
{
	size_t header = MHD_get_connection_info(connection,
	    MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)
			    ->header_size;
	uint64_t body = announced(q);

	if (header > HEADER_MAX)
		problem(q, 431, "the header is longer than %u bytes",
		    HEADER_MAX);
	else if (q->reply.status == 0 && body != UINT64_MAX &&
		 body > REQUEST_BODY_MAX && q->route->payload != PAYLOAD_UPLOAD)
		problem(q, 413, "the body is longer than %u bytes",
		    REQUEST_BODY_MAX);
}

/* The header is there.  A refusal is sent at once when the peer waits for
 * it, or has so much to send that reading it all is no option. */
static enum MHD_Result
begin(struct server *s, struct MHD_Connection *connection, struct exchange *x,
    const char *method)
{
	struct request *q = &x->q;
	bool upload;

	x->begun = true;
	MHD_get_connection_values_n(connection, MHD_HEADER_KIND, on_header, q);
	if (q->reply.status == 0)
		dispatch_begin(q, s->api->routes, str_of(method), x->target);
	check_size(q, connection);
	if (q->reply.status != 0 &&
	    (request_header(q, "Expect").p != NULL ||
		(announced(q) != UINT64_MAX && announced(q) > SWALLOW_MAX)))
		return send_reply(s, connection, x);
	upload = q->route != NULL && q->route->payload == PAYLOAD_UPLOAD;
	server_links_expect(s->links, link_of(connection),
	    upload && q->reply.status == 0 ? 0 : BODY_WAIT_MS);
	return MHD_YES;
}

static void
on_written(void *arg)
{
	MHD_resume_connection(((struct exchange *)arg)->connection);
}

/* The answer leaves when its hit is on the disk, and no thread waits for
 * that; a hit that cannot be written keeps nobody from getting there. */
static enum MHD_Result
answer_later(struct server *s, struct exchange *x)
{
	x->answered = true;
	MHD_suspend_connection(x->connection);
	if (!hits_write(s->api->hits, x->q.hit, on_written, x))
		MHD_resume_connection(x->connection);
	return MHD_YES;
}

/* However long the handler takes, that is not the peer being idle. */
static enum MHD_Result
answer(struct server *s, struct MHD_Connection *connection, struct exchange *x)
{
	server_links_expect(s->links, link_of(connection), 0);
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
	    0U);
	dispatch_end(&x->q);
	MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT,
	    (unsigned)IDLE_WAIT_S);
	if (x->q.hit.n > 0)
		return answer_later(s, x);
	return send_reply(s, connection, x);
}

static enum MHD_Result
/* NOLINTNEXTLINE(readability-function-size): the library's signature */
on_request(void *cls, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data,
    size_t *upload_data_size, void **context)
{
	struct server *s = cls;
	struct exchange *x = *context;

	(void)url;
	(void)version;
	if (!x->begun)
		return begin(s, connection, x, method);
	if (x->answered)
		return send_reply(s, connection, x);
	if (*upload_data_size > 0) {
		if (x->q.reply.status != 0)
			x->swallowed += *upload_data_size;
		dispatch_body(&x->q,
		    (struct str){upload_data, *upload_data_size});
		*upload_data_size = 0;
		return x->swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
	}
	return answer(s, connection, x);
}

static void on_complaint(void *cls, const char *fmt, va_list ap)
    PRINTF_LIKE(2, 0);

static void
on_complaint(void *cls, const char *fmt, va_list ap)
{
	char text[500];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_debug("http", "text=%s", log_quote(str_trim(str_of(text))));
}

/* At least one a thread. */
static unsigned
links_max(const struct settings *set)
{
	int64_t n = set->api_connections;

	return (unsigned)(n < set->api_threads ? set->api_threads : n);
}

static struct MHD_Daemon *
start_daemon(struct server *s, int fd)
{
	const struct settings *set = s->api->settings;
	unsigned threads = (unsigned)set->api_threads;
	unsigned links = links_max(set);

	return MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC |
				    MHD_ALLOW_SUSPEND_RESUME |
				    MHD_USE_ERROR_LOG,
	    0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER,
	    on_complaint, NULL,                                      /* first */
	    MHD_OPTION_LISTEN_SOCKET, fd,                            /**/
	    MHD_OPTION_THREAD_POOL_SIZE, threads > 1 ? threads : 0U, /**/
	    MHD_OPTION_CONNECTION_LIMIT, links,                      /**/
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, links / 2 + 1,       /**/
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,  /**/
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_WAIT_S,    /**/
	    MHD_OPTION_STRICT_FOR_CLIENT, 1,                         /**/
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,          /**/
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, s,               /**/
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,            /**/
	    MHD_OPTION_END);
}

struct server *
server_start(const struct api *api, struct err *err)
{
	struct server *s = NEW(struct server);
	int fd;

	if (!server_listen(api->settings->listen, &fd, &s->port, err)) {
		free(s);
		return NULL;
	}
	s->api = api;
	s->links = server_links_new((size_t)links_max(api->settings));
	pthread_mutex_init(&s->lock, NULL);
	s->daemon = start_daemon(s, fd);
	if (s->daemon != NULL)
		return s;
	err_set(err, FAIL_IO, "http server on %s: cannot start",
	    api->settings->listen);
	close(fd);
	server_links_free(s->links);
	free(s);
	return NULL;
}

void
server_tick(struct server *s)
{
	int late = server_links_reap(s->links);

	wake_all(s);

	if (late > 0)
		log_info("http_late", "connections=%d", late);
}

void
server_stop(struct server *s)
{
	int64_t until = clock_mono_ms() + STOP_WAIT_MS;
	int fd = MHD_quiesce_daemon(s->daemon);
	int left;

	if (fd >= 0)
		close(fd);
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	while ((left = s->under_way) > 0 && clock_mono_ms() < until) {
		pthread_mutex_unlock(&s->lock);
		wake_all(s);
		usleep(10000);
		pthread_mutex_lock(&s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	if (left > 0)
		log_warn("http_cut_off", "requests=%d", left);
	MHD_stop_daemon(s->daemon);
	server_links_free(s->links);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

int
server_port(const struct server *s)
{
	return s->port;
}
