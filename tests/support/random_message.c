#include "tests/support/random_message.h"

#include "lib/base/json_write.h"
#include "templates/one_line.h"

#define TEXT_MAX   (64U << 10)
#define VALUES_MAX 8

static const char *const trouble[] = {"word ", "a", " ", "  ", "\t", ", ",
    "Grüße ", "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
    "\xe5\x81\xa5\xe4\xba\x8c", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d ",
    "\xd8\xa7\xd9\x84\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80",
    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", "e\xcc\x81\xcc\xa3\xcc\xb2",
    "\u202e.exe", "\xef\xbb\xbf", "=", "==", "=3D",
    "?=", "=?utf-8?Q?x=0A?=", "\"", "'", "\\", "(", ")", "<b>", "&amp;", "@",
    ";", ":", "%0d%0a", "From ", "x\xc2\xa0y", "--", "_"};
/* In bodies as well. */
static const char *const lines[] = {"\n", "\r\n", "\n\n", "\r", "\n.\n", "\n..",
    "\nFrom ", "\r\n.\r\n", "\n--=_a", " \n", "\t\r\n", "\n>From ", "\x01",
    "\x0b\x0c", "\x7f", "\xe2\x80\xa8", "\xc2\x85", "\x1b[0m"};

static uint32_t
below(struct random_message *r, uint32_t n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 33) % n;
}

static void
put_piece(struct random_message *r, struct buf *b, bool has_lines)
{
	uint32_t kind = below(r, has_lines ? 10 : 7), i, n;

	if (kind >= 7) {
		buf_puts(b, lines[below(r, ARRAY_LEN(lines))]);
		return;
	}
	if (below(r, 200) == 0) { /* a very long word */
		kind = below(r, 2);
		n = below(r, kind == 0 && has_lines ? 3000 : 400);
		for (i = 0; i < n; i++)
			buf_puts(b, kind == 0 ? "x" : "\xc3\xa4");
		return;
	}
	buf_puts(b, trouble[below(r, ARRAY_LEN(trouble))]);
}

static struct str
random_text(struct random_message *r, uint32_t pieces, bool has_lines)
{
	struct buf b;
	struct str s;

	buf_init(&b, TEXT_MAX);
	pieces = pieces > 0 ? below(r, pieces) : 0;
	while (pieces-- > 0)
		put_piece(r, &b, has_lines);
	s = arena_dup(r->arena, buf_view(&b));
	buf_release(&b);
	return s;
}

static void
put_value(struct random_message *r, struct buf *b)
{
	buf_printf(b, "{{ v%u | raw }}", below(r, VALUES_MAX));
}

/* Text and a value inside of tags that write it twice, late or not at all;
 * `%` is a text, `$` a value. */
static void
put_block(struct random_message *r, struct buf *b)
{
	static const char *const blocks[] = {
	    "{% capture c %}%$%{% endcapture %}%{{ c | raw }}{{ c | raw }}",
	    "{% for i in (1..3) %}%$%{% if i == 2 %}{% break %}{% endif %}%"
	    "{% endfor %}",
	    "{% for i in (1..2) %}%{% capture c %}%{% if i == 1 %}"
	    "{% continue %}{% endif %}$%{% endcapture %}%{{ c | raw }}"
	    "{% endfor %}",
	    "{% for i in (1..3) %}{% ifchanged %}%$%{% endifchanged %}%"
	    "{% endfor %}"};
	const char *p = blocks[below(r, ARRAY_LEN(blocks))];

	for (; *p != '\0'; p++)
		if (*p == '%' && p[-1] != '{' && p[1] != '}')
			buf_str(b, random_text(r, 20, true));
		else if (*p == '$')
			put_value(r, b);
		else
			buf_char(b, *p);
}

/* Its own text, and values v0 ... v7 in between. */
static struct str
random_source(struct random_message *r, uint32_t parts)
{
	struct buf b;
	struct str s;
	uint32_t n = 1 + below(r, parts);

	buf_init(&b, TEXT_MAX);
	while (n-- > 0) {
		buf_str(&b, random_text(r, 30, true));
		if (below(r, 6) == 0)
			put_block(r, &b);
		else
			put_value(r, &b);
	}
	buf_str(&b, random_text(r, 20, true));
	s = arena_dup(r->arena, buf_view(&b));
	buf_release(&b);
	return s;
}

