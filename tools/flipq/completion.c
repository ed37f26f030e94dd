// SPDX-License-Identifier: GPL-2.0-only
/*
 * completion.c - what shells offer for the command line, from its own tables
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "message.h"
#include "writer.h"

/* What comes after an option. */
enum value {
	VALUE_NONE,
	VALUE_FORMAT,
	VALUE_FILE,
	VALUE_OTHER,
};

static enum value value_of(const struct option *o)
{
	if (o->has_arg != required_argument)
		return VALUE_NONE;
	if (o->val == 'a')
		return VALUE_FORMAT;
	return o->val == 'o' ? VALUE_FILE : VALUE_OTHER;
}

static bool has_letter(const struct option *o)
{
	return o->val < 256;
}

static void print_formats(void)
{
	const struct writer *const *w;

	for (w = writers; *w; w++)
		printf("%s%s", w == writers ? "" : " ", (*w)->name);
}

static void print_commands(const struct command *commands, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		printf("%s ", commands[i].name);
	printf("--help --version");
}

static void print_options(const struct command *c)
{
	const struct option *o;

	for (o = long_options; o->name; o++)
		if (options_take(c, o->val))
			printf("--%s ", o->name);
}

/* The pattern of a case of the shell: those with such a value. */
static void print_pattern(enum value value)
{
	const char *between = "";
	const struct option *o;

	for (o = long_options; o->name; o++) {
		if (value_of(o) != value)
			continue;
		if (has_letter(o))
			printf("%s-%c", between, o->val);
		printf("%s--%s", has_letter(o) ? "|" : between, o->name);
		between = "|";
	}
}

/* A word of bash's ends before = and after it. */
static void print_bash(const struct command *commands, size_t nr)
{
	const struct command *c;

	printf("_flipq()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n"
	       "\tlocal last=${COMP_WORDS[COMP_CWORD-1]}\n\n"
	       "\tCOMPREPLY=()\n"
	       "\t[ \"$word\" != = ] || word=\n"
	       "\t[ \"$last\" != = ] || last=${COMP_WORDS[COMP_CWORD-2]}\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\twords='");
	print_commands(commands, nr);
	printf("'\n\telse\n\t\tcase $last in\n\t\t");
	print_pattern(VALUE_FORMAT);
	printf(") words='");
	print_formats();
	printf("' ;;\n\t\t");
	print_pattern(VALUE_FILE);
	printf(") return ;;\n\t\t");
	print_pattern(VALUE_OTHER);
	printf(") compopt +o default; return ;;\n\t\t*)\n"
	       "\t\t\tcase ${COMP_WORDS[1]} in\n");
	for (c = commands; c < commands + nr; c++) {
		printf("\t\t\t%s) words='", c->name);
		print_options(c);
		printf("'%s ;;\n", c->files ? "" : "; compopt +o default");
	}
	printf("\t\t\tesac\n\t\t\t[[ $word == -* ]] || return ;;\n"
	       "\t\tesac\n\tfi\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
	       "complete -o default -F _flipq flipq\n");
}

static void print_zsh(const struct command *commands, size_t nr)
{
	const struct command *c;

	printf("_flipq()\n{\n\tif ((CURRENT == 2)); then\n\t\tcompadd -- ");
	print_commands(commands, nr);
	printf("\n\t\treturn\n\tfi\n"
	       "\tlocal last=$words[CURRENT-1]\n"
	       "\tif [[ $PREFIX == --*=* ]]; then\n"
	       "\t\tlast=${PREFIX%%%%=*}\n\t\tcompset -P '*='\n\tfi\n"
	       "\tcase $last in\n\t(");
	print_pattern(VALUE_FORMAT);
	printf(") compadd -- ");
	print_formats();
	printf("; return ;;\n\t(");
	print_pattern(VALUE_FILE);
	printf(") _files; return ;;\n\t(");
	print_pattern(VALUE_OTHER);
	printf(") return ;;\n\tesac\n\tcase $words[2]$PREFIX in\n");
	for (c = commands; c < commands + nr; c++) {
		printf("\t(%s-*) compadd -- ", c->name);
		print_options(c);
		printf(";;\n");
		if (!c->files)
			printf("\t(%s) ;;\n", c->name);
	}
	printf("\t(*) _files ;;\n\tesac\n}\ncompdef _flipq flipq\n");
}

static void print_fish(const struct command *commands, size_t nr)
{
	const struct command *c;
	const struct option *o;

	printf("complete -c flipq -n __fish_use_subcommand -f -a '");
	print_commands(commands, nr);
	printf("'\n");
	for (c = commands; c < commands + nr; c++) {
		for (o = long_options; o->name; o++) {
			if (!options_take(c, o->val))
				continue;
			printf("complete -c flipq%s -n '__fish_seen_subcommand_from %s' -l %s",
			       c->files ? "" : " -f", c->name, o->name);
			if (has_letter(o))
				printf(" -s %c", o->val);
			if (value_of(o) == VALUE_FORMAT) {
				printf(" -x -a '");
				print_formats();
				printf("'");
			}
			if (value_of(o) == VALUE_FILE)
				printf(" -r");
			if (value_of(o) == VALUE_OTHER)
				printf(" -x");
			printf("\n");
		}
	}
}

int completion_print(const char *shell, const struct command *commands,
		     size_t nr)
{
	static const struct {
		const char *name;
		void (*print)(const struct command *commands, size_t nr);
	} shells[] = {
		{ "bash", print_bash },
		{ "zsh", print_zsh },
		{ "fish", print_fish },
	};
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (shell && !strcmp(shell, shells[i].name)) {
			shells[i].print(commands, nr);
			return STATUS_OK;
		}
	}
	fail("completion", "shell '%s': expected bash, zsh or fish",
	     shell ? shell : "");
	return STATUS_USAGE;
}
