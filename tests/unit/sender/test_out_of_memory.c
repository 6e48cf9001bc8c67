/*
 * Goal: memory that runs out, at whichever allocation, ends the process with
 * one line and status 1: no signal, nothing leaked, and no message counted
 * as accepted that was not (D-30).
 *
 * Linked with --wrap, so that the allocations of lib/base/mem.c, which are
 * all of ours, can be made to fail: the k-th one, for every k that there is.
 */
#include "sender/smtp_session.h"
#include "tests/unit/templates/message_case.h"

#include <sys/wait.h>
#include <unistd.h>

#define DIED      1  /* die() */
#define COMPLETED 70 /* there were fewer allocations */
#define WRONG     71 /* the work went on with a wrong result */

static long fail_at; /* 0: never */
static long seen;

static bool
fails(void)
{
	return ++seen == fail_at;
}

/* The names that the linker wants. */
#define LINKED_AS(name) __asm__(name)
void *real_malloc(size_t n) LINKED_AS("__real_malloc");
void *real_calloc(size_t n, size_t size) LINKED_AS("__real_calloc");
void *real_grow(void *p, size_t n, size_t size)
    LINKED_AS("__real_reallocarray");
char *real_strdup(const char *s) LINKED_AS("__real_strdup");
void *wrap_malloc(size_t n) LINKED_AS("__wrap_malloc");
void *wrap_calloc(size_t n, size_t size) LINKED_AS("__wrap_calloc");
void *wrap_grow(void *p, size_t n, size_t size)
    LINKED_AS("__wrap_reallocarray");
char *wrap_strdup(const char *s) LINKED_AS("__wrap_strdup");

void *
wrap_malloc(size_t n)
{
	return fails() ? NULL : real_malloc(n);
}

void *
wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : real_calloc(n, size);
}

void *
wrap_grow(void *p, size_t n, size_t size)
{
	return fails() ? NULL : real_grow(p, n, size);
}

char *
wrap_strdup(const char *s)
{
	return fails() ? NULL : real_strdup(s);
}

/* Two messages, both refused in the end: nobody may be accepted. */
static const char refusals[] =
    "220 mx.example.com ESMTP\r\n"
    "250-mx.example.com\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n250 SIZE\r\n"
    "235 2.7.0 in\r\n"
    "250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n"
    "550 5.7.1 no\r\n"
    "250 2.1.0 ok\r\n550-5.1.1 nobody\r\n550 5.1.1 here\r\n"
    "554 5.5.1 nobody to send to\r\n";

static bool
talk(void)
{
	const struct smtp_session_params params = {
	    .helo = "client.example.com",
	    .local_peer = true,
	    .username = "u",
	    .password = "p",
	    .host = "mx.example.com",
	    .mechanism = SASL_AUTO,
	};
	struct smtp_message m[2] = {
	    {.from = STR("a@example.com"),
		.to = STR("b@example.com"),
		.data = STR("Subject: x\r\n\r\n.\r\nhello\r\n")},
	};
	struct str in = str_of(refusals);
	struct smtp_session s;
	enum smtp_event event;
	int results = 0, sent = 0;
	bool right = true;

	m[1] = m[0];
	smtp_session_init(&s, &params);
	do {
		event = smtp_session_feed(&s, &in);
		if (event == SMTP_GO_AHEAD)
			smtp_session_body(&s);
		if (event == SMTP_RESULT) {
			results++;
			right &= !s.result.accepted;
		}
		while (sent < 2 && smtp_session_room(&s) > 0)
			right &= smtp_session_send(&s, &m[sent++]);
		smtp_session_written(&s);
	} while (event != SMTP_WAIT && event != SMTP_OVER);
	smtp_session_release(&s);
	return right && results == 2;
}

static bool
write_message(void)
{
	struct message_campaign campaign = a_campaign();
	struct message_recipient recipient = a_recipient();
	struct message *m = compile("Hello {{ name | upcase }}", "In short",
	    "<body>{% for i in (1..3) %}<p style=\"color: red\">{{ i }} "
	    "{{ city | default: 'x' }}</p>{% endfor %}"
	    "<a href=\"https://example.com/?c={{ city }}\">go</a></body>",
	    "");
	bool right;

	arena_init(&arena, 16U << 20);
	buf_init(&out, 1U << 20);
	compose_ok(m, &campaign, &recipient);
	right = str_find(buf_view(&out), STR("HELLO")) == STR_NOWHERE &&
		str_find(buf_view(&out), STR("Hello ")) != STR_NOWHERE;
	buf_release(&out);
	arena_release(&arena);
	message_free(m);
	return right;
}

/* The exit status of a process in which the k-th allocation fails. */
static int
run(bool (*work)(void), long k)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(99);
		seen = 0;
		fail_at = k;
		if (!work())
			exit(WRONG);
		exit(seen < k ? COMPLETED : WRONG);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static long
run_all(bool (*work)(void))
{
	int status = DIED;
	long k;

	for (k = 1; status == DIED; k++)
		status = run(work, k);
	assert_int_equal(status, COMPLETED);
	return k - 2; /* that failed */
}

static void
in_a_session(void **state)
{
	(void)state;
	assert_true(run_all(talk) > 5);
}

static void
in_a_message(void **state)
{
	(void)state;
	assert_true(run_all(write_message) > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_a_session),
	    cmocka_unit_test(in_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
