#include "tests/support/linked.h"

#define RUN_MS_MAX 30000
#define TOLD_MAX   100000

void
linked_open(struct linked *l, const char *conninfo)
{
	*l = (struct linked){.loop = loop_new()};
	l->link = db_link_new(l->loop, conninfo);
	buf_init(&l->told, TOLD_MAX);
}

void
linked_close(struct linked *l)
{
	db_link_free(l->link);
	loop_free(l->loop);
	buf_release(&l->told);
}

static void
too_late(void *arg)
{
	(void)arg;
	die("test: no answer from the link");
}

void
linked_run(struct linked *l, int answers)
{
	struct loop_timer *alarm = loop_timer_new(l->loop, too_late, NULL);

	l->awaited = answers;
	loop_timer_start(alarm, RUN_MS_MAX);
	if (l->awaited > 0)
		loop_run(l->loop);
	loop_timer_free(alarm);
}

void
linked_answered(struct linked *l)
{
	if (--l->awaited == 0)
		loop_stop(l->loop);
}
