// SPDX-License-Identifier: GPL-2.0-only
/*
 * limit.c - flipq_limit.ko: bare loops over the kernel's codecs, in threads
 * that share nothing
 *
 * No queue in the kernel can be faster than this. In debugfs, for root, there
 * is the directory flipq_limit:
 *
 *	corpus	written at once: what is to be compressed
 *	run	written as "lz4 4096 2 500": compress it in pieces of 4096 bytes
 *		in two threads for 500 ms, which the write waits for. Read: what
 *		that did, as "requests bytes_out cpu_ns wall_ns"
 *
 * Each thread is bound to a CPU and has a copy of the corpus, a workspace and
 * an output buffer of its own.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "codec/codec.h"
#include "compat.h"

#define LIMIT_CORPUS	SZ_256M
#define LIMIT_THREADS	64U
#define LIMIT_MS	60000
#define LIMIT_BATCH	8
#define LIMIT_TEXT	96

/**
 * struct limit_run - what all threads of a run are told
 * @codec: the same for all
 * @size: of a piece
 * @pieces: of the corpus
 * @ms: how long
 * @begin: completed for all when the last one is ready
 */
struct limit_run {
	struct codec_params codec;
	u32 size;
	size_t pieces;
	unsigned int ms;
	struct completion begin;
};

/**
 * struct limit_thread - one of them
 * @run: what it is told
 * @task: it
 * @corpus: its copy
 * @workspace: of the codec
 * @out: of @run->size bytes
 * @ready: it can begin
 * @ended: it did
 * @error: why it could not
 * @requests: pieces compressed
 * @bytes_out: what they became; one that does not shrink stays as it is
 * @cpu_ns: its CPU time
 * @wall_ns: from its first piece to its last
 */
struct limit_thread {
	struct limit_run *run;
	struct task_struct *task;
	u8 *corpus;
	void *workspace;
	u8 *out;
	struct completion ready;
	struct completion ended;
	int error;
	u64 requests;
	u64 bytes_out;
	u64 cpu_ns;
	u64 wall_ns;
};

/* Of everything below, and of the two files. */
static DEFINE_MUTEX(limit_lock);
static u8 *limit_corpus;
static size_t limit_bytes;
static char limit_result[LIMIT_TEXT];
static struct dentry *limit_dir;

static int limit_alloc(struct limit_thread *t)
{
	const struct limit_run *run = t->run;

	t->corpus = kvmalloc(limit_bytes, GFP_KERNEL);
	t->workspace = kvmalloc(run->codec.compress_ws, GFP_KERNEL);
	t->out = kvmalloc(run->size, GFP_KERNEL);
	if (!t->corpus || !t->workspace || !t->out)
		return -ENOMEM;
	memcpy(t->corpus, limit_corpus, limit_bytes);
	return 0;
}

static void limit_free(struct limit_thread *t)
{
	kvfree(t->corpus);
	kvfree(t->workspace);
	kvfree(t->out);
}

static void limit_piece(struct limit_thread *t)
{
	const struct limit_run *run = t->run;
	const u8 *piece = t->corpus + t->requests % run->pieces * run->size;
	int len;

	len = run->codec.ops->compress(&run->codec, t->workspace, piece,
				       run->size, t->out, run->size);
	t->bytes_out += len > 0 ? len : run->size;
	t->requests++;
}

static void limit_loop(struct limit_thread *t)
{
	const ktime_t begin = ktime_get();
	const ktime_t end = ktime_add_ms(begin, t->run->ms);
	int i;

	do {
		for (i = 0; i < LIMIT_BATCH; i++)
			limit_piece(t);
		cond_resched();
	} while (ktime_before(ktime_get(), end));
	t->wall_ns = ktime_to_ns(ktime_sub(ktime_get(), begin));
}

static int limit_main(void *data)
{
	struct limit_thread *t = data;
	u64 cpu;

	t->error = limit_alloc(t);
	complete(&t->ready);
	wait_for_completion(&t->run->begin);
	if (!t->error) {
		cpu = current->se.sum_exec_runtime;
		limit_loop(t);
		/* The scheduler adds up when a thread stops. */
		schedule_timeout_uninterruptible(1);
		t->cpu_ns = current->se.sum_exec_runtime - cpu;
	}
	limit_free(t);
	kthread_complete_and_exit(&t->ended, 0);
}

