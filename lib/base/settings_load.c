/*
 * settings_load.c - where settings come from: file, environment, flags.
 *
 * inih has habits that would change values in silence, so its lines come
 * through a reader of ours: an indented line would go on with the value
 * before it (we take the indentation off), and a line longer than its
 * buffer would be cut in two (we refuse it).
 */
#include "lib/base/settings.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"

#include <assert.h>

#include <ini.h>

#define CONF_MAX      65536
#define NAME_TEXT_MAX 64

struct conf {
	struct settings *settings;
	struct err *err;
	const char *path;
	struct str rest;
	int line;
	bool failed;
	bool seen[64]; /* by row of the table */
};

static char *
next_line(char *out, int size, void *stream)
{
	struct conf *c = stream;
	struct str line;

	if (c->failed || !str_cut(&c->rest, '\n', &line))
		return NULL;
	c->line++;
	line = str_trim(line);
	if (line.n + 2 > (size_t)size) {
		c->failed = true;
		err_set(c->err, FAIL_LIMIT,
		    "%s:%d: the line is longer than %d bytes", c->path, c->line,
		    size - 2);
		return NULL;
	}
	snprintf(out, (size_t)size, "%.*s\n", STR_ARG(line));
	return out;
}

static bool
set_once(struct conf *c, const char *section, const char *name,
    const char *value)
{
	const struct setting *row = setting_find(name);

	if (section[0] != '\0')
		return err_set(c->err, FAIL_INPUT,
		    "there are no sections, but [%s]", section);
	if (row != NULL && c->seen[row - setting_table])
		return err_set(c->err, FAIL_CONFLICT, "%s is set twice", name);
	if (row != NULL)
		c->seen[row - setting_table] = true;
	return settings_set(c->settings, name, value, c->err);
}

static int
on_pair(void *user, const char *section, const char *name, const char *value)
{
	struct conf *c = user;

	if (c->failed)
		return 0;
	if (set_once(c, section, name, value))
		return 1;
	c->failed = true;
	err_wrap(c->err, "%s:%d", c->path, c->line);
	return 0;
}

static bool
parse_file(struct settings *s, const char *path, struct str text,
    struct err *err)
{
	struct conf c = {.settings = s, .err = err, .path = path, .rest = text};
	int bad_line;

	assert(setting_count <= ARRAY_LEN(c.seen));
	bad_line = ini_parse_stream(next_line, &c, on_pair, &c);
	if (!c.failed && bad_line != 0)
		return err_set(err, FAIL_INPUT,
		    "%s:%d: not of the form name = value", path, bad_line);
	return !c.failed;
}

/* A file that $VOLLEY_CONF names has to be there, the others may. */
static const char *
conf_path(void)
{
	const char *path = getenv("VOLLEY_CONF");

	if (path != NULL && path[0] != '\0')
		return path;
	if (file_exists("volley.conf"))
		return "volley.conf";
	if (file_exists("/etc/volley/volley.conf"))
		return "/etc/volley/volley.conf";
	return NULL;
}

static bool
from_file(struct settings *s, struct err *err)
{
	const char *path = conf_path();
	struct buf text;
	bool ok;

	if (path == NULL)
		return true;
	buf_init(&text, CONF_MAX);
	ok = file_read(path, &text, err);
	if (ok && memchr(buf_cstr(&text), '\0', text.n) != NULL)
		ok = err_set(err, FAIL_INPUT, "%s: is not text", path);
	ok = ok && parse_file(s, path, buf_view(&text), err);
	buf_wipe(&text);
	return ok;
}

static bool
from_environment(struct settings *s, struct err *err)
{
	char name[NAME_TEXT_MAX];
	const char *value;
	size_t i, at;

	for (i = 0; i < setting_count; i++) {
		snprintf(name, sizeof(name), "VOLLEY_%s",
		    setting_table[i].name);
		for (at = 0; name[at] != '\0'; at++)
			if (name[at] >= 'a' && name[at] <= 'z')
				name[at] = (char)(name[at] - 'a' + 'A');
		value = getenv(name);
		if (value != NULL &&
		    !settings_set(s, setting_table[i].name, value, err))
			return err_wrap(err, "environment");
	}
	return true;
}

/* The setting that --lease-size or --lease-size=5 means; NULL for anything
 * else.  `*value` is NULL when it is to come in the next argument. */
static const struct setting *
flag_setting(const char *arg, const char **value)
{
	char name[NAME_TEXT_MAX];
	const char *equals;
	size_t i, n;

	if (strncmp(arg, "--", 2) != 0)
		return NULL;
	arg += 2;
	equals = strchr(arg, '=');
	n = equals != NULL ? (size_t)(equals - arg) : strlen(arg);
	if (n >= sizeof(name))
		return NULL;
	for (i = 0; i < n; i++)
		name[i] = arg[i];
	for (i = 0; i < n; i++)
		if (name[i] == '-')
			name[i] = '_';
	name[n] = '\0';
	*value = equals != NULL ? equals + 1 : NULL;
	return setting_find(name);
}

static bool
from_flags(struct settings *s, int *argc, char **argv, struct err *err)
{
	const struct setting *row;
	const char *value;
	int in = 1, kept = 1;

	while (in < *argc && strcmp(argv[in], "--") != 0) {
		row = flag_setting(argv[in++], &value);
		if (row == NULL) {
			argv[kept++] = argv[in - 1];
			continue;
		}
		if (value == NULL && in == *argc)
			return err_set(err, FAIL_INPUT, "%s needs a value",
			    argv[in - 1]);
		if (value == NULL)
			value = argv[in++];
		if (!settings_set(s, row->name, value, err))
			return err_wrap(err, "flag");
	}
	while (in < *argc)
		argv[kept++] = argv[in++];
	argv[kept] = NULL;
	*argc = kept;
	return true;
}

/* An empty path is that of something in the state folder. */
static bool
below_home(const struct settings *s, char path[SETTING_TEXT_MAX],
    const char *name)
{
	int n = 0;

	if (path[0] == '\0')
		n = snprintf(path, SETTING_TEXT_MAX, "%s/%s", s->home, name);
	return n < SETTING_TEXT_MAX;
}

/* What is empty because it follows from something else; what does not go
 * together. */
static bool
derive(struct settings *s, struct err *err)
{
	int n = 0;

	if (s->base_url[0] == '\0')
		n = snprintf(s->base_url, sizeof(s->base_url), "http://%s",
		    s->listen);
	if ((size_t)n >= sizeof(s->base_url))
		return err_set(err, FAIL_LIMIT, "listen: too long for a URL");
	if (s->retry_first_s > s->retry_max_s)
		return err_set(err, FAIL_LIMIT,
		    "retry_max_s: %lld is less than retry_first_s, which is "
		    "%lld",
		    (long long)s->retry_max_s, (long long)s->retry_first_s);
	if (below_home(s, s->key_file, "master.key") &&
	    below_home(s, s->journal, "journal"))
		return true;
	return err_set(err, FAIL_LIMIT, "home: too long for a path");
}

bool
settings_load(struct settings *s, int *argc, char **argv, struct err *err)
{
	settings_defaults(s);
	return from_file(s, err) && from_environment(s, err) &&
	       from_flags(s, argc, argv, err) && derive(s, err);
}
