/*
 * Goal: a request leaves as it was given, its answer comes back once and
 * whole, and nothing that a server does - silence, floods, redirects, bad
 * certificates - gets more out of us than an error in words.
 */
#include "lib/net/http.h"

#include "lib/base/buf.h"
#include "tests/support/certs.h"
#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY_MAX 4000

static struct loop *loop;
static struct http *request;
static int calls, status;
static int64_t retry_after_s;
static enum fail failed;
static bool free_inside;
static char body[BODY_MAX + 1], heard[BODY_MAX + 1];

static void
on_answer(const struct http_answer *a, const struct err *err, void *arg)
{
	(void)arg;
	calls++;
	failed = err != NULL ? err->kind : FAIL_NONE;
	status = a != NULL ? a->status : 0;
	retry_after_s = a != NULL ? a->retry_after_s : 0;
	snprintf(body, sizeof(body), "%.*s",
	    STR_ARG(a != NULL ? a->body : STR_NONE));
	if (err != NULL)
		assert_true(err->text[0] != '\0');
	if (free_inside) {
		http_free(request);
		request = NULL;
	}
	loop_stop(loop);
}

/* What a peer does with a connection: reads the request, then says `arg`. */
static void
serve(struct peer_conn *pc, void *arg)
{
	size_t n;

	n = peer_hear(pc, heard, BODY_MAX);
	while (n > 0 && (n < 9 || strcmp(heard + n - 9, "a=b%26c=d") != 0)) {
		size_t more = peer_hear(pc, heard + n, BODY_MAX - n);

		if (more == 0)
			return;
		n += more;
		heard[n] = '\0';
	}
	if (arg == NULL)
		peer_hear(pc, body, 1); /* until the client goes */
	else
		peer_say(pc, arg, strlen(arg));
}

static void
serve_tls(struct peer_conn *pc, void *arg)
{
	if (peer_tls(pc))
		serve(pc, arg);
}

static void
post(const char *scheme, struct peer *peer, const char *ca)
{
	char url[100];
	const struct http_params params = {
	    .url = url,
	    .content_type = "application/x-www-form-urlencoded",
	    .body = STR("a=b%26c=d"),
	    .ca_file = ca,
	    .timeout_ms = 700,
	    .answer_max = 1000,
	};

	snprintf(url, sizeof(url), "%s://localhost:%d/token", scheme,
	    peer_port(peer));
	calls = 0;
	heard[0] = body[0] = '\0';
	loop = loop_new();
	request = http_post(loop, &params, on_answer, NULL);
	loop_run(loop);
	http_free(request);
	loop_free(loop);
	peer_stop(peer);
	peer_free(peer);
	assert_int_equal(calls, 1);
}

struct row {
	const char *label, *said;
	int status;
	enum fail kind;
	const char *body;
};

#define OK "HTTP/1.1 200 OK\r\n"

static const struct row rows[] = {
    {"an answer", OK "Content-Length: 2\r\n\r\nhi", 200, FAIL_NONE, "hi"},
    {"chunks",
	OK "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
	200, FAIL_NONE, "hi"},
    {"a refusal",
	"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 1\r\n\r\nx", 503,
	FAIL_NONE, "x"},
    {"a redirect is an answer, not a way",
	"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\n"
	"Content-Length: 0\r\n\r\n",
	302, FAIL_NONE, ""},
    {"more than we take", OK "Content-Length: 1001\r\n\r\n%", 0, FAIL_LIMIT,
	""},
    {"half of it", OK "Content-Length: 9\r\n\r\nhi", 0, FAIL_IO, ""},
    {"closed at once", "", 0, FAIL_IO, ""},
    {"no HTTP", "220 mx.test ESMTP\r\n", 0, FAIL_IO, ""},
    {"silence", NULL, 0, FAIL_TIMEOUT, ""},
};

static void
answers(void **state)
{
	char said[2000];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *r = &rows[i];
		char *end = NULL;

		print_message("%s\n", r->label);
		snprintf(said, sizeof(said), "%s", r->said ? r->said : "");
		if ((end = strchr(said, '%')) != NULL)
			memset(end, 'x', 1001);
		said[sizeof(said) - 1] = '\0';
		if (end != NULL)
			end[1001] = '\0';
		post("http",
		    peer_start(NULL, serve, r->said != NULL ? said : NULL),
		    NULL);
		assert_int_equal(failed, r->kind);
		assert_int_equal(status, r->status);
		if (r->kind == FAIL_NONE)
			assert_string_equal(body, r->body);
	}
}

