#include "templates/message_data.h"

struct str
message_unsubscribe_url(const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a)
{
	struct str s = {NULL, campaign->base_url.n + 3 + TOKEN_LEN};
	char *p = arena_alloc(a, s.n + 1);

	snprintf(p, s.n + 1, "%.*s/u/%s", STR_ARG(campaign->base_url),
	    recipient->token);
	s.p = p;
	s.n = strlen(p);
	return s;
}

static struct value_member
member(const char *key, struct value v)
{
	return (struct value_member){str_of(key), v};
}

/* Email and name win over attributes of these names. */
static bool
fill_contact(struct message_data *d, struct value attributes, struct arena *a,
    struct value *out)
{
	uint32_t n = attributes.n, own = ARRAY_LEN(d->person);
	struct value_member *all = arena_try(a, (n + own) * sizeof(*all));

	if (all == NULL || n + own > VALUE_MEMBERS_MAX)
		return false;
	if (n > 0)
		memcpy(all, attributes.u.members, n * sizeof(*all));
	memcpy(all + n, d->person, sizeof(d->person));
	return value_build(out, all, n + own, a);
}

bool
message_data_fill(struct message_data *d,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, bool whole_contact,
    struct arena *a, struct err *err)
{
	struct str url = message_unsubscribe_url(campaign, recipient, a);
	struct value attributes = value_object(NULL, 0), contact = value_nil();

	if (recipient->attributes.n > 0 &&
	    !value_from_json(&attributes, recipient->attributes, a, err))
		return false;
	if (attributes.type != VALUE_OBJECT)
		return err_set(err, FAIL_INPUT, "attributes are no object");
	d->person[0] =
	    member("email", value_string(address_text(&recipient->to)));
	d->person[1] = member("name", value_string(recipient->name));
	if (whole_contact && !fill_contact(d, attributes, a, &contact))
		return err_set(err, FAIL_LIMIT, "too many attributes");
	d->campaign[0] = member("id", value_int(campaign->id));
	d->campaign[1] = member("name", value_string(campaign->name));
	d->list[0] = member("id", value_int(recipient->list_id));
	d->list[1] = member("name", value_string(recipient->list_name));
	d->built_in[0] = member("contact", contact);
	d->built_in[1] = member("campaign", value_object(d->campaign, 2));
	d->built_in[2] = member("list", value_object(d->list, 2));
	d->built_in[3] = member("unsubscribe_url", value_string(url));
	d->scopes[0] = value_object(d->built_in, ARRAY_LEN(d->built_in));
	d->scopes[1] = value_object(d->person, ARRAY_LEN(d->person));
	d->scopes[2] = attributes;
	d->data = (struct liquid_data){
	    .scopes = d->scopes,
	    .count = ARRAY_LEN(d->scopes),
	    .now_us = recipient->date_us,
	};
	return true;
}
