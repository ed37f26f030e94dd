// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c - the commands, and the one table of options with the help from it
 */
#include <stdio.h>
#include <string.h>

#include "table.h"

/* Where the help's second column begins. */
#define COLUMN	25

const struct row table[] = {
	{ 'z', "compress", VALUE_NONE, NULL, CODING,
	  "compress; the last of -z, -d, -t and -l counts" },
	{ 'd', "decompress", VALUE_NONE, NULL, CODING, "decompress" },
	{ 'd', "uncompress", VALUE_NONE, NULL, CODING, NULL },
	{ 't', "test", VALUE_NONE, NULL, READING,
	  "decompress to nowhere, and check all checksums" },
	{ 'l', "list", VALUE_NONE, NULL, ALONE | LIST,
	  "list frames, sizes and checks" },
	{ OPT_JSON, "json", VALUE_NONE, NULL, ALONE | LIST,
	  "list as one JSON document" },
	{ 'i', "interval", VALUE_OTHER, "SECONDS", TOP,
	  "between two looks, 0.1 to 3600, default 1" },
	{ 's', "sort", VALUE_OTHER, "COLUMN", TOP,
	  "requests (default), in, out, busy, parks or kicks;\n"
	  "on a terminal their first letters are keys" },
	{ 'b', "batch", VALUE_NONE, NULL, TOP,
	  "no screen, one table after another" },
	{ 'n', "iterations", VALUE_OTHER, "N", TOP,
	  "end after so many tables; default 0, no end" },
	{ OPT_JSON, "json", VALUE_NONE, NULL, TOP,
	  "a line with a JSON object in place of each table" },
	{ OPT_METRICS, "metrics", VALUE_NONE, NULL, TOP,
	  "counters in Prometheus' text format, once" },
	{ 'a', "algorithm", VALUE_FORMAT, "NAME", CODING,
	  "lz4 (default), lz4hc, zstd or zst, gzip or gz" },
	{ 'a', "format", VALUE_FORMAT, "NAME", CODING, "the same" },
	{ OPT_DIGIT, NULL, VALUE_NONE, NULL, CODING,
	  "level, as lz4 (1 to 16), zstd (1 to 22) and gzip (1\n"
	  "to 9) count it; threads of this process do what is\n"
	  "too much for the kernel's workers, in smaller blocks\n"
	  "if need be" },
	{ OPT_LEVEL, "level", VALUE_OTHER, "N", ALONE, "the same" },
	{ 'l', "level", VALUE_OTHER, "N", COMPRESS,
	  "deprecated, as -l is to list elsewhere: -N has the\n"
	  "level. The same but for lz4: acceleration, where 1\n"
	  "(default) compresses best" },
	{ OPT_FAST, "fast", VALUE_OPTIONAL, "N", CODING,
	  "level 1; lz4: acceleration, where 1 compresses best" },
	{ OPT_BEST, "best", VALUE_NONE, NULL, CODING,
	  "level 12 of lz4, 19 of zstd, 9 of gzip" },
	{ 'b', "block", VALUE_OTHER, "SIZE", CODING,
	  "1K to 4M, default 64K" },
	{ OPT_INDEX, "index", VALUE_NONE, NULL, ALONE | COMPRESS,
	  "write a table of the blocks, by which any part of\n"
	  "the file can be read; lz4, lz4hc and zstd only" },
	{ OPT_BASE, "base", VALUE_FILE, "FILE", WORKING,
	  "only what differs from the content of FILE, which\n"
	  "has an index; to decompress, the FILE it was made of" },
	{ OPT_OFFSET, "offset", VALUE_OTHER, "N", READING & ~COMPRESS,
	  "decompress from byte N on only; takes an index" },
	{ OPT_LENGTH, "length", VALUE_OTHER, "N", READING & ~COMPRESS,
	  "so many bytes only; takes an index" },
	{ OPT_NO_CHECKSUM, "no-content-checksum", VALUE_NONE, NULL, CODING,
	  "leave out the checksum of the content" },
	{ OPT_NO_CHECKSUM, "no-check", VALUE_NONE, NULL, CODING, NULL },
	{ OPT_NO_CHECKSUM, "no-frame-crc", VALUE_NONE, NULL, CODING, NULL },
	{ OPT_CHECKSUM, "check", VALUE_NONE, NULL, CODING, NULL },
	{ OPT_NO_SPARSE, "no-sparse", VALUE_NONE, NULL, CODING,
	  "read holes as any other part, and write none" },
	{ OPT_SPARSE, "sparse", VALUE_NONE, NULL, CODING, NULL },
	{ 'M', "memory", VALUE_OTHER, "SIZE", READING,
	  "largest window of a zstd frame, default 128M" },
	{ OPT_LONG, "long", VALUE_OPTIONAL, "N", READING,
	  "the same, 2 to the power of N; default 27" },
	{ 'o', "output", VALUE_FILE, "FILE", CODING,
	  "write there; - for standard output" },
	{ 'c', "stdout", VALUE_NONE, NULL, CODING,
	  "write to standard output" },
	{ 'c', "to-stdout", VALUE_NONE, NULL, CODING, NULL },
	{ 'S', "suffix", VALUE_OTHER, "SUFFIX", READING | LIST,
	  "of compressed files, beside the usual ones" },
	{ 'r', "recursive", VALUE_NONE, NULL, FILES,
	  "take the files in directories, too" },
	{ 'f', "force", VALUE_NONE, NULL, FILES,
	  "overwrite; use terminals; with -dc, pass through what\n"
	  "is not compressed" },
	{ 'k', "keep", VALUE_NONE, NULL, CODING, "keep the input: the default" },
	{ OPT_RM, "rm", VALUE_NONE, NULL, CODING,
	  "remove the input once its output is complete" },
	{ OPT_SOCKET, "socket", VALUE_FILE, "PATH", RESTORE,
	  "Unix socket to make, at which the client connects" },
	{ OPT_ON_ERROR, "on-error", VALUE_OTHER, "WHAT", RESTORE,
	  "kill (default) the client when it touches a page that\n"
	  "cannot be read, or give it sigbus there" },
	{ 'T', "threads", VALUE_OTHER, "N", WORKING,
	  "workers to use, 1 to 64; 0 for one per CPU" },
	{ 'w', "workers", VALUE_OTHER, "N", WORKING, "the same" },
	{ 'p', "processes", VALUE_OTHER, "N", WORKING, NULL },
	{ OPT_DEVICE, "device", VALUE_OPTIONAL, "PATH", WORKING | QUERY,
	  "use /dev/flipq, or PATH, or fail where it cannot be\n"
	  "used; else the work is done in this process then" },
	{ OPT_DEVICE, "device", VALUE_FILE, "PATH", TOP,
	  "ask this one, not /dev/flipq" },
	{ OPT_NO_DEVICE, "no-device", VALUE_NONE, NULL, WORKING | QUERY,
	  "do the work in this process" },
	{ 'q', "quiet", VALUE_NONE, NULL, FILES | RESTORE,
	  "no progress and no warnings" },
	{ 'v', "verbose", VALUE_NONE, NULL, FILES | RESTORE,
	  "say more: counters, 'key: value' on standard error" },
	{ 'n', "no-name", VALUE_NONE, NULL, CODING, NULL },
	{ 'm', "multiple", VALUE_NONE, NULL, CODING, NULL },
	{ OPT_IGNORED, "ultra", VALUE_NONE, NULL, CODING, NULL },
	{ 'h', "help", VALUE_NONE, NULL, EVERY, "this text" },
	{ 'V', "version", VALUE_NONE, NULL, EVERY, "which flipq this is" },
};