static int limit_start(struct limit_thread *t, struct limit_run *run,
		       unsigned int number)
{
	t->run = run;
	init_completion(&t->ready);
	init_completion(&t->ended);
	t->task = kthread_create(limit_main, t, "limit/%u", number);
	if (IS_ERR(t->task))
		return PTR_ERR(t->task);
	kthread_bind(t->task, cpumask_local_spread(number, NUMA_NO_NODE));
	wake_up_process(t->task);
	/* One after the other, as all of them copy. */
	wait_for_completion(&t->ready);
	return 0;
}

/* The module may go as soon as this is over: so all threads must be. */
static int limit_threads(struct limit_thread *threads, unsigned int nr,
			 struct limit_run *run)
{
	u64 requests = 0, bytes_out = 0, cpu_ns = 0, wall_ns = 0;
	unsigned int i, started;
	int err = 0;

	init_completion(&run->begin);
	for (started = 0; started < nr && !err; started++)
		err = limit_start(&threads[started], run, started);
	if (err)
		started--;
	complete_all(&run->begin);
	for (i = 0; i < started; i++) {
		const struct limit_thread *t = &threads[i];

		wait_for_completion(&threads[i].ended);
		err = err ?: t->error;
		requests += t->requests;
		bytes_out += t->bytes_out;
		cpu_ns += t->cpu_ns;
		wall_ns = max(wall_ns, t->wall_ns);
	}
	scnprintf(limit_result, sizeof(limit_result), "%llu %llu %llu %llu\n",
		  requests, bytes_out, cpu_ns, wall_ns);
	return err;
}

static int limit_run(struct limit_run *run, const char *name, unsigned int nr)
{
	const struct codec_ops *ops = !strcmp(name, "lz4") ? &codec_lz4 :
		!strcmp(name, "zstd") ? &codec_zstd : NULL;
	struct limit_thread *threads;
	int err;

	if (!ops || !nr || nr > LIMIT_THREADS || !run->size ||
	    run->size > limit_bytes || !run->ms || run->ms > LIMIT_MS)
		return -EINVAL;
	run->codec.ops = ops;
	run->codec.level = 1;
	run->codec.in_size = run->size;
	run->pieces = limit_bytes / run->size;
	err = ops->prepare(&run->codec);
	if (err)
		return err;
	threads = kcalloc(nr, sizeof(*threads), GFP_KERNEL);
	if (!threads)
		return -ENOMEM;
	err = limit_threads(threads, nr, run);
	kfree(threads);
	return err;
}

static ssize_t limit_run_write(struct file *file, const char __user *from,
			       size_t count, loff_t *pos)
{
	char text[LIMIT_TEXT], name[8];
	struct limit_run run = { };
	unsigned int nr;
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, from, count))
		return -EFAULT;
	text[count] = '\0';
	if (sscanf(text, "%7s %u %u %u", name, &run.size, &nr, &run.ms) != 4)
		return -EINVAL;
	mutex_lock(&limit_lock);
	err = limit_run(&run, name, nr);
	mutex_unlock(&limit_lock);
	return err ?: count;
}

static ssize_t limit_run_read(struct file *file, char __user *to, size_t count,
			      loff_t *pos)
{
	ssize_t n;

	mutex_lock(&limit_lock);
	n = simple_read_from_buffer(to, count, pos, limit_result,
				    strlen(limit_result));
	mutex_unlock(&limit_lock);
	return n;
}

static ssize_t limit_corpus_write(struct file *file, const char __user *from,
				  size_t count, loff_t *pos)
{
	u8 *data;

	if (!count || count > LIMIT_CORPUS)
		return -EINVAL;
	data = vmemdup_user(from, count);
	if (IS_ERR(data))
		return PTR_ERR(data);
	mutex_lock(&limit_lock);
	kvfree(limit_corpus);
	limit_corpus = data;
	limit_bytes = count;
	mutex_unlock(&limit_lock);
	return count;
}

static const struct file_operations limit_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = limit_run_read,
	.write = limit_run_write,
};

static const struct file_operations limit_corpus_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = limit_corpus_write,
};

static int __init limit_init(void)
{
	limit_dir = debugfs_create_dir("flipq_limit", NULL);
	debugfs_create_file("corpus", 0200, limit_dir, NULL,
			    &limit_corpus_fops);
	debugfs_create_file("run", 0600, limit_dir, NULL, &limit_run_fops);
	return PTR_ERR_OR_ZERO(limit_dir);
}

static void __exit limit_exit(void)
{
	debugfs_remove(limit_dir);
	kvfree(limit_corpus);
}

module_init(limit_init);
module_exit(limit_exit);

MODULE_DESCRIPTION("The kernel's codecs with nothing around them");
MODULE_AUTHOR("flipq developers");
MODULE_LICENSE("GPL");
