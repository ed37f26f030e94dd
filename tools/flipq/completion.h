/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * completion.h - what shells offer for the command line
 */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stddef.h>

#include "options.h"

/**
 * completion_print - the functions that complete a command line, for a shell
 * @shell: bash, zsh or fish
 * @commands: the tool's
 * @nr: how many
 *
 * Return: an enum exit_status
 */
int completion_print(const char *shell, const struct command *commands,
		     size_t nr);

#endif /* COMPLETION_H */
