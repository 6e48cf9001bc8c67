/* sink - an SMTP server that takes every message and remembers it. */
#include "lib/base/base.h"

#include "tests/sink/sink_server.h"

#include <signal.h>

/* Blocked before there are threads, so that only this one takes them. */
static void
block_stop(sigset_t *stop)
{
	sigemptyset(stop);
	sigaddset(stop, SIGTERM);
	sigaddset(stop, SIGINT);
	sigprocmask(SIG_BLOCK, stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int
main(int argc, char **argv)
{
	struct sink_options options;
	struct sink_server *server;
	struct err err;
	sigset_t stop;
	bool help;
	int signo;

	sink_options_init(&options);
	if (!sink_options_parse(&options, argc, argv, &help, &err))
		die("sink: %s", err.text);
	if (help) {
		sink_options_help(stdout);
		return 0;
	}
	block_stop(&stop);
	server = sink_server_new(&options);
	printf("%d\n", sink_server_port(server));
	fflush(stdout);
	sigwait(&stop, &signo);
	fprintf(stderr, "sink: %ld messages, %ld connections\n",
	    atomic_load(&sink_server_shared(server)->accepted),
	    atomic_load(&sink_server_shared(server)->connections));
	sink_server_free(server);
	return 0;
}
