/*
 * css_inline.h - rules of <style> written into style attributes, for mail
 * clients that read no <style>.
 *
 * Simple selectors only: element, .class, #id, lists of them and descendants;
 * what an element has in its own style attribute wins.  @media and other
 * at-rules, pseudo-classes and whatever is not understood stay in <style>;
 * rules that were written into elements go from it.  Works on a template's source: Liquid
 * marks are opaque, all other bytes stay as they are.  <style data-volley-inline="off">
 * is left alone.
 */
#ifndef TEMPLATES_CSS_INLINE_H
#define TEMPLATES_CSS_INLINE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"

#define CSS_BYTES_MAX (256U << 10) /* of all <style> together */
#define CSS_RULES_MAX 2000

/* False: a limit; `out` is then as good as `html` unchanged. */
bool css_inline(struct buf *out, struct str html, struct err *err) MUST_USE;

#endif
