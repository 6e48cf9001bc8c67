/*
 * http.c - libcurl's multi interface driven by our loop: it says which
 * sockets it wants watched and when it wants to be called.
 */
#include "lib/net/http.h"

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/net/loopback.h"
#include "lib/net/private_address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define FOREIGN_PORT 443
#define SOCKETS_MAX  8 /* of one request: addresses tried at once, resolver */

struct socket_watch {
	struct http *http;
	curl_socket_t fd;
	struct loop_watch *watch; /* NULL: a free place */
};

struct http {
	struct loop *loop;
	http_fn *fn;
	void *arg;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct loop_timer *timer;
	struct socket_watch sockets[SOCKETS_MAX];
	struct buf body, answer;
	bool is_plain;   /* http: the peer must be this host */
	bool is_refused; /* a foreign name led into a network of ours */
	bool is_over;
	char why[CURL_ERROR_SIZE];
};

static void
library_init(void)
{
	static bool done;

	if (!done && curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		die("http: libcurl does not start");
	done = true;
}

static bool
is_local_name(char *host)
{
	size_t n = strlen(host);

	/* [::1] comes with its brackets */
	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		return loopback_address(host + 1);
	}
	return loopback_host(host);
}

static bool
has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

static bool
parts_ok(CURLU *u, struct err *err)
{
	char *scheme = NULL, *host = NULL;
	bool ok = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK;

	if (!ok)
		err_set(err, FAIL_INPUT, "has no host");
	else if (strcmp(scheme, "https") != 0 &&
		 (strcmp(scheme, "http") != 0 || !is_local_name(host)))
		ok = err_set(err, FAIL_INPUT, "must begin with https://");
	else if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD))
		ok = err_set(err, FAIL_INPUT, "must not name a user");
	else if (has_part(u, CURLUPART_FRAGMENT))
		ok = err_set(err, FAIL_INPUT, "must not have a fragment");
	curl_free(scheme);
	curl_free(host);
	return ok;
}

bool
http_url_ok(const char *url, struct err *err)
{
	CURLU *u;
	bool ok;

	library_init();
	if (strlen(url) > HTTP_URL_MAX)
		return err_set(err, FAIL_INPUT, "is longer than %d bytes",
		    HTTP_URL_MAX);
	u = curl_url();
	if (u == NULL)
		die("out of memory");
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER) !=
	    CURLUE_OK)
		ok = err_set(err, FAIL_INPUT, "is none");
	else
		ok = parts_ok(u, err);
	curl_url_cleanup(u);
	return ok;
}

void
http_form_add(struct buf *out, const char *name, struct str value)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;

	if (out->n > 0)
		buf_char(out, '&');
	buf_puts(out, name);
	buf_char(out, '=');
	for (i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || strchr("-._~", c) != NULL) {
			buf_char(out, (char)c);
		} else {
			buf_char(out, '%');
			buf_char(out, hex[c >> 4]);
			buf_char(out, hex[c & 15]);
		}
	}
}

static enum fail
kind_of(CURLcode code)
{
	switch ((int)code) {
	case CURLE_OPERATION_TIMEDOUT: return FAIL_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR: return FAIL_TLS;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED: return FAIL_LIMIT;
	default: return FAIL_IO;
	}
}

static void
tell_failure(struct http *h, CURLcode code)
{
	struct err err;

	if (h->answer.full)
		err_set(&err, FAIL_LIMIT, "an answer of more than %zu bytes",
		    h->answer.max);
	else if (h->is_refused)
		err_set(&err, FAIL_REFUSED,
		    "the name leads to an address that is not public");
	else
		err_set(&err, kind_of(code), "%s",
		    h->why[0] != '\0' ? h->why : curl_easy_strerror(code));
	h->fn(NULL, &err, h->arg);
}

static void
tell_answer(struct http *h)
{
	struct http_answer a = {.body = buf_view(&h->answer)};
	curl_off_t wait = 0;
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(h->easy, CURLINFO_RETRY_AFTER, &wait);
	a.status = (int)status;
	a.retry_after_s = (int64_t)wait;
	h->fn(&a, NULL, h->arg);
}

