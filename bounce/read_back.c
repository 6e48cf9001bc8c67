#include "bounce/read_back.h"

#include "bounce/imap_session.h"
#include "bounce/mailbox_junk.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define DAY_US     INT64_C(86400000000)
#define ARENA_MAX  (16U << 20) /* a header, and what is made of it */
#define WHY_MAX    300
#define PLACES_MAX 3

enum doing { OPENING = 0, SEARCHING, READING, LISTING, RESTING, OVER };

struct place {
	char *folder;
	uint32_t uid_from; /* what is before it was looked at */
};

struct read_back {
	struct loop *loop;
	struct mailbox_link *link;
	read_back_fn *on_over;
	void *arg;
	struct str token; /* in the arena */
	int64_t sent_ms, end_ms;
	struct loop_timer *rest;
	enum doing doing;
	struct place places[PLACES_MAX];
	int count, at;
	bool listed; /* the folder for spam was asked for */
	char *junk;  /* the likeliest of the list */
	int likeness;
	struct imap_set *found; /* the link's */
	struct imap_set wanted;
	struct arena arena;
	struct str header; /* of the message, once it is found */
};

static void
add_place(struct read_back *r, char *folder)
{
	r->places[r->count++] = (struct place){.folder = folder};
}

static void
tell(struct read_back *r, const char *why)
{
	struct read_back_arrival arrival = {
	    .header = r->header,
	    .folder = str_of(r->places[r->at].folder),
	    .after_ms = clock_mono_ms() - r->sent_ms,
	};

	r->doing = OVER;
	loop_timer_stop(r->rest);
	r->on_over(r->header.p != NULL ? &arrival : NULL, why, r->arg);
}

static void
tell_absent(struct read_back *r)
{
	char why[WHY_MAX];
	int i, n;

	n = snprintf(why, sizeof(why), "not found %lld s after it was sent, in",
	    (long long)(clock_mono_ms() - r->sent_ms) / 1000);
	for (i = 0; i < r->count && n < WHY_MAX; i++)
		n += snprintf(why + n, sizeof(why) - (size_t)n, "%s %s",
		    i > 0 ? "," : "", r->places[i].folder);
	tell(r, why);
}

static void
search(struct read_back *r)
{
	r->doing = SEARCHING;
	r->found = NULL;
	mailbox_link_look(r->link, r->places[r->at].uid_from,
	    clock_wall_us() - DAY_US);
}

static void
open_place(struct read_back *r, int at)
{
	r->at = at;
	r->doing = OPENING;
	mailbox_link_select(r->link, r->places[at].folder);
}

static void
on_rested(void *arg)
{
	open_place(arg, 0);
}

static void
rest(struct read_back *r)
{
	if (clock_mono_ms() >= r->end_ms) {
		tell_absent(r);
		return;
	}
	r->doing = RESTING;
	loop_timer_start(r->rest, READ_BACK_LOOK_MS);
}

static void
next_place(struct read_back *r)
{
	if (r->at + 1 < r->count) {
		open_place(r, r->at + 1);
	} else if (!r->listed) {
		r->listed = true;
		r->doing = LISTING;
		mailbox_link_folders(r->link);
	} else {
		rest(r);
	}
}

/* Of what is listed, the folder for spam is one more. */
static void
take_junk(struct read_back *r)
{
	int i;

	for (i = 0; i < r->count && r->junk != NULL; i++)
		if (strcmp(r->places[i].folder, r->junk) == 0)
			break;
	if (i == r->count && r->junk != NULL)
		add_place(r, mem_strdup(r->junk));
	next_place(r);
}

/* A folder that cannot be opened is looked into no more. */
static void
drop_place(struct read_back *r)
{
	free(r->places[r->at].folder);
	r->places[r->at] = r->places[--r->count];
	r->at--;
	next_place(r);
}

/* The newest of what was found. */
static void
read_headers(struct read_back *r)
{
	uint64_t n;

	if (r->found == NULL || (n = imap_set_size(r->found)) == 0) {
		next_place(r);
		return;
	}
	r->places[r->at].uid_from = imap_set_max(r->found) + 1;
	if (n > READ_BACK_MESSAGES_MAX)
		(void)imap_set_take(r->found, n - READ_BACK_MESSAGES_MAX,
		    &r->wanted);
	(void)imap_set_take(r->found, READ_BACK_MESSAGES_MAX, &r->wanted);
	r->doing = READING;
	mailbox_link_headers(r->link, &r->wanted);
}

void
read_back_on_ready(struct read_back *r)
{
	if (r->doing == OPENING)
		search(r);
}

void
read_back_on_found(struct read_back *r, struct imap_set *found)
{
	r->found = found;
	imap_set_drop_below(found, r->places[r->at].uid_from);
}

void
read_back_on_header(struct read_back *r, const struct mail_message *m)
{
	struct arena scratch;

	if (r->header.p != NULL)
		return;
	arena_init(&scratch, ARENA_MAX);
	if (read_back_is_it(m->bytes, r->token, &scratch))
		r->header = arena_dup(&r->arena, m->bytes);
	arena_release(&scratch);
}

void
read_back_on_folder(struct read_back *r, const struct imap_folder *folder)
{
	int likeness = mailbox_junk_likeness(folder);

	if (likeness <= r->likeness)
		return;
	r->likeness = likeness;
	free(r->junk);
	r->junk = str_dup(folder->name);
}

static void
on_declined(struct read_back *r, const struct err *err)
{
	if (r->doing == OPENING && r->at > 0)
		drop_place(r);
	else if (r->doing == LISTING)
		take_junk(r);
	else
		tell(r, err->text);
}

void
read_back_on_done(struct read_back *r, const struct err *err)
{
	if (r->doing == OVER)
		return;
	if (err->kind != FAIL_NONE) {
		on_declined(r, err);
		return;
	}
	switch (r->doing) {
	case SEARCHING: read_headers(r); break;
	case READING:
		if (r->header.p != NULL)
			tell(r, "");
		else
			next_place(r);
		break;
	case LISTING: take_junk(r); break;
	case OPENING:
	case RESTING:
	case OVER: BUG("an answer to nothing");
	}
}

struct read_back *
read_back_new(const struct read_back_params *params, read_back_fn *on_over,
    void *arg)
{
	struct read_back *r = NEW(struct read_back);

	r->loop = params->loop;
	r->link = params->link;
	r->on_over = on_over;
	r->arg = arg;
	arena_init(&r->arena, ARENA_MAX);
	imap_set_init(&r->wanted);
	r->token = arena_dup(&r->arena, params->token);
	r->sent_ms = clock_mono_ms() - params->age_ms;
	r->end_ms = clock_mono_ms() + params->wait_ms;
	r->rest = loop_timer_new(r->loop, on_rested, r);
	add_place(r, mem_strdup(params->folder));
	if (!str_eq_nocase(str_of(params->folder), STR("INBOX")))
		add_place(r, mem_strdup("INBOX"));
	search(r);
	return r;
}

void
read_back_free(struct read_back *r)
{
	if (r == NULL)
		return;
	while (r->count > 0)
		free(r->places[--r->count].folder);
	free(r->junk);
	loop_timer_free(r->rest);
	imap_set_release(&r->wanted);
	arena_release(&r->arena);
	free(r);
}
