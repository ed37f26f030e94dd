// SPDX-License-Identifier: GPL-2.0-only
/*
 * options.c - the command line, read by the table of options
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "flipq.h"
#include "options.h"
#include "writer.h"

/* Acceleration of lz4 goes up to here. */
#define MAX_LEVEL	65537

/* Between two looks of top, seconds. */
#define MIN_INTERVAL	0.1
#define MAX_INTERVAL	3600.0

/* How the level was given: whose number it is. */
enum level {
	LEVEL_STOCK,
	LEVEL_OWN,
	LEVEL_FAST,
	LEVEL_BEST,
};

/**
 * struct parsing - a command line being read
 * @c: its command
 * @o: what it asks for
 * @level: how the level was given
 * @next: arguments not read yet, up to a NULL
 */
struct parsing {
	const struct command *c;
	struct options *o;
	enum level level;
	char **next;
};

__attribute__((format(printf, 2, 3)))
static int usage(const struct command *c, const char *format, ...);

static int usage(const struct command *c, const char *format, ...)
{
	const char *space = *c->name ? " " : "";
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "flipq: %s%s%s\nTry 'flipq%s%s --help'.\n", c->name,
		*c->name ? ": " : "", text, space, c->name);
	return STATUS_USAGE;
}

/* K, KB, KiB, and so on for M and G: past it, or @text if it is none. */
static const char *unit(const char *text, long *bytes)
{
	static const char letters[] = "KMG";
	const char *letter = *text ? strchr(letters, toupper(*text)) : NULL;

	*bytes = 1;
	if (!letter)
		return text;
	*bytes = 1L << (10 * (letter - letters + 1));
	text++;
	if (toupper(*text) == 'B')
		return text + 1;
	return strncasecmp(text, "iB", 2) ? text : text + 2;
}

/* A number from @low to @high, with a unit after it where there are @units. */
static bool number(const char *text, long low, long high, bool units,
		   long *value)
{
	const char *rest;
	char *end;
	long bytes = 1;

	errno = 0;
	*value = strtol(text, &end, 10);
	if (errno || end == text)
		return false;
	rest = units ? unit(end, &bytes) : end;
	if (*rest || *value > high / bytes || *value < 0)
		return false;
	*value *= bytes;
	return *value >= low;
}

/* By its name, or by the one that its files have. */
static const struct writer *find_writer(const char *name)
{
	const struct writer *const *w;

	for (w = writers; *w; w++)
		if (!strcasecmp((*w)->name, name))
			return *w;
	for (w = writers; *w; w++)
		if (!strcasecmp((*w)->suffix + 1, name))
			return *w;
	return NULL;
}

static int set_format(struct parsing *p, const char *name)
{
	p->o->format = find_writer(name);
	if (!p->o->format)
		return usage(p->c,
			     "algorithm '%s': expected lz4, lz4hc, zstd (zst) or gzip (gz)",
			     name);
	return OPTIONS_RUN;
}

static int set_block(struct parsing *p, const char *text)
{
	long value;

	if (!number(text, MIN_BLOCK, MAX_BLOCK, true, &value))
		return usage(p->c,
			     "block size '%s': expected 1K to 4M, as in 65536, 64K or 4M",
			     text);
	p->o->block = (uint32_t)value;
	return OPTIONS_RUN;
}

static int set_memory(struct parsing *p, const char *text)
{
	long value;

	if (!number(text, KIB, MAX_WINDOW, true, &value))
		return usage(p->c, "memory '%s': expected 1K to 2G, as in 512M",
			     text);
	p->o->window = (uint64_t)value;
	p->o->memory = true;
	return OPTIONS_RUN;
}

static int set_long(struct parsing *p, const char *text)
{
	long value;

	if (!number(text, MIN_WINDOW_LOG, MAX_WINDOW_LOG, false, &value))
		return usage(p->c, "long '%s': expected %d to %d", text,
			     MIN_WINDOW_LOG, MAX_WINDOW_LOG);
	if (!p->o->memory)
		p->o->window = 1ULL << value;
	return OPTIONS_RUN;
}

