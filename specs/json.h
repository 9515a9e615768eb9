/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h - values as JSON and back.
 *
 * Text in quotes is a JSON string; plain text is what the core schema says;
 * bytes that are not UTF-8 are {"base64": "..."}. A sensitive value is written
 * as {"sensitive": true} and a later one as {"later": true}: neither can be
 * read back.
 */
#pragma once

#include "value.h"

/* one line, without a line feed at its end; keys keep their order */
const char *json_text(struct arena *, const struct value *);
/* the same, indented for people and files */
const char *json_pretty(struct arena *, const struct value *);
/* refuses duplicate keys and trailing text; `what` names it in the error */
int json_read(struct arena *, struct bytes text, const char *what,
    struct value *out, struct err *);
