/*
 * pixel.h - the transparent dot that mails and shops show.
 */
#ifndef API_PIXEL_H
#define API_PIXEL_H

#include "api/request.h"

/* 43 bytes of GIF, the same for everybody, so that a guess learns nothing. */
void pixel_reply(struct request *q);

#endif