static int set_place(struct parsing *p, const char *name, const char *text,
		     uint64_t *place)
{
	long value;

	if (!number(text, 0, INT64_MAX, true, &value))
		return usage(p->c, "%s '%s': expected bytes, as in 4096 or 1G",
			     name, text);
	*place = (uint64_t)value;
	p->o->range = true;
	return OPTIONS_RUN;
}

static int set_base(struct parsing *p, const char *path)
{
	if (!*path)
		return usage(p->c, "--base: expected a file name");
	p->o->base = path;
	return OPTIONS_RUN;
}

static int set_device(struct parsing *p, const char *path)
{
	if (path && !*path)
		return usage(p->c, "--device: expected a path after =");
	p->o->device = path ? path : FLIPQ_DEVICE;
	return OPTIONS_RUN;
}

/* What is in between depends on the algorithm. */
static int set_level(struct parsing *p, enum level how, const char *text)
{
	long value;

	if (!number(text, 1, MAX_LEVEL, false, &value))
		return usage(p->c, "level '%s': expected a number from 1 on",
			     text);
	p->o->level = (int)value;
	p->level = how;
	return OPTIONS_RUN;
}

static unsigned int count_cpus(void)
{
	cpu_set_t cpus;
	int n = 1;

	if (!sched_getaffinity(0, sizeof(cpus), &cpus))
		n = CPU_COUNT(&cpus);
	return n > FLIPQ_MAX_PARTITIONS ? FLIPQ_MAX_PARTITIONS :
	       (unsigned int)n;
}

static int set_workers(struct parsing *p, const char *text)
{
	long value;

	if (!number(text, 0, FLIPQ_MAX_PARTITIONS, false, &value))
		return usage(p->c,
			     "workers '%s': expected 1 to %d, or 0 for one per CPU",
			     text, FLIPQ_MAX_PARTITIONS);
	p->o->workers = value ? (unsigned int)value : count_cpus();
	return OPTIONS_RUN;
}

static int set_suffix(struct parsing *p, const char *text)
{
	if (!*text || strchr(text, '/'))
		return usage(p->c,
			     "suffix '%s': expected one without a slash, as in .lz4",
			     text);
	p->o->suffix = text;
	return OPTIONS_RUN;
}

static int set_output(struct parsing *p, const char *path)
{
	if (!*path)
		return usage(p->c, "-o: expected a file name");
	p->o->to_stdout = !strcmp(path, "-");
	p->o->output = p->o->to_stdout ? NULL : path;
	return OPTIONS_RUN;
}

static int set_socket(struct parsing *p, const char *path)
{
	if (!*path)
		return usage(p->c, "--socket: expected a path");
	p->o->socket = path;
	return OPTIONS_RUN;
}

static int set_on_error(struct parsing *p, const char *what)
{
	p->o->sigbus = !strcmp(what, "sigbus");
	if (!p->o->sigbus && strcmp(what, "kill"))
		return usage(p->c, "--on-error '%s': expected kill or sigbus",
			     what);
	return OPTIONS_RUN;
}

static void set_mode(struct options *o, int letter)
{
	o->mode = letter == 'd' ? MODE_DECOMPRESS :
		  letter == 't' ? MODE_TEST :
		  letter == 'l' ? MODE_LIST : MODE_COMPRESS;
	o->said = letter == 'z';
}

/* What has no value. Of those that contradict each other, the last counts. */
static void set_flag(struct options *o, int key)
{
	switch (key) {
	case 'c':
		o->to_stdout = true;
		o->output = NULL;
		break;
	case 'f':
		o->force = true;
		break;
	case 'k':
	case OPT_RM:
		o->remove = key == OPT_RM;
		break;
	case 'q':
	case 'v':
		o->quiet = key == 'q';
		o->verbose = key == 'v';
		break;
	case 'r':
		o->recursive = true;
		break;
	case OPT_NO_DEVICE:
		o->device = FLIPQ_IN_PROCESS;
		break;
	case OPT_INDEX:
		o->index = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_CHECKSUM:
	case OPT_NO_CHECKSUM:
		o->checksum = key == OPT_CHECKSUM;
		break;
	case OPT_SPARSE:
	case OPT_NO_SPARSE:
		o->sparse = key == OPT_SPARSE;
		break;
	default:
		/* Others' names for what is done anyway. */
		break;
	}
}