const size_t table_rows = sizeof(table) / sizeof(table[0]);

const struct command no_command = {
	.name = "",
	.taker = ALONE,
	.mode = MODE_COMPRESS,
	.files = true,
	.intro =
	"Usage: flipq [OPTION]... [FILE]...\n"
	"       flipq COMMAND [OPTION]... [FILE]...\n"
	"Compress each FILE to FILE.lz4, FILE.zst or FILE.gz, with the kernel's\n"
	"workers; standard input to standard output. FILE is kept.\n\n"
	"  compress      the same\n"
	"  decompress    any of these, as -d does\n"
	"  test          decompress to nowhere, as -t does\n"
	"  list          what is in them, as -l does\n"
	"  restore       memory to a process that runs before it is there\n"
	"  codecs        list the kernel's codecs\n"
	"  info          show limits and use\n"
	"  top           show what all queues do, again and again\n"
	"  completion    for a shell: bash, zsh or fish\n"
	"  help          this text; of a command, if one follows\n\n"
	"Called unflipq it is flipq -d, and called flipqcat it is flipq -dcf.\n",
};

const struct command commands[] = {
	{
		.name = "compress",
		.taker = COMPRESS,
		.mode = MODE_COMPRESS,
		.files = true,
		.intro =
	"Usage: flipq compress [OPTION]... [FILE|-]...\n"
	"Compress FILE to FILE.lz4, FILE.zst or FILE.gz; standard input to\n"
	"standard output. FILE is kept.\n",
	}, {
		.name = "decompress",
		.taker = DECOMPRESS,
		.mode = MODE_DECOMPRESS,
		.files = true,
		.intro =
	"Usage: flipq decompress [OPTION]... [FILE|-]...\n"
	"Decompress FILE.lz4, FILE.zst or FILE.gz to FILE; standard input to\n"
	"standard output. The format is found from the content. FILE is kept.\n",
	}, {
		.name = "test",
		.taker = TEST,
		.mode = MODE_TEST,
		.files = true,
		.needs_file = true,
		.intro =
	"Usage: flipq test [OPTION]... FILE|-...\n"
	"Decompress FILE to nowhere, and check all checksums.\n",
	}, {
		.name = "list",
		.taker = LIST,
		.mode = MODE_LIST,
		.files = true,
		.intro =
	"Usage: flipq list [OPTION]... [FILE|-]...\n"
	"List frames, sizes, ratio and checks, without decompressing.\n",
	}, {
		.name = "restore",
		.taker = RESTORE,
		.mode = MODE_RESTORE,
		.files = true,
		.needs_file = true,
		.intro =
	"Usage: flipq restore [OPTION]... --socket PATH IMAGE\n"
	"Wait at PATH for a process whose memory is in IMAGE, as Firecracker's is\n"
	"that loads a snapshot, and answer its page faults; IMAGE is what flipq\n"
	"compress --index wrote.\n",
	}, {
		.name = "codecs",
		.taker = QUERY,
		.mode = MODE_CODECS,
		.intro =
	"Usage: flipq codecs [OPTION]...\n"
	"List what the kernel compresses with, and up to which level its shared\n"
	"workers, and threads of the caller's, take it at some block sizes; where\n"
	"there is no device, the same of this process.\n",
	}, {
		.name = "info",
		.taker = QUERY,
		.mode = MODE_INFO,
		.intro =
	"Usage: flipq info [OPTION]...\n"
	"Show the kernel's limits and what is in use, or why there is no device.\n",
	}, {
		.name = "top",
		.taker = TOP,
		.mode = MODE_TOP,
		.intro =
	"Usage: flipq top [OPTION]...\n"
	"Show what the queues do that this user may see, again and again; key q\n"
	"ends it. Rates are of the time between two looks.\n",
	},
};

const size_t nr_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < nr_commands; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* The first column. */
static int print_option(const struct row *r)
{
	const char *open = "=", *close = "";
	int n;

	if (r->key == OPT_DIGIT)
		return printf("  -1 ... -22");
	n = has_letter(r) ? printf("  -%c, ", r->key) : printf("      ");
	n += printf("--%s", r->name);
	if (r->value == VALUE_OPTIONAL) {
		open = "[=";
		close = "]";
	}
	if (r->label)
		n += printf("%s%s%s", open, r->label, close);
	return n;
}

static void print_text(const char *text, int at)
{
	if (at > COLUMN - 1)
		printf("  ");
	else
		printf("%*s", COLUMN - at, "");
	for (; *text; text++) {
		putchar(*text);
		if (*text == '\n')
			printf("%*s", COLUMN, "");
	}
	putchar('\n');
}

void print_help(const struct command *c)
{
	size_t i;

	printf("%s\n", c->intro);
	for (i = 0; i < table_rows; i++)
		if (table[i].takers & c->taker && table[i].help)
			print_text(table[i].help, print_option(&table[i]));
	if (c == &no_command)
		puts("\n'flipq COMMAND --help' says more.");
}
