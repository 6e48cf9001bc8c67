/*
 * lint_command.c - `volley lint`: what will go wrong at the other end.
 */
#include "lib/base/file.h"
#include "templates/lint.h"
#include "templates/snippet_folder.h"

#include <getopt.h>

#define DEFAULT_SUBJECT     "Preview"
#define SNIPPETS_MEMORY_MAX (64U << 20)

static const char usage[] =
    "usage: volley lint FILE... [options]\n"
    "\n"
    "Tells what mail clients, filters and readers will make of templates:\n"
    "links that lead nowhere, images without alt, no way to unsubscribe, more\n"
    "HTML than Gmail shows, and the like. A FILE is HTML, Markdown if it ends\n"
    "in .md, or a text part if it ends in .txt; each is a message.\n"
    "\n"
    "  --text FILE     text part of all of them\n"
    "  --layout FILE   HTML around them, with {{ content }}\n"
    "  --snippets DIR  NAME, NAME.liquid or NAME.html in there is what "
    "include\n"
    "                  and render take in\n"
    "  --subject TEXT  template of the subject\n"
    "  --json          an object a line: file, part, rule, line, column, text\n"
    "  --help          this text\n"
    "\n"
    "Prints FILE:LINE:COLUMN: RULE: TEXT. The exit status is 0 without\n"
    "warnings, 1 with, and 2 if a template does not compile.\n";

struct options {
	const char *text, *layout, *snippets;
	struct str subject;
	bool json;
};

/* One message; its parts are named by their files. */
struct job {
	const struct options *options;
	const char *file;
	struct buf body, text, layout;
	struct arena arena; /* of snippets */
	struct snippet_folder folder;
	int warnings;
};

static bool
load(const char *path, struct buf *out)
{
	struct err err = {0};

	if (path == NULL || file_read(path, out, &err))
		return true;
	fprintf(stderr, "volley lint: %s\n", err.text);
	return false;
}

static const char *
file_of(const struct job *job, const char *part)
{
	if (strcmp(part, "text") == 0 && job->options->text != NULL)
		return job->options->text;
	if (strcmp(part, "layout") == 0 && job->options->layout != NULL)
		return job->options->layout;
	return strcmp(part, "html") == 0 || strcmp(part, "markdown") == 0 ||
		       strcmp(part, "text") == 0
		   ? job->file
		   : NULL;
}

static void
print_json_text(const char *key, const char *text)
{
	printf("\"%s\":\"", key);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else if ((unsigned char)*text < ' ')
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void
print_json(const struct job *job, const struct lint_warning *w)
{
	putchar('{');
	print_json_text("file", job->file);
	putchar(',');
	print_json_text("part", w->part);
	putchar(',');
	print_json_text("rule", w->rule);
	printf(",\"line\":%d,\"column\":%d,", w->line, w->column);
	print_json_text("text", w->text);
	puts("}");
}

/* A line a warning: what a template says may hold line ends. */
static void
print_line(const char *text)
{
	for (; *text != '\0'; text++)
		putchar(
		    (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text);
	putchar('\n');
}

static void
print_warning(const struct lint_warning *w, void *arg)
{
	struct job *job = arg;
	const char *file = file_of(job, w->part);

	job->warnings++;
	if (job->options->json) {
		print_json(job, w);
		return;
	}
	if (file == NULL)
		printf("%s: %s", job->file, w->part);
	else
		printf("%s", file);
	if (w->line > 0)
		printf(":%d:%d", w->line, w->column);
	printf(": %s: ", w->rule);
	print_line(w->text);
}

static bool
explain(const struct job *job, const struct message_error *e)
{
	const char *file = file_of(job, e->part);

	if (job->folder.err.kind != FAIL_NONE)
		fprintf(stderr, "volley lint: %s\n", job->folder.err.text);
	if (file == NULL)
		file = e->part;
	if (e->at.line > 0)
		fprintf(stderr, "%s:%d:%d: %s\n", file, e->at.line,
		    e->at.column, e->at.text);
	else
		fprintf(stderr, "%s: %s\n", file, e->at.text);
	return false;
}

static bool
lint_loaded(struct job *job)
{
	const struct options *o = job->options;
	struct str name = str_of(job->file), body = buf_view(&job->body);
	struct message_source source = {
	    .subject = o->subject,
	    .text = buf_view(&job->text),
	    .layout = buf_view(&job->layout),
	};
	struct message_error error;
	struct message *m;

	if (o->snippets != NULL) {
		job->folder.path = o->snippets;
		job->folder.arena = &job->arena;
		source.partial = snippet_folder_find;
		source.partial_arg = &job->folder;
	}
	if (str_ends(name, STR(".md")))
		source.markdown = body;
	else if (str_ends(name, STR(".txt")) && o->text == NULL)
		source.text = body;
	else
		source.html = body;
	if (!message_compile(&m, &source, &error))
		return explain(job, &error);
	message_free(m);
	lint_message(&source, print_warning, job);
	return true;
}

/* 0: nothing to say, 1: warnings, 2: it is no template. */
static int
lint_file(const struct options *o, const char *file)
{
	struct job job = {.options = o, .file = file};
	bool ok;

	buf_init(&job.body, LIQUID_SOURCE_MAX + 1);
	buf_init(&job.text, LIQUID_SOURCE_MAX + 1);
	buf_init(&job.layout, LIQUID_SOURCE_MAX + 1);
	arena_init(&job.arena, SNIPPETS_MEMORY_MAX);
	ok = load(file, &job.body) && load(o->text, &job.text) &&
	     load(o->layout, &job.layout) && lint_loaded(&job);
	buf_release(&job.body);
	buf_release(&job.text);
	buf_release(&job.layout);
	arena_release(&job.arena);
	if (!ok)
		return 2;
	return job.warnings > 0 ? 1 : 0;
}

/* False for a wrong call; `help` was asked for otherwise. */
static bool
read_options(struct options *o, int argc, char **argv, bool *help)
{
	static const struct option table[] = {
	    {"text", required_argument, NULL, 't'},
	    {"layout", required_argument, NULL, 'l'},
	    {"snippets", required_argument, NULL, 'n'},
	    {"subject", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.subject = STR(DEFAULT_SUBJECT)};
	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		switch (c) {
		case 't': o->text = optarg; break;
		case 'l': o->layout = optarg; break;
		case 'n': o->snippets = optarg; break;
		case 's': o->subject = str_of(optarg); break;
		case 'j': o->json = true; break;
		case 'h': *help = true; return true;
		default: return false;
		}
	}
	return optind < argc;
}

int
lint_main(int argc, char **argv, const struct settings *settings)
{
	struct options options;
	bool help = false;
	int i, status, worst = 0;

	(void)settings;
	if (!read_options(&options, argc, argv, &help)) {
		fputs(usage, stderr);
		return 2;
	}
	if (help) {
		fputs(usage, stdout);
		return 0;
	}
	for (i = optind; i < argc; i++) {
		status = lint_file(&options, argv[i]);
		worst = status > worst ? status : worst;
	}
	return fflush(stdout) == 0 ? worst : 2;
}
