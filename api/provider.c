#include "api/provider.h"

/* Microsoft takes 30 messages a minute, and no passwords any more.  Gmail's
 * day is that of a free account; a Workspace account may say 2000. */
static const struct provider providers[] = {
    {
	.name = "gmail",
	.smtp = {"smtp.gmail.com", "implicit", "auto", 465},
	.imap = {"imap.gmail.com", "implicit", "auto", 993},
	.per_day = 500,
    },
    {
	.name = "microsoft365",
	.smtp = {"smtp.office365.com", "starttls", "xoauth2", 587},
	.imap = {"outlook.office365.com", "implicit", "xoauth2", 993},
	.max_connections = 3,
	.per_second = 1,
	.per_hour = 1800,
	.per_day = 10000,
    },
};

const struct provider *
provider_find(struct str name)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(providers); i++)
		if (str_eq(name, str_of(providers[i].name)))
			return &providers[i];
	return NULL;
}
