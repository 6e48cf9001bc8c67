#include "api/import_origin.h"

static const char *const origin_names[] = {
    [IMPORT_ANYWHERE] = "any",
    [IMPORT_LISTMONK] = "listmonk",
    [IMPORT_MAILCHIMP] = "mailchimp",
};

static const struct {
	const char *reason;
	bool global;
} leaves[] = {
    [IMPORT_STAYS] = {NULL, false},
    [IMPORT_UNSUBSCRIBED] = {"unsubscribe", false},
    [IMPORT_BLOCKED] = {"unsubscribe", true},
    [IMPORT_BOUNCED] = {"hard_bounce", true},
    [IMPORT_COMPLAINED] = {"complaint", true},
    [IMPORT_DISABLED] = {"manual", true},
};

static const struct {
	const char *word;
	enum import_leave leave;
} words[] = {
    {"", IMPORT_STAYS},
    {"subscribed", IMPORT_STAYS},
    {"enabled", IMPORT_STAYS},
    {"active", IMPORT_STAYS},
    {"confirmed", IMPORT_STAYS},
    {"unconfirmed", IMPORT_STAYS},
    {"unsubscribed", IMPORT_UNSUBSCRIBED},
    {"blocklisted", IMPORT_BLOCKED},
    {"blacklisted", IMPORT_BLOCKED},
    {"cleaned", IMPORT_BOUNCED},
    {"bounced", IMPORT_BOUNCED},
    {"complained", IMPORT_COMPLAINED},
    {"disabled", IMPORT_DISABLED},
    {"suppressed", IMPORT_DISABLED},
};

#define NOT_TAKEN                 \
	{                         \
		NULL, IMPORT_TEXT \
	}

static const struct known_column {
	const char *header;
	struct import_column column;
	enum import_origin origin;
	enum import_leave leave;
} columns[] = {
    {"uuid", NOT_TAKEN, IMPORT_LISTMONK, IMPORT_STAYS},
    {"attributes", {"attributes", IMPORT_OBJECT}, IMPORT_LISTMONK,
	IMPORT_STAYS},
    {"status", {"status", IMPORT_STATUS}, IMPORT_LISTMONK, IMPORT_STAYS},
    {"created_at", NOT_TAKEN, IMPORT_LISTMONK, IMPORT_STAYS},
    {"updated_at", NOT_TAKEN, IMPORT_LISTMONK, IMPORT_STAYS},
    {"Email Address", {"email", IMPORT_TEXT}, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"First Name", {"first_name", IMPORT_TEXT}, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"Last Name", {"last_name", IMPORT_TEXT}, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"MEMBER_RATING", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"OPTIN_TIME", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"OPTIN_IP", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"CONFIRM_TIME", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"CONFIRM_IP", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"LATITUDE", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"LONGITUDE", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"GMTOFF", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"DSTOFF", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"TIMEZONE", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"CC", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"REGION", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"LAST_CHANGED", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"LEID", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"EUID", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_STAYS},
    {"UNSUB_TIME", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_UNSUBSCRIBED},
    {"UNSUB_CAMPAIGN_TITLE", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_UNSUBSCRIBED},
    {"UNSUB_CAMPAIGN_ID", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_UNSUBSCRIBED},
    {"UNSUB_REASON", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_UNSUBSCRIBED},
    {"UNSUB_REASON_OTHER", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_UNSUBSCRIBED},
    {"CLEAN_TIME", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_BOUNCED},
    {"CLEAN_CAMPAIGN_TITLE", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_BOUNCED},
    {"CLEAN_CAMPAIGN_ID", NOT_TAKEN, IMPORT_MAILCHIMP, IMPORT_BOUNCED},
};

bool
import_leave_parse(struct str word, enum import_leave *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq_nocase(word, str_of(words[i].word))) {
			*out = words[i].leave;
			return true;
		}
	return false;
}

const char *
import_leave_reason(enum import_leave l)
{
	return leaves[l].reason;
}

bool
import_leave_is_global(enum import_leave l)
{
	return leaves[l].global;
}

const char *
import_origin_name(enum import_origin o)
{
	return origin_names[o];
}

bool
import_origin_parse(struct str name, enum import_origin *out)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(origin_names); i++)
		if (str_eq(name, str_of(origin_names[i]))) {
			*out = (enum import_origin)i;
			return true;
		}
	return false;
}

static const struct known_column *
find(enum import_origin o, const char *header)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(columns); i++)
		if (columns[i].origin == o &&
		    strcmp(columns[i].header, header) == 0)
			return &columns[i];
	return NULL;
}

struct import_column
import_origin_column(enum import_origin o, const char *header)
{
	const struct known_column *k = find(o, header);

	return k != NULL ? k->column
			 : (struct import_column){header, IMPORT_TEXT};
}

enum import_leave
import_origin_leave(enum import_origin o, const char *header)
{
	const struct known_column *k = find(o, header);

	return k != NULL ? k->leave : IMPORT_STAYS;
}
