/* sink - an SMTP server that takes every message and remembers it. */
#include "lib/base/process.h"

#include "tests/sink/sink_server.h"

#include <signal.h>

/* Blocked before there are threads, so that only this one takes them. */
static void
block(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	sigprocmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Until it is told to stop; SIGHUP reads the rules again. */
static void
serve(struct sink_server *server, const sigset_t *signals)
{
	struct err err;
	int signo;

	while (sigwait(signals, &signo) == 0 && signo == SIGHUP)
		if (!sink_server_reload(server, &err))
			fprintf(stderr, "sink: %s\n", err.text);
}

int
main(int argc, char **argv)
{
	struct sink_options options;
	struct sink_server *server;
	struct err err;
	sigset_t signals;
	bool help;

	sink_options_init(&options);
	if (!sink_options_parse(&options, argc, argv, &help, &err))
		die("sink: %s", err.text);
	if (help) {
		sink_options_help(stdout);
		return 0;
	}
	process_raise_file_limit();
	block(&signals);
	server = sink_server_new(&options);
	printf("%d\n", sink_server_port(server));
	fflush(stdout);
	serve(server, &signals);
	fprintf(stderr, "sink: %ld messages, %ld connections\n",
	    atomic_load(&sink_server_shared(server)->accepted),
	    atomic_load(&sink_server_shared(server)->connections));
	sink_server_free(server);
	return 0;
}
