#include "bounce/notice_json.h"

/* The string that begins at `*at` (behind its quotation mark), which moves
 * behind its end.  Quotation marks may be escaped, once or twice. */
static struct str
take_string(struct str text, size_t *at)
{
	size_t from = *at, n = str_chr(str_from(text, from), '"');

	*at = n == STR_NOWHERE ? text.n : from + n + 1;
	n = n == STR_NOWHERE ? text.n - from : n;
	while (n > 0 && text.p[from + n - 1] == '\\')
		n--;
	return str_sub(text, from, n);
}

/* To the next quotation mark; false: a bracket closes the list before it. */
static bool
to_string(struct str text, size_t *at)
{
	for (; *at < text.n && text.p[*at] != ']'; (*at)++) {
		if (text.p[*at] != '"')
			continue;
		(*at)++;
		return true;
	}
	return false;
}

static void
take_member(struct dsn *d, struct str key, struct str value)
{
	struct dsn_recipient *r =
	    d->count > 0 ? &d->recipients[d->count - 1] : NULL;

	if (str_eq(key, STR("emailAddress"))) {
		if (d->count < DSN_RECIPIENTS_MAX &&
		    str_chr(value, '@') != STR_NOWHERE)
			d->recipients[d->count++] = (struct dsn_recipient){
			    .final = value,
			    .action = DSN_FAILED,
			};
	} else if (r == NULL) {
		return;
	} else if (str_eq(key, STR("status"))) {
		(void)status_parse(&r->status, value);
	} else if (str_eq(key, STR("diagnosticCode"))) {
		r->diagnostic = value;
		r->reply_code = dsn_reply_code(value);
	}
}

bool
notice_json_read(struct dsn *d, const struct inbound_mail *m)
{
	static const struct str list = STR("bouncedRecipients");
	struct str key, text = m->text;
	size_t at = str_find(text, list);

	if (at == STR_NOWHERE)
		return false;
	at = str_chr(str_from(text, at), '[') == STR_NOWHERE
		 ? text.n
		 : at + str_chr(str_from(text, at), '[');
	while (to_string(text, &at)) {
		key = take_string(text, &at);
		if (!to_string(text, &at))
			break;
		take_member(d, key, take_string(text, &at));
	}
	return d->count > 0;
}
