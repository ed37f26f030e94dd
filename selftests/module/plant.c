// SPDX-License-Identifier: GPL-2.0-only
/*
 * plant.c - flipq_plant.ko: one defect for each detector, to see it detect
 *
 * The detector it is for reports the defect that the parameter names while the
 * module loads, or (leak) after it was unloaded. It is a module of its own so
 * that no defect is ever compiled into flipq.ko.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *defect = "";
module_param(defect, charp, 0);
MODULE_PARM_DESC(defect, "which one: the name of a function below");

#define SIZE	128

static noinline void beyond_slab(void)
{
	size_t size = SIZE;
	u8 *p = kmalloc(size, GFP_KERNEL);

	/* or the compiler would see the defect */
	OPTIMIZER_HIDE_VAR(size);
	if (p)
		WRITE_ONCE(p[size], 1);
	kfree(p);
}

static noinline void beyond_vmalloc(void)
{
	size_t size = PAGE_SIZE;
	u8 *p = vmalloc(size);

	OPTIMIZER_HIDE_VAR(size);
	if (p)
		WRITE_ONCE(p[size], 1);
	vfree(p);
}

static noinline void after_free(void)
{
	u8 *p = kmalloc(SIZE, GFP_KERNEL);
	u8 *freed = p;

	OPTIMIZER_HIDE_VAR(freed);
	kfree(p);
	if (freed)
		WRITE_ONCE(freed[0], 1);
}

static void shift(void)
{
	int by = 40;
	int bits;

	OPTIMIZER_HIDE_VAR(by);
	bits = 1 << by;
	pr_debug("%d\n", bits);
}

static DEFINE_MUTEX(lock_a);
static DEFINE_MUTEX(lock_b);

static void lock_order(void)
{
	mutex_lock(&lock_a);
	mutex_lock(&lock_b);
	mutex_unlock(&lock_b);
	mutex_unlock(&lock_a);
	mutex_lock(&lock_b);
	mutex_lock(&lock_a);
	mutex_unlock(&lock_a);
	mutex_unlock(&lock_b);
}

static DEFINE_SPINLOCK(spin);

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	kfree(kmalloc(SIZE, GFP_KERNEL));
	spin_unlock(&spin);
}

static void leak(void)
{
	int i;

	/* more than one: a stale copy on the stack may hide the last */
	for (i = 0; i < 8; i++) {
		if (!kmalloc(SIZE, GFP_KERNEL))
			break;
	}
}

static void list_twice(void)
{
	LIST_HEAD(list);
	LIST_HEAD(node);

	list_add(&node, &list);
	list_add(&node, &list);
}

struct timed {
	struct timer_list timer;
};

static void nothing(struct timer_list *timer)
{
}

static void live_object(void)
{
	struct timed *t = kmalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return;
	timer_setup(&t->timer, nothing, 0);
	mod_timer(&t->timer, jiffies + 100 * HZ);
	kfree(t);
}

static void warning(void)
{
	WARN_ON(true);
}

/* Far longer than the limits that the test sets. */
static void no_schedule(void)
{
	unsigned long end = jiffies + 20 * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
}

static void hung_task(void)
{
	DECLARE_COMPLETION_ONSTACK(never);

	wait_for_completion_timeout(&never, 20 * HZ);
}

/* What two threads share without a mark, for KCSAN. */
static struct {
	u64 value;
	u64 message;
	bool flag;
} shared;

static int racer(void *work)
{
	void (*step)(bool first) = work;

	while (!kthread_should_stop()) {
		step(false);
		cond_resched();
	}
	return 0;
}

static void two_threads(void (*step)(bool first))
{
	struct task_struct *other = kthread_run(racer, step, "flipq_plant");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(other))
		return;
	while (time_before(jiffies, end)) {
		step(true);
		cond_resched();
	}
	kthread_stop(other);
}

static noinline void race_step(bool first)
{
	shared.value++;
}

static void race(void)
{
	two_threads(race_step);
}

/*
 * A message, and a mark that it is there. KCSAN lets a write come late as long
 * as the function runs that made it: so the first thread waits within it.
 */
static noinline void message_step(bool first)
{
	if (!first) {
		/* pairs with the store of the mark */
		if (smp_load_acquire(&shared.flag)) {
			shared.message++;
			/* orders this thread's message before the other's */
			smp_store_release(&shared.flag, false);
		}
		return;
	}
	shared.message++;
	/* a release is missing here */
	WRITE_ONCE(shared.flag, true);
	while (READ_ONCE(shared.flag))
		cpu_relax();
}

static void missing_release(void)
{
	two_threads(message_step);
}

#define DEFECT(name) { #name, name }

static const struct {
	const char *name;
	void (*plant)(void);
} defects[] = {
	DEFECT(beyond_slab),
	DEFECT(beyond_vmalloc),
	DEFECT(after_free),
	DEFECT(shift),
	DEFECT(lock_order),
	DEFECT(sleep_in_atomic),
	DEFECT(leak),
	DEFECT(list_twice),
	DEFECT(live_object),
	DEFECT(warning),
	DEFECT(no_schedule),
	DEFECT(hung_task),
	DEFECT(race),
	DEFECT(missing_release),
};

static int __init plant_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(defects); i++) {
		if (!strcmp(defect, defects[i].name)) {
			defects[i].plant();
			return 0;
		}
	}
	return -EINVAL;
}
module_init(plant_init);

static void __exit plant_exit(void)
{
}
module_exit(plant_exit);

MODULE_DESCRIPTION("flipq tests: one defect for each detector");
MODULE_LICENSE("GPL");
