#include "api/limits.h"

#include "lib/mail/address.h"
#include "lib/mail/provider.h"

static void
read_one(struct body *b, const char *field, int64_t *limit)
{
	*limit = body_int(b, field, BODY_NULL, 1, LIMIT_MAX, *limit);
	if (body_is_null(b, field))
		*limit = 0;
}

void
limits_read(struct body *b, struct limits *l)
{
	read_one(b, "per_second", &l->per_second);
	read_one(b, "per_minute", &l->per_minute);
	read_one(b, "per_hour", &l->per_hour);
	read_one(b, "per_day", &l->per_day);
}

struct limits
limits_load(const struct db_result *r, int col)
{
	return (struct limits){
	    .per_second = db_get_int(r, 0, col),
	    .per_minute = db_get_int(r, 0, col + 1),
	    .per_hour = db_get_int(r, 0, col + 2),
	    .per_day = db_get_int(r, 0, col + 3),
	};
}

struct db_arg
limit_arg(int64_t limit)
{
	return db_int_or_null(limit, limit > 0);
}

bool
limit_group(struct arena *a, struct str name, struct str *group)
{
	char *domain = arena_alloc(a, ADDRESS_DOMAIN_MAX + 1);
	struct err err;

	*group = name;
	if (provider_is_group(name))
		return true;
	if (!domain_parse(domain, name, &err) || strchr(domain, '.') == NULL)
		return false;
	*group = provider_group(str_of(domain));
	return true;
}
