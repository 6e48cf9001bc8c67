#include "bounce/pop3_reply.h"

#include "lib/mail/sasl.h"

static const char *const code_names[POP3_CODE__COUNT] = {
    [POP3_CODE_IN_USE] = "IN-USE",
    [POP3_CODE_LOGIN_DELAY] = "LOGIN-DELAY",
    [POP3_CODE_SYS_TEMP] = "SYS/TEMP",
    [POP3_CODE_SYS_PERM] = "SYS/PERM",
    [POP3_CODE_AUTH] = "AUTH",
};

/* "[SYS/TEMP/...] text": levels below those that we know change nothing. */
static enum pop3_code
read_code(struct str text)
{
	size_t end = str_chr(text, ']');
	struct str code, name;
	int i;

	if (text.n == 0 || text.p[0] != '[' || end == STR_NOWHERE)
		return POP3_CODE_NONE;
	code = str_sub(text, 1, end - 1);
	for (i = 1; i < POP3_CODE__COUNT; i++) {
		name = str_of(code_names[i]);
		if (str_starts_nocase(code, name) &&
		    (code.n == name.n || code.p[name.n] == '/'))
			return (enum pop3_code)i;
	}
	return POP3_CODE_NONE;
}

/* Takes the word off; true when it was there and ends there. */
static bool
take_word(struct str *line, struct str word)
{
	if (!str_starts_nocase(*line, word) ||
	    (line->n > word.n && line->p[word.n] != ' '))
		return false;
	*line = str_trim(str_from(*line, word.n));
	return true;
}

void
pop3_reply_read(struct pop3_reply *r, struct str line)
{
	*r = (struct pop3_reply){.text = line};
	if (take_word(&r->text, STR("+OK")))
		r->status = POP3_OK;
	else if (take_word(&r->text, STR("-ERR")))
		r->status = POP3_ERR;
	else if (take_word(&r->text, STR("+")))
		r->status = POP3_CONTINUE;
	if (r->status == POP3_ERR)
		r->code = read_code(r->text);
}

/* Behind the numbers may stand what the server likes. */
bool
pop3_reply_numbers(struct str text, uint64_t *a, uint64_t *b)
{
	struct str word;

	if (!str_cut(&text, ' ', &word) || !str_to_u64(word, a))
		return false;
	return str_cut(&text, ' ', &word) && str_to_u64(word, b);
}

bool
pop3_reply_key(struct str text, uint64_t *number, struct str *key)
{
	struct str word;
	size_t i;

	if (!str_cut(&text, ' ', &word) || !str_to_u64(word, number))
		return false;
	*key = str_trim(text);
	for (i = 0; i < key->n; i++)
		if (key->p[i] < 0x21 || key->p[i] > 0x7e)
			return false;
	return key->n > 0 && key->n <= POP3_KEY_MAX;
}

static void
add_mechanisms(struct pop3_capability *c, struct str names)
{
	struct str name;

	while (str_cut(&names, ' ', &name))
		c->mechanisms |= sasl_offer(name);
}

/* "30", or "30 USER" when it may differ from user to user. */
static void
set_delay(struct pop3_capability *c, struct str words)
{
	struct str word;
	int64_t s;

	if (!str_cut(&words, ' ', &word) || !str_to_i64(word, &s) || s < 0)
		return;
	c->login_delay_s = s < POP3_DELAY_MAX_S ? (int64_t)s : POP3_DELAY_MAX_S;
	if (take_word(&words, STR("USER")))
		c->features |= POP3_DELAY_BY_USER;
}

void
pop3_capability_add(struct pop3_capability *c, struct str line)
{
	static const struct {
		const char *word;
		unsigned feature;
	} plain[] = {
	    {"STLS", POP3_CAN_STLS},
	    {"USER", POP3_CAN_USER},
	    {"PIPELINING", POP3_CAN_PIPELINE},
	    {"TOP", POP3_CAN_TOP},
	    {"AUTH-RESP-CODE", POP3_CAN_AUTH_CODE},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(plain); i++)
		if (take_word(&line, str_of(plain[i].word))) {
			c->features |= plain[i].feature;
			return;
		}
	if (take_word(&line, STR("SASL")))
		add_mechanisms(c, line);
	else if (take_word(&line, STR("LOGIN-DELAY")))
		set_delay(c, line);
}
