/*
 * liquid-bench - how fast a mail is rendered, on one core.
 *
 *   liquid-bench FOLDER [ROUNDS]
 *
 * FOLDER holds mail.liquid, mail_filters.liquid, recipients.jsonl and, a line
 * a recipient, expected_NAME.sha256.  First every recipient's output is
 * compared with its hash; then ROUNDS mails are rendered, recipient after
 * recipient, decoding their JSON included.  Variants: mail, mail_filters;
 * mail_html, which is mail without its `escape` filters, escaped by its
 * places; memcpy, the same amount of bytes in as many pieces.  Fails when a hash differs or
 * memory grows.
 */
#include "lib/base/base.h"

#include "lib/base/digest.h"
#include "lib/base/encode.h"
#include "lib/base/file.h"
#include "templates/liquid/liquid.h"
#include "templates/liquid/liquid_scan.h"

#include <sys/resource.h>

#define FILE_MAX       (64U << 20)
#define OUTPUT_MAX     (1U << 20)
#define ARENA_MAX      (8U << 20)
#define RECIPIENTS_MAX 10000
#define ROUNDS         100000
#define GROWTH_MAX     256 /* KiB of memory that rounds may add */

struct bench {
	const char *folder;
	long rounds;
	struct buf recipients;
	struct str lines[RECIPIENTS_MAX];
	size_t count;
	struct arena arena;
	struct buf out;
};

static double
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static long
peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
print(const struct bench *b, const char *variant, const char *metric,
    double value, const char *unit)
{
	printf("{\"bench\":\"render\",\"variant\":\"%s\",\"metric\":\"%s\","
	       "\"value\":%.3f,\"unit\":\"%s\",\"rounds\":%ld,"
	       "\"recipients\":%zu}\n",
	    variant, metric, value, unit, b->rounds, b->count);
}

static void
load(const struct bench *b, const char *name, struct buf *out)
{
	char path[4096];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	buf_init(out, FILE_MAX);
	if (!file_read(path, out, &err))
		die("liquid-bench: %s", err.text);
}

static void
load_recipients(struct bench *b)
{
	struct str rest, line;

	load(b, "recipients.jsonl", &b->recipients);
	rest = buf_view(&b->recipients);
	while (b->count < RECIPIENTS_MAX && str_cut(&rest, '\n', &line))
		b->lines[b->count++] = line;
}

static void
render(struct bench *b, const struct liquid *program, struct str json)
{
	struct value scope;
	struct liquid_data data = {.scopes = &scope, .count = 1};
	struct liquid_error error;
	struct err err = {0};

	arena_reset(&b->arena);
	buf_reset(&b->out);
	if (!value_from_json(&scope, json, &b->arena, &err))
		die("liquid-bench: %s", err.text);
	if (!liquid_render(program, &data, &b->arena, &b->out, &error))
		die("liquid-bench: %d:%d: %s", error.line, error.column,
		    error.text);
}

/* Exactly what the reference wrote, for every recipient. */
static bool
verify(struct bench *b, const char *name, const struct liquid *program)
{
	unsigned char hash[SHA256_SIZE];
	struct buf expected, hex;
	struct str rest, line;
	size_t i, wrong = 0;
	char file[64];

	snprintf(file, sizeof(file), "expected_%s.sha256", name);
	load(b, file, &expected);
	buf_init(&hex, 256);
	rest = buf_view(&expected);
	for (i = 0; i < b->count && str_cut(&rest, '\n', &line); i++) {
		render(b, program, b->lines[i]);
		sha256(hash, buf_view(&b->out));
		buf_reset(&hex);
		hex_encode(&hex, (struct str){(char *)hash, sizeof(hash)});
		wrong += !str_eq(buf_view(&hex), line);
	}
	wrong += b->count - i;
	print(b, name, "wrong", (double)wrong, "mails");
	buf_release(&hex);
	buf_release(&expected);
	return wrong == 0;
}

static bool
measure(struct bench *b, const char *name, const struct liquid *program)
{
	long i, before;
	double us;

	for (i = 0; i < (long)b->count; i++)
		render(b, program, b->lines[i]);
	before = peak_kib();
	us = cpu_us();
	for (i = 0; i < b->rounds; i++)
		render(b, program, b->lines[(size_t)i % b->count]);
	us = cpu_us() - us;
	print(b, name, "cpu_us_per_mail", us / (double)b->rounds, "us");
	print(b, name, "arena_bytes", (double)b->arena.used, "B");
	print(b, name, "rss_growth", (double)(peak_kib() - before), "KiB");
	return peak_kib() - before <= GROWTH_MAX;
}

