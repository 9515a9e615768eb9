/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * member.c - members of a kind's struct: clear, compare, show.
 */
#include "member.h"

#include <inttypes.h>
#include <string.h>

#include "maker.h"
#include "print.h"

/* content over this is shown by its size and digest */
enum { CONTENT_SHOWN = 1 << 20 };

enum storage type_storage(enum attribute_type type)
{
	switch (type) {
	case TYPE_STRING:
	case TYPE_PATH:
		return AS_TEXT;
	case TYPE_MODE:
	case TYPE_BOOL:
	case TYPE_CHOICE:
	case TYPE_CONDITION:
		return AS_INT;
	case TYPE_INT:
	case TYPE_DURATION:
	case TYPE_SIZE:
		return AS_INT64;
	case TYPE_LIST:
	case TYPE_SET:
		return AS_STRINGS;
	case TYPE_CONTENT:
	case TYPE_SOURCE:
	case TYPE_TEMPLATE:
		return AS_CONTENT;
	case TYPE_MAP:
	case TYPE_VALUE:
		break;
	}
	return AS_VALUE;
}

void member_clear(const struct attribute *row, void *base)
{
	switch (type_storage(row->type)) {
	case AS_INT:
		MEMBER(int, row, base) = UNSET;
		break;
	case AS_INT64:
		MEMBER(int64_t, row, base) = UNSET;
		break;
	default:
		MEMBER(const void *, row, base) = NULL;
	}
}

void attributes_clear(const struct attribute *table, void *out)
{
	const struct attribute *row;

	for (row = table; row->name; row++)
		member_clear(row, out);
}

size_t attributes_count(const struct attribute *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	return n;
}

const struct attribute *attribute_find(const struct attribute *table,
    const char *name)
{
	/* most differ in their first letter */
	for (; table->name; table++)
		if (*table->name == *name && !strcmp(table->name, name))
			return table;
	return NULL;
}

bool row_is_alias(const struct attribute *table, const struct attribute *row)
{
	const struct attribute *r;

	for (r = table; r < row; r++)
		if (r->offset == row->offset)
			return true;
	return false;
}

bool attribute_given(const struct attribute *row, const void *base)
{
	switch (type_storage(row->type)) {
	case AS_INT:
		return MEMBER_OF(int, row, base) != UNSET;
	case AS_INT64:
		return MEMBER_OF(int64_t, row, base) != UNSET;
	default:
		return MEMBER_OF(const void *, row, base) != NULL;
	}
}

bool content_equal(const struct content *a, const struct content *b)
{
	if (a == b)
		return true;
	if (a->size != b->size)
		return false;
	if (a->data && b->data)
		return a->data == b->data || !memcmp(a->data, b->data, a->size);
	return a->digested && b->digested &&
	    !memcmp(a->digest, b->digest, sizeof(a->digest));
}

static bool strings_equal(const struct strings *a, const struct strings *b)
{
	size_t i;

	if (a->count != b->count)
		return false;
	for (i = 0; i < a->count; i++)
		if (strcmp(a->item[i], b->item[i]))
			return false;
	return true;
}

bool attribute_equal(const struct attribute *row, const void *a, const void *b)
{
	bool given = attribute_given(row, a);

	if (given != attribute_given(row, b))
		return false;
	if (!given)
		return true;
	switch (type_storage(row->type)) {
	case AS_TEXT:
		return !strcmp(MEMBER_OF(const char *, row, a),
		    MEMBER_OF(const char *, row, b));
	case AS_INT:
		return MEMBER_OF(int, row, a) == MEMBER_OF(int, row, b);
	case AS_INT64:
		return MEMBER_OF(int64_t, row, a) == MEMBER_OF(int64_t, row, b);
	case AS_STRINGS:
		return strings_equal(MEMBER_OF(struct strings *, row, a),
		    MEMBER_OF(struct strings *, row, b));
	case AS_CONTENT:
		return content_equal(MEMBER_OF(struct content *, row, a),
		    MEMBER_OF(struct content *, row, b));
	case AS_VALUE:
		break;
	}
	return value_equal(MEMBER_OF(struct value *, row, a),
	    MEMBER_OF(struct value *, row, b));
}

uint64_t attributes_differ(const struct attribute *table, const void *desired,
    const void *observed)
{
	const struct attribute *row;
	uint64_t differ = 0;

	for (row = table; row->name; row++)
		if (!(row->flags & (ATTRIBUTE_INPUT | ATTRIBUTE_OUTPUT)) &&
		    attribute_given(row, desired) && !row_is_alias(table, row)
		    && !attribute_equal(row, desired, observed))
			differ |= UINT64_C(1) << (row - table);
	return differ;
}