static int set_value(struct parsing *p, int key, const char *value)
{
	switch (key) {
	case 'a':
		return set_format(p, value);
	case 'b':
		return set_block(p, value);
	case 'M':
		return set_memory(p, value);
	case 'o':
		return set_output(p, value);
	case 'S':
		return set_suffix(p, value);
	case 'l':
		return set_level(p, LEVEL_OWN, value);
	case OPT_LEVEL:
		return set_level(p, LEVEL_STOCK, value);
	case OPT_FAST:
		return set_level(p, LEVEL_FAST, value);
	case OPT_LONG:
		return set_long(p, value);
	case OPT_BASE:
		return set_base(p, value);
	case OPT_OFFSET:
		return set_place(p, "offset", value, &p->o->offset);
	case OPT_LENGTH:
		return set_place(p, "length", value, &p->o->length);
	case OPT_DEVICE:
		return set_device(p, value);
	case OPT_SOCKET:
		return set_socket(p, value);
	case OPT_ON_ERROR:
		return set_on_error(p, value);
	default:
		return set_workers(p, value);
	}
}

static int set_interval(struct parsing *p, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	/* No number is within these, either. */
	if (end == text || *end || !(value >= MIN_INTERVAL) ||
	    !(value <= MAX_INTERVAL))
		return usage(p->c,
			     "interval '%s': expected seconds from 0.1 to 3600",
			     text);
	p->o->interval = (uint64_t)(value * NS_PER_SECOND);
	return OPTIONS_RUN;
}

static int set_iterations(struct parsing *p, const char *text)
{
	long value;

	if (!number(text, 0, INT_MAX, false, &value))
		return usage(p->c,
			     "iterations '%s': expected a number, or 0 for no end",
			     text);
	p->o->iterations = (unsigned long)value;
	return OPTIONS_RUN;
}

/* Its letters have other meanings than with files. */
static int set_top(struct parsing *p, int key, const char *value)
{
	switch (key) {
	case 'i':
		return set_interval(p, value);
	case 'n':
		return set_iterations(p, value);
	case 's':
		p->o->sort = value;
		break;
	case OPT_DEVICE:
		return set_device(p, value);
	case 'b':
		p->o->batch = true;
		break;
	case OPT_JSON:
	case OPT_METRICS:
		p->o->json = key == OPT_JSON;
		p->o->metrics = key == OPT_METRICS;
		break;
	}
	return OPTIONS_RUN;
}

static int set(struct parsing *p, int key, const char *value)
{
	if (p->c->taker == TOP)
		return set_top(p, key, value);
	if (value)
		return set_value(p, key, value);
	switch (key) {
	case 'z':
	case 'd':
	case 't':
	case 'l':
		set_mode(p->o, key);
		break;
	case OPT_DEVICE:
		return set_device(p, NULL);
	case OPT_FAST:
		return set_level(p, LEVEL_FAST, "1");
	case OPT_BEST:
		p->level = LEVEL_BEST;
		break;
	default:
		set_flag(p->o, key);
	}
	return OPTIONS_RUN;
}

/* lz4 has its levels from 3 on by the algorithm that is called lz4hc here. */
static void choose_lz4(struct options *o, enum level level)
{
	if (level == LEVEL_STOCK && o->level >= 3)
		o->format = find_writer("lz4hc");
	else if (level == LEVEL_STOCK && o->level)
		o->level = 1;
}

static void choose_best(struct options *o)
{
	static const struct {
		uint32_t algorithm;
		int level;
	} best[] = {
		{ FLIPQ_ALG_LZ4HC, 12 },
		{ FLIPQ_ALG_ZSTD, 19 },
		{ FLIPQ_ALG_DEFLATE, 9 },
	};
	size_t i;

	if (o->format->algorithm == FLIPQ_ALG_LZ4)
		o->format = find_writer("lz4hc");
	for (i = 0; i < sizeof(best) / sizeof(best[0]); i++)
		if (best[i].algorithm == o->format->algorithm)
			o->level = best[i].level;
}