static struct liquid *
compile(struct str source, enum liquid_escape escape)
{
	struct liquid_error error;
	struct liquid *program;

	if (!liquid_compile(&program, source, escape, &error))
		die("liquid-bench: %d:%d: %s", error.line, error.column,
		    error.text);
	return program;
}

static bool
run(struct bench *b, const char *name)
{
	struct liquid *program;
	struct buf source;
	char file[64];
	bool ok;

	snprintf(file, sizeof(file), "%s.liquid", name);
	load(b, file, &source);
	program = compile(buf_view(&source), LIQUID_TEXT);
	ok = verify(b, name, program) && measure(b, name, program);
	liquid_free(program);
	buf_release(&source);
	return ok;
}

/* The same mail, escaped by its places instead of by filters. */
static bool
run_html(struct bench *b)
{
	struct str filter = STR(" | escape"), rest;
	struct buf source, without;
	struct liquid *program;
	size_t at;
	bool ok;

	load(b, "mail.liquid", &source);
	buf_init(&without, FILE_MAX);
	rest = buf_view(&source);
	while ((at = str_find(rest, filter)) != STR_NOWHERE) {
		buf_str(&without, str_sub(rest, 0, at));
		rest = str_from(rest, at + filter.n);
	}
	buf_str(&without, rest);
	program = compile(buf_view(&without), LIQUID_HTML);
	ok = measure(b, "mail_html", program);
	liquid_free(program);
	buf_release(&without);
	buf_release(&source);
	return ok;
}

/* Texts and values that the first recipient's mail consists of. */
static size_t
count_pieces(struct bench *b, struct str source)
{
	struct value scope = value_nil(), products;
	size_t items, factor = 1, pieces = 0;
	struct liquid_piece piece;
	struct liquid_scan scan;

	arena_reset(&b->arena);
	if (!value_from_json(&scope, b->lines[0], &b->arena, NULL))
		die("liquid-bench: the first recipient is no JSON");
	products = value_member(scope, STR("products"));
	items = products.n;
	liquid_scan_init(&scan, source);
	do {
		liquid_scan_next(&scan, &piece);
		pieces += piece.kind == PIECE_TAG ? 0 : factor;
		if (piece.kind == PIECE_TAG && str_eq(piece.name, STR("for")))
			factor = items;
		if (piece.kind == PIECE_TAG &&
		    str_eq(piece.name, STR("endfor")))
			factor = 1;
	} while (piece.kind != PIECE_END);
	return pieces;
}

static void
run_memcpy(struct bench *b)
{
	size_t n, piece, at;
	struct liquid *program;
	struct buf source, copy;
	double us;
	long i;

	load(b, "mail.liquid", &source);
	program = compile(buf_view(&source), LIQUID_TEXT);
	piece = count_pieces(b, buf_view(&source));
	render(b, program, b->lines[0]);
	piece = b->out.n / piece;
	buf_init(&copy, OUTPUT_MAX);
	us = cpu_us();
	for (i = 0; i < b->rounds; i++) {
		buf_reset(&copy);
		for (at = 0; at < b->out.n; at += n) {
			n = b->out.n - at < piece ? b->out.n - at : piece;
			buf_add(&copy, b->out.p + at, n);
		}
	}
	us = cpu_us() - us;
	print(b, "memcpy", "cpu_us_per_mail", us / (double)b->rounds, "us");
	buf_release(&copy);
	buf_release(&source);
	liquid_free(program);
}

int
main(int argc, char **argv)
{
	static struct bench b;
	bool ok;

	if (argc < 2)
		die("usage: liquid-bench FOLDER [ROUNDS]");
	b.folder = argv[1];
	b.rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
	arena_init(&b.arena, ARENA_MAX);
	buf_init(&b.out, OUTPUT_MAX);
	load_recipients(&b);
	ok = b.count > 0 && b.rounds > 0 && run(&b, "mail");
	ok = run(&b, "mail_filters") && ok;
	ok = run_html(&b) && ok;
	run_memcpy(&b);
	buf_release(&b.recipients);
	buf_release(&b.out);
	arena_release(&b.arena);
	return ok ? 0 : 1;
}
