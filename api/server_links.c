#include "api/server_links.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sys/socket.h>

#define PATIENCE_MS 1000 /* a header is there by then, whoever sends it */

struct server_link {
	int fd;
	int64_t since_ms;
	int64_t until_ms; /* monotonic; 0: no hurry */
	struct server_link *next, *prev;
};

struct server_links {
	pthread_mutex_t lock;
	struct server_link *first;
	size_t count, max;
};

struct server_links *
server_links_new(size_t max)
{
	struct server_links *links = NEW(struct server_links);

	links->max = max;
	pthread_mutex_init(&links->lock, NULL);
	return links;
}

void
server_links_free(struct server_links *links)
{
	if (links == NULL)
		return;
	assert(links->first == NULL);
	pthread_mutex_destroy(&links->lock);
	free(links);
}

static void
shut(struct server_link *link)
{
	shutdown(link->fd, SHUT_RDWR);
	link->until_ms = 0;
}

/* The one that has been waited for longest, if that is long. */
static void
make_room(struct server_links *links, int64_t now)
{
	struct server_link *link, *oldest = NULL;

	for (link = links->first; link != NULL; link = link->next)
		if (link->until_ms != 0 &&
		    (oldest == NULL || link->since_ms < oldest->since_ms))
			oldest = link;
	if (oldest != NULL && now - oldest->since_ms > PATIENCE_MS)
		shut(oldest);
}

struct server_link *
server_links_add(struct server_links *links, int fd, int64_t wait_ms)
{
	struct server_link *link = NEW(struct server_link);

	link->fd = fd;
	link->since_ms = clock_mono_ms();
	link->until_ms = link->since_ms + wait_ms;
	pthread_mutex_lock(&links->lock);
	if (++links->count > links->max / 2)
		make_room(links, link->since_ms);
	link->next = links->first;
	if (link->next != NULL)
		link->next->prev = link;
	links->first = link;
	pthread_mutex_unlock(&links->lock);
	return link;
}

void
server_links_remove(struct server_links *links, struct server_link *link)
{
	pthread_mutex_lock(&links->lock);
	links->count--;
	if (link->next != NULL)
		link->next->prev = link->prev;
	if (link->prev != NULL)
		link->prev->next = link->next;
	else
		links->first = link->next;
	pthread_mutex_unlock(&links->lock);
	free(link);
}

void
server_links_expect(struct server_links *links, struct server_link *link,
    int64_t wait_ms)
{
	pthread_mutex_lock(&links->lock);
	link->since_ms = clock_mono_ms();
	link->until_ms = wait_ms > 0 ? link->since_ms + wait_ms : 0;
	pthread_mutex_unlock(&links->lock);
}

/* The descriptor stays the server's to close: it learns of the end by
 * reading.  As a link is removed before its socket is closed, the number
 * cannot belong to somebody else by now. */
int
server_links_reap(struct server_links *links)
{
	int64_t now = clock_mono_ms();
	struct server_link *link;
	int n = 0;

	pthread_mutex_lock(&links->lock);
	for (link = links->first; link != NULL; link = link->next) {
		if (link->until_ms == 0 || link->until_ms > now)
			continue;
		shut(link);
		n++;
	}
	pthread_mutex_unlock(&links->lock);
	return n;
}
