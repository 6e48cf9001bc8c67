/*
 * liquid_lookup.c - what stands behind a name, a dot or a bracket.
 */
#include "templates/liquid/code_point.h"
#include "templates/liquid/liquid_run.h"

struct value
liquid_data_find(const struct liquid_data *data, struct str name, uint32_t hash)
{
	const struct value *found;
	size_t i;

	for (i = 0; i < data->count; i++) {
		if (data->scopes[i].type != VALUE_OBJECT)
			continue;
		found = value_find(data->scopes[i], name, hash);
		if (found != NULL)
			return *found;
	}
	return value_nil();
}

struct value *
liquid_variable(struct liquid_run *r, uint32_t number)
{
	struct liquid_variable *v = &r->variables[number];
	const struct liquid_key *key = r->program->names[number];

	if (!v->known) {
		v->value = liquid_data_find(r->data, key->text, key->hash);
		v->known = true;
	}
	return &v->value;
}

struct value
liquid_member(struct value of, const struct liquid_key *key)
{
	const struct value *found;

	if (of.type == VALUE_DROP)
		return of.u.drop->member(of.u.drop, key->text);
	if (of.type != VALUE_OBJECT)
		return value_nil();
	found = value_find(of, key->text, key->hash);
	return found != NULL ? *found : value_nil();
}

int64_t
liquid_item_count(struct value of)
{
	const struct value_range *range = of.u.range;

	if (of.type == VALUE_ARRAY || of.type == VALUE_OBJECT)
		return of.n;
	if (of.type != VALUE_RANGE || range->first > range->last)
		return 0;
	if (range->first <= 0 && range->last >= INT64_MAX + range->first)
		return INT64_MAX;
	return range->last - range->first + 1;
}

bool
liquid_item(struct liquid_run *r, struct value of, int64_t index,
    struct value *out)
{
	struct value *pair;

	if (of.type == VALUE_ARRAY) {
		*out = of.u.items[index];
	} else if (of.type == VALUE_RANGE) {
		*out = value_int(of.u.range->first + index);
	} else {
		pair = liquid_run_alloc(r, 2 * sizeof(*pair));
		if (pair == NULL)
			return false;
		pair[0] = value_string(of.u.members[index].key);
		pair[1] = of.u.members[index].value;
		*out = value_array(pair, 2);
	}
	return true;
}

static struct value
size_of(struct value v)
{
	if (v.type == VALUE_STRING)
		return value_int((int64_t)code_point_count(value_text(v)));
	if (v.type == VALUE_ARRAY || v.type == VALUE_OBJECT ||
	    v.type == VALUE_RANGE)
		return value_int(liquid_item_count(v));
	return v.type == VALUE_INT ? value_int(sizeof(int64_t)) : value_nil();
}

/* size, first, last of what has no member of that name. */
bool
liquid_command(struct liquid_run *r, struct value of,
    const struct liquid_key *key, struct value *out)
{
	bool last = str_eq(key->text, STR("last"));
	int64_t n;

	if (of.type == VALUE_DROP ||
	    (of.type == VALUE_OBJECT &&
		value_find(of, key->text, key->hash) != NULL)) {
		*out = liquid_member(of, key);
		return true;
	}
	*out = value_nil();
	if (str_eq(key->text, STR("size"))) {
		*out = size_of(of);
		return liquid_run_charge(r,
		    of.type == VALUE_STRING ? of.n / LIQUID_BYTES_PER_STEP : 0);
	}
	n = liquid_item_count(of);
	if (!last && !str_eq(key->text, STR("first")))
		return true;
	if (of.type == VALUE_STRING)
		*out = value_string(last ? code_point_last(value_text(of))
					 : code_point_first(value_text(of)));
	if (n == 0 || (last && of.type == VALUE_OBJECT))
		return true;
	return liquid_item(r, of, last ? n - 1 : 0, out);
}

bool
liquid_index(struct liquid_run *r, struct value of, struct value index,
    struct value *out)
{
	struct str name = value_text(index);
	struct liquid_key key = {name, 0};
	int64_t i = index.u.integer;

	*out = value_nil();
	if (index.type == VALUE_STRING) {
		key.hash = value_hash(name);
		*out = liquid_member(of, &key);
		return liquid_run_charge(r, name.n / LIQUID_BYTES_PER_STEP);
	}
	if (index.type != VALUE_INT || of.type != VALUE_ARRAY)
		return true;
	if (i < 0)
		i += of.n;
	if (i >= 0 && i < of.n)
		*out = of.u.items[i];
	return true;
}
