/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h - names from files and headers, which may hold any bytes
 */
#ifndef TEXT_H
#define TEXT_H

/*
 * To standard output. What is no printable UTF-8 becomes \ooo, as nothing in a name
 * is for a terminal to obey.
 */
void text_print(const char *text);

/*
 * As a string of JSON. A byte that is no UTF-8 becomes a lone surrogate, U+DC80 to
 * U+DCFF, as Python's os.fsdecode() has it, so that the name can be had back.
 */
void text_quote(const char *text);

/*
 * Within the quotes of a label of Prometheus' text format, which is UTF-8: as
 * text_print() has it.
 */
void text_label(const char *text);

#endif /* TEXT_H */
