#include "api/provider.h"

#define GMAIL_SCOPE   "https://mail.google.com/"
#define OUTLOOK_SCOPE "https://outlook.office.com/"

/* Numbers are the services' own words, or well known; README says which. */
static const struct provider providers[] = {
    {
	.name = "gmail",
	.title = "Gmail and Google Workspace",
	.smtp = {"smtp.gmail.com", "implicit", "auto", 465, GMAIL_SCOPE},
	.imap = {"imap.gmail.com", "implicit", "auto", 993, GMAIL_SCOPE},
	.pop3 = {"pop.gmail.com", "implicit", "auto", 995, GMAIL_SCOPE},
	.token_url = "https://oauth2.googleapis.com/token",
	.per_day = 500,
	.note = "500 messages a day are a free account's; say per_day 2000 "
		"for Workspace. A password has to be an app password.",
    },
    {
	.name = "microsoft365",
	.title = "Microsoft 365 (Exchange Online)",
	.smtp = {"smtp.office365.com", "starttls", "xoauth2", 587,
	    OUTLOOK_SCOPE "SMTP.Send offline_access"},
	.imap = {"outlook.office365.com", "implicit", "xoauth2", 993,
	    OUTLOOK_SCOPE "IMAP.AccessAsUser.All offline_access"},
	.pop3 = {"outlook.office365.com", "implicit", "xoauth2", 995,
	    OUTLOOK_SCOPE "POP.AccessAsUser.All offline_access"},
	.token_url = "https://login.microsoftonline.com/organizations/oauth2/"
		     "v2.0/token",
	.max_connections = 3,
	.per_minute = 30,
	.per_day = 10000,
	.note = "SMTP AUTH has to be allowed for the mailbox. A refresh token "
		"that is not used for 90 days is dead.",
    },
    {
	.name = "yahoo",
	.title = "Yahoo Mail",
	.smtp = {"smtp.mail.yahoo.com", "implicit", "auto", 465, "mail-w"},
	.imap = {"imap.mail.yahoo.com", "implicit", "auto", 993, "mail-r"},
	.pop3 = {"pop.mail.yahoo.com", "implicit", "auto", 995, "mail-r"},
	.token_url = "https://api.login.yahoo.com/oauth2/get_token",
	.per_day = 500,
	.note = "A password has to be an app password.",
    },
    {
	.name = "fastmail",
	.title = "Fastmail",
	.smtp = {"smtp.fastmail.com", "implicit", "auto", 465, ""},
	.imap = {"imap.fastmail.com", "implicit", "auto", 993, ""},
	.pop3 = {"pop.fastmail.com", "implicit", "auto", 995, ""},
	.note = "A password has to be an app password.",
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

static void
put_text(struct json_write *j, const char *key, const char *text)
{
	if (text != NULL && text[0] != '\0') {
		json_write_member(j, key, str_of(text));
	} else {
		json_write_key(j, key);
		json_write_null(j);
	}
}

static void
put_limit(struct json_write *j, const char *key, int limit)
{
	json_write_key(j, key);
	if (limit > 0)
		json_write_int(j, limit);
	else
		json_write_null(j);
}

static void
put_endpoint(struct json_write *j, const char *key,
    const struct provider_endpoint *e)
{
	json_write_key(j, key);
	json_write_open(j, '{');
	put_text(j, "host", e->host);
	json_write_key(j, "port");
	json_write_int(j, e->port);
	put_text(j, "tls", e->tls);
	put_text(j, "auth", e->auth);
	put_text(j, "scope", e->scope);
	json_write_close(j, '}');
}

void
provider_list_json(struct json_write *j)
{
	const struct provider *p;

	json_write_open(j, '[');
	for (p = providers; p < providers + ARRAY_LEN(providers); p++) {
		json_write_open(j, '{');
		put_text(j, "name", p->name);
		put_text(j, "title", p->title);
		put_endpoint(j, "smtp", &p->smtp);
		put_endpoint(j, "imap", &p->imap);
		put_endpoint(j, "pop3", &p->pop3);
		put_text(j, "token_url", p->token_url);
		put_limit(j, "max_connections", p->max_connections);
		put_limit(j, "per_second", p->per_second);
		put_limit(j, "per_minute", p->per_minute);
		put_limit(j, "per_hour", p->per_hour);
		put_limit(j, "per_day", p->per_day);
		put_text(j, "note", p->note);
		json_write_close(j, '}');
	}
	json_write_close(j, ']');
}
