/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * template.c - text with ${…} in it, turned into Lua.
 */
#include "template.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* brackets in brackets; Lua itself allows as many */
enum { NESTED = 200 };

enum token_type {
	TOKEN_END,
	/* blanks and comments */
	TOKEN_BLANK,
	TOKEN_NAME,
	TOKEN_STRING,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_OTHER,
	/* a string or a long comment without an end */
	TOKEN_UNFINISHED,
};

struct token {
	enum token_type type;
	const char *start;
	const char *end;
};

/* level of a long bracket [==[ at `p`, or -1 */
static int long_level(const char *p, const char *end)
{
	const char *q = p + 1;

	if (p >= end || *p != '[')
		return -1;
	while (q < end && *q == '=')
		q++;
	return q < end && *q == '[' ? (int)(q - p - 1) : -1;
}

/* the byte after the long bracket's end, or NULL */
static const char *long_end(const char *p, const char *end, int level)
{
	int n;

	for (p += level + 2; p < end; p++) {
		if (*p != ']')
			continue;
		for (n = 0; p + 1 + n < end && p[1 + n] == '='; n++)
			;
		if (n == level && p + 1 + n < end && p[1 + n] == ']')
			return p + n + 2;
	}
	return NULL;
}

static struct token long_token(const char *start, const char *bracket,
    const char *end, enum token_type type)
{
	int level = long_level(bracket, end);
	const char *stop = long_end(bracket, end, level);

	if (!stop)
		return (struct token){ TOKEN_UNFINISHED, start, end };
	return (struct token){ type, start, stop };
}

static struct token comment(const char *p, const char *end)
{
	const char *stop;

	if (long_level(p + 2, end) >= 0)
		return long_token(p, p + 2, end, TOKEN_BLANK);
	stop = memchr(p, '\n', (size_t)(end - p));
	return (struct token){ TOKEN_BLANK, p, stop ? stop : end };
}

static struct token string(const char *p, const char *end)
{
	const char *q;

	for (q = p + 1; q < end && *q != *p; q++) {
		if (*q == '\n')
			break;
		if (*q != '\\' || q + 1 == end)
			continue;
		q++;
		/* \z leaves out the blanks that follow */
		if (*q == 'z')
			while (q + 1 < end && isspace((unsigned char)q[1]))
				q++;
	}
	if (q < end && *q == *p)
		return (struct token){ TOKEN_STRING, p, q + 1 };
	return (struct token){ TOKEN_UNFINISHED, p, q };
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct token token_next(const char *p, const char *end)
{
	const char *q = p;

	if (p == end)
		return (struct token){ TOKEN_END, p, p };
	if (isspace((unsigned char)*p)) {
		while (q < end && isspace((unsigned char)*q))
			q++;
		return (struct token){ TOKEN_BLANK, p, q };
	}
	if (is_word(*p)) {
		while (q < end && is_word(*q))
			q++;
		return (struct token){ TOKEN_NAME, p, q };
	}
	if (*p == '"' || *p == '\'')
		return string(p, end);
	if (*p == '-' && p + 1 < end && p[1] == '-')
		return comment(p, end);
	if (long_level(p, end) >= 0)
		return long_token(p, p, end, TOKEN_STRING);
	if (*p == '.') {
		while (q < end && *q == '.')
			q++;
		return (struct token){ TOKEN_OTHER, p, q };
	}
	return (struct token){
		*p && strchr("([{", *p) ? TOKEN_OPEN :
		*p && strchr(")]}", *p) ? TOKEN_CLOSE :
		*p == ',' ? TOKEN_COMMA : TOKEN_OTHER, p, p + 1 };
}

static bool token_is(struct token t, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(t.end - t.start) == n && !memcmp(t.start, word, n);
}

static bool token_among(struct token t, const char *const *words)
{
	for (; *words; words++)
		if (token_is(t, *words))
			return true;
	return false;
}

/* the } that closes an expression, or NULL and what is wrong */
static const char *code_end(const char *p, const char *end, const char **wrong)
{
	char closes[NESTED];
	size_t depth = 0;
	struct token t;

	for (;; p = t.end) {
		t = token_next(p, end);
		if (t.type == TOKEN_END) {
			*wrong = "this ${ is not closed by a }";
			return NULL;
		}
		if (t.type == TOKEN_UNFINISHED) {
			*wrong = "this ${ is not closed by a }, because a string or comment in it has no end";
			return NULL;
		}
		if (t.type == TOKEN_OPEN) {
			if (depth == NESTED) {
				*wrong = "this ${ has too many brackets in brackets";
				return NULL;
			}
			closes[depth++] = *p == '(' ? ')' :
			    *p == '[' ? ']' : '}';
		} else if (t.type == TOKEN_CLOSE) {
			if (!depth && *p == '}')
				return p;
			if (!depth || closes[--depth] != *p) {
				*wrong = "the brackets in this ${…} do not pair up";
				return NULL;
			}
		}
	}
}

struct piece piece_next(const char *text, size_t size, size_t from)
{
	const char *p = text + from, *end = text + size, *q = p, *close;
	struct piece piece = { .offset = from };

