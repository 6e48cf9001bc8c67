#include "templates/mime.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "templates/attachment.h"
#include "templates/message_parts.h"

#define BOUNDARY_BYTES 16 /* of the hash: 128 bits */
#define BOUNDARY_MAX   40
#define FRAME_MAX      (4U << 20) /* the files in base64, and fields */

_Static_assert(BOUNDARY_MAX >
		   sizeof(MIME_BOUNDARY_START) + 2UL * BOUNDARY_BYTES,
    "a boundary fits; RFC 2046, 5.1.1: 70 at most");

/* The levels, outermost first. */
enum level { LEVEL_MIXED = 0, LEVEL_RELATED, LEVEL_ALTERNATIVE, LEVEL__COUNT };

static const struct {
	const char *type, *mark;
} levels[LEVEL__COUNT] = {
    [LEVEL_MIXED] = {"mixed", "m"},
    [LEVEL_RELATED] = {"related; type=\"multipart/alternative\"", "r"},
    [LEVEL_ALTERNATIVE] = {"alternative", "a"},
};

struct making {
	const struct message *m;
	struct arena *arena;
	char boundary[LEVEL__COUNT][BOUNDARY_MAX];
	struct buf open, close;
};

/* ---- boundaries ---- */

static void
hash_piece(struct buf *hashes, struct str piece)
{
	unsigned char hash[SHA256_SIZE];

	sha256(hash, piece);
	buf_add(hashes, hash, sizeof(hash));
}

static void
hash_text(uint32_t number, struct str text, bool stays, void *arg)
{
	(void)number;
	(void)stays;
	hash_piece(arg, text);
}

static void
make_boundaries(struct making *k)
{
	const struct message *m = k->m;
	struct buf hashes, hex; /* hashes: of every piece */
	size_t i;

	buf_init(&hashes, MESSAGE_MEMORY_MAX);
	for (i = 0; i < PART__COUNT; i++)
		if (m->parts[i] != NULL)
			liquid_texts(m->parts[i], hash_text, &hashes);
	for (i = 0; i < m->attachment_count; i++) {
		hash_piece(&hashes, m->attachments[i].name);
		hash_piece(&hashes, m->attachments[i].content);
	}
	hash_piece(&hashes, buf_view(&hashes));
	buf_init(&hex, BOUNDARY_MAX);
	hex_encode(&hex,
	    str_sub(buf_view(&hashes), hashes.n - SHA256_SIZE, BOUNDARY_BYTES));
	for (i = 0; i < LEVEL__COUNT; i++)
		snprintf(k->boundary[i], BOUNDARY_MAX, "%s%s%s",
		    MIME_BOUNDARY_START, levels[i].mark, buf_cstr(&hex));
	buf_release(&hex);
	buf_release(&hashes);
}

/* ---- frames ---- */

static void
open_level(struct making *k, enum level level)
{
	const char *boundary = k->boundary[level];

	buf_printf(&k->open,
	    "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n",
	    levels[level].type, boundary, boundary);
}

/* Whether a file goes on that level. */
static bool
goes_on(const struct message *m, enum level level,
    const struct message_attachment *file)
{
	bool is_inline = file->content_id.n > 0 && m->parts[PART_HTML] != NULL;

	return level == (is_inline ? LEVEL_RELATED : LEVEL_MIXED);
}

/* Its files and its end, behind the levels inside of it. */
static void
close_level(struct making *k, enum level level)
{
	const struct message *m = k->m;
	size_t i;

	for (i = 0; i < m->attachment_count; i++) {
		if (!goes_on(m, level, &m->attachments[i]))
			continue;
		buf_printf(&k->close, "--%s\r\n", k->boundary[level]);
		attachment_put(&k->close, &m->attachments[i]);
	}
	buf_printf(&k->close, "--%s--\r\n", k->boundary[level]);
}

static bool
has_files(const struct message *m, enum level level)
{
	size_t i;

	for (i = 0; i < m->attachment_count; i++)
		if (goes_on(m, level, &m->attachments[i]))
			return true;
	return false;
}

static void
make_frame(struct making *k, struct mime_frame *frame, bool html)
{
	const bool wanted[LEVEL__COUNT] = {
	    [LEVEL_MIXED] = has_files(k->m, LEVEL_MIXED),
	    [LEVEL_RELATED] = html && has_files(k->m, LEVEL_RELATED),
	    [LEVEL_ALTERNATIVE] = html,
	};
	struct buf between;
	int i;

	buf_reset(&k->open);
	buf_reset(&k->close);
	buf_init(&between, 2UL * BOUNDARY_MAX);
	for (i = 0; i < LEVEL__COUNT; i++)
		if (wanted[i])
			open_level(k, (enum level)i);
	if (k->open.n > 0)
		buf_puts(&k->close, "\r\n");
	for (i = LEVEL__COUNT - 1; i >= 0; i--)
		if (wanted[i])
			close_level(k, (enum level)i);
	buf_printf(&between, "\r\n--%s\r\n", k->boundary[LEVEL_ALTERNATIVE]);
	*frame = (struct mime_frame){
	    .open = arena_dup(k->arena, buf_view(&k->open)),
	    .between = arena_dup(k->arena, buf_view(&between)),
	    .close = arena_dup(k->arena, buf_view(&k->close)),
	};
	buf_release(&between);
}

/* ---- is it the same for all? ---- */

static void
look_for_person(struct str path, void *arg)
{
	bool *is_shared = arg;

	if (!str_starts(path, STR("campaign.")) &&
	    !str_eq(path, STR("campaign")) &&
	    !str_eq(path, STR("postal_address")))
		*is_shared = false;
}

static bool
is_same_for_all(const struct liquid *program)
{
	bool is_shared = true;

	if (program == NULL)
		return true;
	liquid_names(program, look_for_person, &is_shared);
	return is_shared && liquid_is_plain(program);
}

static void
make_program(struct mime_program *out, const struct liquid *program,
    struct arena *a)
{
	if (program != NULL)
		mime_program_make(out, program, a);
}

bool
mime_make(struct mime *mime, const struct message *m, struct arena *a,
    struct message_error *error)
{
	struct making k = {.m = m, .arena = a};
	struct err err = {0};

	if (!attachments_check(m->attachments, m->attachment_count, &err))
		return message_fail(error, "attachments", err.text);
	make_boundaries(&k);
	buf_init(&k.open, FRAME_MAX);
	buf_init(&k.close, FRAME_MAX);
	make_frame(&k, &mime->with_html, true);
	make_frame(&k, &mime->text_only, false);
	buf_release(&k.open);
	buf_release(&k.close);
	make_program(&mime->html, m->parts[PART_HTML], a);
	make_program(&mime->untracked, m->untracked, a);
	make_program(&mime->text, m->parts[PART_TEXT], a);
	mime->is_shared = is_same_for_all(m->parts[PART_HTML]) &&
			  is_same_for_all(m->untracked) &&
			  is_same_for_all(m->parts[PART_TEXT]);
	return true;
}

bool
message_body_is_shared(const struct message *m)
{
	return m->mime.is_shared;
}
