/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * completion.h - what shells offer for the command line
 */
#ifndef COMPLETION_H
#define COMPLETION_H

/**
 * completion_print - the functions that complete a command line, for a shell
 * @shell: bash, zsh or fish
 *
 * Return: an enum exit_status
 */
int completion_print(const char *shell);

#endif /* COMPLETION_H */
