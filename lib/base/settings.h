/*
 * settings.h - what an operator can set, one row each.
 *
 * Values come from volley.conf (`name = value`; path in $VOLLEY_CONF, else
 * ./volley.conf, else /etc/volley/volley.conf; none is fine), then from the
 * environment (VOLLEY_ and the name in capitals), then from flags
 * (--name=value or --name value, dashes for underscores).  An unknown key
 * in the file, a value of the wrong type or out of bounds stops the start
 * and is named.  Unknown flags are left to the subcommand, and unknown
 * variables alone: the environment is shared with others.  The same rows
 * give --help and the table in the README.
 *
 * Lines of the file: at most 198 bytes; `#` or `;` first makes a comment,
 * and so does `;` after a blank.  What does not fit goes into the
 * environment.
 *
 * Filled once in main(); passed down as const struct settings *.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "lib/base/err.h"
#include "lib/base/str.h"

#define SETTING_TEXT_MAX 512

struct settings {
	char database[SETTING_TEXT_MAX]; /* libpq conninfo; "" = libpq's own */
	char home[SETTING_TEXT_MAX];     /* state folder */
	char listen[SETTING_TEXT_MAX];   /* host:port of the HTTP server */
	char proxies[SETTING_TEXT_MAX];  /* whose X-Forwarded-For holds */
	char webhook_hosts[SETTING_TEXT_MAX]; /* ours that may be told */
	char base_url[SETTING_TEXT_MAX]; /* public links, no trailing slash */
	char key_file[SETTING_TEXT_MAX]; /* "" = <home>/master.key */
	char journal[SETTING_TEXT_MAX];  /* "" = <home>/journal */
	char journal_sync[16];           /* process or disk */
	char log_level[16];
	char helo[256]; /* EHLO name; "" = the host's name */
	char postal_address[SETTING_TEXT_MAX]; /* of the sender, in mails */
	int64_t api_threads;                   /* HTTP threads */
	int64_t api_connections;               /* HTTP connections at most */
	int64_t requests_a_minute; /* of a key or a user; 0: no limit */
	int64_t refused_a_minute;  /* of a network address; 0: no limit */
	int64_t workers;           /* sender processes; 0 = one per core */
	int64_t lease_size;        /* recipients a lease, at most */
	int64_t lease_s;           /* seconds a lease lasts unrenewed */
	int64_t lease_window;   /* recipients in flight a worker (watermark) */
	int64_t outcome_batch;  /* outcomes a transaction at most */
	int64_t retry_first_s;  /* first back-off after a 4xx */
	int64_t retry_max_s;    /* longest back-off */
	int64_t smtp_timeout_s; /* 0 = RFC 5321's; lower only for tests */
	int64_t smtp_messages;  /* then a connection is renewed (S-046) */
	int64_t late_start_s; /* later than that: a person decides; 0: never */
	int64_t frequency_messages; /* a person gets in so many days; 0: any */
	int64_t frequency_days;
	int64_t drain_s;           /* SIGTERM: wait that long for replies */
	int64_t poll_s;            /* mailbox poll beside IDLE */
	int64_t self_test_s;       /* for its message to arrive */
	int64_t idle_s;            /* longest IDLE before DONE */
	int64_t mailbox_timeout_s; /* for any answer; 0: by the command */
	int64_t import_bytes_max;  /* an upload at most */
};

enum setting_type { SETTING_TEXT, SETTING_INT };

struct setting {
	const char *name;
	enum setting_type type;
	size_t offset, size;
	const char *initial;
	int64_t min, max;
	const char *help; /* one sentence */
	/* Of a text: NULL, or what it has to be. */
	const char *(*check)(struct str value);
};

extern const struct setting setting_table[];
extern const size_t setting_count;

const struct setting *setting_find(const char *name); /* NULL: none */

void settings_defaults(struct settings *s);
bool settings_set(struct settings *s, const char *name, const char *value,
    struct err *err) MUST_USE;
/* Defaults, file, environment; then takes the flags out of argv, leaving
 * the rest (NULL-terminated, *argc adjusted).  "--" ends the flags and stays.
 * At last base_url, key_file and journal, when empty, become what they stand
 * for. */
bool settings_load(struct settings *s, int *argc, char **argv,
    struct err *err) MUST_USE;
/* The table as text, for --help. */
void settings_help(FILE *out);

#endif
