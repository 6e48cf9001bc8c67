/* Fuzz target: a text in pieces, every second one encoded beforehand; written
 * as quoted-printable it decodes to the text. */
#include "lib/mail/crlf_writer.h"
#include "lib/mail/qp_writer.h"
#include "lib/mail/transfer.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(struct str wire, struct str want)
{
	struct buf back;
	struct str line;

	buf_init(&back, 2 * want.n + 2);
	qp_decode(&back, wire);
	assert(str_eq(buf_view(&back), want));
	while (str_cut(&wire, '\n', &line))
		assert(line.n <= 77 && !str_starts(line, STR(".")) &&
		       !str_starts(line, STR("From ")));
	buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size}, piece;
	struct qp_writer qp;
	struct crlf_writer crlf;
	struct qp_ready ready;
	struct buf wire, lines;
	struct arena a;
	bool beforehand = false;

	arena_init(&a, 32 * size + (1U << 20));
	buf_init(&wire, 8 * size + 8);
	buf_init(&lines, 2 * size + 8);
	qp_writer_begin(&qp, &wire);
	crlf_writer_begin(&crlf, &lines);
	for (; str_cut(&rest, '|', &piece); beforehand = !beforehand) {
		crlf_writer_text(&crlf, piece);
		qp_ready_make(&ready, piece, &a);
		if (beforehand)
			qp_writer_ready(&qp, &ready);
		else
			qp_writer_text(&qp, piece);
	}
	qp_writer_end(&qp);
	check(buf_view(&wire), buf_view(&lines));
	buf_release(&wire);
	buf_release(&lines);
	arena_release(&a);
	return 0;
}