static const char *choice_text(struct arena *a, const char *choices, int n)
{
	const char *end;

	while (n-- && choices) {
		choices = strchr(choices, '|');
		choices = choices ? choices + 1 : NULL;
	}
	if (!choices)
		return "?";
	end = strchr(choices, '|');
	return arena_copy(a, choices, end ? (size_t)(end - choices) :
	    strlen(choices));
}

static struct value strings_value(struct arena *a, const struct strings *s)
{
	struct list_maker l = { .arena = a };
	size_t i;

	for (i = 0; i < s->count; i++)
		list_add(&l, value_text((struct pos){ 0 }, s->item[i]));
	return list_done(&l);
}

static bool is_utf8(const char *data, size_t size)
{
	size_t i = 0, n;

	for (; i < size; i += n)
		if (!(n = utf8_length(data + i, size - i)) || !data[i])
			return false;
	return true;
}

static struct value content_value(struct arena *a, const struct content *c)
{
	struct map_maker m = { .arena = a };
	char hex[65];
	size_t i;

	if (c->data && c->size <= CONTENT_SHOWN && is_utf8(c->data, c->size))
		return value_bytes((struct pos){ 0 }, c->data, c->size);
	map_add_int(&m, "size", (int64_t)c->size);
	if (c->digested) {
		for (i = 0; i < sizeof(c->digest); i++) {
			hex[2 * i] = "0123456789abcdef"[c->digest[i] >> 4];
			hex[2 * i + 1] = "0123456789abcdef"[c->digest[i] & 15];
		}
		hex[64] = '\0';
		map_add_text(&m, "sha256", arena_string(a, hex));
	}
	return map_done(&m);
}

static const char *duration_text(struct arena *a, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {
		{ 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		{ 1000, "s" }, { 1, "ms" },
	};
	size_t i = 0;

	while (ms % units[i].ms)
		i++;
	return ms ? arena_printf(a, "%" PRId64 "%s", ms / units[i].ms,
	    units[i].unit) : "0s";
}

static struct value number_value(struct arena *a, const struct attribute *row,
    int64_t n)
{
	struct pos none = { 0 };

	if (row->type == TYPE_DURATION)
		return value_text(none, duration_text(a, n));
	return value_plain(none, arena_printf(a, "%" PRId64, n));
}

static struct value int_value(struct arena *a, const struct attribute *row,
    int n)
{
	struct pos none = { 0 };

	if (row->type == TYPE_MODE)
		return value_text(none, arena_printf(a, "%04o", (unsigned)n));
	if (row->type == TYPE_CHOICE)
		return value_text(none, choice_text(a, row->choices, n));
	return value_plain(none, n ? "true" : "false");
}

struct value attribute_value(struct arena *a, const struct attribute *row,
    const void *base)
{
	struct pos none = { 0 };

	if (!attribute_given(row, base))
		return value_plain(none, "null");
	switch (type_storage(row->type)) {
	case AS_TEXT:
		return value_text(none, MEMBER_OF(const char *, row, base));
	case AS_INT:
		return int_value(a, row, MEMBER_OF(int, row, base));
	case AS_INT64:
		return number_value(a, row, MEMBER_OF(int64_t, row, base));
	case AS_STRINGS:
		return strings_value(a, MEMBER_OF(struct strings *, row, base));
	case AS_CONTENT:
		return content_value(a, MEMBER_OF(struct content *, row, base));
	case AS_VALUE:
		break;
	}
	return *MEMBER_OF(struct value *, row, base);
}

const char *attribute_type_name(struct arena *a, const struct attribute *row)
{
	static const char *const names[] = {
		[TYPE_STRING] = "text", [TYPE_PATH] = "path",
		[TYPE_MODE] = "mode", [TYPE_BOOL] = "true or false",
		[TYPE_INT] = "number", [TYPE_DURATION] = "duration",
		[TYPE_SIZE] = "size", [TYPE_LIST] = "list",
		[TYPE_SET] = "set", [TYPE_MAP] = "map",
		[TYPE_CONTENT] = "text", [TYPE_SOURCE] = "file below files/",
		[TYPE_TEMPLATE] = "file below templates/",
		[TYPE_VALUE] = "anything", [TYPE_CONDITION] = "expression",
	};
	struct text t;
	const char *p;

	if (row->type != TYPE_CHOICE)
		return names[row->type];
	t = text_new(a);
	for (p = row->choices; *p; p++) {
		if (*p == '|')
			text_add(&t, strchr(p + 1, '|') ? ", " : " or ");
		else
			text_add_char(&t, *p);
	}
	return text_string(&t);
}
