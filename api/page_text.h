/*
 * page_text.h - the words of public pages in the visitor's language.
 *
 * Of api/pages/texts.json: the first language of Accept-Language that is
 * there, or else English.
 */
#ifndef API_PAGE_TEXT_H
#define API_PAGE_TEXT_H

#include "api/request.h"
#include "templates/liquid/value.h"

struct page_text {
	struct str lang;   /* for <html lang> */
	struct value text; /* an object: name, words */
};

struct page_text page_text_for(struct request *q);
/* What a list's subscribers agree to: its own words, or else ours. */
struct str page_text_statement(struct request *q, const struct page_text *t,
    struct str list, struct str own);

#endif
