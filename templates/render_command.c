/*
 * render_command.c - `volley render`: a template as one recipient would get
 * it, without a database.
 */
#include "templates/render_command.h"

#include "lib/base/clock.h"
#include "lib/base/settings.h"
#include "templates/message_row.h"
#include "templates/render_source.h"

#include <getopt.h>

#define DEFAULT_SUBJECT "Preview"
/* Has the form of a token and opens nothing. */
#define PREVIEW_TOKEN "previewpreviewpreviewpreviewprevie"

_Static_assert(sizeof(PREVIEW_TOKEN) == TOKEN_LEN + 1, "form of a token");

static const char usage[] =
    "usage: volley render TEMPLATE [options]\n"
    "\n"
    "Renders a Liquid template for one recipient and prints the HTML, or the\n"
    "text where there is no HTML.  TEMPLATE is HTML, Markdown when its name\n"
    "ends with .md, text alone when it ends with .txt.\n"
    "\n"
    "  --data FILE          attributes of the recipient, a JSON object;\n"
    "                       its email and name are used, too\n"
    "  --text FILE          template of the text part; derived from the HTML\n"
    "                       when there is none\n"
    "  --subject TEXT       template of the subject\n"
    "  --preheader TEXT     what mail clients show behind the subject\n"
    "  --markdown           TEMPLATE is Markdown, whatever its name\n"
    "  --layout FILE        HTML around it, with {{ content }}\n"
    "  --snippets DIR       NAME, NAME.liquid or NAME.html in there is what\n"
    "                       include and render take in\n"
    "  --translations FILE  for the filter t: {\"de\": {\"key\": \"text\"}}\n"
    "  --missing WHAT       a value that the recipient does not have is\n"
    "                       empty, default (see --defaults) or fails: fail\n"
    "  --defaults FILE      values for --missing default, a JSON object\n"
    "  --attach FILE        goes with it; FILE,inline=CID for src=\"cid:CID\"\n"
    "  --from WHO           sender: a@example.com or Name <a@example.com>\n"
    "  --base-url URL       where links to Volley lead: the setting\n"
    "  --eml                the whole message\n"
    "  --help               this text\n"
    "\n"
    "In the template stand contact, its attributes by their names, campaign,\n"
    "list and unsubscribe_url.  Errors name file, line and column; the exit\n"
    "status is then 1.\n";

static bool
explain(const struct render_source *s, const struct message_error *e)
{
	const char *file = render_source_file(s->options, e->part);
	const char *skipped = e->at.aborted ? "skipped: " : "";

	if (s->folder.err.kind != FAIL_NONE)
		fprintf(stderr, "volley render: %s\n", s->folder.err.text);
	if (e->at.line > 0)
		fprintf(stderr, "%s:%d:%d: %s%s\n", file, e->at.line,
		    e->at.column, skipped, e->at.text);
	else
		fprintf(stderr, "%s: %s%s\n", file, skipped, e->at.text);
	return false;
}

/* The address, else one that is fit for samples. */
static void
sample_address(struct address *a, struct str text, const char *otherwise)
{
	struct err err;

	if (text.n == 0 || !address_parse(a, text, &err))
		if (!address_parse(a, str_of(otherwise), &err))
			die("render: %s", err.text);
}

/* "Name <address>", or the address alone. */
static bool
read_from(struct message_campaign *to, struct str from)
{
	struct str spec = str_trim(from);
	size_t at = str_chr(spec, '<');
	struct err err = {0};

	to->from_name = STR("Volley");
	if (at != STR_NOWHERE && str_ends(spec, STR(">"))) {
		to->from_name = str_trim(str_sub(spec, 0, at));
		spec = str_sub(spec, at + 1, spec.n - at - 2);
	}
	if (address_parse(&to->from, spec, &err))
		return true;
	fprintf(stderr, "volley render: --from: %s\n", err.text);
	return false;
}

/* The recipient that the data describes. */
static bool
sample_recipient(struct message_recipient *r, struct render_source *s)
{
	struct str json = str_trim(s->data);
	struct value v = value_nil();
	struct err err = {0};

	if (json.n > 0 && !value_from_json(&v, json, &s->arena, &err)) {
		fprintf(stderr, "%s: %s\n", s->options->data, err.text);
		return false;
	}
	*r = (struct message_recipient){
	    .token = PREVIEW_TOKEN,
	    .name = value_text(value_member(v, STR("name"))),
	    .attributes = json,
	    .list_id = 1,
	    .list_name = STR("Preview list"),
	    .date_us = clock_wall_us(),
	};
	sample_address(&r->to, value_text(value_member(v, STR("email"))),
	    "recipient@example.com");
	return true;
}

