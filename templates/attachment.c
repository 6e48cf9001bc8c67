#include "templates/attachment.h"

#include "lib/mail/header.h"
#include "lib/mail/parameter.h"
#include "lib/mail/transfer.h"

#define SHOWN_NAME_MAX 60 /* bytes of a name in an error */

static bool
alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* Letters, digits and what `others` lists. */
static bool
is_made_of(struct str s, const char *others)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!alnum(s.p[i]) &&
		    (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
			return false;
	return s.n > 0;
}

static bool
check_name(struct str name, struct err *err)
{
	size_t i;

	if (name.n > ATTACHMENT_NAME_MAX)
		return err_set(err, FAIL_LIMIT,
		    "the name is longer than %d bytes", ATTACHMENT_NAME_MAX);
	if (!header_text_ok(name))
		return err_set(err, FAIL_INPUT,
		    "the name has a control character or is no UTF-8");
	for (i = 0; i < name.n; i++)
		if (strchr("/\\\"", name.p[i]) != NULL)
			return err_set(err, FAIL_INPUT,
			    "the name has a '%c' in it", name.p[i]);
	if (name.n == 0 || str_trim(name).n < name.n ||
	    str_eq(name, STR(".")) || str_eq(name, STR("..")))
		return err_set(err, FAIL_INPUT, "the name is none of a file");
	return true;
}

/* restricted-name of RFC 6838, 4.2 */
static bool
is_type_name(struct str s)
{
	return s.n > 0 && alnum(*s.p) && is_made_of(s, "!#$&-^_.+");
}

static bool
check_type(struct str type, struct err *err)
{
	size_t slash = str_chr(type, '/');
	struct str main, sub;

	main = str_sub(type, 0, slash);
	sub = slash == STR_NOWHERE ? STR_NONE : str_from(type, slash + 1);
	if (type.n > ATTACHMENT_TYPE_MAX || !is_type_name(main) ||
	    !is_type_name(sub))
		return err_set(err, FAIL_INPUT,
		    "the content type is not of the form type/subtype");
	if (str_eq_nocase(main, STR("multipart")) ||
	    str_eq_nocase(main, STR("message")))
		return err_set(err, FAIL_INPUT,
		    "the content type is none of a file");
	return true;
}

bool
attachment_check(const struct message_attachment *file, struct err *err)
{
	if (!check_name(file->name, err) || !check_type(file->type, err))
		return false;
	return file->content_id.n == 0 ||
	       (file->content_id.n <= ATTACHMENT_CONTENT_ID_MAX &&
		   is_made_of(file->content_id, "!#$&*+-._~@")) ||
	       err_set(err, FAIL_INPUT,
		   "the content id has other characters than a Content-ID");
}

static bool
check_one_id(const struct message_attachment *files, size_t i, struct err *err)
{
	size_t j;

	for (j = 0; j < i && files[i].content_id.n > 0; j++)
		if (str_eq(files[i].content_id, files[j].content_id))
			return err_set(err, FAIL_INPUT,
			    "the content id is that of attachment %zu, too",
			    j + 1);
	return true;
}

/* "attachment 2 (logo.png)"; a name fit to be shown, cut where it is long. */
static void
tell_which(char *to, size_t size, size_t number, struct str name)
{
	bool show = name.n > 0 && header_text_ok(name), cut = false;

	while (show && (name.n > SHOWN_NAME_MAX || !str_is_utf8(name))) {
		name.n--;
		cut = true;
	}
	if (show)
		snprintf(to, size, "attachment %zu (%.*s%s)", number,
		    STR_ARG(name), cut ? "..." : "");
	else
		snprintf(to, size, "attachment %zu", number);
}

bool
attachments_check(const struct message_attachment *files, size_t count,
    struct err *err)
{
	char which[SHOWN_NAME_MAX + 40];
	struct err why = {0};
	size_t i;

	for (i = 0; i < count; i++) {
		if (attachment_check(&files[i], &why) &&
		    check_one_id(files, i, &why))
			continue;
		tell_which(which, sizeof(which), i + 1, files[i].name);
		return err_set(err, why.kind, "%s: %s", which, why.text);
	}
	return true;
}

static void
put_field(struct buf *out, const char *field, struct str value,
    const char *parameter, struct str name)
{
	struct fold f = {.out = out};

	fold_add(&f, str_of(field));
	fold_gap(&f, 1, value.n + 1, FOLD_LINE);
	fold_add(&f, value);
	if (parameter != NULL)
		parameter_write(&f, parameter, name);
	fold_add(&f, STR("\r\n"));
}

/* Between < and >. */
static void
put_content_id(struct buf *out, struct str id)
{
	char text[ATTACHMENT_CONTENT_ID_MAX + 3];
	int n = snprintf(text, sizeof(text), "<%.*s>", STR_ARG(id));

	put_field(out, "Content-ID:", (struct str){text, (size_t)n}, NULL,
	    STR_NONE);
}

void
attachment_put(struct buf *out, const struct message_attachment *file)
{
	bool is_inline = file->content_id.n > 0;

	put_field(out, "Content-Type:", file->type, "name", file->name);
	put_field(out, "Content-Disposition:",
	    is_inline ? STR("inline") : STR("attachment"), "filename",
	    file->name);
	if (is_inline)
		put_content_id(out, file->content_id);
	buf_puts(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	base64_lines(out, file->content);
}
