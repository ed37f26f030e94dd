/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz.h - what the parts of the fuzzer share
 *
 * One process per input. It is the hostile user: its actor follows the input,
 * and threads that it starts are actors of their own, at random. Another
 * process starts these one after the other, kills some, and looks for those
 * that do not die; others change the machine meanwhile, and an honest queue
 * works beside all of it. They count in memory that all of them share.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <kselftest.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/types.h>

#include "../honest.h"
#include "../raw.h"
#include "source.h"

#define FUZZ_QUEUES	4
#define FUZZ_THREADS	4
#define FUZZ_ERRNOS	134
#define FUZZ_FAILURES	16
#define FUZZ_TEXT	200
#define FUZZ_PCS	(1U << 16)
#define FUZZ_BYTES	4096U	/* of an input that is no sequence of actions */

/* Actions of an input, and after them what others do meanwhile. */
enum fuzz_op {
	OP_OPEN, OP_CLOSE, OP_INFO, OP_PROBE, OP_CODEC, OP_SETUP, OP_ENTER,
	OP_STATS, OP_SERVE, OP_CANCEL, OP_UNKNOWN, OP_POLL, OP_FDINFO, OP_MMAP,
	OP_MUNMAP,
	OP_MPROTECT, OP_MREMAP, OP_MADVISE, OP_REQUEST, OP_FLIP, OP_THREAD,
	OP_FORK, OP_EXEC, OP_PASS, OP_MEMCG,
	OP_CPU, OP_SUSPEND, OP_PARAM,
	OP_NR,
	OP_ACTIONS = OP_CPU,
};

enum fuzz_area { AREA_SUB, AREA_COMP, AREA_ARENA, AREAS };

/**
 * struct fuzz_queue - a file of the child's
 * @fd: -1 for none
 * @owner: process that set it up, 0 for none
 * @known: @setup is what the kernel answered
 * @setup: geometry
 * @map: where each region is mapped, NULL for not
 */
struct fuzz_queue {
	int fd;
	pid_t owner;
	bool known;
	struct flipq_setup setup;
	u8 *map[AREAS];
};

/**
 * struct fuzz_shared - what all processes count in
 * @stop: those who change the machine are to end
 * @executions: inputs
 * @killed: of these, with SIGKILL before they ended
 * @late: of these, as they took too long
 * @ops: per operation and errno, 0 for success
 * @pcs: kernel addresses that were reached, a hash table
 * @nr_pcs: how many
 * @nr_kept: inputs that reached new ones
 * @looked: bytes of hostile processes' memory in which the honest queue's
 *	strings were looked for
 * @nr_failures: what must not be
 * @failure: the first of them
 * @blamed: the input that was run then
 * @input: the input that is run, SOURCE_ROOM bytes
 * @input_len: bytes of it
 * @honest: the honest queue
 */
struct fuzz_shared {
	int stop;
	u64 executions;
	u64 killed;
	u64 late;
	u64 ops[OP_NR][FUZZ_ERRNOS];
	u64 pcs[FUZZ_PCS];
	u32 nr_pcs;
	u32 nr_kept;
	u64 looked;
	u32 nr_failures;
	char failure[FUZZ_FAILURES][FUZZ_TEXT];
	char blamed[FUZZ_FAILURES][2 * SOURCE_ROOM + 1];
	u8 input[SOURCE_ROOM];
	size_t input_len;
	struct honest honest;
};

/* Inputs that make sense, to begin with. */
struct fuzz_samples {
	u8 text[FUZZ_BYTES];
	u8 packed[FLIPQ_ALG_NR][FUZZ_BYTES];
	u32 len[FLIPQ_ALG_NR];
};

/**
 * struct fuzz_options - the command line
 * @seed: of all that is random
 * @seconds: how long
 * @actions: bit N: enum fuzz_op N may be done
 * @machine: change parameters, CPUs and power states, too
 * @corpus: file of inputs to begin with, or NULL
 * @keep: file that gets those which reached something new, or NULL
 * @replay: run the inputs of this file, and nothing else, or NULL
 */
struct fuzz_options {
	u64 seed;
	unsigned int seconds;
	u64 actions;
	bool machine;
	const char *corpus;
	const char *keep;
	const char *replay;
};

/**
 * struct fuzz_cover - kcov of one thread
 * @fd: -1 without kcov
 * @area: where the kernel writes addresses, the first word being their count
 */
struct fuzz_cover {
	int fd;
	unsigned long *area;
};

struct fuzz_child;

/**
 * struct fuzz_actor - a thread that does things to the device
 * @child: its process
 * @in: what it is to do
 * @random: for what is not in the input
 * @args: two pages for arguments, with none after them
 */
struct fuzz_actor {
	struct fuzz_child *child;
	struct source in;
	u64 random;
	u8 *args;
};

/**
 * struct fuzz_child - a hostile process
 * @shared: counters
 * @samples: data
 * @options: the command line
 * @pid: its own
 * @stop: threads are to end
 * @main: who follows the input
 * @cover: of that thread
 * @q: files
 * @helper: threads
 * @thread: their handles
 * @nr_threads: how many
 */
