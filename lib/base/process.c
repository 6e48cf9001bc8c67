#include "lib/base/process.h"

#include "lib/base/clock.h"
#include "lib/base/digest.h"
#include "lib/base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_bool stopping; /* set by the handler, read by any thread */
static pid_t started_as;     /* 0 before process_start */

void
process_raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* The limit keeps files from being written; core dumps that are piped to a
 * program ignore it, but not the second.  That one also keeps others of the
 * same user from reading our memory. */
static void
forbid_core_dumps(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

void
process_start(const char *role, const char *log_level)
{
	enum log_level level;

	if (!log_level_parse(str_of(log_level), &level))
		die("log_level: \"%s\" is not a level", log_level);
	log_init(role, level);
	signal(SIGPIPE, SIG_IGN);
	umask(077);
	forbid_core_dumps();
	process_raise_file_limit();
	started_as = getpid();
}

static void
on_stop(int signo)
{
	(void)signo;
	stopping = true;
}

/* Without SA_RESTART: what blocks is to notice. */
void
process_catch_stop(void)
{
	struct sigaction action = {.sa_handler = on_stop};

	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool
process_stopping(void)
{
	return stopping;
}

/* The signals are let in by ppoll alone, so that none comes between the
 * look at the flag and the sleep. */
void
process_nap(int64_t ms)
{
	int64_t end = clock_mono_ms() + ms, left;
	sigset_t stops, before;
	struct timespec ts;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	pthread_sigmask(SIG_BLOCK, &stops, &before);
	while (!stopping && (left = end - clock_mono_ms()) > 0) {
		ts.tv_sec = left / 1000;
		ts.tv_nsec = left % 1000 * 1000000;
		ppoll(NULL, 0, &ts, &before);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The parent may be gone before the kernel hears of the wish. */
void
process_follow_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (started_as != 0 && started_as != getpid() &&
	    started_as != getppid())
		raise(SIGTERM);
}

static void
make_name(char name[PROCESS_NAME_MAX])
{
	char host[65] = "";
	uint64_t number;

	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "unknown");
	random_bytes(&number, sizeof(number));
	snprintf(name, PROCESS_NAME_MAX, "%s:%ld:%016llx", host, (long)getpid(),
	    (unsigned long long)number);
}

/* A child of ours is another process and gets another name. */
const char *
process_name(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char name[PROCESS_NAME_MAX];
	static pid_t named;

	pthread_mutex_lock(&lock);
	if (named != getpid()) {
		make_name(name);
		named = getpid();
	}
	pthread_mutex_unlock(&lock);
	return name;
}