	if (p == end)
		return piece;
	if (end - p >= 2 && p[0] == '$' && p[1] == '{') {
		close = code_end(p + 2, end, &piece.wrong);
		piece.type = close ? PIECE_CODE : PIECE_WRONG;
		q = close ? close + 1 : end;
		piece.text.data = p + 2;
		piece.text.size = close ? (size_t)(close - p - 2) : 0;
		piece.size = (size_t)(q - p);
		return piece;
	}
	while ((q = memchr(q, '$', (size_t)(end - q)))) {
		if (end - q >= 2 && q[1] == '{')
			break;
		q++;
		if (end - q >= 2 && q[0] == '$' && q[1] == '{') {
			/* say one $, and go on behind the other */
			piece.size = 1;
			break;
		}
	}
	if (!q)
		q = end;
	piece.type = PIECE_TEXT;
	piece.text = (struct bytes){ p, (size_t)(q - p) };
	piece.size += piece.text.size;
	return piece;
}

/* a bracket that is open while code is rewritten */
struct bracket {
	/* of a map or filter, and its comma is still to come */
	bool call;
	/* a function was begun in it, which ends where it closes */
	bool wrapped;
	/* function, do, if and repeat without their end */
	int blocks;
};

struct rewriter {
	struct text out;
	const char *end;
	struct bracket open[NESTED + 1];
	size_t depth;
	/* the last two tokens that are not blank */
	struct token last;
	struct token before;
};

/* the next token that is not blank */
static struct token token_after(const char *p, const char *end)
{
	struct token t = token_next(p, end);

	while (t.type == TOKEN_BLANK)
		t = token_next(t.end, end);
	return t;
}

/* whether the bracket at hand opens the arguments of map or filter */
static bool is_call(const struct rewriter *r, const char *bracket)
{
	static const char *const calls[] = { "map", "filter", NULL };
	static const char *const others[] = { ".", ":", "function", NULL };

	return *bracket == '(' && token_among(r->last, calls) &&
	    (!r->before.start || !token_among(r->before, others));
}

static void rewrite_name(struct bracket *top, struct token t)
{
	static const char *const opens[] = { "function", "do", "if", "repeat",
		NULL };
	static const char *const closes[] = { "end", "until", NULL };

	top->blocks += token_among(t, opens);
	top->blocks -= token_among(t, closes);
}

static void rewrite_comma(struct rewriter *r, struct bracket *top,
    struct token t)
{
	struct token next = token_after(t.end, r->end);

	if (top->wrapped && !top->blocks) {
		/* one argument too many: map() says so */
		text_add(&r->out, ") end");
		top->wrapped = false;
	}
	text_add_char(&r->out, ',');
	if (!top->call || top->blocks)
		return;
	top->call = false;
	if (next.type == TOKEN_CLOSE || token_is(next, "function"))
		return;
	top->wrapped = true;
	text_add(&r->out, " function(it) return (");
}

/* false: leave the rest as it is, Lua will complain */
static bool rewrite_token(struct rewriter *r, struct token t)
{
	struct bracket *top = &r->open[r->depth];

	if (t.type == TOKEN_COMMA) {
		rewrite_comma(r, top, t);
		return true;
	}
	if (t.type == TOKEN_NAME)
		rewrite_name(top, t);
	if (t.type == TOKEN_CLOSE && r->depth) {
		if (top->wrapped)
			text_add(&r->out, ") end");
		r->depth--;
	}
	if (t.type == TOKEN_OPEN) {
		if (r->depth == NESTED)
			return false;
		r->open[++r->depth] =
		    (struct bracket){ .call = is_call(r, t.start) };
	}
	text_add_bytes(&r->out, t.start, (size_t)(t.end - t.start));
	return true;
}

struct bytes template_rewrite(struct arena *a, const char *code, size_t size)
{
	struct rewriter r = { .out = text_new(a), .end = code + size };
	const char *p = code;
	struct token t;

