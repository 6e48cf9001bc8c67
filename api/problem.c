#include "api/problem.h"

#include "lib/base/log.h"

#include <stdarg.h>

/* What a constraint means to the one who asked.  The schema's name for it
 * stands in the err's text. */
static const struct {
	const char *constraint;
	int status;
	const char *detail;
} constraints[] = {
    {"list_name", 409, "a list of this name exists already"},
    {"segment_name", 409, "a segment of this name exists already"},
    {"campaign_segment_segment_id_fkey", 409,
	"the segment is used by a campaign"},
    {"segment_use_uses_id_fkey", 409, "the segment is used by another segment"},
    {"campaign_list_list_id_fkey", 409, "the list is used by a campaign"},
    {"campaign_template_id_fkey", 409, "the template is used by a campaign"},
    {"campaign_account_account_id_fkey", 409,
	"the account is used by a campaign"},
    {"membership_list_id_fkey", 422, "there is no such list"},
    {"import_list_id_fkey", 404, "there is no such list"},
    {"app_user_email", 409, "a user with this address exists already"},
    {"app_user_role", 422, "there is no such role"},
    {"snippet_name_key", 409, "a snippet of this name exists already"},
    {"template_attachment_name", 409,
	"the template has an attachment of this name"},
    {"template_attachment_content_id", 409,
	"the template has an attachment with this content id"},
};

static void
answer(struct request *q, int status, const char *detail, json_t *errors)
{
	json_t *doc = json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank",
	    "title", status_phrase(status), "status", status, "detail", detail);

	if (errors != NULL)
		json_object_set_new(doc, "errors", errors);
	reply_json(q, status, doc);
	q->reply.type = STR("application/problem+json");
}

void
problem(struct request *q, int status, const char *fmt, ...)
{
	char detail[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	answer(q, status, detail, NULL);
	if (status == 503)
		reply_header(q, "Retry-After", "2");
}

static void
complain(struct request *q, json_t *error)
{
	char detail[64];
	size_t n;

	if (q->errors == NULL)
		q->errors = json_array();
	if (json_array_size(q->errors) < PROBLEM_FIELDS_MAX)
		json_array_append(q->errors, error);
	json_decref(error);
	n = json_array_size(q->errors);
	snprintf(detail, sizeof(detail),
	    n == 1 ? "a value is not right" : "%zu values are not right", n);
	answer(q, 422, detail, json_incref(q->errors));
}

void
problem_field(struct request *q, const char *field, const char *fmt, ...)
{
	char detail[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	complain(q, json_pack("{s:s, s:s}", "field", field, "detail", detail));
}

void
problem_place(struct request *q, const char *field, int line, int column,
    const char *detail)
{
	complain(q, json_pack("{s:s, s:s, s:i, s:i}", "field", field, "detail",
			detail, "line", line, "column", column));
}

static bool
known_constraint(struct request *q, const struct err *err)
{
	char name[80];
	size_t i;

	for (i = 0; i < ARRAY_LEN(constraints); i++) {
		snprintf(name, sizeof(name), "(%s)", constraints[i].constraint);
		if (strstr(err->text, name) == NULL)
			continue;
		problem(q, constraints[i].status, "%s", constraints[i].detail);
		return true;
	}
	return false;
}

/* Not the path: tokens and addresses may stand in it. */
static void
log_failure(const struct request *q, const struct err *err)
{
	log_error("request_failed",
	    "method=%s route=%s id=%lld kind=%s text=%s",
	    method_name(q->method), q->route != NULL ? q->route->pattern : "-",
	    (long long)q->id, fail_name(err->kind),
	    log_quote(str_of(err->text)));
}

void
problem_db(struct request *q, const struct err *err)
{
	if (known_constraint(q, err))
		return;
	switch ((int)err->kind) {
	case FAIL_CONFLICT:
		problem(q, 409, "it exists already, or is in another state");
		return;
	case FAIL_MISSING:
		problem(q, 422, "something that is referred to does not exist");
		return;
	case FAIL_INPUT: problem(q, 422, "a value is not acceptable"); break;
	case FAIL_BUSY:
	case FAIL_IO:
	case FAIL_TIMEOUT:
		problem(q, 503, "the database cannot be used now; try again");
		break;
	default: problem(q, 500, "something went wrong inside; it was logged");
	}
	log_failure(q, err);
}
