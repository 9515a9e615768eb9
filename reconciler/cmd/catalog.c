/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * catalog.c - all that a site may say, as tables.
 */
#include "catalog.h"

#include <string.h>

/* made by the Makefile: a path, a text, ...; ends with NULL */
extern const char *const embedded_texts[];

/* only for the types of their rows: specs/spec.c reads these itself */
struct site_keys {
	const char *site;
	const struct strings *domains;
	const struct value *variables;
	int prune;
};

const struct attribute site_attributes[] = {
	ATTRIBUTE(site_keys, site, STRING, "site",
	    "the site's name, for messages and the journal; `site` in expressions"),
	ATTRIBUTE(site_keys, domains, LIST, NULL,
	    "domains that the site is about; `domains` in expressions",
	    .choices = "[contoso.test, fabrikam.test]"),
	ATTRIBUTE(site_keys, variables, MAP, NULL,
	    "names for values of any shape, to use in expressions and templates; they may use each other"),
	ATTRIBUTE(site_keys, prune, BOOL, "false",
	    "whether what the site created and no longer declares is removed"),
	{ 0 },
};

struct language_keys {
	int when;
	const struct value *for_each;
};

const struct attribute language_attributes[] = {
	ATTRIBUTE(language_keys, when, CONDITION, NULL,
	    "an expression without braces; where it is false or nil, the resource is left out",
	    .choices = "host.os.id == \"debian\""),
	ATTRIBUTE(language_keys, for_each, VALUE, NULL,
	    "a list, a map, or an expression without braces that gives one: the resource is declared once for each element, which is `it`",
	    .choices = "domains"),
	{ 0 },
};

const char *embedded(const char *path)
{
	const char *const *p;

	for (p = embedded_texts; *p; p += 2)
		if (!strcmp(*p, path))
			return p[1];
	return NULL;
}

const char *kind_example(struct arena *a, const struct kind *kind)
{
	return embedded(arena_printf(a, "examples/%s/plumb.yaml", kind->name));
}

const struct listed *kind_attributes(struct arena *a, const struct kind *kind)
{
	const struct attribute *const tables[] = { kind->attributes,
		language_attributes, common_attributes };
	struct listed *out = arena_array(a, 3 * ATTRIBUTES_MAX + 1,
	    sizeof(*out));
	const struct attribute *row;
	size_t i, n = 0;

	for (i = 0; i < 3; i++)
		for (row = tables[i]; row->name; row++) {
			/* a kind may mean something else by a common word */
			if (i && attribute_find(kind->attributes, row->name))
				continue;
			out[n].row = row;
			out[n++].common = i > 0;
		}
	return out;
}

const char *attribute_flags(struct arena *a, const struct attribute *row)
{
	static const struct {
		unsigned flag;
		const char *words;
	} words[] = {
		{ ATTRIBUTE_REQUIRED, "required" },
		{ ATTRIBUTE_NAME, "the resource's name where it is not given" },
		{ ATTRIBUTE_INPUT, "says how; not compared" },
		{ ATTRIBUTE_OUTPUT, "cannot be given, only asked for by output()" },
		{ ATTRIBUTE_SENSITIVE, "never shown, never stored" },
		{ ATTRIBUTE_REPLACES, "a change removes the resource and makes it anew" },
	};
	struct text t = text_new(a);
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (row->flags & words[i].flag)
			text_addf(&t, "%s%s", t.size ? "; " : "",
			    words[i].words);
	return text_string(&t);
}

const char *attribute_summary(struct arena *a, const struct attribute *row)
{
	struct text t = text_new(a);
	const char *flags = attribute_flags(a, row);

	text_add(&t, attribute_type_name(a, row));
	if (row->fallback)
		text_addf(&t, "; default: %s", row->fallback);
	if (*flags)
		text_addf(&t, "; %s", flags);
	return text_string(&t);
}
