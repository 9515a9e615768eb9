/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pattern.c - how long a Lua pattern may take.
 */
#include "pattern.h"

#include <stdbool.h>
#include <string.h>

/* the byte after the single item at `i`: x, %x or [set] */
static size_t item_end(const char *p, size_t size, size_t i)
{
	if (p[i] == '%')
		return i + 2;
	if (p[i] != '[')
		return i + 1;
	i++;
	if (i < size && p[i] == '^')
		i++;
	/* the first ] is a member of the set */
	do
		i += i < size && p[i] == '%' ? 2 : 1;
	while (i < size && p[i] != ']');
	return i + 1;
}

/* whether nothing after `i` can fail and so send the matcher back */
static bool at_end(const char *p, size_t size, size_t i)
{
	while (i < size && p[i] == ')')
		i++;
	return i >= size;
}

double pattern_cost(const char *p, size_t size, size_t subject)
{
	bool anchored = size && p[0] == '^';
	double n = (double)subject + 1, cost = anchored ? 1 : n, repeats = 1;
	size_t i = anchored, next;

	for (; i < size; i = next) {
		next = item_end(p, size, i);
		if (p[i] == '%' && i + 1 < size &&
		    (p[i + 1] == 'b' || (p[i + 1] >= '0' && p[i + 1] <= '9'))) {
			/* balanced text and captures are walked through */
			cost *= n;
			next += p[i + 1] == 'b' ? 2 : 0;
		} else if (next < size && strchr("*+-?", p[next])) {
			next++;
			if (at_end(p, size, next))
				continue;
			if (p[next - 1] == '?')
				cost *= 2;
			else
				cost *= n / ++repeats;
		}
	}
	/* without repetitions it is compared anew at every byte */
	return repeats == 1 ? cost * (double)(size + 1) : cost;
}
