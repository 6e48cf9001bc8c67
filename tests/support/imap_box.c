#include "tests/support/imap_box.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
imap_box_reset(struct imap_box *b, int messages)
{
	*b = (struct imap_box){.messages = messages, .present = messages - 1};
	cut_wire_mend(&b->wire);
}

static bool __attribute__((format(printf, 3, 4)))
say(struct peer_conn *pc, struct imap_box *b, const char *format, ...)
{
	char text[IMAP_BOX_LINE_SIZE];
	va_list args;
	size_t all, n;

	va_start(args, format);
	all = (size_t)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	n = cut_wire_says(&b->wire, all);
	return (n == 0 || peer_say(pc, text, n)) && n == all;
}

/* False at the end of the wire, wherever in the line that is. */
static bool
hear(struct peer_conn *pc, struct imap_box *b, char line[IMAP_BOX_LINE_SIZE])
{
	return peer_line(pc, line, IMAP_BOX_LINE_SIZE) &&
	       cut_wire_hears(&b->wire, strlen(line));
}

static int
count(const struct imap_box *b)
{
	int i, n = 0;

	for (i = 0; i < b->present; i++)
		n += !b->gone[i];
	return n;
}

/* Is it one of "3:5,9 ..."? */
static bool
is_in(const char *set, unsigned uid)
{
	unsigned first, last;
	int used;

	while (sscanf(set, "%u%n", &first, &used) == 1) {
		set += used;
		last = first;
		if (sscanf(set, ":%u%n", &last, &used) == 1)
			set += used;
		if (uid >= first && uid <= last)
			return true;
		if (*set != ',')
			return false;
		set++;
	}
	return false;
}

static bool
open_box(struct peer_conn *pc, struct imap_box *b)
{
	return say(pc, b,
	    "* %d EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
	    "* OK [UIDNEXT %d] ok\r\n",
	    count(b), b->present + 1);
}

static bool
search(struct peer_conn *pc, struct imap_box *b, const char *args)
{
	unsigned from = 1;
	int i;

	(void)!sscanf(args, "UID %u", &from);
	if (!say(pc, b, "* SEARCH"))
		return false;
	for (i = 0; i < b->present; i++)
		if (!b->gone[i] && i + 1 >= (int)from &&
		    !say(pc, b, " %d", i + 1))
			return false;
	return say(pc, b, "\r\n");
}

static bool
fetch(struct peer_conn *pc, struct imap_box *b, const char *args)
{
	bool whole = strstr(args, "BODY.PEEK[]") != NULL;
	char text[IMAP_BOX_LINE_SIZE];
	int i, number = 0, n;

	for (i = 0; i < b->present; i++) {
		number += !b->gone[i];
		if (b->gone[i] || !is_in(args, (unsigned)i + 1))
			continue;
		n = snprintf(text, sizeof(text), "Subject: %d\r\n\r\n%s", i,
		    whole ? "Hello)\r\n* 1 EXISTS\r\n" : "");
		if (!say(pc, b,
			"* %d FETCH (UID %d INTERNALDATE "
			"\"03-Nov-2025 10:00:00 +0000\" RFC822.SIZE 99 "
			"BODY[%s]<0> {%d}\r\n%s)\r\n",
			number, i + 1, whole ? "" : "HEADER", n, text))
			return false;
	}
	return true;
}

/* It is done, whether the answer arrives or not. */
static bool
move(struct peer_conn *pc, struct imap_box *b, const char *args)
{
	int i, number = 0, expunged[IMAP_BOX_MAX], n = 0;

	for (i = 0; i < b->present; i++) {
		number += !b->gone[i];
		if (b->gone[i] || !is_in(args, (unsigned)i + 1))
			continue;
		b->gone[i] = true;
		b->moved_unrecorded += b->recorded[i] == 0;
		expunged[n++] = number--;
	}
	for (i = 0; i < n; i++)
		if (!say(pc, b, "* %d EXPUNGE\r\n", expunged[i]))
			return false;
	return true;
}

/* The last message comes. */
static bool
idle(struct peer_conn *pc, struct imap_box *b)
{
	char line[IMAP_BOX_LINE_SIZE];

	if (!say(pc, b, "+ idling\r\n"))
		return false;
	if (b->present < b->messages) {
		b->present = b->messages;
		if (!say(pc, b, "* %d EXISTS\r\n", count(b)))
			return false;
	}
	return hear(pc, b, line);
}

static bool
challenge(struct peer_conn *pc, struct imap_box *b)
{
	char line[IMAP_BOX_LINE_SIZE];

	return say(pc, b, "+ \r\n") && hear(pc, b, line);
}

static bool
answer(struct peer_conn *pc, struct imap_box *b, const char *line)
{
	const char *verb = strchr(line, ' ');
	int tag = (int)strcspn(line, " ");
	bool ok = true;

	verb = verb != NULL ? verb + 1 : "";
	if (strncmp(verb, "AUTHENTICATE", 12) == 0)
		ok = challenge(pc, b);
	else if (strncmp(verb, "EXAMINE", 7) == 0 ||
		 strncmp(verb, "SELECT", 6) == 0)
		ok = open_box(pc, b);
	else if (strncmp(verb, "UID SEARCH ", 11) == 0)
		ok = search(pc, b, verb + 11);
	else if (strncmp(verb, "UID FETCH ", 10) == 0)
		ok = fetch(pc, b, verb + 10);
	else if (strncmp(verb, "UID MOVE ", 9) == 0)
		ok = move(pc, b, verb + 9);
	else if (strncmp(verb, "IDLE", 4) == 0)
		ok = idle(pc, b);
	return ok && say(pc, b,
			 "%.*s OK [CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE MOVE]"
			 " done\r\n",
			 tag, line);
}

void
imap_box_serve(struct peer_conn *pc, void *arg)
{
	struct imap_box *b = arg;
	char line[IMAP_BOX_LINE_SIZE];

	cut_wire_begin(&b->wire, pc);
	if (!say(pc, b, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"))
		return;
	while (hear(pc, b, line))
		if (!answer(pc, b, line))
			return;
}