	for (;; p = t.end) {
		t = token_next(p, r.end);
		if (t.type == TOKEN_END || !rewrite_token(&r, t))
			break;
		if (t.type == TOKEN_BLANK)
			continue;
		r.before = r.last;
		r.last = t;
	}
	text_add_bytes(&r.out, p, (size_t)(r.end - p));
	return (struct bytes){ text_string(&r.out), r.out.size };
}

/* a template on its way to Lua */
struct writer {
	struct text out;
	/* text that was not written yet, and the lines that it ends */
	struct text held;
	size_t lines;
};

static void write_held(struct writer *w)
{
	size_t i;
	char c;

	if (w->held.size) {
		text_add(&w->out, "_put\"");
		for (i = 0; i < w->held.size; i++) {
			c = w->held.data[i];
			if (c == '"' || c == '\\' || (unsigned char)c < ' ')
				text_addf(&w->out, "\\%03u", (unsigned char)c);
			else
				text_add_char(&w->out, c);
		}
		text_add(&w->out, "\";");
	}
	for (; w->lines; w->lines--)
		text_add_char(&w->out, '\n');
	w->held.size = 0;
}

/* the rest of a line that is Lua; gives the start of the next */
static const char *write_statement(struct writer *w, const char *p,
    const char *end)
{
	const char *stop = memchr(p, '\n', (size_t)(end - p));

	if (!stop)
		stop = end;
	write_held(w);
	text_add_bytes(&w->out, p, (size_t)(stop - p));
	text_add_char(&w->out, '\n');
	return stop < end ? stop + 1 : end;
}

static void write_code(struct writer *w, struct piece piece)
{
	write_held(w);
	text_addf(&w->out, "_at(%zu,%zu);_put((", piece.offset, piece.size);
	text_add_bytes(&w->out, piece.text.data, piece.text.size);
	text_add(&w->out, "));");
}

/* the rest of a line that is text, or up to where an expression ends */
static const char *write_text(struct writer *w, struct bytes all,
    const char *p, struct piece *wrong)
{
	const char *end = all.data + all.size, *q;

	for (q = p; q < end && *q != '\n' && *q != '$'; q++)
		;
	text_add_bytes(&w->held, p, (size_t)(q - p));
	if (q == end)
		return q;
	if (*q == '\n') {
		text_add_char(&w->held, '\n');
		w->lines++;
		return q + 1;
	}
	if (end - q >= 3 && q[1] == '$' && q[2] == '{') {
		text_add(&w->held, "${");
		return q + 3;
	}
	if (end - q < 2 || q[1] != '{') {
		text_add_char(&w->held, '$');
		return q + 1;
	}
	*wrong = piece_next(all.data, all.size, (size_t)(q - all.data));
	if (wrong->type == PIECE_WRONG)
		return NULL;
	write_code(w, *wrong);
	return q + wrong->size;
}

struct bytes template_chunk(struct arena *a, const char *text, size_t size,
    struct piece *wrong)
{
	struct writer w = { .out = text_new(a), .held = text_new(a) };
	const char *p = text, *end = text + size, *q;

	text_add(&w.out, "local _put,_at=...;");
	while (p < end) {
		for (q = p; q < end && (*q == ' ' || *q == '\t'); q++)
			;
		if ((p == text || p[-1] == '\n') && q < end && *q == '%') {
			if (q + 1 == end || q[1] != '%') {
				p = write_statement(&w, q + 1, end);
				continue;
			}
			text_add_bytes(&w.held, p, (size_t)(q + 1 - p));
			p = q + 2;
		}
		p = write_text(&w, (struct bytes){ text, size }, p, wrong);
		if (!p)
			return (struct bytes){ 0 };
	}
	write_held(&w);
	return template_rewrite(a, text_string(&w.out), w.out.size);
}