/* The last thing done with h: its owner may free it in the callback. */
static void
look(struct http *h)
{
	CURLMsg *m;
	int left;

	while (!h->is_over &&
	       (m = curl_multi_info_read(h->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		h->is_over = true;
		loop_timer_stop(h->timer);
		if (m->data.result == CURLE_OK)
			tell_answer(h);
		else
			tell_failure(h, m->data.result);
		return;
	}
}

static void
act(struct http *h, curl_socket_t fd, int what)
{
	int running;

	if (h->is_over)
		return;
	curl_multi_socket_action(h->multi, fd, what, &running);
	look(h);
}

static void
on_socket(int events, void *arg)
{
	struct socket_watch *s = arg;
	int what = 0;

	if (events & LOOP_READ)
		what |= CURL_CSELECT_IN;
	if (events & LOOP_WRITE)
		what |= CURL_CSELECT_OUT;
	act(s->http, s->fd, what);
}

static void
on_timer(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
want_timer(CURLM *multi, long after_ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (after_ms < 0)
		loop_timer_stop(h->timer);
	else
		loop_timer_start(h->timer, after_ms);
	return 0;
}

static struct socket_watch *
place_of(struct http *h, curl_socket_t fd)
{
	struct socket_watch *unused = NULL;
	size_t i;

	for (i = 0; i < SOCKETS_MAX; i++) {
		struct socket_watch *s = &h->sockets[i];

		if (s->watch != NULL && s->fd == fd)
			return s;
		if (s->watch == NULL)
			unused = s;
	}
	return unused;
}

static int
want_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *own)
{
	struct http *h = arg;
	struct socket_watch *s = place_of(h, fd);
	int events = 0;

	(void)easy;
	(void)own;
	if (s == NULL)
		return -1;
	if (what == CURL_POLL_REMOVE) {
		loop_watch_free(s->watch);
		s->watch = NULL;
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= LOOP_READ;
	if (what & CURL_POLL_OUT)
		events |= LOOP_WRITE;
	if (s->watch == NULL) {
		*s = (struct socket_watch){.http = h, .fd = fd};
		s->watch = loop_watch_new(h->loop, fd, on_socket, s);
		if (s->watch == NULL)
			return -1;
	}
	loop_watch_want(s->watch, events);
	return 0;
}

static size_t
take(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	buf_add(&h->answer, p, size * n);
	return h->answer.full ? 0 : size * n;
}

/* "localhost" is what the resolver says it is. */
static int
check_peer(void *arg, char *peer, char *own, int peer_port, int own_port)
{
	const struct http *h = arg;

	(void)own;
	(void)peer_port;
	(void)own_port;
	return !h->is_plain || loopback_address(peer) ? CURL_PREREQFUNC_OK
						      : CURL_PREREQFUNC_ABORT;
}

/* The address is the one that is connected to, not one that was looked up
 * before: a name that changes meanwhile gains nothing.  One that leads to us
 * gets no other of its addresses tried. */
static curl_socket_t
open_foreign(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http *h = arg;
	struct sockaddr_in four = {0};

	(void)purpose;
	memcpy(&four, &to->addr,
	    sizeof(four)); /* the port stands there in both */
	h->is_refused = h->is_refused || private_address(&to->addr) ||
			ntohs(four.sin_port) != FOREIGN_PORT;
	return h->is_refused ? CURL_SOCKET_BAD
			     : socket(to->family, to->socktype | SOCK_CLOEXEC,
				   to->protocol);
}

static void
set_headers(struct http *h, const struct http_params *params)
{
	size_t i;

	for (i = 0; i < params->header_count; i++)
		h->headers = curl_slist_append(h->headers, params->headers[i]);
}

static void
set_request(struct http *h, const struct http_params *params)
{
	struct buf type;

	buf_init(&type, 200);
	buf_printf(&type, "Content-Type: %s", params->content_type);
	h->headers = curl_slist_append(NULL, buf_cstr(&type));
	h->headers = curl_slist_append(h->headers, "Accept: application/json");
	h->headers = curl_slist_append(h->headers, "Expect:");
	set_headers(h, params);
	buf_release(&type);
	curl_easy_setopt(h->easy, CURLOPT_URL, params->url);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	curl_easy_setopt(h->easy, CURLOPT_USERAGENT, "Volley");
	curl_easy_setopt(h->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDS, buf_cstr(&h->body));
	curl_easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)h->body.n);
	curl_easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, h);
	curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->why);
}

static void
set_limits(struct http *h, const struct http_params *params)
{
	CURL *e = h->easy;
	long most = (long)params->timeout_ms;

	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
	    h->is_plain ? "http" : "https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	/* A resolver that does not answer is not waited for. */
	curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, most);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	    most < HTTP_CONNECT_MS ? most : HTTP_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	if (params->ca_file != NULL && params->ca_file[0] != '\0') {
		curl_easy_setopt(e, CURLOPT_CAINFO, params->ca_file);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	}
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, check_peer);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, h);
	if (!params->is_foreign)
		return;
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_foreign);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, h);
}

struct http *
http_post(struct loop *loop, const struct http_params *params, http_fn *fn,
    void *arg)
{
	struct http *h = NEW(struct http);

	library_init();
	h->loop = loop;
	h->fn = fn;
	h->arg = arg;
	h->is_plain = str_starts_nocase(str_of(params->url), STR("http:"));
	h->timer = loop_timer_new(loop, on_timer, h);
	buf_init(&h->body, params->body.n);
	buf_str(&h->body, params->body);
	buf_init(&h->answer, params->answer_max);
	h->multi = curl_multi_init();
	h->easy = curl_easy_init();
	if (h->multi == NULL || h->easy == NULL)
		die("out of memory");
	set_request(h, params);
	set_limits(h, params);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, want_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_add_handle(h->multi, h->easy); /* starts the timer */
	return h;
}

/* libcurl lets its sockets go while it is being closed, and may be inside
 * no call of its own then: callbacks come after they have returned. */
void
http_free(struct http *h)
{
	size_t i;

	if (h == NULL)
		return;
	h->is_over = true;
	curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_multi_cleanup(h->multi);
	for (i = 0; i < SOCKETS_MAX; i++)
		loop_watch_free(h->sockets[i].watch);
	curl_slist_free_all(h->headers);
	loop_timer_free(h->timer);
	buf_wipe(&h->body);
	buf_wipe(&h->answer);
	free(h);
}
