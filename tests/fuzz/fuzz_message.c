/* Fuzz target: any recipient and campaign, one template, a file of any name
 * and type; what is composed has CRLF line ends only, 7-bit bytes, short lines
 * and our header fields. */
#include "lib/mail/header.h"
#include "templates/message.h"

#define FIELDS 11 /* without Reply-To */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str s)
{
	struct header_field field;
	size_t i, line = 0;
	int fields = 0;

	for (i = 0; i < s.n; i++) {
		char c = s.p[i];

		line = c == '\n' ? 0 : line + 1;
		if (c <= 0 || line > 999 ||
		    (c == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n')) ||
		    (c == '\n' && (i == 0 || s.p[i - 1] != '\r')))
			abort();
	}
	while (header_next(&s, &field))
		fields++;
	if (fields != FIELDS)
		abort();
}

static struct str
take(struct str *rest)
{
	struct str piece = STR_NONE;

	(void)str_cut(rest, '|', &piece);
	return piece;
}

static struct message *
compiled(struct str name, struct str type, struct str id)
{
	const struct message_attachment file = {name, type, id, name};
	const struct message_source source = {
	    .subject = STR("{{ s }} {{ name }}"),
	    .preheader = STR("{{ p }}"),
	    .html = STR("<body>{{ contact.s }} and so on{% for x in l %}"
			"{{ x | raw }}, a text of its own {% endfor %}"),
	    .attachments = &file,
	    .attachment_count = name.n > 0,
	};
	struct message_error error;
	struct message *m;

	if (message_compile(&m, &source, &error))
		return m;
	if (strcmp(error.part, "attachments") != 0)
		abort();
	return NULL;
}

static void
compose(const struct message *m, const struct message_campaign *campaign,
    const struct message_recipient *recipient)
{
	struct message_error error;
	struct arena a;
	struct buf out;

	arena_init(&a, MESSAGE_ARENA_MAX);
	buf_init(&out, MESSAGE_MAX);
	if (message_compose(m, campaign, recipient, &a, &out, &error))
		check(buf_view(&out));
	buf_release(&out);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	struct str file = take(&rest), type = take(&rest), id = take(&rest);
	struct message *m = compiled(file, type, id);
	struct message_campaign campaign = {.name = take(&rest),
	    .from_name = take(&rest),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley")};
	struct message_recipient recipient = {
	    .token = "aebagbafaydqqcikbmga2dqpcaireeyuc4",
	    .name = take(&rest),
	    .list_name = take(&rest),
	    .attributes = rest};

	if (!address_parse(&campaign.from, STR("a@example.com"), NULL) ||
	    !address_parse(&recipient.to, STR("b@example.org"), NULL))
		abort();
	if (m != NULL)
		compose(m, &campaign, &recipient);
	message_free(m);
	return 0;
}
