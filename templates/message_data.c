#include "templates/message_data.h"

#include "templates/message_parts.h"

/* base_url, what kind, token, end. */
static struct str
token_url(const struct message_campaign *campaign,
    const struct message_recipient *recipient, const char *kind,
    const char *end, struct arena *a)
{
	return ARENA_JOIN(a, campaign->base_url, str_of(kind),
	    str_of(recipient->token), str_of(end));
}

struct str
message_unsubscribe_url(const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a)
{
	return token_url(campaign, recipient, "/u/", "", a);
}

static struct value_member
member(const char *key, struct value v)
{
	return (struct value_member){str_of(key), v};
}

/* What the recipient does not have, or has empty, comes from the defaults. */
static bool
fill_gaps(struct value *attributes, struct value defaults, struct arena *a)
{
	uint32_t i, n = attributes->n;
	struct value_member *all = arena_try(a, (n + 1) * sizeof(*all));
	const struct value *other;

	if (all == NULL)
		return false;
	for (i = 0; i < n; i++) {
		struct value v = attributes->u.members[i].value;

		all[i] = attributes->u.members[i];
		if (v.type != VALUE_NIL && (v.type != VALUE_STRING || v.n > 0))
			continue;
		other =
		    value_find(defaults, all[i].key, value_hash(all[i].key));
		if (other != NULL)
			all[i].value = *other;
	}
	return value_build(attributes, all, n, a);
}

/* Email and name win over attributes of these names, and these over
 * defaults. */
static bool
fill_contact(struct message_data *d, struct value attributes,
    struct value defaults, struct value *out)
{
	uint32_t own = ARRAY_LEN(d->person);
	uint32_t n = attributes.n + defaults.n + own;
	struct value_member *all = NULL, *to;

	if (n <= VALUE_MEMBERS_MAX)
		all = arena_try(d->arena, n * sizeof(*all));
	if (all == NULL)
		return false;
	to = all;
	if (defaults.n > 0)
		memcpy(to, defaults.u.members, defaults.n * sizeof(*all));
	to += defaults.n;
	if (attributes.n > 0)
		memcpy(to, attributes.u.members, attributes.n * sizeof(*all));
	memcpy(to + attributes.n, d->person, sizeof(d->person));
	return value_build(out, all, n, d->arena);
}

static void
fill_person(struct message_data *d, struct value defaults)
{
	struct value name = value_string(d->to->name);

	if (name.n == 0 && defaults.n > 0)
		name = value_member(defaults, STR("name"));
	d->person[0] = member("email", value_string(address_text(&d->to->to)));
	d->person[1] = member("name", name);
}

static struct value
url_value(const struct message_data *d, const char *kind, const char *end)
{
	return value_string(token_url(d->from, d->to, kind, end, d->arena));
}

static void
fill_built_in(struct message_data *d, struct value contact)
{
	struct value click = url_value(d, "/c/", "/");
	struct value open = url_value(d, "/o/", ".gif");

	click.safe = click.own = open.safe = open.own = true;
	d->campaign[0] = member("id", value_int(d->from->id));
	d->campaign[1] = member("name", value_string(d->from->name));
	d->list[0] = member("id", value_int(d->to->list_id));
	d->list[1] = member("name", value_string(d->to->list_name));
	d->built_in[0] = member("contact", contact);
	d->built_in[1] = member("campaign", value_object(d->campaign, 2));
	d->built_in[2] = member("list", value_object(d->list, 2));
	d->built_in[3] = member("unsubscribe_url", url_value(d, "/u/", ""));
	d->built_in[4] = member("preferences_url", url_value(d, "/p/", ""));
	d->built_in[5] = member("view_in_browser_url", url_value(d, "/w/", ""));
	d->built_in[6] =
	    member("postal_address", value_string(d->from->postal_address));
	d->built_in[7] = member("__click", click);
	d->built_in[8] = member("__open", open);
	d->built_in[9] = member("confirm_url", url_value(d, "/confirm/", ""));
}

/* The recipient's own, of the attribute `locale` or `language`. */
static struct str
locale_of(struct value attributes)
{
	struct str locale = value_text(value_member(attributes, STR("locale")));

	if (locale.n == 0)
		locale = value_text(value_member(attributes, STR("language")));
	return locale;
}

static bool
read_attributes(struct message_data *d, struct value *out, struct err *err)
{
	struct str json = d->to->attributes;

	*out = value_object(NULL, 0);
	if (json.n > 0 && !value_from_json(out, json, d->arena, err))
		return false;
	if (out->type != VALUE_OBJECT)
		return err_set(err, FAIL_INPUT, "attributes are no object");
	return d->message->defaults.n == 0 ||
	       fill_gaps(out, d->message->defaults, d->arena) ||
	       err_set(err, FAIL_LIMIT, "too many attributes");
}

bool
message_data_fill(struct message_data *d, const struct message *m,
    const struct message_campaign *campaign,
    const struct message_recipient *recipient, struct arena *a, struct err *err)
{
	struct value attributes, contact = value_nil();

	*d = (struct message_data){
	    .message = m,
	    .from = campaign,
	    .to = recipient,
	    .arena = a,
	};
	if (!read_attributes(d, &attributes, err))
		return false;
	fill_person(d, m->defaults);
	if (m->reads_contact &&
	    !fill_contact(d, attributes, m->defaults, &contact))
		return err_set(err, FAIL_LIMIT, "too many attributes");
	fill_built_in(d, contact);
	d->scopes[0] = value_object(d->built_in, ARRAY_LEN(d->built_in));
	d->scopes[1] = value_object(d->person, ARRAY_LEN(d->person));
	d->scopes[2] = attributes;
	d->scopes[3] = m->defaults;
	d->data = (struct liquid_data){
	    .scopes = d->scopes,
	    .count = ARRAY_LEN(d->scopes) - (m->defaults.n == 0),
	    .now_us = recipient->date_us,
	    .missing_fails = m->fails_missing,
	    .translations = m->translations,
	    .default_locale = m->default_locale,
	    .link = message_link_write,
	    .link_arg = d,
	};
	if (m->translations.n > 0)
		d->data.locale = locale_of(attributes);
	return true;
}
