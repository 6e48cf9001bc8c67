/*
 * inbound_raw.h - a message that came, as it was: kept sealed, for a while.
 */
#ifndef API_INBOUND_RAW_H
#define API_INBOUND_RAW_H

#include "api/request.h"

/* A row of inbound_document or person_inbound: a document, then mailbox,
 * fingerprint and sealed text.  STR_NONE when it is not kept any more, or was
 * sealed with a key that is gone. */
struct str inbound_raw_open(struct request *q, const struct db_result *rows,
    int row);

#endif
