// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the commands and their help
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "completion.h"
#include "message.h"
#include "options.h"
#include "standard.h"
#include "tool.h"

#define COMMON_HELP \
	"  -o, --output=FILE      write there; - for standard output\n" \
	"  -c, --stdout           write to standard output\n" \
	"  -f, --force            overwrite, and write to a terminal\n" \
	"  -k, --keep             accepted: the input is always kept\n" \
	"  -w, --workers=N        workers to use, 1 to 64\n" \
	"  -T, --threads=N        the same\n" \
	"  -q, --quiet            no progress and no warnings\n" \
	"  -v, --verbose          close with counters, 'key: value' on stderr\n" \
	"      --help             this text\n"

#define WINDOW_HELP \
	"  -M, --memory=SIZE      largest window of a zstd frame, default 128M\n" \
	"      --long[=N]         the same, 2 to the power of N; default 27\n"

static const struct command commands[] = {
	{
		.name = "compress",
		.letters = "abcfkloqvw",
		.files = 1,
		.run = cmd_compress,
		.help =
	"Usage: flipq compress [OPTION]... [FILE|-]\n"
	"Compress FILE to FILE.lz4, FILE.zst or FILE.gz; standard input to\n"
	"standard output. FILE is kept.\n\n"
	"  -a, --algorithm=NAME   lz4 (default), lz4hc, zstd or gzip\n"
	"  -l, --level=N          zstd 1 to 22 (3), lz4hc 1 to 16 (9), gzip 1 to 9\n"
	"                         (6), lz4: acceleration, 1 (default) is best;\n"
	"                         threads of this process do what is too much for\n"
	"                         the kernel's workers, in smaller blocks if need be\n"
	"  -b, --block=SIZE       1K to 4M, default 64K\n"
	"      --no-content-checksum  leave out the checksum of the content\n"
	"      --no-sparse        read holes of FILE as any other part\n"
	COMMON_HELP,
	}, {
		.name = "decompress",
		.letters = "cfkMoqvw",
		.files = 1,
		.run = cmd_decompress,
		.help =
	"Usage: flipq decompress [OPTION]... [FILE|-]\n"
	"Decompress FILE.lz4, FILE.zst or FILE.gz to FILE; standard input to\n"
	"standard output. The format is found from the content. FILE is kept.\n\n"
	"      --no-sparse        write zeros, not holes, to a file\n"
	WINDOW_HELP
	COMMON_HELP,
	}, {
		.name = "test",
		.letters = "Mqvw",
		.files = 1,
		.needs_file = true,
		.run = cmd_test,
		.help =
	"Usage: flipq test [OPTION]... FILE|-\n"
	"Decompress FILE to nowhere, and check all checksums.\n\n"
	WINDOW_HELP
	"  -w, --workers=N        workers to use, 1 to 64\n"
	"  -T, --threads=N        the same\n"
	"  -q, --quiet            no progress and no warnings\n"
	"  -v, --verbose          close with counters, 'key: value' on stderr\n"
	"      --help             this text\n",
	}, {
		.name = "codecs",
		.letters = "",
		.run = cmd_codecs,
		.help =
	"Usage: flipq codecs\n"
	"List what the kernel compresses with, and up to which level its shared\n"
	"workers, and threads of the caller's, take it at some block sizes.\n",
	}, {
		.name = "info",
		.letters = "",
		.run = cmd_info,
		.help =
	"Usage: flipq info\n"
	"Show the kernel's limits and what is in use.\n",
	},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char main_help[] =
	"Usage: flipq COMMAND [OPTION]... [FILE]\n"
	"Compress and decompress with the kernel's workers, in standard formats.\n\n"
	"  compress      to an LZ4, zstd or gzip file\n"
	"  decompress    any of these\n"
	"  test          decompress to nowhere\n"
	"  codecs        list the kernel's codecs\n"
	"  info          show limits and use\n\n"
	"'flipq COMMAND --help' says more. flipq --version says which one this is.\n";

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Text on stdout that could not be written is a failure, too. */
static int finish(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		fail("(stdout)", "%s", strerror(errno));
		return STATUS_FAILED;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct options o;
	int status;

	standard_occupy();
	if (argc < 2) {
		fputs(main_help, stderr);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		fputs(main_help, stdout);
		return finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("flipq " FLIPQ_VERSION);
		return finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "completion"))
		return finish(completion_print(argc == 3 ? argv[2] : NULL,
					       commands, NR_COMMANDS));
	c = find_command(argv[1]);
	if (!c) {
		fprintf(stderr,
			"flipq: unknown command '%s': expected compress, decompress, test, codecs or info\n",
			argv[1]);
		return STATUS_USAGE;
	}
	status = options_parse(c, argc - 1, argv + 1, &o);
	if (status == OPTIONS_RUN)
		status = c->run(&o);
	return finish(status);
}
