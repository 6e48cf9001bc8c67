#include "api/metrics.h"

#include "lib/base/mem.h"

#include <pthread.h>

#define STATUSES_MAX 16

/* Upper bounds of the duration's buckets. */
static const int64_t bounds_us[] = {1000, 5000, 25000, 100000, 500000, 2500000,
    10000000};

struct route_counts {
	const struct route *route; /* NULL: no route fitted */
	struct {
		int status;
		uint64_t count;
	} statuses[STATUSES_MAX];
	uint64_t buckets[ARRAY_LEN(bounds_us) + 1];
	uint64_t count;
	int64_t sum_us;
};

struct metrics {
	pthread_mutex_t lock;
	size_t count;
	struct route_counts *routes; /* the last one for what was not found */
};

static size_t
count_routes(const struct route *const *tables)
{
	const struct route *r;
	size_t n = 0;

	for (; *tables != NULL; tables++)
		for (r = *tables; r->pattern != NULL; r++)
			n++;
	return n;
}

struct metrics *
metrics_new(const struct route *const *tables)
{
	struct metrics *m = NEW(struct metrics);
	const struct route *r;

	pthread_mutex_init(&m->lock, NULL);
	m->routes = NEW_ARRAY(struct route_counts, count_routes(tables) + 1);
	for (; *tables != NULL; tables++)
		for (r = *tables; r->pattern != NULL; r++)
			m->routes[m->count++].route = r;
	m->count++;
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	pthread_mutex_destroy(&m->lock);
	free(m->routes);
	free(m);
}

static void
count_status(struct route_counts *c, int status)
{
	size_t i;

	for (i = 0; i < STATUSES_MAX - 1; i++)
		if (c->statuses[i].status == status ||
		    c->statuses[i].status == 0)
			break;
	c->statuses[i].status = status;
	c->statuses[i].count++;
}

void
metrics_request(struct metrics *m, const struct route *route, int status,
    int64_t us)
{
	struct route_counts *c;
	size_t i;

	pthread_mutex_lock(&m->lock);
	for (i = 0; i < m->count - 1; i++)
		if (m->routes[i].route == route)
			break;
	c = &m->routes[i];
	count_status(c, status);
	for (i = 0; i < ARRAY_LEN(bounds_us); i++)
		if (us <= bounds_us[i])
			break;
	c->buckets[i]++;
	c->count++;
	c->sum_us += us;
	pthread_mutex_unlock(&m->lock);
}

static void
write_labels(struct buf *out, const struct route_counts *c)
{
	buf_printf(out, "{method=\"%s\",route=\"%s\"",
	    c->route != NULL ? method_name(c->route->method) : "",
	    c->route != NULL ? c->route->pattern : "");
}

static void
write_statuses(struct buf *out, const struct route_counts *c)
{
	size_t i;

	for (i = 0; i < STATUSES_MAX && c->statuses[i].status != 0; i++) {
		buf_puts(out, "volley_http_requests_total");
		write_labels(out, c);
		buf_printf(out, ",status=\"%d\"} %llu\n", c->statuses[i].status,
		    (unsigned long long)c->statuses[i].count);
	}
}

static void
write_durations(struct buf *out, const struct route_counts *c)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i <= ARRAY_LEN(bounds_us); i++) {
		sum += c->buckets[i];
		buf_puts(out, "volley_http_request_seconds_bucket");
		write_labels(out, c);
		if (i < ARRAY_LEN(bounds_us))
			buf_printf(out, ",le=\"%g\"} %llu\n",
			    (double)bounds_us[i] / 1e6,
			    (unsigned long long)sum);
		else
			buf_printf(out, ",le=\"+Inf\"} %llu\n",
			    (unsigned long long)sum);
	}
	buf_puts(out, "volley_http_request_seconds_count");
	write_labels(out, c);
	buf_printf(out, "} %llu\n", (unsigned long long)c->count);
	buf_puts(out, "volley_http_request_seconds_sum");
	write_labels(out, c);
	buf_printf(out, "} %.6f\n", (double)c->sum_us / 1e6);
}

void
metrics_counter(struct buf *out, bool open, const char *name, const char *help)
{
	const char *tail = open ? "" : "_total";

	buf_printf(out, "# TYPE %s%s counter\n# HELP %s%s %s\n", name, tail,
	    name, tail, help);
}

void
metrics_write(struct metrics *m, bool open, struct buf *out)
{
	size_t i;

	pthread_mutex_lock(&m->lock);
	metrics_counter(out, open, "volley_http_requests",
	    "Requests answered.");
	for (i = 0; i < m->count; i++)
		write_statuses(out, &m->routes[i]);
	buf_puts(out, "# TYPE volley_http_request_seconds histogram\n"
		      "# HELP volley_http_request_seconds Time from the "
		      "header to the answer.\n");
	for (i = 0; i < m->count; i++)
		if (m->routes[i].count > 0)
			write_durations(out, &m->routes[i]);
	pthread_mutex_unlock(&m->lock);
}
