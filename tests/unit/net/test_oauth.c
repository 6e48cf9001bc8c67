/*
 * Goal: what a token endpoint answers becomes a token that can be used, a
 * reason to try later, or one for a person; never a secret in words.
 */
#include "lib/net/oauth.h"

#include "tests/support/peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
	const char *label;
	long status;
	const char *body;
	enum oauth_result result;
	const char *access, *refresh;
	int64_t expires_s;
} rows[] = {
    {"a token", 200,
	"{\"access_token\":\"abc\",\"token_type\":\"Bearer\","
	"\"expires_in\":3599,\"refresh_token\":\"r2\"}",
	OAUTH_GRANTED, "abc", "r2", 3599},
    {"no refresh token, no type, no life", 200, "{\"access_token\":\"abc\"}",
	OAUTH_GRANTED, "abc", "", OAUTH_EXPIRES_S},
    {"a life in words", 200, "{\"access_token\":\"a\",\"expires_in\":\"60\"}",
	OAUTH_GRANTED, "a", "", 60},
    {"a life without end", 200, "{\"access_token\":\"a\",\"expires_in\":1e300}",
	OAUTH_GRANTED, "a", "", OAUTH_EXPIRES_MAX},
    {"a life that is over", 200, "{\"access_token\":\"a\",\"expires_in\":-5}",
	OAUTH_GRANTED, "a", "", OAUTH_EXPIRES_MIN},
    {"a life before all time", 200,
	"{\"access_token\":\"a\",\"expires_in\":-1e300}", OAUTH_GRANTED, "a",
	"", OAUTH_EXPIRES_MIN},
    {"type in another case", 200,
	"{\"access_token\":\"a\",\"token_type\":\"bearer\"}", OAUTH_GRANTED,
	"a", "", OAUTH_EXPIRES_S},
    {"another type", 200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
	OAUTH_LATER, "", "", 0},
    {"no token", 200, "{}", OAUTH_LATER, "", "", 0},
    {"an empty token", 200, "{\"access_token\":\"\"}", OAUTH_LATER, "", "", 0},
    {"a token with a line end", 200, "{\"access_token\":\"a\\r\\nb\"}",
	OAUTH_LATER, "", "", 0},
    {"a refresh token with a blank", 200,
	"{\"access_token\":\"a\",\"refresh_token\":\"a b\"}", OAUTH_LATER, "",
	"", 0},
    {"a number for a token", 200, "{\"access_token\":7}", OAUTH_LATER, "", "",
	0},
    {"no JSON", 200, "<html>", OAUTH_LATER, "", "", 0},
    {"a list", 200, "[]", OAUTH_LATER, "", "", 0},
    {"nothing", 200, "", OAUTH_LATER, "", "", 0},
    {"the grant is over", 400, "{\"error\":\"invalid_grant\"}", OAUTH_REFUSED,
	"", "", 0},
    {"the client is not known", 401, "{\"error\":\"invalid_client\"}",
	OAUTH_REFUSED, "", "", 0},
    {"a person is wanted", 400, "{\"error\":\"interaction_required\"}",
	OAUTH_REFUSED, "", "", 0},
    {"not now", 400, "{\"error\":\"temporarily_unavailable\"}", OAUTH_LATER, "",
	"", 0},
    {"too often", 429, "{\"error\":\"invalid_grant\"}", OAUTH_LATER, "", "", 0},
    {"their trouble", 500, "{\"error\":\"invalid_grant\"}", OAUTH_LATER, "", "",
	0},
    {"a wall before it", 403, "<html>", OAUTH_LATER, "", "", 0},
    {"a redirect", 302, "", OAUTH_LATER, "", "", 0},
};

static void
answers(void **state)
{
	struct oauth_answer a;
	struct buf texts;
	size_t i;

	(void)state;
	buf_init(&texts, OAUTH_ANSWER_MAX);
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].label);
		buf_reset(&texts);
		oauth_read(&a, (int)rows[i].status, str_of(rows[i].body),
		    &texts);
		assert_int_equal(a.result, rows[i].result);
		assert_true(str_eq(a.access_token, str_of(rows[i].access)));
		assert_true(str_eq(a.refresh_token, str_of(rows[i].refresh)));
		assert_int_equal(a.expires_s, rows[i].expires_s);
		assert_true(
		    (a.err.kind == FAIL_NONE) == (a.result == OAUTH_GRANTED));
	}
	buf_release(&texts);
}

static void
words_are_fit_to_be_shown(void **state)
{
	struct oauth_answer a;
	struct buf texts;

	(void)state;
	buf_init(&texts, OAUTH_ANSWER_MAX);
	oauth_read(&a, 400,
	    STR("{\"error\":\"invalid_grant\",\"error_description\":"
		"\"Token\\u001b[31m\\r\\nrevoked \\u00fc\"}"),
	    &texts);
	assert_string_equal(a.err.text,
	    "invalid_grant: Token [31m  revoked   ");
	assert_int_equal(a.err.kind, FAIL_AUTH);
	buf_release(&texts);
}

static struct loop *loop;
static struct oauth_answer got;
static char heard[4000];

/* Repeats the secret it was sent. */
static void
parrot(struct peer_conn *pc, void *arg)
{
	static const char said[] =
	    "{\"error\":\"invalid_grant\",\"error_description\":\"what is "
	    "my/secret?\"}";
	char head[200];

	(void)arg;
	if (peer_hear(pc, heard, sizeof(heard) - 1) == 0)
		return;
	if (strstr(heard, "scope") == NULL)
		peer_hear(pc, heard + strlen(heard), 1000);
	snprintf(head, sizeof(head),
	    "HTTP/1.1 400 Bad\r\nContent-Length: %zu\r\n\r\n",
	    sizeof(said) - 1);
	peer_say(pc, head, strlen(head));
	PEER_SAY(pc, said);
}

static void
on_answer(const struct oauth_answer *a, void *arg)
{
	(void)arg;
	got = *a;
	loop_stop(loop);
}

static void
no_secret_comes_back(void **state)
{
	struct peer *peer = peer_start(NULL, parrot, NULL);
	struct oauth_grant grant = {
	    .client_id = STR("id"),
	    .client_secret = STR("s&s"),
	    .refresh_token = STR("my/secret"),
	    .scope = STR("mail send"),
	};
	struct oauth *o;
	char url[100];

	(void)state;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", peer_port(peer));
	grant.token_url = url;
	loop = loop_new();
	o = oauth_refresh(loop, &grant, on_answer, NULL);
	loop_run(loop);
	oauth_free(o);
	loop_free(loop);
	peer_stop(peer);
	peer_free(peer);
	assert_int_equal(got.result, OAUTH_REFUSED);
	assert_null(strstr(got.err.text, "my/secret"));
	assert_non_null(strstr(heard,
	    "grant_type=refresh_token&refresh_token=my%2Fsecret&client_id=id"
	    "&client_secret=s%26s&scope=mail%20send"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(words_are_fit_to_be_shown),
	    cmocka_unit_test(no_secret_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
