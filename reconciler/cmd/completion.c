/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * completion.c - scripts by which shells complete plumb's command line.
 *
 * All of it is in the script, so that pressing a key starts no program. The
 * scripts need nothing but the shell itself.
 */
#include <string.h>

#include "catalog.h"
#include "cmd.h"

/* what an argument or an option's value is, to a shell */
enum word { WORD_OTHER, WORD_DIRECTORY, WORD_FILE, WORD_COMMAND, WORD_KIND,
	WORD_CHOICE };

/* `word` is how usage shows it */
static enum word word_of(const char *word)
{
	if (strstr(word, "COMMAND"))
		return WORD_COMMAND;
	if (strstr(word, "KIND"))
		return WORD_KIND;
	if (strstr(word, "FILE"))
		return WORD_FILE;
	if (strstr(word, "SITE") || strstr(word, "DIR"))
		return WORD_DIRECTORY;
	return strchr(word, '|') ? WORD_CHOICE : WORD_OTHER;
}

static bool is_listed(const struct command *command)
{
	return !(command->flags & COMMAND_HIDDEN);
}

static bool takes(const struct command *command, const struct option_row *row)
{
	return (command->options | OPTIONS_ALWAYS) & row->bit;
}

/* "a|b" as "a b" */
static const char *spaced(struct arena *a, const char *choices)
{
	char *out = arena_string(a, choices), *p = out;

	while ((p = strchr(p, '|')))
		*p++ = ' ';
	return out;
}

/* text within single quotes, with a backslash before each of `special` */
static const char *quoted(struct arena *a, const char *text,
    const char *special)
{
	struct text t = text_new(a);

	for (; *text; text++) {
		if (strchr(special, *text))
			text_add_char(&t, '\\');
		if (*text == '\'')
			text_add(&t, "'\\''");
		else
			text_add_char(&t, *text);
	}
	return text_string(&t);
}

static void add_commands(struct text *t)
{
	size_t i;

	for (i = 0; commands[i]; i++)
		if (is_listed(commands[i]))
			text_addf(t, "%s ", commands[i]->name);
}

static void add_kinds(struct text *t)
{
	size_t i;

	for (i = 0; kinds[i]; i++)
		text_addf(t, "%s ", kinds[i]->name);
}

/* bash shows these only once there is a dot in the word */
static void add_attributes(struct text *t)
{
	const struct listed *l;
	size_t i;

	for (i = 0; kinds[i]; i++)
		for (l = kind_attributes(t->arena, kinds[i]); l->row; l++)
			text_addf(t, "%s.%s ", kinds[i]->name, l->row->name);
}

/* how bash completes one word */
static const char *bash_words(struct arena *a, const char *word)
{
	struct text t = text_new(a);

	switch (word_of(word)) {
	case WORD_DIRECTORY:
		return "-d";
	case WORD_FILE:
		return "-f";
	case WORD_CHOICE:
		return arena_printf(a, "-W '%s'", spaced(a, word));
	case WORD_COMMAND:
		text_add(&t, "-W '");
		add_commands(&t);
		break;
	case WORD_KIND:
		text_add(&t, "$dotless -W '");
		add_kinds(&t);
		add_attributes(&t);
		break;
	case WORD_OTHER:
		return "-W ''";
	}
	text_add(&t, "'");
	return text_string(&t);
}

static void bash_values(struct text *t)
{
	const struct option_row *row;

	text_add(t, "\tcase $last in\n");
	for (row = option_rows; row->bit; row++) {
		if (!row->word)
			continue;
		text_addf(t, "\t%s", row->value.name);
		if (row->letter)
			text_addf(t, "|-%c", row->letter);
		text_addf(t, ") how=\"%s\" ;;\n", bash_words(t->arena,
		    row->value.choices ? row->value.choices : row->word));
	}
	text_add(t, "\tesac\n");
}

static void bash_commands(struct text *t)
{
	const struct option_row *row;
	size_t i;

	text_add(t, "\tcase $command in\n");
	for (i = 0; commands[i]; i++) {
		if (!is_listed(commands[i]))
			continue;
		text_addf(t, "\t%s)\n\t\toptions='", commands[i]->name);
		for (row = option_rows; row->bit; row++)
			if (takes(commands[i], row))
				text_addf(t, "%s ", row->value.name);
		text_addf(t, "'\n\t\thow=\"%s\" ;;\n", bash_words(t->arena,
		    commands[i]->arguments));
	}
	text_add(t, "\t*)\n\t\toptions='--help --version'\n\t\thow=\"-W '");
	add_commands(t);
	text_add(t, "'\" ;;\n\tesac\n");
}

