#include "lib/mail/fold.h"

void
fold_add(struct fold *f, struct str piece)
{
	buf_str(f->out, piece);
	f->column += piece.n;
}

void
fold_gap(struct fold *f, size_t blanks, size_t width, size_t limit)
{
	size_t i;

	if (f->column + blanks + width > limit) {
		buf_puts(f->out, "\r\n");
		f->column = 0;
		f->breaks++;
	}
	for (i = 0; i < blanks; i++)
		fold_add(f, STR(" "));
}

bool
fold_words(struct fold *f, struct str value)
{
	struct str word;
	size_t blanks = 1;

	if (f->column + 1 + value.n <= FOLD_LINE && value.n > 0) {
		fold_add(f, STR(" ")); /* mostly it fits as a whole */
		fold_add(f, value);
		return true;
	}
	while (value.n > 0) {
		word = str_sub(value, 0, str_chr(value, ' '));
		if (blanks + word.n > FOLD_LINE_MAX)
			return false;
		fold_gap(f, blanks, word.n, FOLD_LINE);
		fold_add(f, word);
		value = str_from(value, word.n);
		for (blanks = 0; value.n > 0 && value.p[0] == ' '; blanks++)
			value = str_from(value, 1);
	}
	return true;
}
