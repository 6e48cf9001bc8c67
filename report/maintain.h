/*
 * maintain.h - `volley maintain`: what has to be done again and again.
 *
 * Roll-ups for the schema `report`, partitions before they are needed, and
 * retention.  One at a time does the work, others leave it to it.  Exit
 * status: 0 done, or another one is at it; 1 it could not be done; 2 it was
 * called wrongly.
 */
#ifndef REPORT_MAINTAIN_H
#define REPORT_MAINTAIN_H

#include "lib/base/settings.h"

int maintain_main(int argc, char **argv, const struct settings *settings);

#endif
