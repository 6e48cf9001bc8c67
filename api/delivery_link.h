/*
 * delivery_link.h - who a public link is about: its token's delivery.
 *
 * The token proves that we made the link.  n = 0 of a campaign is its test
 * message, which stands for nobody.
 */
#ifndef API_DELIVERY_LINK_H
#define API_DELIVERY_LINK_H

#include "api/request.h"

enum delivery_link { LINK_UNKNOWN = 0, LINK_TEST, LINK_DELIVERY };

/* Of q->params[0]; *delivery is set unless it is unknown.  Who asks too much
 * (link_pace.h) is told the same, whatever the token is. */
enum delivery_link delivery_link_open(struct request *q, int64_t *delivery);

/* Whatever the reason, it looks the same: 404, and 429 with that page
 * for who asks too much. */
void delivery_link_unknown(struct request *q);

#endif
