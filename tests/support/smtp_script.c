#include "tests/support/smtp_script.h"

#include "lib/base/err.h"
#include "lib/base/mem.h"

#include <fnmatch.h>

#define LINE_MAX_BYTES (80 << 10)
#define DATA_MAX       (4 << 20)

struct reader {
	struct smtp_script *script;
	int line;
};

static void
lost(const struct reader *r, const char *text)
{
	die("%s:%d: do not understand: %s", r->script->path, r->line, text);
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c != '\0' ? strchr(digits, str_lower_char(c)) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* \r \n \0 \\ \xNN; in place, NUL-terminated. */
static size_t
unescape(char *text)
{
	char *to = text;
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		switch (*++p) {
		case 'r': *to++ = '\r'; break;
		case 'n': *to++ = '\n'; break;
		case '0': *to++ = '\0'; break;
		case 'x':
			*to++ = (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
			p += 2;
			break;
		default: *to++ = *p;
		}
	}
	*to = '\0';
	return (size_t)(to - text);
}

static void
fill(struct buf *data, long long size)
{
	buf_puts(data, "Subject: size\r\n\r\n");
	while ((long long)data->n + 66 <= size)
		buf_printf(data, "%064d\r\n", 0);
	buf_printf(data, "%0*d\r\n", (int)(size - (long long)data->n - 2), 0);
}

static void
set_message_key(struct reader *r, struct smtp_script_message *m, char *word)
{
	char *value = strchr(word, '=');
	size_t n;

	if (value != NULL)
		*value++ = '\0';
	if (strcmp(word, "utf8") == 0) {
		m->utf8 = true;
	} else if (strcmp(word, "8bit") == 0) {
		m->eight_bit = true;
	} else if (value == NULL) {
		lost(r, word);
	} else if (strcmp(word, "size") == 0) {
		buf_reset(&m->data);
		fill(&m->data, strtoll(value, NULL, 10));
	} else {
		n = unescape(value);
		if (strcmp(word, "data") == 0) {
			buf_reset(&m->data);
			buf_add(&m->data, value, n);
		} else {
			char **to = strcmp(word, "to") == 0      ? &m->to
				    : strcmp(word, "envid") == 0 ? &m->envid
								 : &m->from;

			free(*to);
			*to = mem_strdup(value);
		}
	}
}

static void
set_message(struct reader *r, char *value)
{
	char *rest = value, *word = strsep(&rest, " ");
	long n = strtol(word, NULL, 10);

	if (n < 1 || n > SMTP_SCRIPT_MESSAGES_MAX)
		lost(r, value);
	while ((word = strsep(&rest, " ")) != NULL)
		set_message_key(r, &r->script->message[n], word);
}

static void
set(struct reader *r, char *text)
{
	struct smtp_script *s = r->script;
	char *value = text, *key = strsep(&value, " ");

	if (value == NULL)
		lost(r, text);
	else if (strcmp(key, "tls") == 0)
		snprintf(s->tls, sizeof(s->tls), "%s", value);
	else if (strcmp(key, "auth") == 0)
		snprintf(s->auth, sizeof(s->auth), "%s", value);
	else if (strcmp(key, "user") == 0)
		snprintf(s->user, sizeof(s->user), "%s", value);
	else if (strcmp(key, "password") == 0)
		snprintf(s->password, sizeof(s->password), "%s", value);
	else if (strcmp(key, "local") == 0)
		s->local = strcmp(value, "no") != 0;
	else if (strcmp(key, "sockets") == 0)
		s->sockets = strcmp(value, "no") != 0;
	else if (strcmp(key, "hold") == 0)
		s->hold = strcmp(value, "yes") == 0;
	else if (strcmp(key, "messages") == 0)
		s->messages = (int)strtol(value, NULL, 10);
	else if (strcmp(key, "message") == 0)
		set_message(r, value);
	else
		lost(r, key);
}

static void
add_step(struct reader *r, char kind, const char *text, size_t n)
{
	struct smtp_script *s = r->script;
	struct smtp_script_step *step = &s->steps[s->count];

	if (s->count++ == SMTP_SCRIPT_STEPS_MAX)
		lost(r, "too many lines");
	step->kind = kind;
	step->line = r->line;
	step->n = n;
	step->text = mem_alloc(n + 1);
	memcpy(step->text, text, n);
	step->text[n] = '\0';
}

static void
take(struct reader *r, char *line)
{
	char *text = line + (line[1] == ' ' ? 2 : line[2] == ' ' ? 3 : 2);
	struct smtp_script *s = r->script;

	if (strncmp(line, "S:", 2) == 0) {
		size_t n = strlen(text);

		memcpy(text + n, "\r\n", 3);
		add_step(r, 'S', text, n + 2);
	} else if (strncmp(line, "S>", 2) == 0) {
		add_step(r, 'S', text, unescape(text));
	} else if (line[0] == 'C' && (line[1] == ':' || line[1] == '~')) {
		add_step(r, 'C', text, strlen(text));
		s->steps[s->count - 1].pattern = line[1] == '~';
	} else if (line[0] == '>') {
		set(r, text);
	} else if (strchr("=!", line[0]) != NULL ||
		   (strchr("TMDQX", line[0]) != NULL && line[1] == ':')) {
		add_step(r, line[0], text, strlen(text));
	} else {
		lost(r, line);
	}
}

static void
defaults(struct smtp_script *s)
{
	static const char *const names[] = {"ann", "bob", "cas", "dan"};
	struct smtp_script_message *m;
	char text[64];
	int i;

	snprintf(s->tls, sizeof(s->tls), "none");
	snprintf(s->auth, sizeof(s->auth), "auto");
	s->local = s->sockets = true;
	s->messages = 1;
	for (i = 1; i <= SMTP_SCRIPT_MESSAGES_MAX; i++) {
		m = &s->message[i];
		snprintf(text, sizeof(text), "b+%d@sender.test", i);
		m->from = mem_strdup(text);
		snprintf(text, sizeof(text), "%s@example.com",
		    names[(size_t)(i - 1) % ARRAY_LEN(names)]);
		m->to = mem_strdup(text);
		buf_init(&m->data, DATA_MAX);
		buf_printf(&m->data, "Subject: %d\r\n\r\nhi\r\n", i);
	}
}

struct smtp_script *
smtp_script_read(const char *path)
{
	struct smtp_script *s = NEW(struct smtp_script);
	struct reader r = {s, 0};
	char *line = mem_alloc(LINE_MAX_BYTES + 2);
	FILE *f = fopen(path, "r");

	if (f == NULL)
		die("%s: cannot be read", path);
	s->path = path;
	defaults(s);
	while (fgets(line, LINE_MAX_BYTES, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		r.line++;
		if (line[0] != '#' && line[0] != '\0')
			take(&r, line);
	}
	fclose(f);
	free(line);
	return s;
}

void
smtp_script_free(struct smtp_script *s)
{
	int i;

	for (i = 0; i < s->count; i++)
		free(s->steps[i].text);
	for (i = 1; i <= SMTP_SCRIPT_MESSAGES_MAX; i++) {
		free(s->message[i].from);
		free(s->message[i].envid);
		free(s->message[i].to);
		buf_release(&s->message[i].data);
	}
	free(s);
}

bool
smtp_script_matches(const struct smtp_script_step *step, struct str line)
{
	char *text;
	bool yes;

	if (!step->pattern)
		return str_eq(line, (struct str){step->text, step->n});
	text = str_dup(line);
	yes = fnmatch(step->text, text, 0) == 0;
	free(text);
	return yes;
}
