/*
 * value_number.h - numbers of values: without bound, and as text.
 *
 * A whole number is a VALUE_INT where it fits in 64 bits and a VALUE_BIG
 * where it does not; nothing here makes a VALUE_BIG that would fit.  Limbs
 * lie in an arena, the lowest first, the highest is not 0.  The arithmetic
 * on limbs is GMP's, which takes no memory of its own at this size.
 */
#ifndef TEMPLATES_VALUE_NUMBER_H
#define TEMPLATES_VALUE_NUMBER_H

#include "templates/liquid/value.h"

#define VALUE_LIMBS_MAX 104 /* 64 bits each: VALUE_DIGITS_MAX digits */

/* Digits with an optional '-' before them.  False: more than
 * VALUE_DIGITS_MAX of them, or the arena is full. */
bool value_from_digits(struct value *out, struct str digits,
    struct arena *a) MUST_USE;
/* Takes limbs, which must live as long as the value; zeros at the top are
 * fine. */
struct value value_from_limbs(bool negative, const uint64_t *limbs, uint32_t n);

/* Text without NUL; its length.  Floats as Ruby shows them: the fewest
 * digits that read back as the same, 100.0, 1.0e+15, 1.5e-05. */
#define VALUE_INT_TEXT   21
#define VALUE_FLOAT_TEXT 32
#define VALUE_BIG_TEXT   (VALUE_DIGITS_MAX + 32)
size_t value_int_text(int64_t v, char out[VALUE_INT_TEXT]);
size_t value_float_text(double v, char out[VALUE_FLOAT_TEXT]);
size_t value_big_text(struct value v, char out[VALUE_BIG_TEXT]);

/* A finite float above 0 as a decimal: digits, the first and the last not
 * 0, and the exponent of the first (1.5 is "15" and 0).  Gives their count. */
int value_float_digits(double v, char digits[VALUE_FLOAT_TEXT], int *exponent);

/* Exactly, whatever kinds of number: -1, 0, 1; 2 when one is NaN. */
int value_number_order(struct value a, struct value b);

#endif
