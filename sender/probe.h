/*
 * probe.h - tries an SMTP account once, step by step, and may send one
 * message through it.
 *
 *   connect -> tls -> auth -> [send] -> done
 *
 * For people who wait for the answer: a minute at most.  on_done comes once,
 * from the loop; the owner then calls probe_free, which is also allowed
 * before and inside it.
 */
#ifndef SENDER_PROBE_H
#define SENDER_PROBE_H

#include "lib/base/json_write.h"
#include "sender/relay_row.h"

#define PROBE_MS         60000
#define PROBE_TIMEOUT_S  30 /* a reply */
#define PROBE_STEPS_MAX  4
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
/* Borrows row, settings and message (NULL: none) until it is freed. */
struct probe *probe_new(struct loop *loop, const struct relay_row *row,
    const struct settings *settings, struct smtp_message *message,
    probe_fn *on_done, void *arg);
void probe_free(struct probe *p); /* NULL is fine */

void probe_result_add(struct probe_result *r, const char *name, bool ok,
    const char *detail);
/* {"ok":...,"steps":[{"name","ok","detail"},...]} */
void probe_result_json(const struct probe_result *r, struct buf *out);

#endif
