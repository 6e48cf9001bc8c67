/*
 * compose-random - messages for other parsers to read; see
 * tests/support/random_message.h.
 *
 *   compose-random FIRST COUNT
 *
 * Writes for each: the length of a JSON object, that of the message, a line
 * end, both.  The object says what a reader has to find: subject, from, to,
 * text, html (null when there is none), eight_bit, and of each file name,
 * type, content_id and content.
 */
#include "lib/base/json_write.h"
#include "tests/support/random_message.h"

#define EXPECTED_MAX (8U << 20)

static void
put_files(struct json_write *j, const struct random_message *r)
{
	size_t i;

	json_write_key(j, "files");
	json_write_open(j, '[');
	for (i = 0; i < r->source.attachment_count; i++) {
		json_write_open(j, '{');
		json_write_member(j, "name", r->files[i].name);
		json_write_member(j, "type", r->files[i].type);
		json_write_member(j, "content_id", r->files[i].content_id);
		json_write_member(j, "content", r->files[i].content);
		json_write_close(j, '}');
	}
	json_write_close(j, ']');
}

static void
put_expected(struct buf *out, struct random_message *r,
    const struct message_rendered *rendered)
{
	struct json_write j;

	json_write_init(&j, out);
	json_write_open(&j, '{');
	json_write_member(&j, "subject", rendered->subject);
	json_write_member(&j, "from",
	    random_message_name(r, r->campaign.from_name));
	json_write_member(&j, "to", random_message_name(r, r->recipient.name));
	json_write_member(&j, "text", rendered->text);
	if (rendered->html.n > 0)
		json_write_member(&j, "html", rendered->html);
	json_write_key(&j, "eight_bit");
	json_write_bool(&j, r->recipient.eight_bit);
	put_files(&j, r);
	json_write_close(&j, '}');
}

int
main(int argc, char **argv)
{
	struct random_message r;
	struct message_rendered rendered;
	struct arena arena;
	struct buf out, expected;
	uint32_t i, first, count;

	if (argc != 3)
		die("usage: compose-random FIRST COUNT");
	first = (uint32_t)strtoul(argv[1], NULL, 10);
	count = (uint32_t)strtoul(argv[2], NULL, 10);
	arena_init(&arena, 2UL * MESSAGE_ARENA_MAX);
	buf_init(&out, MESSAGE_MAX);
	buf_init(&expected, EXPECTED_MAX);
	for (i = first; i < first + count; i++) {
		arena_reset(&arena);
		buf_reset(&expected);
		random_message_make(&r, i, &arena);
		random_message_compose(&r, &out, &rendered);
		put_expected(&expected, &r, &rendered);
		printf("%zu %zu\n", expected.n, out.n);
		fwrite(expected.p, 1, expected.n, stdout);
		fwrite(out.p, 1, out.n, stdout);
	}
	buf_release(&expected);
	buf_release(&out);
	arena_release(&arena);
	return fflush(stdout) == 0 ? 0 : 1;
}
