// SPDX-License-Identifier: GPL-2.0-only
/*
 * completion.c - what shells offer for the command line, from its own tables
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "message.h"
#include "table.h"
#include "writer.h"

/* All names of the program. */
#define PROGRAMS	"flipq unflipq flipqcat"

static bool is_offered(const struct row *r, const struct command *c)
{
	return r->name && r->help && r->takers & c->taker;
}

static void print_formats(void)
{
	const struct writer *const *w;

	for (w = writers; *w; w++)
		printf("%s%s", w == writers ? "" : " ", (*w)->name);
}

static void print_commands(void)
{
	size_t i;

	for (i = 0; i < nr_commands; i++)
		printf("%s ", commands[i].name);
	printf("completion help");
}

static void print_options(const struct command *c)
{
	size_t i;

	for (i = 0; i < table_rows; i++)
		if (is_offered(&table[i], c))
			printf("--%s ", table[i].name);
}

/* Without files' commands having it with no value: -l, -n. */
static bool has_own_letter(const struct row *r)
{
	size_t i;

	for (i = 0; i < table_rows; i++)
		if (table[i].key == r->key && table[i].takers & CODING &&
		    table[i].value == VALUE_NONE)
			return false;
	return has_letter(r);
}

/* The pattern of a case of the shell: those with such a value. */
static void print_pattern(enum value value)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < table_rows; i++) {
		const struct row *r = &table[i];

		if (r->value != value || !r->name)
			continue;
		if (has_own_letter(r))
			printf("%s-%c", between, r->key);
		printf("%s--%s", has_own_letter(r) ? "|" : between, r->name);
		between = "|";
	}
}

/* What follows $word, a command's options. */
static void print_bash_case(const struct command *c)
{
	printf("\t\t\t%s) words='", *c->name ? c->name : "*");
	print_options(c);
	printf("'%s ;;\n", c->files ? "" : "; compopt +o default");
}

/* A word of bash's ends before = and after it. */
static void print_bash(void)
{
	size_t i;

	printf("_flipq()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} words=\n"
	       "\tlocal last=${COMP_WORDS[COMP_CWORD-1]}\n\n"
	       "\tCOMPREPLY=()\n"
	       "\t[ \"$word\" != = ] || word=\n"
	       "\t[ \"$last\" != = ] || last=${COMP_WORDS[COMP_CWORD-2]}\n"
	       "\tif [ \"$COMP_CWORD\" -eq 1 ] && [[ $word != -* ]]; then\n"
	       "\t\twords='");
	print_commands();
	printf("'\n\t\tcompopt -o filenames\n"
	       "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
	       "\t\tmapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\")\n"
	       "\t\treturn\n\tfi\n\tcase $last in\n\t");
	print_pattern(VALUE_FORMAT);
	printf(") words='");
	print_formats();
	printf("' ;;\n\t");
	print_pattern(VALUE_FILE);
	printf(") return ;;\n\t");
	print_pattern(VALUE_OTHER);
	printf(") compopt +o default; return ;;\n\t*)\n"
	       "\t\tcase ${COMP_WORDS[1]} in\n");
	for (i = 0; i < nr_commands; i++)
		print_bash_case(&commands[i]);
	printf("\t\t\tcompletion) COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$word\")) ;;\n"
	       "\t\t\thelp) words='");
	print_commands();
	printf("'; COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n");
	print_bash_case(&no_command);
	printf("\t\tesac\n\t\t[[ $word == -* ]] || return 0 ;;\n\tesac\n"
	       "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
	       "complete -o default -F _flipq " PROGRAMS "\n");
}

static void print_zsh_case(const struct command *c)
{
	printf("\t(%s:-*) compadd -- ", *c->name ? c->name : "*");
	print_options(c);
	printf(";;\n");
	if (!c->files)
		printf("\t(%s:*) ;;\n", c->name);
}

static void print_zsh(void)
{
	size_t i;

	printf("_flipq()\n{\n"
	       "\tif ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then\n"
	       "\t\tcompadd -- ");
	print_commands();
	printf("\n\t\t_files\n\t\treturn\n\tfi\n"
	       "\tlocal last=$words[CURRENT-1] command=$words[2]\n"
	       "\t((CURRENT > 2)) || command=\n"
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
	printf(") return ;;\n\tesac\n\tcase $command:$PREFIX in\n"
	       "\t(completion:*) compadd -- bash zsh fish ;;\n"
	       "\t(help:*) compadd -- ");
	print_commands();
	printf(" ;;\n");
	for (i = 0; i < nr_commands; i++)
		print_zsh_case(&commands[i]);
	print_zsh_case(&no_command);
	printf("\t(*) _files ;;\n\tesac\n}\ncompdef _flipq " PROGRAMS "\n");
}

static void print_fish_option(const struct command *c, const struct row *r)
{
	printf("complete -c flipq%s -n '", c->files ? "" : " -f");
	if (*c->name) {
		printf("__fish_seen_subcommand_from %s", c->name);
	} else {
		printf("not __fish_seen_subcommand_from ");
		print_commands();
	}
	printf("' -l %s", r->name);
	if (has_letter(r))
		printf(" -s %c", r->key);
	/* One line of what the help says, which has no quotes. */
	printf(" -d \"%.*s\"", (int)strcspn(r->help, "\n;"), r->help);
	if (r->value == VALUE_FORMAT) {
		printf(" -x -a '");
		print_formats();
		printf("'");
	}
	if (r->value == VALUE_FILE)
		printf(" -r");
	if (r->value == VALUE_OTHER)
		printf(" -x");
	printf("\n");
}

static void print_fish_options(const struct command *c)
{
	size_t i;

	for (i = 0; i < table_rows; i++)
		if (is_offered(&table[i], c))
			print_fish_option(c, &table[i]);
}

static void print_fish(void)
{
	size_t i;

	printf("complete -c flipq -n __fish_use_subcommand -a '");
	print_commands();
	printf("'\n"
	       "complete -c flipq -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n");
	print_fish_options(&no_command);
	for (i = 0; i < nr_commands; i++)
		print_fish_options(&commands[i]);
	printf("complete -c unflipq -w flipq\n"
	       "complete -c flipqcat -w flipq\n");
}

int completion_print(const char *shell)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = {
		{ "bash", print_bash },
		{ "zsh", print_zsh },
		{ "fish", print_fish },
	};
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (shell && !strcmp(shell, shells[i].name)) {
			shells[i].print();
			return STATUS_OK;
		}
	}
	fail("completion", "shell '%s': expected bash, zsh or fish",
	     shell ? shell : "");
	return STATUS_USAGE;
}
