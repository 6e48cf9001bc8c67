/*
 * message_data.h - what the template of a message sees of its recipient.
 */
#ifndef TEMPLATES_MESSAGE_DATA_H
#define TEMPLATES_MESSAGE_DATA_H

#include "templates/message.h"

/* Points into itself, the arena and what it was made from. */
struct message_data {
	struct value_member campaign[2], list[2], person[2], built_in[4];
	struct value scopes[3]; /* built_in, person, attributes */
	struct liquid_data data;
};

/* `whole_contact`: the template reads `contact`. */
bool message_data_fill(struct message_data *d,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, bool whole_contact,
    struct arena *a, struct err *err) MUST_USE;

/* <base_url>/u/<token> */
struct str message_unsubscribe_url(const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a);

#endif
