/*
 * imap_mark.h - what may be done to messages of a folder.
 */
#ifndef BOUNCE_IMAP_MARK_H
#define BOUNCE_IMAP_MARK_H

#define IMAP_KEYWORD "$VolleyProcessed"

enum imap_mark {
	IMAP_MARK_NONE = 0,
	IMAP_MARK_KEYWORD, /* IMAP_KEYWORD */
	IMAP_MARK_SEEN,
	IMAP_MARK_MOVE,   /* to a folder */
	IMAP_MARK_REMOVE, /* it stands in that folder already */
};

#endif