/* each word that is an option with a value makes the next one no command */
static void bash_find_command(struct text *t)
{
	const struct option_row *row;
	const char *bar = "";

	text_add(t,
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tcase ${COMP_WORDS[i]} in\n"
	    "\t\t");
	for (row = option_rows; row->bit; row++)
		if (row->word) {
			text_addf(t, "%s%s", bar, row->value.name);
			bar = "|";
		}
	text_add(t,
	    ") [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++)); ((i++)) ;;\n"
	    "\t\t-*) ;;\n"
	    "\t\t*) command=${COMP_WORDS[i]}; break ;;\n"
	    "\t\tesac\n"
	    "\tdone\n");
}

static void bash(struct text *t)
{
	text_add(t,
	    "# bash completion of plumb, printed by 'plumb completion bash'\n"
	    "_plumb()\n"
	    "{\n"
	    "\tlocal i command= options= how= dotless=\n"
	    "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	    "\tlocal last=${COMP_WORDS[COMP_CWORD - 1]}\n"
	    "\n"
	    "\t# bash cuts --name=value into three words\n"
	    "\tif [[ $word == = ]]; then\n"
	    "\t\tword=\n"
	    "\telif [[ $last == = ]]; then\n"
	    "\t\tlast=${COMP_WORDS[COMP_CWORD - 2]}\n"
	    "\tfi\n"
	    "\t[[ $word == *.* ]] || dotless=\"-X '*.*'\"\n");
	bash_find_command(t);
	bash_commands(t);
	bash_values(t);
	text_add(t,
	    "\t[[ $word == -* ]] && how=\"-W '$options'\"\n"
	    "\t[[ $how == -[df] ]] && compopt -o filenames\n"
	    "\tmapfile -t COMPREPLY < <(eval \"compgen $how -- \\\"\\$word\\\"\")\n"
	    "}\n"
	    "complete -F _plumb plumb\n");
}

static const char *zsh_words(struct arena *a, const char *word)
{
	struct text t = text_new(a);

	switch (word_of(word)) {
	case WORD_DIRECTORY:
		return "_directories";
	case WORD_FILE:
		return "_files";
	case WORD_CHOICE:
		return arena_printf(a, "(%s)", spaced(a, word));
	case WORD_COMMAND:
		text_add(&t, "(");
		add_commands(&t);
		break;
	case WORD_KIND:
		text_add(&t, "(");
		add_kinds(&t);
		break;
	case WORD_OTHER:
		return "";
	}
	text_add(&t, ")");
	return text_string(&t);
}

static void zsh_option(struct text *t, const struct option_row *row)
{
	const char *repeat = row->value.type == TYPE_LIST ? "*" : "";
	const char *about = quoted(t->arena, row->value.about, "[]:\\");
	const char *value = !row->word ? "" :
	    arena_printf(t->arena, ":%s:%s", row->word,
	    zsh_words(t->arena, row->value.choices ? row->value.choices :
	    row->word));

	text_addf(t, "\t\t\t'%s%s%s[%s]%s' \\\n", repeat, row->value.name,
	    row->word ? "=" : "", about, value);
	if (row->letter)
		text_addf(t, "\t\t\t'%s-%c%s[%s]%s' \\\n", repeat,
		    row->letter, row->word ? "+" : "", about, value);
}

