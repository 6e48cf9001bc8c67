/*
 * render_command.c - `volley render`: a template as one recipient would get
 * it, without a database.
 */
#include "templates/render_command.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "templates/message.h"

#include <getopt.h>

#define DEFAULT_SUBJECT "Preview"
/* Has the form of a token and opens nothing. */
#define PREVIEW_TOKEN "previewpreviewpreviewpreviewprevie"

_Static_assert(sizeof(PREVIEW_TOKEN) == TOKEN_LEN + 1, "form of a token");

static const char usage[] =
    "usage: volley render TEMPLATE.html [options]\n"
    "\n"
    "Renders a Liquid template for one recipient and prints the HTML.\n"
    "\n"
    "  --data FILE        attributes of the recipient, a JSON object;\n"
    "                     its email and name are used, too\n"
    "  --text FILE        template of the text part; derived from the HTML\n"
    "                     when there is none\n"
    "  --subject TEXT     template of the subject\n"
    "  --preheader TEXT   what mail clients show behind the subject\n"
    "  --eml              the whole message instead of the HTML\n"
    "  --help             this text\n"
    "\n"
    "In the template stand contact, its attributes by their names, campaign,\n"
    "list and unsubscribe_url.  Errors name line and column; the exit status\n"
    "is then 1.\n";

struct options {
	const char *template, *data, *text;
	struct str subject, preheader;
	bool eml;
};

/* What is read and made; released in one place. */
struct work {
	struct buf html, text, data, out;
	struct arena arena;
	struct message *message;
};

static bool
load(const char *path, struct buf *out)
{
	struct err err = {0};

	if (path == NULL || file_read(path, out, &err))
		return true;
	fprintf(stderr, "volley render: %s\n", err.text);
	return false;
}

static bool
explain(const struct options *o, const struct message_error *e)
{
	const char *file = strcmp(e->part, "html") == 0   ? o->template
			   : strcmp(e->part, "text") == 0 ? o->text
			   : strcmp(e->part, "data") == 0 ? o->data
							  : NULL;

	if (file == NULL)
		file = e->part;
	if (e->at.line > 0)
		fprintf(stderr, "%s:%d:%d: %s\n", file, e->at.line,
		    e->at.column, e->at.text);
	else
		fprintf(stderr, "%s: %s\n", file, e->at.text);
	return false;
}

static void
sample_address(struct address *a, struct str text, const char *otherwise)
{
	struct err err;

	if (text.n == 0 || !address_parse(a, text, &err))
		if (!address_parse(a, str_of(otherwise), &err))
			die("volley render: %s", err.text);
}

/* The recipient that the data describes. */
static bool
sample_recipient(struct message_recipient *r, struct work *w,
    const struct options *o)
{
	struct str json = str_trim(buf_view(&w->data));
	struct value v = value_nil();
	struct err err = {0};

	if (json.n > 0 && !value_from_json(&v, json, &w->arena, &err)) {
		fprintf(stderr, "%s: %s\n", o->data, err.text);
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
print_message(struct work *w, const struct options *o)
{
	struct message_campaign campaign = {
	    .id = 1,
	    .name = STR("Preview"),
	    .from_name = STR("Volley"),
	    .base_url = STR("http://127.0.0.1:8025"),
	    .sender_id = STR("preview"),
	};
	struct message_recipient recipient;
	struct message_rendered parts;
	struct message_error error;

	sample_address(&campaign.from, STR_NONE, "sender@example.com");
	if (!sample_recipient(&recipient, w, o))
		return false;
	if (o->eml) {
		if (!message_compose(w->message, &campaign, &recipient,
			&w->arena, &w->out, &error))
			return explain(o, &error);
		fwrite(w->out.p, 1, w->out.n, stdout);
	} else {
		if (!message_render(w->message, &campaign, &recipient,
			&w->arena, &parts, &error))
			return explain(o, &error);
		fwrite(parts.html.p, 1, parts.html.n, stdout);
	}
	return fflush(stdout) == 0;
}

static bool
render(struct work *w, const struct options *o)
{
	struct message_source source;
	struct message_error error;

	if (!load(o->template, &w->html) || !load(o->text, &w->text) ||
	    !load(o->data, &w->data))
		return false;
	source = (struct message_source){
	    .subject = o->subject,
	    .preheader = o->preheader,
	    .html = buf_view(&w->html),
	    .text = buf_view(&w->text),
	};
	if (!message_compile(&w->message, &source, &error))
		return explain(o, &error);
	return print_message(w, o);
}

/* False for a wrong call; `help` was asked for otherwise. */
static bool
read_options(struct options *o, int argc, char **argv, bool *help)
{
	static const struct option table[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"text", required_argument, NULL, 't'},
	    {"subject", required_argument, NULL, 's'},
	    {"preheader", required_argument, NULL, 'p'},
	    {"eml", no_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.subject = STR(DEFAULT_SUBJECT)};
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 'd': o->data = optarg; break;
		case 't': o->text = optarg; break;
		case 's': o->subject = str_of(optarg); break;
		case 'p': o->preheader = str_of(optarg); break;
		case 'e': o->eml = true; break;
		case 'h': *help = true; return true;
		default: return false;
		}
	}
	o->template = argv[optind];
	return argc - optind == 1;
}

int
render_main(int argc, char **argv, const struct settings *settings)
{
	struct options options;
	struct work work = {0};
	bool help = false, ok;

	(void)settings;
	if (!read_options(&options, argc, argv, &help)) {
		fputs(usage, stderr);
		return 2;
	}
	if (help) {
		fputs(usage, stdout);
		return 0;
	}
	buf_init(&work.html, LIQUID_SOURCE_MAX + 1);
	buf_init(&work.text, LIQUID_SOURCE_MAX + 1);
	buf_init(&work.data, VALUE_JSON_MAX + 1);
	buf_init(&work.out, MESSAGE_MAX);
	arena_init(&work.arena, MESSAGE_ARENA_MAX);
	ok = render(&work, &options);
	message_free(work.message);
	arena_release(&work.arena);
	buf_release(&work.html);
	buf_release(&work.text);
	buf_release(&work.data);
	buf_release(&work.out);
	return ok ? 0 : 1;
}
