#include "api/server_links.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <sys/socket.h>

struct server_link {
	int fd;
	int64_t until_ms; /* monotonic; 0: no hurry */
	struct server_link *next, *prev;
};

struct server_links {
	pthread_mutex_t lock;
	struct server_link *first;
};

struct server_links *
server_links_new(void)
{
	struct server_links *links = NEW(struct server_links);

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

struct server_link *
server_links_add(struct server_links *links, int fd, int64_t wait_ms)
{
	struct server_link *link = NEW(struct server_link);

	link->fd = fd;
	link->until_ms = clock_mono_ms() + wait_ms;
	pthread_mutex_lock(&links->lock);
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
	link->until_ms = wait_ms > 0 ? clock_mono_ms() + wait_ms : 0;
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
		shutdown(link->fd, SHUT_RDWR);
		link->until_ms = 0;
		n++;
	}
	pthread_mutex_unlock(&links->lock);
	return n;
}