/* What a peer is to say, as its argument. */
static char *
said_by(size_t i)
{
	static char said[2000];

	snprintf(said, sizeof(said), "%s", rows[i].said);
	return said;
}

static void
the_request(void **state)
{
	(void)state;
	free_inside = true;
	post("http", peer_start(NULL, serve, said_by(0)), NULL);
	free_inside = false;
	assert_non_null(strstr(heard, "POST /token HTTP/1.1\r\n"));
	assert_non_null(strstr(heard,
	    "Content-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(heard, "\r\n\r\na=b%26c=d"));
	assert_null(strstr(heard, "Expect:"));
	post("http", peer_start(NULL, serve, said_by(2)), NULL);
	assert_int_equal(retry_after_s, 7);
}

/* Before a byte of the request leaves. */
static void
certificates(void **state)
{
	const struct peer_tls good = {.cert = "good"};

	(void)state;
	post("https", peer_start(&good, serve_tls, said_by(0)),
	    certs_pem("ca"));
	assert_int_equal(failed, FAIL_NONE);
	assert_string_equal(body, "hi");
	post("https", peer_start(&good, serve_tls, said_by(0)), NULL);
	assert_int_equal(failed, FAIL_TLS);
	assert_string_equal(heard, "");
}

static void
given_up(void **state)
{
	struct peer *peer = peer_start(NULL, serve, NULL);
	char url[100];
	const struct http_params params = {.url = url,
	    .content_type = "text/plain",
	    .timeout_ms = 5000,
	    .answer_max = 10};

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", peer_port(peer));
	calls = 0;
	loop = loop_new();
	http_free(http_post(loop, &params, on_answer, NULL));
	loop_run(loop);
	loop_free(loop);
	assert_int_equal(calls, 0);
	peer_stop(peer);
	peer_free(peer);
}

static const struct {
	const char *url;
	bool ok;
} urls[] = {
    {"https://login.example.com/token", true},
    {"https://login.example.com:8443/a/b?c=d", true},
    {"http://127.0.0.1:8080/token", true},
    {"http://127.9.9.9/", true},
    {"http://[::1]:80/token", true},
    {"http://localhost/token", true},
    {"http://LOCALHOST/token", true},
    {"http://login.example.com/token", false},
    {"http://127.0.0.1.example.com/", false},
    {"http://10.0.0.1/", false},
    {"http://localhost.example.com/", false},
    {"http://[::2]/", false},
    {"http://localhost@login.example.com/", false},
    {"https://user:word@login.example.com/", false},
    {"https://login.example.com/#part", false},
    {"ftp://localhost/", false},
    {"file:///etc/passwd", false},
    {"https://", false},
    {"login.example.com", false},
    {"", false},
};

static void
which_urls(void **state)
{
	char longest[HTTP_URL_MAX + 2] = "https://a.test/";
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(urls); i++) {
		print_message("%s\n", urls[i].url);
		assert_int_equal(http_url_ok(urls[i].url, &err), urls[i].ok);
	}
	memset(longest + 15, 'x', sizeof(longest) - 16);
	assert_false(http_url_ok(longest, &err));
	longest[HTTP_URL_MAX] = '\0';
	assert_true(http_url_ok(longest, &err));
}

static void
forms(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	http_form_add(&out, "a", STR("x-._~Z9"));
	http_form_add(&out, "b", STR("a b&c=d+e%/\xc3\xb6\n"));
	http_form_add(&out, "c", STR_NONE);
	assert_string_equal(buf_cstr(&out),
	    "a=x-._~Z9&b=a%20b%26c%3Dd%2Be%25%2F%C3%B6%0A&c=");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(the_request),
	    cmocka_unit_test(certificates),
	    cmocka_unit_test(given_up),
	    cmocka_unit_test(which_urls),
	    cmocka_unit_test(forms),
	};

	certs_basic();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