/* What a level means is known with the format, which may come after it. */
static void choose_level(struct options *o, enum level level)
{
	if (level == LEVEL_BEST)
		choose_best(o);
	else if (o->format->algorithm == FLIPQ_ALG_LZ4)
		choose_lz4(o, level);
	else if (level == LEVEL_FAST)
		o->level = 1;
}

/* What images take, and what takes images. */
static int check_image(struct parsing *p)
{
	struct options *o = p->o;

	if (o->mode != MODE_COMPRESS)
		return o->index ? usage(p->c, "--index: expected compression") :
				  OPTIONS_RUN;
	if (o->range)
		return usage(p->c, "--offset, --length: expected -d or -t");
	o->index |= !!o->base;
	if (!o->index)
		return OPTIONS_RUN;
	if (!o->format->framed)
		return usage(p->c,
			     "--index: expected algorithm lz4, lz4hc or zstd, got %s",
			     o->format->name);
	if (o->block < MIN_INDEX_BLOCK || o->block > MAX_INDEX_BLOCK)
		return usage(p->c, "--index: expected blocks of 4K to 1M");
	return OPTIONS_RUN;
}

static int check_restore(const struct parsing *p)
{
	const struct options *o = p->o;

	if (o->nr_files > 1)
		return usage(p->c, "expected one image, got %zu", o->nr_files);
	if (!o->socket)
		return usage(p->c, "expected --socket with a path");
	return OPTIONS_RUN;
}

static int check(struct parsing *p)
{
	struct options *o = p->o;
	int status;

	if (o->json && o->mode != MODE_LIST && o->mode != MODE_TOP)
		return usage(p->c, "--json: expected -l or --list with it");
	if (o->output && o->recursive)
		return usage(p->c, "-o: expected one file, not -r");
	if (o->output && o->nr_files > 1)
		return usage(p->c, "-o: expected one file, got %zu",
			     o->nr_files);
	if (o->mode == MODE_RESTORE)
		return check_restore(p);
	choose_level(o, p->level);
	status = check_image(p);
	if (status == OPTIONS_RUN && o->index)
		o->format = o->format->framed;
	return status;
}

/* A file may have that name. */
static bool asks_for_help(const struct command *c, const struct options *o)
{
	return o->nr_files == 1 && !strcmp(o->files[0], "help") &&
	       (!c->files || access(o->files[0], F_OK));
}

static int check_files(struct parsing *p)
{
	struct options *o = p->o;
	size_t i;

	if (asks_for_help(p->c, o)) {
		print_help(p->c);
		return STATUS_OK;
	}
	if (o->nr_files && !p->c->files)
		return usage(p->c, "unexpected argument '%s': expected none",
			     o->files[0]);
	for (i = 0; i < o->nr_files; i++)
		if (!*o->files[i])
			return usage(p->c, "expected a file name, got ''");
	if (!o->nr_files && p->c->needs_file)
		return usage(p->c,
			     "expected a file, or - for standard input");
	return check(p);
}

static const struct row *find_letter(unsigned int takers, int letter)
{
	size_t i;

	if (isdigit(letter))
		letter = OPT_DIGIT;
	for (i = 0; i < table_rows; i++)
		if (table[i].takers & takers && table[i].key == letter)
			return &table[i];
	return NULL;
}

static bool is_short_for(const struct row *r, const char *text, size_t len)
{
	return r->name && !strncmp(r->name, text, len);
}

/* The whole name, or what is short for one option only. */
static const struct row *find_name(unsigned int takers, const char *text,
				   size_t len)
{
	const struct row *found = NULL;
	bool several = false;
	size_t i;

	for (i = 0; i < table_rows; i++) {
		const struct row *r = &table[i];

		if (!(r->takers & takers) || !is_short_for(r, text, len))
			continue;
		if (!r->name[len])
			return r;
		several |= found && found->key != r->key;
		found = r;
	}
	return several ? NULL : found;
}

