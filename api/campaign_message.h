/*
 * campaign_message.h - a campaign's message, compiled for the public pages:
 * of what was frozen, or of the draft as it is now, as senders do.
 */
#ifndef API_CAMPAIGN_MESSAGE_H
#define API_CAMPAIGN_MESSAGE_H

#include "api/request.h"
#include "templates/message_row.h"

struct campaign_message {
	struct message *message;      /* message_free */
	struct message_source source; /* borrows from the request */
	struct str postal_address;
	struct message_error error; /* part NULL: none */
};

/* *found is false when there is no such campaign, or nothing that compiles:
 * then out->error says why.  False: answered. */
bool campaign_message_load(struct request *q, int64_t campaign,
    struct campaign_message *out, bool *found) MUST_USE;

#endif
