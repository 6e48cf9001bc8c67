/*
 * notice_list.h - the recipients that a notification in words is about,
 * chosen from all addresses in its text.
 *
 * Those that are listed or labelled, else those in replies and sentences;
 * not lines that are indented more than the first of a list, nor the sender
 * or the postmaster where others are left.  A list may hold names alone,
 * which belong to the domain of whoever sends the notification.
 */
#ifndef BOUNCE_NOTICE_LIST_H
#define BOUNCE_NOTICE_LIST_H

#include "bounce/mime_walk.h"
#include "bounce/notice_address.h"
#include "bounce/notice_format.h"

struct notice_list {
	struct inbound_mail *m;
	int count;
	struct notice_address found[NOTICE_ADDRESSES_MAX]; /* as they stand */
};

void notice_list_find(struct notice_list *l, struct inbound_mail *m,
    const struct notice_format *format);

/* Its place in the list, or -1. */
int notice_list_place(const struct notice_list *l, struct str address);

/* What the text says of the i-th, on one line, in the mail's arena. */
struct str notice_list_reason(const struct notice_list *l, int i);

/* The address that the i-th stands for, by "expanded from" and the like. */
struct str notice_list_origin(const struct notice_list *l, int i);

#endif
