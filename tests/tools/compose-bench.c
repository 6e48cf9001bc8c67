/*
 * compose-bench - how fast a recipient's message is made, on one core.
 *
 *   compose-bench FOLDER [ROUNDS [VARIANT]]
 *
 * FOLDER holds mail.liquid and recipients.jsonl (corpora/liquid/bench): HTML
 * with 25 values and a loop over products, from which the text part is
 * derived; clicks and opens are tracked.  A round is what a sender does per
 * recipient: JSON decoded, both parts rendered, links written, header fields,
 * MIME.
 *
 *   plain           10 kB of HTML: fonts are not said anew in each
 *                   style, two products, links the same for all
 *   large           18 kB: the mail as it is, but for the links
 *   personal_links  as large, with 14 links whose targets are the recipient's
 *                   own: each is signed
 *   eight_bit       as plain, to a server that takes 8BITMIME
 *   wide            as plain, with letters that are not ASCII in each paragraph
 *   memcpy          copying the bytes of a message of `plain`
 *   rsa2048         as plain, signed with DKIM; openssl-sign is what OpenSSL
 *                   takes for the signature alone, measured in turns with it
 *   ed25519         the same with a key of that kind
 *
 * Fails when memory grows.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "sender/dkim.h"
#include "templates/message.h"

#include <sys/resource.h>

#define FILE_MAX       (64U << 20)
#define RECIPIENTS_MAX 10000
#define ROUNDS         100000
#define SIGNED_SHARE   20 /* of the rounds, where a signature is made */
#define TURNS          10
#define GROWTH_MAX     256 /* KiB of memory that rounds may add */
#define TOKEN          "aebagbafaydqqcikbmga2dqpcaireeyuc4"

struct bench {
	const char *folder;
	long rounds;
	const char *only; /* that variant; NULL: all of them */
	struct buf recipients;
	struct str lines[RECIPIENTS_MAX];
	size_t count;
	struct keyring ring;
	struct message_campaign campaign;
	struct arena arena;
	struct buf out;
};

/* What is done with a composed message, within the time that is measured;
 * out may change. */
typedef void after_fn(struct buf *out, void *arg);

struct variant {
	const char *name;
	struct str html;
	bool eight_bit;
	after_fn *after; /* NULL: nothing */
	void *arg;
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
	printf("{\"bench\":\"compose\",\"variant\":\"%s\",\"metric\":\"%s\","
	       "\"value\":%.3f,\"unit\":\"%s\",\"rounds\":%ld,"
	       "\"recipients\":%zu}\n",
	    variant, metric, value, unit, b->rounds, b->count);
	fflush(stdout);
}

static void
load(const struct bench *b, const char *name, struct buf *out)
{
	char path[4096];
	struct err err = {0};

	snprintf(path, sizeof(path), "%s/%s", b->folder, name);
	buf_init(out, FILE_MAX);
	if (!file_read(path, out, &err))
		die("compose-bench: %s", err.text);
}

static void
prepare(struct bench *b)
{
	struct message_campaign *c = &b->campaign;
	struct str rest, line;
	struct err err;

	load(b, "recipients.jsonl", &b->recipients);
	rest = buf_view(&b->recipients);
	while (b->count < RECIPIENTS_MAX && str_cut(&rest, '\n', &line))
		b->lines[b->count++] = line;
	b->ring.count = 1;
	memset(b->ring.keys[0].token, 7, KEY_SIZE);
	*c = (struct message_campaign){
	    .id = 7,
	    .name = STR("September"),
	    .from_name = STR("The Example Shop"),
	    .base_url = STR("https://m.example.com"),
	    .sender_id = STR("volley"),
	    .postal_address = STR("1 Harbour Street, Dublin 2"),
	    .ring = &b->ring,
	};
	if (!address_parse(&c->from, STR("news@shop.example.com"), &err))
		die("compose-bench: %s", err.text);
	arena_init(&b->arena, MESSAGE_ARENA_MAX);
	buf_init(&b->out, MESSAGE_MAX);
}

