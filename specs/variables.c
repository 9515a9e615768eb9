/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * variables.c - the site's variables, which may use each other in any order.
 *
 * Which ones a variable uses is seen from the words in its expressions. That a
 * word in a string counts too does no harm: it only brings an evaluation
 * forward.
 */
#include "variables.h"

#include <ctype.h>
#include <string.h>

#include "arena.h"
#include "expression.h"

enum progress { WAITING, UNDER_WAY, DONE };

struct variable {
	const char *name;
	struct pos pos;
	const struct value *written;
	enum progress progress;
};

int variables_add(struct variables *all, const struct value *map,
    struct err *err)
{
	struct variable v = { 0 };
	int failed = 0;
	uint32_t i;
	size_t j;

	if (value_is_null(map))
		return 0;
	if (map->type != VALUE_MAP)
		return err_at(err, map->pos,
		    "'variables' must be a map of names to values, not %s",
		    value_type_name(map));
	for (i = 0; i < map->count; i++) {
		v.name = map->pairs[i].key;
		v.pos = pair_pos(map, &map->pairs[i]);
		v.written = &map->pairs[i].value;
		for (j = 0; j < all->count; j++)
			if (!strcmp(all->items[j].name, v.name))
				break;
		if (j < all->count) {
			err_at(err, v.pos, "variable '%s' is declared twice",
			    v.name);
			failed = err_note(err, all->items[j].pos,
			    "it is first declared here");
			continue;
		}
		arena_push(all->arena, all->items, all->count, all->capacity,
		    v);
	}
	return failed;
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	const char *p = text;

	while ((p = strstr(p, word)) != NULL) {
		if ((p == text || (!isalnum((unsigned char)p[-1]) &&
		    p[-1] != '_')) && !isalnum((unsigned char)p[n]) &&
		    p[n] != '_')
			return true;
		p += n;
	}
	return false;
}

static bool uses(const struct value *v, const char *name)
{
	uint32_t i;

	if (!(v->flags & VALUE_HAS_EXPRESSION))
		return false;
	if (v->type == VALUE_TEXT)
		return has_word(v->text, name);
	for (i = 0; i < v->count; i++)
		if (v->type == VALUE_LIST ? uses(&v->items[i], name)
		    : uses(&v->pairs[i].value, name))
			return true;
	return false;
}

static int evaluate_one(const struct variables *all, struct variable *v,
    struct reader *r)
{
	struct scope *s = arena_new(r->arena, struct scope);
	struct value *value = arena_new(r->arena, struct value);
	size_t i;

	if (v->progress == DONE)
		return 0;
	if (v->progress == UNDER_WAY)
		return err_at(r->err, v->pos, "variable '%s' needs itself",
		    v->name);
	v->progress = UNDER_WAY;
	for (i = 0; i < all->count; i++) {
		struct variable *other = &all->items[i];

		if (other == v || !uses(v->written, other->name))
			continue;
		if (evaluate_one(all, other, r))
			return err_note(r->err, v->written->pos,
			    "variable '%s' uses it", v->name);
	}
	v->progress = DONE;
	if (evaluate(r, v->written, value))
		return -1;
	*s = (struct scope){ r->scope, v->name, value };
	r->scope = s;
	return 0;
}

int variables_evaluate(const struct variables *all, struct reader *r)
{
	size_t i;

	for (i = 0; i < all->count; i++)
		if (evaluate_one(all, &all->items[i], r))
			return -1;
	return 0;
}
