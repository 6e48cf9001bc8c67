#include "sender/progress.h"

#define SMOOTH   0.3  /* weight of the newest rate */
#define LOOK_MS  1000 /* a rate is taken over at least that */
#define MINUTE_S 60LL
#define HOUR_S   3600LL
#define DAY_S    86400LL

const char *
progress_number(int64_t n, char out[PROGRESS_NUMBER_MAX])
{
	char digits[PROGRESS_NUMBER_MAX];
	int length = snprintf(digits, sizeof(digits), "%lld",
	    (long long)(n < 0 ? 0 : n));
	int i, at = 0;

	for (i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

static const char *
two_units(char out[PROGRESS_TIME_MAX], long long large, const char *unit,
    long long rest)
{
	const char *small = unit[0] == 'd' ? "h" : "min";

	if (rest > 0)
		snprintf(out, PROGRESS_TIME_MAX, "%lld %s %lld %s", large, unit,
		    rest, small);
	else
		snprintf(out, PROGRESS_TIME_MAX, "%lld %s", large, unit);
	return out;
}

const char *
progress_time(int64_t seconds, char out[PROGRESS_TIME_MAX])
{
	long long s = seconds > 0 ? seconds : 0;

	if (s >= DAY_S)
		return two_units(out, s / DAY_S, "d", s % DAY_S / HOUR_S);
	if (s >= HOUR_S)
		return two_units(out, s / HOUR_S, "h", s % HOUR_S / MINUTE_S);
	if (s >= 2 * MINUTE_S)
		snprintf(out, PROGRESS_TIME_MAX, "%lld min", s / MINUTE_S);
	else
		snprintf(out, PROGRESS_TIME_MAX, "%lld s", s);
	return out;
}

void
progress_init(struct progress *p)
{
	*p = (struct progress){.rate = -1};
}

static void
learn(struct progress *p, const struct progress_view *v)
{
	double rate;

	if (p->at_ms == 0 || v->done < p->done) {
		p->at_ms = v->now_ms;
		p->done = v->done;
		return;
	}
	if (v->now_ms - p->at_ms < LOOK_MS)
		return;
	rate =
	    (double)(v->done - p->done) * 1000 / (double)(v->now_ms - p->at_ms);
	p->rate = p->rate < 0 ? rate : p->rate * (1 - SMOOTH) + rate * SMOOTH;
	p->at_ms = v->now_ms;
	p->done = v->done;
}

static void
bar(struct buf *out, int64_t done, int64_t total)
{
	int64_t full = total > 0 ? done * PROGRESS_WIDTH / total : 0;
	int i;

	buf_puts(out, "[");
	for (i = 0; i < PROGRESS_WIDTH; i++)
		buf_puts(out, i < full ? "#" : "-");
	buf_puts(out, "]");
}

void
progress_line(struct progress *p, const struct progress_view *v,
    struct buf *out)
{
	char done[PROGRESS_NUMBER_MAX], total[PROGRESS_NUMBER_MAX];
	char text[PROGRESS_TIME_MAX];

	learn(p, v);
	bar(out, v->done, v->total);
	buf_printf(out, " %3lld %%  %s of %s",
	    (long long)(v->total > 0 ? v->done * 100 / v->total : 0),
	    progress_number(v->done, done), progress_number(v->total, total));
	if (p->rate >= 0)
		buf_printf(out, "  %s/s",
		    progress_number((int64_t)p->rate, done));
	if (v->deferred > 0)
		buf_printf(out, "  %s deferred",
		    progress_number(v->deferred, done));
	if (p->rate >= 1 && v->done < v->total)
		buf_printf(out, "  %s left",
		    progress_time(
			(int64_t)((double)(v->total - v->done) / p->rate),
			text));
}
