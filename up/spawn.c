#include "up/spawn.h"

#include "lib/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 20

/* Our folder may be closed to that user, as root's own is. */
static bool
become(const struct spawn_user *user)
{
	if (user == NULL || !user->other)
		return true;
	return setgroups(1, &user->gid) == 0 && setgid(user->gid) == 0 &&
	       setuid(user->uid) == 0 && chdir("/") == 0;
}

static void
forget_signals(void)
{
	static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE};
	sigset_t none;
	size_t i;

	for (i = 0; i < ARRAY_LEN(ours); i++)
		signal(ours[i], SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The wish for a signal does not survive the change of the user, and counts
 * only from the moment that it is made. */
static void
follow(int signo, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, signo);
	if (getppid() != parent)
		_exit(1);
}

static void
redirect(int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	if (out < 0)
		return;
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
}

/* execve changes nothing, though its parameters do not say so. */
static void
execute(const struct spawn *s)
{
	char *const *argv, *const *env = environ;

	memcpy(&argv, &s->argv, sizeof(argv));
	if (s->env != NULL)
		memcpy(&env, &s->env, sizeof(env));
	execve(s->program, argv, env);
}

static void
run_child(const struct spawn *s, pid_t parent)
{
	setpgid(0, 0);
	forget_signals();
	redirect(s->out);
	if (!become(s->user)) {
		dprintf(STDERR_FILENO, "volley: become %s: %s\n", s->user->name,
		    strerror(errno));
		_exit(126);
	}
	follow(s->death_signal, parent);
	execute(s);
	dprintf(STDERR_FILENO, "volley: run %s: %s\n", s->program,
	    strerror(errno));
	_exit(127);
}

pid_t
spawn_start(const struct spawn *s, struct err *err)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err_set(err, FAIL_LIMIT, "run %s: %s", s->program,
		    strerror(errno));
	if (pid == 0)
		run_child(s, parent);
	return pid;
}

bool
spawn_ended(pid_t pid, int *status)
{
	pid_t r;

	do
		r = waitpid(pid, status, WNOHANG);
	while (r < 0 && errno == EINTR);
	return r != 0;
}

bool
spawn_run(const struct spawn *s, struct err *err)
{
	pid_t pid = spawn_start(s, err);
	bool told = false;
	char end[SPAWN_END_MAX];
	int status = 0;

	if (pid < 0)
		return false;
	while (!spawn_ended(pid, &status)) {
		if (process_stopping() && !told)
			kill(pid, SIGTERM);
		told = process_stopping();
		if (told)
			usleep(LOOK_MS * 1000);
		else
			process_nap(LOOK_MS);
	}
	if (status == 0)
		return true;
	return err_set(err, FAIL_IO, "%s: %s", s->argv[0],
	    spawn_end(status, end));
}

const char *
spawn_end(int status, char out[SPAWN_END_MAX])
{
	if (WIFSIGNALED(status))
		snprintf(out, SPAWN_END_MAX, "signal %d", WTERMSIG(status));
	else
		snprintf(out, SPAWN_END_MAX, "exit %d", WEXITSTATUS(status));
	return out;
}

bool
spawn_may_enter(const struct spawn_user *user, const char *folder)
{
	pid_t pid = fork();
	int status = 1;

	if (pid == 0)
		_exit(become(user) && chdir(folder) == 0 ? 0 : 1);
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0;
}
