/*
 * public_page.h - pages for people without a key, reached by the links of
 * their mails.
 *
 * The texts are Liquid templates in api/pages, HTML-escaped by the engine.
 * A page has no script, sets no cookie, asks no other host for anything and
 * is not to be found by search engines.
 */
#ifndef API_PUBLIC_PAGE_H
#define API_PUBLIC_PAGE_H

#include "api/request.h"
#include "templates/liquid/value.h"

/* Answers with the page of that name, filled in with the members. */
void public_page(struct request *q, int status, const char *name,
    const struct value_member *members, uint32_t n);
/* False: more than a render may write (liquid.h), and nothing was answered;
 * for members whose size others decide. */
bool public_page_try(struct request *q, int status, const char *name,
    const struct value_member *members, uint32_t n) MUST_USE;

#endif
