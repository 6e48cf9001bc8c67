#include "bounce/classify_command.h"

#include "bounce/classification_json.h"
#include "bounce/likely_answer.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <unistd.h>

/* What is read of a file: more than is looked at, for what may stand before
 * the header. */
#define FILE_READ_MAX (INBOUND_RAW_MAX + 4096)

static const char usage[] =
    "usage: volley classify [FILE]...\n"
    "\n"
    "Tells what messages are: bounces, delays, complaints, automatic replies,\n"
    "replies of people. Each FILE is a message as it stands in a mailbox;\n"
    "without one, standard input is read. No database is needed: whether a\n"
    "message answers one of ours is not asked, so what a person wrote counts\n"
    "as a reply when it looks like an answer to anything.\n"
    "\n"
    "Prints a JSON object a line: file, class, rule (what decided),\n"
    "feedback_type, reply_text, and recipients, each with address, original,\n"
    "action, type, category, status, reply_code, diagnostic and rule.\n"
    "\n"
    "  --help   this text\n"
    "\n"
    "The exit status is 1 if a file could not be read.\n";

static bool
read_all(int fd, struct buf *out)
{
	char piece[16384];
	ssize_t n = 1;

	while (n != 0 && out->n < FILE_READ_MAX) {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			buf_add(out, piece, (size_t)n);
		else if (n < 0 && errno != EINTR)
			return false;
	}
	return true;
}

/* path == NULL: standard input */
static bool
read_message(const char *path, struct buf *out)
{
	int fd = path == NULL ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read_all(fd, out);

	if (!ok)
		fprintf(stderr, "volley classify: read %s: %s\n",
		    path != NULL ? path : "standard input", strerror(errno));
	if (path != NULL && fd >= 0)
		close(fd);
	return ok;
}

static void
print(const char *path, struct str raw, struct buf *line)
{
	struct classification c;
	struct inbound_mail m;

	mime_walk(&m, raw);
	classify(&c, &m, likely_answer(&m));
	classification_json(line, str_of(path != NULL ? path : "-"), &c, &m);
	inbound_mail_release(&m);
	puts(buf_cstr(line));
}

static int
classify_files(char **paths, int count)
{
	struct buf raw, line;
	int i, status = 0;

	buf_init(&raw, FILE_READ_MAX + 16384);
	buf_init(&line, CLASSIFICATION_JSON_MAX);
	mime_walk_start();
	for (i = 0; i < count; i++) {
		buf_reset(&raw);
		buf_reset(&line);
		if (read_message(paths[i], &raw))
			print(paths[i], buf_view(&raw), &line);
		else
			status = 1;
	}
	buf_release(&raw);
	buf_release(&line);
	return status;
}

int
classify_main(int argc, char **argv, const struct settings *settings)
{
	static const struct option options[] = {
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	char *nothing[] = {NULL};
	int c;

	(void)settings;
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		fputs(usage, c == 'h' ? stdout : stderr);
		return c == 'h' ? 0 : 2;
	}
	if (optind == argc)
		return classify_files(nothing, 1);
	return classify_files(argv + optind, argc - optind);
}
