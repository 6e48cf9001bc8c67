/*
 * css_inline.h - rules of <style> written into style attributes, for mail
 * clients that read no <style>.
 *
 * Simple selectors only: element, .class, #id, any of them together, lists,
 * descendants and children.  Specificity and order count as in a browser;
 * what an element has in its own style attribute wins, except over
 * !important.  @media and other at-rules, pseudo-classes and whatever is not
 * understood stay in <style>, and so do rules in Liquid blocks.
 *
 * A rule goes from <style> when it stands in every element that it can ever
 * apply to.  It stays, too, where that cannot be known: elements in
 * conditional comments, class="{{ x }}", HTML from snippets, `raw` or
 * captured.  What is inlined loses its !important, so that a rule in @media
 * with !important still wins over it; one without does not, as everywhere in
 * mail.
 *
 * Works on a template's source: Liquid marks are opaque, all other bytes
 * stay as they are.  Nothing is written into comments and what stands in the
 * head.  Left alone is <style data-volley-inline="off">, one for other media
 * than the screen, and one in a comment or Liquid block.
 */
#ifndef TEMPLATES_CSS_INLINE_H
#define TEMPLATES_CSS_INLINE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define CSS_BYTES_MAX  (256U << 10) /* of all <style> together */
#define CSS_RULES_MAX  2000
#define CSS_STEPS_MAX  5000000 /* comparisons, and declarations that apply */
#define CSS_MEMORY_MAX (16U << 20) /* what is worked out and written */

/* Appends to out.  False: a limit; `html` was then appended unchanged. */
bool css_inline(struct buf *out, struct str html, struct err *err) MUST_USE;

#endif
