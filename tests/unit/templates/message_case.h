/*
 * message_case.h - a campaign, a recipient, and composing, for tests.
 */
#ifndef TESTS_MESSAGE_CASE_H
#define TESTS_MESSAGE_CASE_H

#include "templates/message.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOKEN "aebagbafaydqqcikbmga2dqpcaireeyuc4"
/* 2026-12-01T09:00:00Z */
#define DATE_US 1796115600000000LL

static struct arena arena;
static struct buf out;
static struct message_error error;

static inline struct address
address(const char *text)
{
	struct address a;
	struct err err;

	if (!address_parse(&a, str_of(text), &err))
		die("%s: %s", text, err.text);
	return a;
}

static inline struct message_campaign
a_campaign(void)
{
	return (struct message_campaign){
	    .id = 7,
	    .name = STR("Autumn"),
	    .from_name = STR("Harbour"),
	    .from = address("news@example.com"),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley-1"),
	};
}

static inline struct message_recipient
a_recipient(void)
{
	return (struct message_recipient){
	    .token = TOKEN,
	    .to = address("ann@example.org"),
	    .name = STR("Ann"),
	    .attributes = STR("{\"city\":\"K\xc3\xb6ln\",\"email\":\"x\"}"),
	    .list_id = 3,
	    .list_name = STR("Friends"),
	    .date_us = DATE_US,
	};
}

static inline struct message *
compile(const char *subject, const char *preheader, const char *html,
    const char *text)
{
	struct message_source source = {
	    .subject = str_of(subject),
	    .preheader = str_of(preheader),
	    .html = str_of(html),
	    .text = str_of(text),
	};
	struct message *m;

	if (!message_compile(&m, &source, &error))
		die("%s:%d:%d: %s", error.part, error.at.line, error.at.column,
		    error.at.text);
	return m;
}

static inline bool
compose(const struct message *m, const struct message_campaign *campaign,
    const struct message_recipient *recipient)
{
	arena_reset(&arena);
	return message_compose(m, campaign, recipient, &arena, &out, &error);
}

static inline void
compose_ok(const struct message *m, const struct message_campaign *campaign,
    const struct message_recipient *recipient)
{
	if (!compose(m, campaign, recipient))
		fail_msg("%s: %s", error.part, error.at.text);
}

/* Runs the tests between making and freeing what they share. */
#define MESSAGE_CASES_RUN(tests)                                    \
	({                                                          \
		int failed;                                         \
		arena_init(&arena, MESSAGE_ARENA_MAX);              \
		buf_init(&out, MESSAGE_MAX);                        \
		failed = cmocka_run_group_tests(tests, NULL, NULL); \
		buf_release(&out);                                  \
		arena_release(&arena);                              \
		failed;                                             \
	})

#endif
