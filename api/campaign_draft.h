/*
 * campaign_draft.h - what people say a campaign is to be, until it starts.
 *
 * Every field may be left out of a draft but its name and its sender; what
 * is there must hold.  Addresses are the same for all recipients: template
 * marks in them, or in the sender's name, are refused (S-015).
 */
#ifndef API_CAMPAIGN_DRAFT_H
#define API_CAMPAIGN_DRAFT_H

#include "api/body.h"
#include "api/campaign_aim.h"
#include "api/campaign_control.h"
#include "api/campaign_whom.h"

struct campaign_ids {
	const int64_t *at;
	size_t n;
};

struct campaign_draft {
	struct str name;
	int64_t template_id; /* 0: none yet */
	struct str from_name, from_email;
	struct str reply_to; /* p == NULL: none */
	bool reply_token;
	struct str return_path; /* p == NULL: none */
	struct str on_uncertain;
	int64_t expires_after_s;
	struct str missing;        /* "empty", "default" or "fail" */
	struct str defaults, utm;  /* JSON objects */
	struct str postal_address; /* p == NULL: that of the settings */
	bool track_opens, track_clicks;
	bool stop_on_reply; /* who has answered gets no more of it */
	struct campaign_ids replied_to; /* nor whoever answered one of these */
	struct campaign_whom whom;
	struct campaign_aim aim;
	struct campaign_control control;
	struct campaign_ids lists, excluded, accounts;
};

/* A draft of which nothing is known. */
struct campaign_draft campaign_draft_new(void);
/* The stored one, held; gives its status.  NULL: answered. */
const char *campaign_draft_load(struct request *q, struct campaign_draft *d);

/* Reads the body over it, and looks whether everything that it refers to is
 * there.  false: answered. */
bool campaign_draft_read(struct request *q, struct campaign_draft *d,
    bool fresh) MUST_USE;

/* A new campaign's id, or 0: answered. */
int64_t campaign_draft_insert(struct request *q,
    const struct campaign_draft *d);
bool campaign_draft_update(struct request *q,
    const struct campaign_draft *d) MUST_USE;

#endif
