/*
 * message_data.h - what the template of a message sees of its recipient.
 */
#ifndef TEMPLATES_MESSAGE_DATA_H
#define TEMPLATES_MESSAGE_DATA_H

#include "templates/message.h"

#define MESSAGE_BUILT_INS 10

/* Points into itself, the arena and what it was made from. */
struct message_data {
	struct value_member campaign[2], list[2], person[2];
	struct value_member built_in[MESSAGE_BUILT_INS];
	struct value scopes[4]; /* built_in, person, attributes, defaults */
	struct liquid_data data;
	/* for personal links */
	const struct message *message;
	const struct message_campaign *from;
	const struct message_recipient *to;
	struct arena *arena;
	bool tracked; /* links lead through us */
	bool plain;   /* it is the text that is rendered */
};

/* All but `tracked` and `plain`, which are false then. */
bool message_data_fill(struct message_data *d, const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a,
    struct err *err) MUST_USE;

/* <base_url>/u/<token> */
struct str message_unsubscribe_url(const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a);

/* A personal link: a liquid_data.link, arg is the struct message_data.  Adds
 * UTM parameters and signs; see html_rewrite.h. */
void message_link_write(uint32_t number, struct str url, struct buf *out,
    void *arg);

#endif
