#include "api/user_secret.h"

#include <termios.h>
#include <unistd.h>

#define LINE_MAX_BYTES (PASSWORD_MAX + 2) /* with its end */

/* The rest of a line that is too long would be the next one. */
static bool
read_line(char line[LINE_MAX_BYTES + 1], struct err *err)
{
	size_t n;

	if (fgets(line, LINE_MAX_BYTES + 1, stdin) == NULL)
		return err_set(err, FAIL_INPUT, "no password was given");
	n = strcspn(line, "\r\n");
	line[n] = '\0';
	if (n > PASSWORD_MAX)
		return err_set(err, FAIL_LIMIT,
		    "a password has at most %d bytes", PASSWORD_MAX);
	return true;
}

static bool
ask(const char *prompt, char line[LINE_MAX_BYTES + 1], struct err *err)
{
	struct termios shown, hidden;
	bool is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	bool ok;

	if (!is_terminal)
		return read_line(line, err);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fprintf(stderr, "%s: ", prompt);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	ok = read_line(line, err);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return ok;
}

static bool
check(const char *line, const char *again, struct err *err)
{
	if (strlen(line) < PASSWORD_MIN)
		return err_set(err, FAIL_INPUT,
		    "a password has at least %d bytes", PASSWORD_MIN);
	if (!str_is_utf8(str_of(line)))
		return err_set(err, FAIL_INPUT, "the password is not UTF-8");
	if (strcmp(line, again) != 0)
		return err_set(err, FAIL_INPUT, "that was not the same");
	return true;
}

bool
user_secret_hash(char out[PASSWORD_HASH_MAX], struct err *err)
{
	char line[LINE_MAX_BYTES + 1], again[LINE_MAX_BYTES + 1];
	bool twice = isatty(STDIN_FILENO) == 1;
	bool ok = ask("New password", line, err) &&
		  (!twice || ask("Once more", again, err)) &&
		  check(line, twice ? again : line, err) &&
		  password_hash(out, str_of(line), err);

	explicit_bzero(line, sizeof(line));
	explicit_bzero(again, sizeof(again));
	return ok;
}
