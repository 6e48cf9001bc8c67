#include "api/route.h"

#include "api/url.h"

static const char *const method_names[METHOD__COUNT] = {
    [METHOD_GET] = "GET",
    [METHOD_POST] = "POST",
    [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH",
    [METHOD_DELETE] = "DELETE",
};

static const char *const access_names[ACCESS__COUNT] = {
    [ACCESS_NONE] = "none",
    [ACCESS_READ] = "read",
    [ACCESS_WRITE] = "write",
    [ACCESS_ADMIN] = "admin",
};

const char *
method_name(enum method m)
{
	return m < METHOD__COUNT ? method_names[m] : "other";
}

enum method
method_parse(struct str name)
{
	enum method m;

	if (str_eq(name, STR("HEAD")))
		return METHOD_GET;
	for (m = METHOD_GET; m < METHOD__COUNT; m++)
		if (str_eq(name, str_of(method_names[m])))
			break;
	return m;
}

const char *
access_name(enum access a)
{
	return access_names[a];
}

bool
access_parse(struct str name, enum access *out)
{
	enum access a;

	for (a = ACCESS_NONE; a < ACCESS__COUNT; a++)
		if (str_eq(name, str_of(access_names[a]))) {
			*out = a;
			return true;
		}
	return false;
}

static bool
is_id(struct str s)
{
	int64_t id;

	return s.n > 0 && s.p[0] >= '1' && s.p[0] <= '9' && str_to_i64(s, &id);
}

/* A segment of the path against "{name}" with a literal behind it. */
static bool
param_fits(struct str pattern, struct str segment, struct arena *a,
    struct str *out)
{
	size_t end = str_chr(pattern, '}');
	struct str name = str_sub(pattern, 1, end - 1);
	struct str tail = str_from(pattern, end + 1);

	if (segment.n <= tail.n || !str_ends(segment, tail))
		return false;
	segment.n -= tail.n;
	if (str_eq(name, STR("id")) && !is_id(segment))
		return false;
	return url_decode(a, segment, false, out) && out->n > 0;
}

static bool
path_fits(const struct route *route, struct str path, struct arena *a,
    struct str params[ROUTE_PARAMS_MAX])
{
	struct str pattern = str_of(route->pattern);
	struct str want, have;
	size_t n = 0;

	if (str_ends(path, STR("/")) != str_ends(pattern, STR("/")))
		return false;
	while (str_cut(&pattern, '/', &want)) {
		if (!str_cut(&path, '/', &have))
			return false;
		if (want.n == 0 || want.p[0] != '{') {
			if (!str_eq(want, have))
				return false;
		} else if (!param_fits(want, have, a, &params[n++])) {
			return false;
		}
	}
	return path.n == 0;
}

enum route_outcome
route_find(const struct route *const *tables, enum method method,
    struct str path, struct arena *a, struct route_match *match)
{
	struct str params[ROUTE_PARAMS_MAX] = {STR_NONE};
	const struct route *r;

	*match = (struct route_match){0};
	for (; *tables != NULL; tables++)
		for (r = *tables; r->pattern != NULL; r++) {
			if (!path_fits(r, path, a, params))
				continue;
			match->allowed |= 1U << r->method;
			if (r->method != method)
				continue;
			match->route = r;
			memcpy(match->params, params, sizeof(params));
			return ROUTE_FOUND;
		}
	return match->allowed != 0 ? ROUTE_WRONG_METHOD : ROUTE_NOT_FOUND;
}

struct str
route_allowed(struct arena *a, unsigned allowed)
{
	struct str out = STR("");
	enum method m;

	for (m = METHOD_GET; m < METHOD__COUNT; m++)
		if ((allowed & 1U << m) != 0)
			out = arena_printf(a, "%.*s%s%s%s", STR_ARG(out),
			    out.n > 0 ? ", " : "", method_names[m],
			    m == METHOD_GET ? ", HEAD" : "");
	return out;
}

void
route_print(const struct route *const *tables, FILE *out)
{
	const struct route *r;

	for (; *tables != NULL; tables++)
		for (r = *tables; r->pattern != NULL; r++)
			fprintf(out, "%s %s %s %s\n", method_name(r->method),
			    r->pattern, access_name(r->access),
			    r->query != NULL ? r->query : "");
}
