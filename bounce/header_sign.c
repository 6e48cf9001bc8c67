#include "bounce/header_sign.h"

#include "lib/mail/header.h"

static bool
fits(const struct header_sign *s, struct str value)
{
	if (s->value != NULL)
		return str_find_nocase(value, str_of(s->value)) != STR_NOWHERE;
	value = str_trim(value);
	return value.n > 0 && !str_eq_nocase(value, STR("no")) &&
	       !str_eq_nocase(value, STR("false"));
}

const struct header_sign *
header_sign_find(struct str header, const struct header_sign *signs, size_t n)
{
	struct header_field f;
	size_t i;

	while (header_next(&header, &f))
		for (i = 0; i < n; i++)
			if (str_eq_nocase(f.name, str_of(signs[i].name)) &&
			    fits(&signs[i], f.value))
				return &signs[i];
	return NULL;
}
