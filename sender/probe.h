/*
 * probe.h - tries an SMTP account once, step by step, and may send one
 * message through it.
 *
 *   [token] -> connect -> tls -> auth -> [send] -> done
 *
 * For people who wait for the answer: a minute at most.  on_done comes once,
 * from the loop; the owner then calls probe_free, which is also allowed
 * before and inside it.
 */
#ifndef SENDER_PROBE_H
#define SENDER_PROBE_H

#include "db/link.h"
#include "lib/base/json_write.h"
#include "sender/relay_row.h"

#define PROBE_MS         60000
#define PROBE_TIMEOUT_S  30 /* a reply */
#define PROBE_STEPS_MAX  5
#define PROBE_DETAIL_MAX 320

struct probe_step {
	const char *name;
	bool ok;
	char detail[PROBE_DETAIL_MAX];
};

struct probe_result {
	bool ok; /* of all steps */
	int count;
	struct probe_step steps[PROBE_STEPS_MAX];
};

typedef void probe_fn(const struct probe_result *result, void *arg);

struct probe;
/* Borrowed until it is freed.  link, ring and holder are for tokens. */
struct probe_params {
	struct loop *loop;
	struct db_link *link;
	const struct keyring *ring;
	const char *holder;
	struct oauth_token **left; /* oauth_token.h */
	const struct settings *settings;
	const struct relay_row *row;
	struct smtp_message *message; /* NULL: none */
};
struct probe *probe_new(const struct probe_params *params, probe_fn *on_done,
    void *arg);
/* Before the link. */
void probe_free(struct probe *p); /* NULL is fine */

void probe_result_add(struct probe_result *r, const char *name, bool ok,
    const char *detail);
/* {"ok":...,"steps":[{"name","ok","detail"},...]} */
void probe_result_json(const struct probe_result *r, struct buf *out);

#endif