struct fuzz_child {
	struct fuzz_shared *shared;
	const struct fuzz_samples *samples;
	const struct fuzz_options *options;
	pid_t pid;
	int stop;
	struct fuzz_actor main;
	struct fuzz_cover cover;
	struct fuzz_queue q[FUZZ_QUEUES];
	struct fuzz_actor helper[FUZZ_THREADS];
	pthread_t thread[FUZZ_THREADS];
	unsigned int nr_threads;
};

/* errnos.c */
void fuzz_note(struct fuzz_shared *shared, enum fuzz_op op, int error);
__attribute__((format(printf, 2, 3)))
void fuzz_fail(struct fuzz_shared *shared, const char *format, ...);

/* actions.c */
const char *fuzz_op_name(enum fuzz_op op);
void fuzz_act(struct fuzz_actor *a, u64 allowed);
/* Those that need no thread, process or descriptor of their own. */
#define FUZZ_ANYWHERE (~(1ULL << OP_OPEN | 1ULL << OP_CLOSE | \
			 1ULL << OP_SETUP | 1ULL << OP_MMAP | \
			 1ULL << OP_THREAD | 1ULL << OP_FORK | \
			 1ULL << OP_EXEC | 1ULL << OP_PASS | 1ULL << OP_MEMCG))

/* calls.c */
struct fuzz_queue *fuzz_pick(struct fuzz_actor *a);
bool fuzz_foreign(const struct fuzz_actor *a, const struct fuzz_queue *q);
int fuzz_ioctl(struct fuzz_actor *a, enum fuzz_op op, int fd,
	       unsigned long cmd, void *arg, size_t size);
void fuzz_info(struct fuzz_actor *a);
void fuzz_codec(struct fuzz_actor *a);
void fuzz_enter(struct fuzz_actor *a);
void fuzz_stats(struct fuzz_actor *a);
void fuzz_serve(struct fuzz_actor *a);
void fuzz_cancel(struct fuzz_actor *a);
void fuzz_probe(struct fuzz_actor *a);
void fuzz_unknown(struct fuzz_actor *a);
void fuzz_poll(struct fuzz_actor *a);
void fuzz_fdinfo(struct fuzz_actor *a);

/* setup.c */
void fuzz_open(struct fuzz_actor *a);
void fuzz_close(struct fuzz_actor *a);
void fuzz_setup(struct fuzz_actor *a);
int fuzz_set_up(struct fuzz_actor *a, struct fuzz_queue *q);

/* memory.c */
u8 *fuzz_window(unsigned int number);
void fuzz_map_plainly(struct fuzz_child *c, struct fuzz_queue *q,
		      enum fuzz_area area);
size_t fuzz_area_size(const struct fuzz_queue *q, enum fuzz_area area);
u8 *fuzz_args_map(unsigned int number);
void fuzz_forget_maps(struct fuzz_child *c, struct fuzz_queue *q);
void fuzz_mmap(struct fuzz_actor *a);
void fuzz_munmap(struct fuzz_actor *a);
void fuzz_mprotect(struct fuzz_actor *a);
void fuzz_mremap(struct fuzz_actor *a);
void fuzz_madvise(struct fuzz_actor *a);

/* requests.c */
struct flipq_submission *fuzz_words(const struct fuzz_queue *q, u32 p);
void fuzz_request(struct fuzz_actor *a);
void fuzz_flip(struct fuzz_actor *a);
void fuzz_samples_make(struct fuzz_samples *s);

/* threads.c */
void fuzz_thread(struct fuzz_actor *a);

/* processes.c */
void fuzz_fork(struct fuzz_actor *a);
void fuzz_exec(struct fuzz_actor *a);
void fuzz_pass(struct fuzz_actor *a);
void fuzz_memcg(struct fuzz_actor *a);
int fuzz_passed(int fd, int expected);

/* look.c */
void fuzz_look(struct fuzz_child *c);

/* trap.c */
void fuzz_trap_init(void);
void fuzz_tick(void);
bool fuzz_guarded(void (*act)(struct fuzz_actor *a), struct fuzz_actor *a);

/* cover.c */
void fuzz_cover_start(struct fuzz_cover *v);
void fuzz_cover_take(struct fuzz_cover *v, struct fuzz_shared *shared);

/* child.c */
void fuzz_child(struct fuzz_shared *shared, const struct fuzz_samples *samples,
		const struct fuzz_options *options) __attribute__((noreturn));

/* runner.c */
int fuzz_run(struct fuzz_shared *shared, const struct fuzz_options *options,
	     u64 end);

/* machine.c */
int fuzz_machine(struct fuzz_shared *shared,
		 const struct fuzz_options *options);

/* honest.c */
int fuzz_strings_make(u64 seed);
unsigned int fuzz_strings_in(const u8 *p, size_t len);
int fuzz_honest(struct honest *h, u64 seed);

/* report.c */
void fuzz_report(const struct fuzz_shared *shared);

#endif /* FUZZ_H */