static struct message *
compile(struct str html)
{
	const struct message_source source = {
	    .subject = STR("{{ subject }}"),
	    .html = html,
	    .track_clicks = true,
	    .track_opens = true,
	};
	struct message_error e;
	struct message *m;

	if (!message_compile(&m, &source, &e))
		die("compose-bench: %s:%d:%d: %s", e.part, e.at.line,
		    e.at.column, e.at.text);
	return m;
}

static void
compose(struct bench *b, const struct variant *v, const struct message *m,
    struct str json)
{
	struct message_recipient to = {
	    .token = TOKEN,
	    .name = STR("Grace Hopper"),
	    .attributes = json,
	    .list_id = 3,
	    .list_name = STR("Offers"),
	    .date_us = 1796115600000000,
	    .eight_bit = v->eight_bit,
	};
	struct message_error e;
	struct err err;

	arena_reset(&b->arena);
	if (!address_parse(&to.to, STR("grace.0@example.org"), &err))
		die("compose-bench: %s", err.text);
	if (!message_compose(m, &b->campaign, &to, &b->arena, &b->out, &e))
		die("compose-bench: %s:%d:%d: %s", e.part, e.at.line,
		    e.at.column, e.at.text);
	if (v->after != NULL)
		v->after(&b->out, v->arg);
}

static void
run_memcpy(struct bench *b)
{
	struct buf copy;
	double us;
	long i;

	buf_init(&copy, MESSAGE_MAX);
	us = cpu_us();
	for (i = 0; i < b->rounds; i++) {
		buf_reset(&copy);
		buf_str(&copy, buf_view(&b->out));
	}
	us = cpu_us() - us;
	print(b, "memcpy", "cpu_us_per_message", us / (double)b->rounds, "us");
	buf_release(&copy);
}

static bool
measure(struct bench *b, const struct variant *v)
{
	struct message *m;
	long i, before;
	double us;

	if (b->only != NULL && strcmp(b->only, v->name) != 0)
		return true;
	m = compile(v->html);
	for (i = 0; i < (long)b->count; i++)
		compose(b, v, m, b->lines[i]);
	before = peak_kib();
	us = cpu_us();
	for (i = 0; i < b->rounds; i++)
		compose(b, v, m, b->lines[(size_t)i % b->count]);
	us = cpu_us() - us;
	print(b, v->name, "cpu_us_per_message", us / (double)b->rounds, "us");
	print(b, v->name, "message_bytes", (double)b->out.n, "B");
	print(b, v->name, "rss_growth", (double)(peak_kib() - before), "KiB");
	message_free(m);
	return peak_kib() - before <= GROWTH_MAX;
}

/* A signer, and its key for signing alone. */
struct signing {
	struct dkim_signer *signer;
	struct dkim_key *key;
};

static void
sign_message(struct buf *out, void *arg)
{
	struct signing *s = arg;
	struct err err;

	if (!dkim_sign(s->signer, out, 1796115600000000, false, &err))
		die("compose-bench: %s", err.text);
}

static void
sign_hash(struct signing *s, long i)
{
	unsigned char hash[32] = {0}, signature[DKIM_SIGNATURE_MAX];
	struct err err;
	size_t n;

	memcpy(hash, &i, sizeof(i));
	if (!dkim_key_sign(s->key, hash, signature, &n, &err))
		die("compose-bench: %s", err.text);
}

/* Messages and bare signatures in turns, so that both meet the same machine.
 */
static void
measure_signing(struct bench *b, struct str html, enum dkim_algorithm a,
    const char *names[2])
{
	struct signing s = {.signer = dkim_signer_new()};
	struct variant v = {names[0], html, false, sign_message, &s};
	long rounds = b->rounds / SIGNED_SHARE / TURNS + 1, i, turn;
	double us[2] = {0}, from;
	struct message *m = compile(html);
	struct err err;

	if (!dkim_key_make(&s.key, a, DKIM_RSA_BITS_MIN, &err) ||
	    !dkim_signer_add(s.signer, STR("shop.example.com"), STR("s1"),
		s.key))
		die("compose-bench: %s", err.text);
	for (turn = 0; turn < TURNS; turn++) {
		from = cpu_us();
		for (i = 0; i < rounds; i++)
			compose(b, &v, m, b->lines[(size_t)i % b->count]);
		us[0] += cpu_us() - from;
		from = cpu_us();
		for (i = 0; i < rounds; i++)
			sign_hash(&s, i);
		us[1] += cpu_us() - from;
	}
	for (i = 0; i < 2; i++)
		print(b, names[i], "cpu_us_per_message",
		    us[i] / (double)(rounds * TURNS), "us");
	print(b, names[0], "over_signature", 100 * (us[0] / us[1] - 1), "%");
	dkim_signer_free(s.signer);
	message_free(m);
}

