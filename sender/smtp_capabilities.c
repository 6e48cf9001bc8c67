#include "lib/base/base.h"

#include "sender/smtp_capabilities.h"

#include "lib/mail/sasl.h"

void
smtp_capabilities_reset(struct smtp_capabilities *c)
{
	*c = (struct smtp_capabilities){.auth = 0};
}

/* The next word of a line; false at its end. */
static bool
next_word(struct str *rest, struct str *word)
{
	*rest = str_trim(*rest);
	return rest->n > 0 && str_cut(rest, ' ', word);
}

static void
add_mechanisms(struct smtp_capabilities *c, struct str rest)
{
	struct str word;

	while (next_word(&rest, &word))
		c->auth |= sasl_offer(word);
}

/* SIZE without a number, or with 0, says that there is no fixed limit. */
static void
add_size(struct smtp_capabilities *c, struct str rest)
{
	struct str word;
	uint64_t max;

	c->size = true;
	if (next_word(&rest, &word) && str_to_u64(word, &max))
		c->size_max = max;
}

void
smtp_capabilities_add(struct smtp_capabilities *c, struct str line)
{
	const struct {
		struct str keyword;
		bool *flag;
	} flags[] = {
	    {STR("PIPELINING"), &c->pipelining},
	    {STR("8BITMIME"), &c->eight_bit},
	    {STR("ENHANCEDSTATUSCODES"), &c->enhanced_status},
	    {STR("STARTTLS"), &c->starttls},
	    {STR("SMTPUTF8"), &c->smtputf8},
	    {STR("DSN"), &c->dsn},
	};
	struct str rest = line, word;
	size_t i;

	if (!next_word(&rest, &word))
		return;
	if (str_eq_nocase(word, STR("SIZE"))) {
		add_size(c, rest);
	} else if (str_eq_nocase(word, STR("AUTH"))) {
		add_mechanisms(c, rest);
	} else if (str_starts_nocase(word, STR("AUTH="))) {
		/* as servers wrote it before RFC 2554 */
		add_mechanisms(c, str_from(word, 5));
		add_mechanisms(c, rest);
	}
	for (i = 0; i < ARRAY_LEN(flags); i++)
		if (str_eq_nocase(word, flags[i].keyword))
			*flags[i].flag = true;
}
