/*
 * uidl_ledger.h - the messages of a POP3 mailbox that are known, by the name
 * that the server gives each (UIDL), and what became of them.
 *
 *   uidl_ledger_load, what the database knows -> at every visit:
 *   uidl_ledger_visit -> uidl_ledger_see each -> uidl_ledger_forget, what has
 *   gone -> uidl_ledger_unread -> (it is recorded -> uidl_ledger_stored)*
 *
 * POP3 numbers messages anew at every visit.  Here each gets a UID when it is
 * first seen, in the order of the server, higher than all before, so that a
 * mailbox is read as one of IMAP is (cursor.h).  A name that occurs twice in
 * one visit counts by its occurrence.
 *
 * Of a name 16 bytes of its SHA-256 are kept.  No clock, no I/O; owns its
 * memory: 40 bytes a message and the index.
 */
#ifndef BOUNCE_UIDL_LEDGER_H
#define BOUNCE_UIDL_LEDGER_H

#include "bounce/imap_set.h"

#define UIDL_KEY_SIZE 16

struct uidl_entry {
	unsigned char key[UIDL_KEY_SIZE];
	uint32_t uid;    /* 0: known from before */
	uint32_t number; /* at this visit; 0: it is not there */
	uint32_t twins;  /* others of the same name, at this visit */
	uint64_t size;   /* 0: not asked for yet */
	bool stored;     /* in the database: it was read */
	bool is_report;  /* and is one of ours, which nobody else needs */
};

struct uidl_ledger {
	struct uidl_entry *at; /* in the order of their UIDs */
	size_t count, cap;
	uint32_t *slots; /* by key: index + 1, 0 is free */
	size_t slot_count;
	uint32_t last_uid; /* the newest that was given */
	size_t seen;       /* at this visit */
};

void uidl_ledger_init(struct uidl_ledger *l);
void uidl_ledger_release(struct uidl_ledger *l);

/* What was read at earlier times; before the first visit. */
void uidl_ledger_load(struct uidl_ledger *l, struct str key, bool is_report);

void uidl_ledger_visit(struct uidl_ledger *l);
void uidl_ledger_see(struct uidl_ledger *l, uint32_t number, struct str name);
/* What was there and is no longer, is forgotten; the keys of at most `max`
 * that were stored are given, so that the database can forget them. */
size_t uidl_ledger_forget(struct uidl_ledger *l,
    unsigned char (*gone)[UIDL_KEY_SIZE], size_t max);

/* UIDs from there on that are there and not stored. */
void uidl_ledger_unread(const struct uidl_ledger *l, uint32_t from,
    struct imap_set *out);
struct uidl_entry *uidl_ledger_find(const struct uidl_ledger *l,
    uint32_t uid); /* NULL: none */

/* Those that are to be stored when all up to `last` is: how many, and where
 * the first is. */
size_t uidl_ledger_due(const struct uidl_ledger *l, uint32_t last,
    struct uidl_entry **first);
void uidl_ledger_stored(struct uidl_ledger *l, uint32_t last);
void uidl_ledger_report(struct uidl_ledger *l, struct str key);

#endif