static bool
print_message(const struct message *m, struct render_source *s)
{
	const struct render_options *o = s->options;
	struct message_campaign campaign = {
	    .id = 1,
	    .name = STR("Preview"),
	    .base_url = o->base_url,
	    .sender_id = STR("preview"),
	    .postal_address = o->postal_address.n > 0
				  ? o->postal_address
				  : STR("1 Example Street, Example Town"),
	};
	struct message_recipient recipient;
	struct message_rendered parts;
	struct message_error error;
	struct str printed;
	struct buf out;
	bool ok;

	if (!read_from(&campaign, o->from) || !sample_recipient(&recipient, s))
		return false;
	buf_init(&out, MESSAGE_MAX);
	ok = o->eml ? message_compose(m, &campaign, &recipient, &s->arena, &out,
			  &error)
		    : message_render(m, &campaign, &recipient, &s->arena,
			  &parts, &error);
	if (ok) {
		printed = o->eml             ? buf_view(&out)
			  : parts.html.n > 0 ? parts.html
					     : parts.text;
		fwrite(printed.p, 1, printed.n, stdout);
	}
	buf_release(&out);
	return ok ? fflush(stdout) == 0 : explain(s, &error);
}

static bool
render(struct render_source *s)
{
	struct message_error error;
	struct message *m;
	bool ok;

	if (!render_source_read(s))
		return false;
	if (!message_compile(&m, &s->source, &error))
		return explain(s, &error);
	ok = print_message(m, s);
	message_free(m);
	return ok;
}

static bool
add_attachment(struct render_options *o, const char *word)
{
	if (o->attach_count == ARRAY_LEN(o->attach)) {
		fprintf(stderr, "volley render: more than %d attachments\n",
		    MESSAGE_ATTACHMENTS_MAX);
		return false;
	}
	o->attach[o->attach_count++] = word;
	return true;
}

static bool
set_missing(struct render_options *o, const char *word)
{
	o->missing = message_missing_of(str_of(word));
	if (o->missing != MISSING_EMPTY || strcmp(word, "empty") == 0)
		return true;
	fputs("volley render: --missing: empty, default or fail\n", stderr);
	return false;
}

static bool
set_option(struct render_options *o, int c, char *word)
{
	switch (c) {
	case 'd': o->data = word; return true;
	case 't': o->text = word; return true;
	case 's': o->subject = str_of(word); return true;
	case 'p': o->preheader = str_of(word); return true;
	case 'm': o->markdown = true; return true;
	case 'l': o->layout = word; return true;
	case 'n': o->snippets = word; return true;
	case 'r': o->translations = word; return true;
	case 'x': return set_missing(o, word);
	case 'v': o->defaults = word; return true;
	case 'a': return add_attachment(o, word);
	case 'f': o->from = str_of(word); return true;
	case 'e': o->eml = true; return true;
	default: return false;
	}
}

/* False for a wrong call; `help` was asked for otherwise. */
static bool
read_options(struct render_options *o, int argc, char **argv, bool *help)
{
	static const struct option table[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"text", required_argument, NULL, 't'},
	    {"subject", required_argument, NULL, 's'},
	    {"preheader", required_argument, NULL, 'p'},
	    {"markdown", no_argument, NULL, 'm'},
	    {"layout", required_argument, NULL, 'l'},
	    {"snippets", required_argument, NULL, 'n'},
	    {"translations", required_argument, NULL, 'r'},
	    {"missing", required_argument, NULL, 'x'},
	    {"defaults", required_argument, NULL, 'v'},
	    {"attach", required_argument, NULL, 'a'},
	    {"from", required_argument, NULL, 'f'},
	    {"eml", no_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct render_options){
	    .subject = STR(DEFAULT_SUBJECT),
	    .from = STR("sender@example.com"),
	};
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		*help = c == 'h';
		if (*help)
			return true;
		if (!set_option(o, c, optarg))
			return false;
	}
	o->template = argv[optind];
	return argc - optind == 1;
}

int
render_main(int argc, char **argv, const struct settings *settings)
{
	struct render_options options;
	struct render_source source;
	bool help = false, ok;

	if (!read_options(&options, argc, argv, &help)) {
		fputs(usage, stderr);
		return 2;
	}
	if (help) {
		fputs(usage, stdout);
		return 0;
	}
	options.base_url = str_of(settings->base_url);
	options.postal_address = str_of(settings->postal_address);
	render_source_init(&source, &options);
	ok = render(&source);
	render_source_release(&source);
	return ok ? 0 : 1;
}
