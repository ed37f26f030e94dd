// SPDX-License-Identifier: GPL-2.0-only
/*
 * params.c - module parameters that may be read at any time, and most of which
 * may be written
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sizes.h>

#include "device/device.h"

/*
 * A wake-up takes some 5 to 50 us, so a worker that spins for longer than 1 ms
 * can save a few percent at most, and takes its CPU from others for it.
 *
 * Nobody can take alone what there is: sixteen users have to agree to leave no
 * queue to others, and four to leave no bytes. 65536 of the smallest queues are
 * 512 MiB.
 */
struct flipq_params flipq_params = {
	.worker_spin_ns = 20000,
	.wait_spin_ns = 2000,
	.max_spin_ns = 1000000,
	.shared_gid = (gid_t)-1,
	.max_queues = 65536,
	.max_user_queues = 4096,
	.max_queue_bytes = SZ_512M,
	.max_workspace = SZ_2M,
	.max_worker_bytes = SZ_32M,
};

struct engine_turn_limits flipq_turn_limits = {
	.requests = 8,
	.ns = 50000,
	.percent = 100,
};

/**
 * struct flipq_range - a parameter that has not every value
 * @value: it
 * @min: its lowest
 * @max: its highest
 */
struct flipq_range {
	u32 *value;
	int min;
	int max;
};

static int flipq_range_set(const char *text, const struct kernel_param *kp)
{
	const struct flipq_range *r = kp->arg;
	int n;

	if (kstrtoint(text, 0, &n) || n < r->min || n > r->max) {
		/* Later it is for who writes to say which write failed. */
		if (kp->mod->state != MODULE_STATE_LIVE)
			pr_err("%s=%s: expected %d to %d\n", kp->name, text,
			       r->min, r->max);
		return -EINVAL;
	}
	WRITE_ONCE(*r->value, n);
	return 0;
}

static int flipq_range_get(char *text, const struct kernel_param *kp)
{
	const struct flipq_range *r = kp->arg;

	return sysfs_emit(text, "%d\n", (int)READ_ONCE(*r->value));
}

static const struct kernel_param_ops flipq_range_ops = {
	.set = flipq_range_set,
	.get = flipq_range_get,
};

static struct flipq_range worker_spin_ns = {
	&flipq_params.worker_spin_ns, 0, FLIPQ_MAX_SPIN_NS,
};

static struct flipq_range wait_spin_ns = {
	&flipq_params.wait_spin_ns, 0, FLIPQ_MAX_SPIN_NS,
};

static struct flipq_range max_spin_ns = {
	&flipq_params.max_spin_ns, 0, FLIPQ_MAX_SPIN_NS,
};

static struct flipq_range worker_percent = {
	&flipq_turn_limits.percent, 1, 100,
};

static struct flipq_range shared_gid = {
	&flipq_params.shared_gid, -1, INT_MAX,
};

module_param_cb(worker_spin_ns, &flipq_range_ops, &worker_spin_ns, 0644);
MODULE_PARM_DESC(worker_spin_ns, "ns that a worker polls an empty partition before it parks, for queues that do not say (default 20000)");

module_param_cb(wait_spin_ns, &flipq_range_ops, &wait_spin_ns, 0644);
MODULE_PARM_DESC(wait_spin_ns, "ns that a waiting submitter polls before it sleeps, for queues that do not say (default 2000)");

module_param_cb(worker_percent, &flipq_range_ops, &worker_percent, 0644);
MODULE_PARM_DESC(worker_percent, "percent of its CPU that a worker may take, 1 to 100 (default 100)");

module_param_cb(max_spin_ns, &flipq_range_ops, &max_spin_ns, 0644);
MODULE_PARM_DESC(max_spin_ns, "ns that a worker polls an empty partition at most, whatever a queue asks for (default 1000000)");

module_param_cb(shared_gid, &flipq_range_ops, &shared_gid, 0644);
MODULE_PARM_DESC(shared_gid, "group whose members may use the workers, beside those with CAP_SYS_NICE (default -1: anybody)");

module_param_named(turn_requests, flipq_turn_limits.requests, uint, 0644);
MODULE_PARM_DESC(turn_requests, "requests after which a worker looks at the next partition (default 8)");

module_param_named(turn_ns, flipq_turn_limits.ns, uint, 0644);
MODULE_PARM_DESC(turn_ns, "ns of work after which a worker looks at the next partition (default 50000)");

module_param_named(max_queues, flipq_params.max_queues, uint, 0644);
MODULE_PARM_DESC(max_queues, "queues there may be in all (default 65536)");

module_param_named(max_user_queues, flipq_params.max_user_queues, uint, 0644);
MODULE_PARM_DESC(max_user_queues, "queues that one user may have (default 4096)");

module_param_named(max_queue_bytes, flipq_params.max_queue_bytes, ulong, 0644);
MODULE_PARM_DESC(max_queue_bytes, "bytes of shared memory that one queue may have (default 512 MiB)");

module_param_named(max_user_bytes, flipq_params.max_user_bytes, ulong, 0644);
MODULE_PARM_DESC(max_user_bytes, "bytes of shared memory of all queues of a user (default: a quarter of max_total_bytes)");

module_param_named(max_total_bytes, flipq_params.max_total_bytes, ulong, 0644);
MODULE_PARM_DESC(max_total_bytes, "bytes of shared memory of all queues (default: half of the memory)");

module_param_named(max_workspace, flipq_params.max_workspace, ulong, 0644);
MODULE_PARM_DESC(max_workspace, "bytes of the largest codec workspace that a worker offers (default 2 MiB)");

module_param_named(max_worker_bytes, flipq_params.max_worker_bytes, ulong, 0644);
MODULE_PARM_DESC(max_worker_bytes, "bytes of all buffers and workspaces of one worker (default 32 MiB)");
