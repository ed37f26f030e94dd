// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module: load and unload, and where the workers are
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/isolation.h>

#include "compat.h"
#include "device/device.h"

static char *cpus = "";
module_param(cpus, charp, 0444);
MODULE_PARM_DESC(cpus, "CPUs with a worker, as a list such as 0-3,8 (default: those neither isolated nor nohz_full)");

static int worker_nice;
module_param(worker_nice, int, 0444);
MODULE_PARM_DESC(worker_nice, "nice level of the workers, -20 to 19 (default 0)");

/*
 * CPUs that are for any task and for the kernel's own threads: those of neither
 * isolcpus nor nohz_full. Where that is none, those that are not isolated.
 */
static void flipq_default_cpus(struct cpumask *mask)
{
	const struct cpumask *domain = housekeeping_cpumask(HK_TYPE_DOMAIN);

	if (!cpumask_and(mask, domain, housekeeping_cpumask(HK_TYPE_KTHREAD)))
		cpumask_copy(mask, domain);
}

static int flipq_pool_start(void)
{
	cpumask_var_t mask;
	int err = 0;

	if (worker_nice < MIN_NICE || worker_nice > MAX_NICE) {
		pr_err("worker_nice=%d: expected %d to %d\n", worker_nice,
		       MIN_NICE, MAX_NICE);
		return -EINVAL;
	}
	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return -ENOMEM;
	if (*cpus)
		err = cpulist_parse(cpus, mask);
	else
		flipq_default_cpus(mask);
	cpumask_and(mask, mask, cpu_possible_mask);
	if (err || cpumask_empty(mask)) {
		pr_err("cpus=%s: expected a list of CPUs that exist\n", cpus);
		err = -EINVAL;
	} else {
		err = engine_pool_init("flipq", mask, worker_nice,
				       &flipq_turn_limits);
	}
	free_cpumask_var(mask);
	return err;
}

static int __init flipq_init(void)
{
	int err;

	if (!flipq_params.max_total_bytes)
		flipq_params.max_total_bytes =
			(totalram_pages() / 2) << PAGE_SHIFT;
	if (!flipq_params.max_user_bytes)
		flipq_params.max_user_bytes = flipq_params.max_total_bytes / 4;
	err = flipq_scratch_init();
	if (err)
		return err;
	err = flipq_pool_start();
	if (err)
		goto err_scratch;
	err = flipq_device_register();
	if (err)
		goto err_pool;
	return 0;

err_pool:
	engine_pool_exit();
err_scratch:
	flipq_scratch_exit();
	return err;
}

static void __exit flipq_exit(void)
{
	flipq_device_unregister();
	flipq_limits_exit();
	engine_pool_exit();
	flipq_scratch_exit();
}

module_init(flipq_init);
module_exit(flipq_exit);

MODULE_DESCRIPTION("Lockless queues from user space into the kernel's compressors");
MODULE_AUTHOR("flipq developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(FLIPQ_VERSION);
