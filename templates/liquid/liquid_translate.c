/*
 * liquid_translate.c - the filter `t`: a text of the catalogue.
 *
 *   {{ "order.thanks" | t: name: first_name }}
 *   {{ "items" | t: count: n }}
 *
 * Looked for in the recipient's locale, its language, then the default
 * locale and its language; the first that has the key counts.  Named arguments
 * stand in the text as %{name} or {{ name }}.  With `count` the text may be
 * an object: zero (optional), one, other.  A text that is missing, and a
 * name that is not given, fail the render.
 *
 * The catalogue is the author's: its texts are HTML where the template is,
 * what is put into them is escaped.
 */
#include "templates/liquid/liquid_filters.h"
#include "templates/liquid/liquid_money.h"

#define MARK_MAX 80 /* bytes of a name between its brackets */

/* By the whole key, else part by part. */
static struct value
find_key(struct value catalogue, struct str key)
{
	struct value found = value_member(catalogue, key);
	struct str part;

	if (found.type != VALUE_NIL)
		return found;
	found = catalogue;
	while (str_cut(&key, '.', &part))
		found = value_member(found, part);
	return found;
}

static struct value
catalogue_of(struct value translations, struct str locale)
{
	uint32_t i;

	for (i = 0; i < translations.n; i++)
		if (locale_eq(translations.u.members[i].key, locale))
			return translations.u.members[i].value;
	return value_nil();
}

static struct value
plural(struct value texts, struct value count)
{
	struct value zero = value_member(texts, STR("zero"));
	bool is_zero = count.type == VALUE_INT && count.u.integer == 0;
	bool is_one = count.type == VALUE_INT && count.u.integer == 1;

	if (is_zero && zero.type == VALUE_STRING)
		return zero;
	return value_member(texts, is_one ? STR("one") : STR("other"));
}

static bool
find_text(struct liquid_call *c, struct str key, struct str *text)
{
	const struct liquid_data *data = c->run->data;
	struct str locale = data->locale;
	const struct str locales[] = {locale, locale_language(locale),
	    data->default_locale, locale_language(data->default_locale)};
	struct value found;
	size_t i;

	for (i = 0; i < ARRAY_LEN(locales); i++) {
		if (data->translations.type != VALUE_OBJECT)
			break;
		found =
		    find_key(catalogue_of(data->translations, locales[i]), key);
		if (found.type == VALUE_OBJECT)
			found = plural(found, liquid_call_keyword(c, "count"));
		if (found.type != VALUE_STRING)
			continue;
		*text = value_text(found);
		return true;
	}
	key.n = key.n < MARK_MAX ? key.n : MARK_MAX;
	locale.n = locale.n < MARK_MAX ? locale.n : MARK_MAX;
	return liquid_run_fail(c->run,
	    locale.n > 0 ? "translation '%.*s' is missing for '%.*s'"
			 : "there is no translation '%.*s'%.*s",
	    STR_ARG(key), STR_ARG(locale));
}

/* Cuts off what stands before a mark, and the name in it. */
static bool
cut_mark(struct str *rest, struct str *before, struct str *name)
{
	size_t at, end, percent = str_find(*rest, STR("%{"));
	bool braces;

	*name = STR_NONE;
	*before = *rest;
	at = str_find(*rest, STR("{{"));
	braces = at < percent;
	if (!braces)
		at = percent;
	if (at == STR_NOWHERE)
		return false;
	*name = str_from(*rest, at + 2);
	end = str_find(*name, braces ? STR("}}") : STR("}"));
	if (end == STR_NOWHERE)
		return false;
	*before = str_sub(*rest, 0, at);
	*rest = str_from(*name, end + (braces ? 2 : 1));
	*name = str_trim(str_sub(*name, 0, end));
	return true;
}

/* The argument of that name, as text. */
static bool
argument(struct liquid_call *c, struct str name, struct value *text)
{
	int i;

	for (i = c->keyword_count - 1; i >= 0; i--)
		if (str_eq(c->keywords[i], name))
			return liquid_as_text(c->run, c->keyword_values[i],
			    text);
	return liquid_run_fail(c->run, "a translation needs '%.*s'",
	    (int)(name.n < MARK_MAX ? name.n : MARK_MAX), name.p);
}

static struct value
own_text(const struct liquid_run *r, struct str s)
{
	struct value v = value_string(s);

	v.safe = liquid_marks_safe(r);
	v.own = true;
	return v;
}

/* What is put in is told first, as liquid_join wants it. */
static bool
expect_all(struct liquid_call *c, struct liquid_join *j, struct str text)
{
	struct value v = value_nil();
	struct str before, name;

	liquid_join_expect(j, own_text(c->run, text));
	while (cut_mark(&text, &before, &name)) {
		if (!argument(c, name, &v))
			return false;
		liquid_join_expect(j, v);
	}
	return true;
}

bool
liquid_filter_t(struct liquid_call *c)
{
	struct str key = STR_NONE, text = STR_NONE, before, name;
	struct value v = value_nil();
	struct liquid_join j;

	if (!liquid_string(c->run, c->in, &key) || !find_text(c, key, &text) ||
	    !liquid_run_charge(c->run, text.n / LIQUID_BYTES_PER_STEP))
		return false;
	liquid_join_begin(&j, c->run);
	if (!expect_all(c, &j, text))
		return false;
	while (cut_mark(&text, &before, &name))
		if (!liquid_join_write(&j, own_text(c->run, before)) ||
		    !argument(c, name, &v) || !liquid_join_write(&j, v))
			return false;
	return liquid_join_write(&j, own_text(c->run, text)) &&
	       liquid_join_end(&j, &c->out);
}
