/*
 * liquid_places.h - every value that a program prints gets to know where it
 * stands (html_context.h), once the program is complete.
 *
 * The program is walked along all its jumps, the fixed text moving the place
 * on, until nothing new is found: a value in a loop, behind branches or in a
 * snippet is written so that it is safe at each place where it can stand.
 * A capture begins as text, whatever is around it.
 */
#ifndef TEMPLATES_LIQUID_PLACES_H
#define TEMPLATES_LIQUID_PLACES_H

#include "templates/liquid/liquid_program.h"

void liquid_places_set(struct liquid *program);

#endif