static struct str
random_values(struct random_message *r)
{
	struct json_write j;
	struct buf b;
	struct str s;
	char key[16];
	int i;

	buf_init(&b, VALUE_JSON_MAX);
	json_write_init(&j, &b);
	json_write_open(&j, '{');
	for (i = 0; i < VALUES_MAX; i++) {
		snprintf(key, sizeof(key), "v%d", i);
		json_write_member(&j, key, random_text(r, 20, true));
	}
	json_write_member(&j, "subject", random_text(r, 30, false));
	json_write_member(&j, "short", random_text(r, 5, true));
	json_write_close(&j, '}');
	s = arena_dup(r->arena, buf_view(&b));
	buf_release(&b);
	return s;
}

/* What attachment.h allows of a name. */
static struct str
file_name(struct random_message *r)
{
	struct str s = random_text(r, 20, false);
	char *name = arena_alloc(r->arena, s.n + 4);
	size_t i, n = 0;

	for (i = 0; i < s.n && n < 190; i++)
		if (strchr("/\\\"\t", s.p[i]) == NULL)
			name[n++] = s.p[i];
	while (!str_is_utf8((struct str){name, n}))
		n--;
	s = str_trim((struct str){name, n});
	return s.n == 0 ? STR("x.pdf") : arena_dup(r->arena, s);
}

static void
make_files(struct random_message *r)
{
	static const char *const types[] = {"application/pdf", "image/png",
	    "text/plain", "application/vnd.ms-excel"};
	uint32_t count = below(r, 3) == 0 ? below(r, RANDOM_FILES_MAX + 1) : 0;
	uint32_t i;

	for (i = 0; i < count; i++) {
		struct message_attachment *file = &r->files[i];

		*file = (struct message_attachment){
		    .name = file_name(r),
		    .type = str_of(types[below(r, ARRAY_LEN(types))]),
		    .content = random_text(r, 100, true),
		};
		if (below(r, 2) == 0)
			file->content_id =
			    arena_printf(r->arena, "cid-%u@example.com", i);
	}
	r->source.attachments = r->files;
	r->source.attachment_count = count;
}

static void
set_address(struct address *to, const char *text)
{
	struct err err;

	if (!address_parse(to, str_of(text), &err))
		die("%s: %s", text, err.text);
}

void
random_message_make(struct random_message *r, uint32_t number, struct arena *a)
{
	*r = (struct random_message){
	    .state = 88172645463325252U + (uint64_t)number * 2654435761U,
	    .arena = a,
	};
	r->source.subject = STR("Re: {{ subject }} {{ short }}");
	r->source.text = random_source(r, 6);
	if (below(r, 4) > 0)
		r->source.html = random_source(r, 6);
	make_files(r);
	r->campaign = (struct message_campaign){
	    .id = 7,
	    .name = STR("Autumn"),
	    .from_name = random_text(r, 12, false),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley"),
	};
	r->recipient = (struct message_recipient){
	    .token = "aebagbafaydqqcikbmga2dqpcaireeyuc4",
	    .name = random_text(r, 12, false),
	    .attributes = random_values(r),
	    .list_id = 3,
	    .list_name = random_text(r, 12, false),
	    .date_us = 1796115600000000 + (int64_t)number * 1000000,
	    .eight_bit = below(r, 4) == 0,
	};
	set_address(&r->campaign.from, "news@example.com");
	set_address(&r->recipient.to, "ann@example.org");
}

static void
fail(uint32_t line, const struct message_error *e)
{
	die("%u: %s:%d:%d: %s", line, e->part, e->at.line, e->at.column,
	    e->at.text);
}

void
random_message_compose(struct random_message *r, struct buf *out,
    struct message_rendered *rendered)
{
	struct message_error e;
	struct message *m;

	if (!message_compile(&m, &r->source, &e))
		fail(__LINE__, &e);
	if (!message_compose(m, &r->campaign, &r->recipient, r->arena, out, &e))
		fail(__LINE__, &e);
	if (!message_render(m, &r->campaign, &r->recipient, r->arena, rendered,
		&e))
		fail(__LINE__, &e);
	message_free(m);
}

struct str
random_message_name(struct random_message *r, struct str name)
{
	char *line = arena_alloc(r->arena, name.n + 1);

	return str_trim((struct str){line, one_line(line, name)});
}