/* The source with every `from` in it replaced. */
static void
replace(struct buf *b, const char *from, const char *to)
{
	struct buf changed;
	struct str rest = buf_view(b);
	size_t at;

	buf_init(&changed, FILE_MAX);
	while ((at = str_find(rest, str_of(from))) != STR_NOWHERE) {
		buf_str(&changed, str_sub(rest, 0, at));
		buf_puts(&changed, to);
		rest = str_from(rest, at + strlen(from));
	}
	buf_str(&changed, rest);
	buf_release(b);
	*b = changed;
}

/* Mail with links that are the same for all. */
static void
share_links(struct buf *mail)
{
	static const char *const links[][2] = {
	    {"\"{{ home_url }}\"", "\"https://shop.example.com/\""},
	    {"\"{{ view_url }}\"", "\"{{ view_in_browser_url }}\""},
	    {"\"{{ cta_url }}\"", "\"https://shop.example.com/new?from=mail\""},
	    {"<a href=\"{{ p.url }}\"><img",
		"<a href=\"https://shop.example.com/pictures\"><img"},
	    {"\"{{ p.url }}\"", "\"https://shop.example.com/products\""},
	    {"\"{{ cart_url }}\"", "\"https://shop.example.com/cart?a=1\""},
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(links); i++)
		replace(mail, links[i][0], links[i][1]);
}

static void
shorten(struct buf *mail)
{
	replace(mail, "in products %}", "in products limit: 2 %}");
	replace(mail,
	    "font-family:-apple-system,BlinkMacSystemFont,Segoe UI,Roboto,"
	    "Helvetica,Arial,sans-serif;",
	    "");
}

static void
copy(struct buf *to, const struct buf *from)
{
	buf_init(to, FILE_MAX);
	buf_str(to, buf_view(from));
}

static bool
measure_all(struct bench *b)
{
	struct buf mail, large, plain, wide;
	bool ok;

	load(b, "mail.liquid", &mail);
	replace(&mail, " | escape", "");
	copy(&large, &mail);
	share_links(&large);
	copy(&plain, &large);
	shorten(&plain);
	copy(&wide, &plain);
	replace(&wide, "</p>",
	    " \xe2\x82\xac {{ city }} {{ 'K\xc3\xb6ln' }}</p>");

	const struct variant variants[] = {
	    {"plain", buf_view(&plain), false, NULL, NULL},
	    {"eight_bit", buf_view(&plain), true, NULL, NULL},
	    {"wide", buf_view(&wide), false, NULL, NULL},
	    {"large", buf_view(&large), false, NULL, NULL},
	    {"personal_links", buf_view(&mail), false, NULL, NULL},
	};
	size_t i;

	ok = measure(b, &variants[0]);
	run_memcpy(b);
	for (i = 1; i < ARRAY_LEN(variants); i++)
		ok = measure(b, &variants[i]) && ok;
	if (b->only == NULL) {
		measure_signing(b, buf_view(&plain), DKIM_RSA_SHA256,
		    (const char *[]){"rsa2048", "openssl-sign"});
		measure_signing(b, buf_view(&plain), DKIM_ED25519_SHA256,
		    (const char *[]){"ed25519", "openssl-sign-ed25519"});
	}
	buf_release(&wide);
	buf_release(&plain);
	buf_release(&large);
	buf_release(&mail);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct bench b;
	bool ok;

	if (argc < 2)
		die("usage: compose-bench FOLDER [ROUNDS [VARIANT]]");
	b.folder = argv[1];
	b.rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
	b.only = argc > 3 ? argv[3] : NULL;
	prepare(&b);
	ok = b.count > 0 && b.rounds > 0 && measure_all(&b);
	buf_release(&b.recipients);
	buf_release(&b.out);
	arena_release(&b.arena);
	return ok ? 0 : 1;
}