static void zsh(struct text *t)
{
	const struct option_row *row;
	size_t i;

	text_add(t,
	    "#compdef plumb\n"
	    "# zsh completion of plumb, printed by 'plumb completion zsh'\n"
	    "_plumb() {\n"
	    "\tlocal curcontext=$curcontext state line\n"
	    "\tlocal -a commands=(\n");
	for (i = 0; commands[i]; i++)
		if (is_listed(commands[i]))
			text_addf(t, "\t\t'%s:%s'\n", commands[i]->name,
			    quoted(t->arena, commands[i]->about, ":\\"));
	text_add(t,
	    "\t)\n"
	    "\t_arguments -C '--help' '--version' '1:command:->command' '*::argument:->argument'\n"
	    "\tif [[ $state == command ]]; then\n"
	    "\t\t_describe command commands\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tcase $words[1] in\n");
	for (i = 0; commands[i]; i++) {
		if (!is_listed(commands[i]))
			continue;
		text_addf(t, "\t%s)\n\t\t_arguments \\\n", commands[i]->name);
		for (row = option_rows; row->bit; row++)
			if (takes(commands[i], row))
				zsh_option(t, row);
		text_addf(t, "\t\t\t'*:argument:%s' ;;\n",
		    zsh_words(t->arena, commands[i]->arguments));
	}
	text_add(t,
	    "\tesac\n"
	    "}\n"
	    "if [[ $funcstack[1] == _plumb ]]; then\n"
	    "\t_plumb \"$@\"\n"
	    "else\n"
	    "\tcompdef _plumb plumb\n"
	    "fi\n");
}

static const char *fish_words(struct arena *a, const char *word)
{
	struct text t = text_new(a);

	switch (word_of(word)) {
	case WORD_DIRECTORY:
		return "(__fish_complete_directories)";
	case WORD_CHOICE:
		return spaced(a, word);
	case WORD_COMMAND:
		add_commands(&t);
		break;
	case WORD_KIND:
		add_kinds(&t);
		break;
	case WORD_FILE:
	case WORD_OTHER:
		break;
	}
	return text_string(&t);
}

static void fish_option(struct text *t, const struct option_row *row)
{
	const char *word = row->value.choices ? row->value.choices : row->word;
	struct text users = text_new(t->arena);
	size_t i;

	for (i = 0; commands[i]; i++)
		if (is_listed(commands[i]) && takes(commands[i], row))
			text_addf(&users, " %s", commands[i]->name);
	if (!users.size)
		return;
	text_addf(t, "complete -c plumb -n '__fish_seen_subcommand_from%s",
	    text_string(&users));
	text_addf(t, "' -l %s", row->value.name + strlen("--"));
	if (row->letter)
		text_addf(t, " -s %c", row->letter);
	if (word)
		text_addf(t, word_of(word) == WORD_FILE ? " -rF" :
		    " -xa '%s'", fish_words(t->arena, word));
	text_addf(t, " -d '%s'\n", quoted(t->arena, row->value.about, ""));
}

static void fish(struct text *t)
{
	const struct option_row *row;
	const char *words;
	size_t i;

	text_add(t,
	    "# fish completion of plumb, printed by 'plumb completion fish'\n"
	    "complete -c plumb -f\n");
	for (i = 0; commands[i]; i++) {
		if (!is_listed(commands[i]))
			continue;
		text_addf(t, "complete -c plumb -n __fish_use_subcommand -a %s -d '%s'\n",
		    commands[i]->name,
		    quoted(t->arena, commands[i]->about, ""));
		words = fish_words(t->arena, commands[i]->arguments);
		if (word_of(commands[i]->arguments) == WORD_FILE)
			text_addf(t, "complete -c plumb -n '__fish_seen_subcommand_from %s' -F\n",
			    commands[i]->name);
		else if (*words)
			text_addf(t, "complete -c plumb -n '__fish_seen_subcommand_from %s' -a '%s'\n",
			    commands[i]->name, words);
	}
	for (row = option_rows; row->bit; row++)
		fish_option(t, row);
}

static int run(struct invocation *in)
{
	static const struct {
		const char *name;
		void (*add)(struct text *);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };
	const char *name = argument(in, 0, "");
	struct text t = text_new(in->arena);
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(*shells); i++)
		if (!strcmp(name, shells[i].name)) {
			shells[i].add(&t);
			say(in, text_string(&t));
			return EXIT_DONE;
		}
	err_at(&in->err, (struct pos){ 0 },
	    "'%s' must be a shell that can be completed for: bash, zsh or fish",
	    name);
	return EXIT_UNABLE;
}

const struct command cmd_completion = {
	.name = "completion",
	.arguments = "bash|zsh|fish",
	.about = "print a script by which a shell completes plumb's command line",
	.details = "To try it: 'source <(plumb completion bash)'. 'make install' puts the scripts where the shells look for them.",
	.least = 1,
	.most = 1,
	.run = run,
};
