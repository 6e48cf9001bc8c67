/*
 * plain_run.h - how many bytes of a text need nothing done to them.
 *
 * What is copied for every recipient is looked through sixteen bytes at a
 * time where the machine can (SSE2, which every x86-64 has), else eight.
 */
#ifndef TEMPLATES_PLAIN_RUN_H
#define TEMPLATES_PLAIN_RUN_H

#include "lib/base/base.h"

/* No quote, backslash or control.  `high` is set when one is not ASCII. */
size_t plain_run_json(const char *p, size_t n, bool *high);
/* None of & < > " ' */
size_t plain_run_html(const char *p, size_t n);
/* ASCII letters, digits and . / - ? _ = only; may stop before another one. */
size_t plain_run_url(const char *p, size_t n);

#endif
