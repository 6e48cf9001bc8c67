#include "bounce/mail_date.h"

#include "lib/mail/header.h"

#include <gmime/gmime.h>

#define VALUE_MAX 128

int64_t
mail_date(struct str value)
{
	char text[VALUE_MAX];
	GDateTime *date;
	int64_t us;

	if (value.n >= sizeof(text))
		return 0;
	snprintf(text, sizeof(text), "%.*s", STR_ARG(value));
	date = g_mime_utils_header_decode_date(text);
	if (date == NULL)
		return 0;
	us = g_date_time_to_unix(date) * 1000000;
	g_date_time_unref(date);
	return us;
}

int64_t
mail_date_received(struct str header)
{
	struct header_field f;
	int64_t came, sent = 0;
	size_t at;

	while (header_next(&header, &f)) {
		at = str_rchr(f.value, ';');
		if (str_eq_nocase(f.name, STR("Received")) &&
		    at != STR_NOWHERE) {
			came = mail_date(str_trim(str_from(f.value, at + 1)));
			if (came != 0)
				return came;
		} else if (str_eq_nocase(f.name, STR("Date")) && sent == 0) {
			sent = mail_date(str_trim(f.value));
		}
	}
	return sent;
}
