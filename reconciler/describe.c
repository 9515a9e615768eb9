/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * describe.c - a resource's state as the journal keeps it.
 */
#include <string.h>

#include "../resources/host/digest.h"
#include "../specs/json.h"
#include "../specs/maker.h"
#include "../specs/member.h"
#include "plan.h"

static struct value hex_value(struct arena *a, const char *name,
    const unsigned char digest[DIGEST])
{
	struct map_maker m = { .arena = a };
	char hex[DIGEST_HEX];

	digest_hex(digest, hex);
	map_add_text(&m, name, arena_string(a, hex));
	return map_done(&m);
}

static struct value content_description(struct arena *a,
    const struct content *c)
{
	struct map_maker m = { .arena = a };
	unsigned char digest[DIGEST];
	char hex[DIGEST_HEX];

	if (c->digested)
		memcpy(digest, c->digest, DIGEST);
	else
		digest_bytes(c->data, c->size, digest);
	digest_hex(digest, hex);
	map_add_int(&m, "size", (int64_t)c->size);
	map_add_text(&m, "sha256", arena_string(a, hex));
	return map_done(&m);
}

static struct value sensitive_description(struct arena *a,
    const struct attribute *row, const void *base, const unsigned char *key)
{
	unsigned char digest[DIGEST];
	const struct content *c;
	struct value v;
	const char *text;

	if (type_storage(row->type) == AS_CONTENT) {
		c = MEMBER_OF(struct content *, row, base);
		if (c->data)
			digest_keyed(key, DIGEST, c->data, c->size, digest);
		else
			digest_keyed(key, DIGEST, c->digest, DIGEST, digest);
		return hex_value(a, "keyed", digest);
	}
	v = attribute_value(a, row, base);
	v.flags &= (uint8_t)~VALUE_SENSITIVE;
	text = v.type == VALUE_TEXT ? v.text : json_text(a, &v);
	digest_keyed(key, DIGEST, text, strlen(text), digest);
	return hex_value(a, "keyed", digest);
}

bool resource_hides(const struct resource *r, const struct attribute *row)
{
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);

	return (row->flags & ATTRIBUTE_SENSITIVE) ||
	    ((r->reading.sensitive | r->was_secret) & bit);
}

uint64_t described_secrets(struct arena *a, const struct attribute *table,
    const char *described)
{
	struct err nowhere = err_new(a);
	const struct attribute *row;
	const struct value *v;
	struct value map;
	uint64_t secrets = 0;

	/* quick for nearly all */
	if (!described || !strstr(described, "\"keyed\"") || json_read(a,
	    (struct bytes){ described, strlen(described) }, "the journal",
	    &map, &nowhere))
		return 0;
	for (row = table; row->name; row++) {
		v = value_find(&map, row->name);
		if (v && v->type == VALUE_MAP && value_find(v, "keyed"))
			secrets |= UINT64_C(1) << (row - table);
	}
	return secrets;
}

/* what is desired now may be open where what is there was not */
static bool is_hidden(const struct resource *r, const struct attribute *row,
    const void *base)
{
	uint64_t bit = UINT64_C(1) << (row - r->kind->attributes);

	return base == r->observed ? resource_hides(r, row) :
	    (row->flags & ATTRIBUTE_SENSITIVE) || (r->reading.sensitive & bit);
}

const char *describe(struct arena *a, const struct resource *r,
    const void *base, const unsigned char key[32])
{
	const struct attribute *table = r->kind->attributes, *row;
	struct map_maker m = { .arena = a };
	struct value v;

	if (!base)
		return NULL;
	for (row = table; row->name; row++) {
		if ((row->flags & ATTRIBUTE_INPUT) || row_is_alias(table, row)
		    || !attribute_given(row, base))
			continue;
		if (is_hidden(r, row, base))
			v = sensitive_description(a, row, base, key);
		else if (type_storage(row->type) == AS_CONTENT)
			v = content_description(a, MEMBER_OF(struct content *,
			    row, base));
		else
			v = attribute_value(a, row, base);
		map_add(&m, row->name, v);
	}
	v = map_done(&m);
	return json_text(a, &v);
}

const char *describe_desired(struct arena *a, const struct resource *r,
    const unsigned char key[32])
{
	const char *text = r->common.ensure == ENSURE_ABSENT ? "absent" :
	    describe(a, r, r->desired, key);
	unsigned char digest[DIGEST];
	char hex[DIGEST_HEX];

	digest_bytes(text, strlen(text), digest);
	digest_hex(digest, hex);
	return arena_string(a, hex);
}
