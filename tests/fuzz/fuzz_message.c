/* Fuzz target: any recipient and campaign, one template; what is composed has
 * CRLF line ends only, 7-bit bytes, short lines and our header fields. */
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
compiled(void)
{
	static struct message *m;
	struct message_source source = {
	    .subject = STR("{{ s }} {{ name }}"),
	    .preheader = STR("{{ p }}"),
	    .html = STR("<body>{{ contact.s }}{% for x in l %}{{ x | raw }}"
			"{% endfor %}"),
	};
	struct message_error error;

	if (m == NULL && !message_compile(&m, &source, &error))
		abort();
	return m;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	struct message_campaign campaign = {.name = take(&rest),
	    .from_name = take(&rest),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley")};
	struct message_recipient recipient = {
	    .token = "aebagbafaydqqcikbmga2dqpcaireeyuc4",
	    .name = take(&rest),
	    .list_name = take(&rest),
	    .attributes = rest};
	struct message_error error;
	struct arena a;
	struct buf out;

	if (!address_parse(&campaign.from, STR("a@example.com"), NULL) ||
	    !address_parse(&recipient.to, STR("b@example.org"), NULL))
		abort();
	arena_init(&a, MESSAGE_ARENA_MAX);
	buf_init(&out, MESSAGE_MAX);
	if (message_compose(compiled(), &campaign, &recipient, &a, &out,
		&error))
		check(buf_view(&out));
	buf_release(&out);
	arena_release(&a);
	return 0;
}
