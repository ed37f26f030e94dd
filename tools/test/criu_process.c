// SPDX-License-Identifier: GPL-2.0-only
/*
 * criu_process - a process whose memory can be told from any other's
 *
 *   criu_process SEED		fill memory of three kinds, and at each SIGUSR1
 *				write its sum with the number in the file nonce
 *   criu_process SEED NONCE N	print what the N-th answer has to be
 *
 * The sum covers the memory, a number that came after the dump, and how often
 * it was asked, which is kept in that memory: so a process that was begun
 * afresh has another one.
 */
#include <err.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MEMORY		(48u << 20)
#define PAGE		4096u
#define WORDS		(PAGE / sizeof(uint64_t))

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* One page in four is zero, one does not compress, two are as text is. */
static void fill(uint64_t *memory, uint64_t seed)
{
	uint64_t state = seed | 1;

	for (size_t page = 0; page < MEMORY / PAGE; page++) {
		uint64_t *at = memory + page * WORDS;
		uint64_t mask = page % 4 == 1 ? UINT64_MAX : 0x0f0f00000f00;

		for (size_t i = 0; page % 4 && i < WORDS; i++)
			at[i] = next(&state) & mask;
	}
}

static uint64_t sum(const uint64_t *memory, uint64_t nonce)
{
	uint64_t hash = nonce ^ 0xcbf29ce484222325;

	for (size_t i = 0; i < MEMORY / sizeof(*memory); i++) {
		hash = (hash ^ memory[i]) * 0x100000001b3;
		hash ^= hash >> 29;
	}
	return hash;
}

static uint64_t to_number(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10);

	if (end == text || (*end && *end != '\n'))
		errx(2, "'%s': expected a number", text);
	return value;
}

static uint64_t read_nonce(void)
{
	char text[32] = "";
	FILE *file = fopen("nonce", "r");

	if (!file)
		err(1, "nonce");
	if (!fgets(text, sizeof(text), file))
		errx(1, "nonce: empty, expected a number");
	fclose(file);
	return to_number(text);
}

/* Who waits for the file must not find half of it. */
static void put(const char *name, uint64_t value)
{
	FILE *file = fopen("answer.new", "w");

	if (!file)
		err(1, "answer.new");
	fprintf(file, "%016llx\n", (unsigned long long)value);
	if (fclose(file) || rename("answer.new", name))
		err(1, "%s", name);
}

static void serve(uint64_t *memory)
{
	sigset_t set;
	int got;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	put("ready", 0);
	while (!sigwait(&set, &got)) {
		memory[0]++;
		put("answer", sum(memory, read_nonce()));
	}
}

int main(int argc, char **argv)
{
	uint64_t *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (argc != 2 && argc != 4)
		errx(2, "usage: criu_process SEED [NONCE N]");
	fill(memory, to_number(argv[1]));
	if (argc == 2)
		serve(memory);
	memory[0] += to_number(argv[3]);
	printf("%016llx\n", (unsigned long long)sum(memory, to_number(argv[2])));
	return 0;
}
