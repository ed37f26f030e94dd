/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * message.h - errors and warnings, as a line on stderr
 */
#ifndef MESSAGE_H
#define MESSAGE_H

/**
 * fail - say what went wrong
 * @name: file or thing that it is about
 * @format: as for printf(), without a newline
 *
 * Return: -1, so that a caller can return it
 */
__attribute__((format(printf, 2, 3)))
int fail(const char *name, const char *format, ...);

/* The same where the work goes on. */
__attribute__((format(printf, 2, 3)))
void warn(const char *name, const char *format, ...);

#endif /* MESSAGE_H */
