#include "tests/support/mail_stack.h"

#include "lib/base/err.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BASE_FIRST 28000
#define BASE_STEP  1000
#define BASE_LAST  56000
#define WAIT_S     10

static const int well_known_ports[] = {25, 587, 465, 143, 993, 110, 995};

static char folder[64];
static char ca[128];
static int base;
static pid_t owner;

static bool
run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	/* A test's own shell command, nothing from outside. */
	return system(command) == 0; /* NOLINT(cert-env33-c) */
}

static void
stop(void)
{
	if (getpid() != owner)
		return;
	if (!run("MAILSTACK_DIR=%s MAILSTACK_BASE=%d tests/mail-stack stop "
		 "--purge",
		folder, base))
		fprintf(stderr, "test: the mail stack in %s did not stop\n",
		    folder);
}

/* Ends the servers also when the test crashes: a child that waits for it. */
static void
guard(void)
{
	pid_t parent = getpid(), child = fork();

	if (child != 0)
		return;
	setsid();
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	while (getppid() == parent)
		usleep(200000);
	owner = getpid();
	if (access(folder, F_OK) == 0)
		stop();
	_exit(0);
}

static struct sockaddr_in
loopback(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

static bool
is_free(int port)
{
	struct sockaddr_in a = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
	bool ok;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	ok = bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	close(fd);
	return ok;
}

static bool
all_free(int from)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(well_known_ports); i++)
		if (!is_free(from + well_known_ports[i]))
			return false;
	return true;
}

/* Two programs that choose at the same time begin at different places. */
static int
choose_base(void)
{
	int count = (BASE_LAST - BASE_FIRST) / BASE_STEP, i, at;

	for (i = 0; i < count; i++) {
		at = BASE_FIRST + (getpid() + i) % count * BASE_STEP;
		if (all_free(at))
			return at;
	}
	die("test: no free ports for the mail stack");
}

static bool
installed(void)
{
	return run("PATH=$PATH:/usr/sbin command -v postfix >/dev/null && "
		   "PATH=$PATH:/usr/sbin command -v dovecot >/dev/null");
}

bool
mail_stack_start(void)
{
	if (base > 0)
		return true;
	if (!installed())
		return false;
	snprintf(folder, sizeof(folder), "/tmp/volley-mail-XXXXXX");
	if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0)
		die("test: mkdtemp %s", folder);
	snprintf(ca, sizeof(ca), "%s/tls/ca.pem", folder);
	base = choose_base();
	owner = getpid();
	guard();
	atexit(stop);
	if (!run("MAILSTACK_DIR=%s MAILSTACK_BASE=%d MAILSTACK_PASSWORD=%s "
		 "PATH=$PATH:/usr/sbin tests/mail-stack start >/dev/null",
		folder, base, MAIL_STACK_PASSWORD))
		die("test: the mail stack in %s did not start", folder);
	return true;
}

const char *
mail_stack_ca(void)
{
	return ca;
}

int
mail_stack_port(int well_known)
{
	return base + well_known;
}

const char *
mail_stack_doveadm(const char *fmt, ...)
{
	static char line[512];
	char command[1024];
	int n;
	va_list ap;
	FILE *f;

	n = snprintf(command, sizeof(command),
	    "doveadm -c %s/dovecot/dovecot.conf ", folder);
	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	f = popen(command, "r"); /* NOLINT(cert-env33-c): a test's own */
	if (f == NULL)
		die("test: %s", command);
	if (fgets(line, sizeof(line), f) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (pclose(f) != 0)
		die("test: failed: %s", command);
	return line;
}

struct dialogue {
	FILE *in, *out;
};

static void
expect(struct dialogue *d, char code)
{
	char line[1024];

	fflush(d->out);
	do
		if (fgets(line, sizeof(line), d->in) == NULL)
			die("test: the MX closed the connection");
	while (strlen(line) > 3 && line[3] == '-');
	if (line[0] != code)
		die("test: the MX said %s", line);
}

static void
send_text(FILE *f, const char *text)
{
	char before = '\n';

	for (; *text != '\0'; before = *text++) {
		if (*text == '.' && before == '\n')
			putc('.', f);
		if (*text == '\n' && before != '\r')
			putc('\r', f);
		putc(*text, f);
	}
	fprintf(f, "%s.\r\n", before == '\n' ? "" : "\r\n");
}

static struct dialogue
connect_to_mx(void)
{
	struct sockaddr_in a = loopback(mail_stack_port(25));
	struct timeval wait = {.tv_sec = WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct dialogue d;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		die("test: cannot connect to the MX");
	d.in = fdopen(fd, "r");
	d.out = fdopen(dup(fd), "w");
	if (d.in == NULL || d.out == NULL)
		die("test: fdopen");
	return d;
}

void
mail_stack_deliver(const char *from, const char *to, const char *text)
{
	struct dialogue d = connect_to_mx();

	expect(&d, '2');
	fputs("HELO test.example.test\r\n", d.out);
	expect(&d, '2');
	fprintf(d.out, "MAIL FROM:<%s>\r\n", from);
	expect(&d, '2');
	fprintf(d.out, "RCPT TO:<%s>\r\n", to);
	expect(&d, '2');
	fputs("DATA\r\n", d.out);
	expect(&d, '3');
	send_text(d.out, text);
	expect(&d, '2');
	fclose(d.in);
	fclose(d.out);
}