static int unknown_name(const struct parsing *p, const char *text, size_t len)
{
	char names[160] = "";
	size_t i, used = 0;

	for (i = 0; i < table_rows; i++) {
		const struct row *r = &table[i];

		if (r->takers & p->c->taker && is_short_for(r, text, len) &&
		    used < sizeof(names))
			used += (size_t)snprintf(names + used,
						 sizeof(names) - used,
						 "%s--%s", used ? ", " : "",
						 r->name);
	}
	if (used)
		return usage(p->c, "option '--%s': expected one of %s", text,
			     names);
	if (find_name(EVERY, text, len))
		return usage(p->c, "does not take option '--%s'", text);
	return usage(p->c, "unknown option '--%s'", text);
}

/* @text: as the user has it; @value: what comes with it, NULL for nothing */
static int take(struct parsing *p, const struct row *r, const char *text,
		const char *value)
{
	bool needs = r->value != VALUE_NONE && r->value != VALUE_OPTIONAL;

	if (value && r->value == VALUE_NONE)
		return usage(p->c, "option '%s': expected no value", text);
	if (needs && !value)
		value = *p->next ? *p->next++ : NULL;
	if (needs && !value)
		return usage(p->c, "option '%s': expected a value, %s", text,
			     r->label);
	if (r->key == 'V')
		return OPTIONS_VERSION;
	if (r->key != 'h')
		return set(p, r->key, value);
	print_help(p->c);
	return STATUS_OK;
}

static int take_long(struct parsing *p, const char *text)
{
	size_t len = strcspn(text + 2, "=");
	const char *value = text[2 + len] ? text + 2 + len + 1 : NULL;
	const struct row *r = find_name(p->c->taker, text + 2, len);

	return r ? take(p, r, text, value) : unknown_name(p, text + 2, len);
}

/* -19 is one level. Past its digits, NULL after a message. */
static const char *take_digits(struct parsing *p, const char *text)
{
	size_t len = strspn(text, "0123456789");
	char digits[16];

	snprintf(digits, sizeof(digits), "%.*s", (int)len, text);
	if (set_level(p, LEVEL_STOCK, digits) != OPTIONS_RUN)
		return NULL;
	return text + len;
}

/* Letters, the last of them perhaps with a value behind it. */
static int take_letters(struct parsing *p, const char *text)
{
	while (*text) {
		char option[] = { '-', *text, '\0' };
		const struct row *r = find_letter(p->c->taker,
						    (uint8_t)*text);
		const char *value = NULL;
		int err;

		if (!r && find_letter(EVERY, (uint8_t)*text))
			return usage(p->c, "does not take option '%s'", option);
		if (!r)
			return usage(p->c, "unknown option '%s'", option);
		if (r->key == OPT_DIGIT) {
			text = take_digits(p, text);
			if (!text)
				return STATUS_USAGE;
			continue;
		}
		text++;
		if (r->value != VALUE_NONE && *text) {
			value = text;
			text += strlen(text);
		}
		err = take(p, r, option, value);
		if (err != OPTIONS_RUN)
			return err;
	}
	return OPTIONS_RUN;
}

void options_default(struct options *o)
{
	*o = (struct options) {
		.checksum = true,
		.sparse = true,
		.format = writers[0],
		.window = DEFAULT_WINDOW,
		.block = DEFAULT_BLOCK,
		.length = UINT64_MAX,
		.interval = DEFAULT_INTERVAL,
	};
}

/* Options are taken behind files, too, up to --. */
int options_parse(const struct command *c, char **argv, struct options *o)
{
	struct parsing p = { .c = c, .o = o, .next = argv };
	int err = OPTIONS_RUN;

	o->files = argv;
	while (*p.next && err == OPTIONS_RUN) {
		char *text = *p.next++;

		if (!strcmp(text, "--")) {
			while (*p.next)
				o->files[o->nr_files++] = *p.next++;
		} else if (!strncmp(text, "--", 2)) {
			err = take_long(&p, text);
		} else if (*text == '-' && text[1]) {
			err = take_letters(&p, text + 1);
		} else {
			o->files[o->nr_files++] = text;
		}
	}
	return err == OPTIONS_RUN ? check_files(&p) : err;
}
