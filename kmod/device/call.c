// SPDX-License-Identifier: GPL-2.0-only
/*
 * call.c - the ioctls of /dev/flipq, one table
 *
 * What all calls have in common is done here, once: whose queue it is, the size
 * of the struct, its copy in and out, flags that are not known, and members that
 * must be zero.
 */
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "device/call.h"

/**
 * struct flipq_call_ops - what there is to know of an ioctl
 * @cmd: its number
 * @size: of the struct as it is now
 * @first: of the struct's first version: whoever knows less of it is refused
 * @zero: from here to @first the struct is zero on input: what is reserved, and
 *	what is only an answer
 * @answer: what is before it does not change, and is not copied back
 * @flags: that are known
 * @owned: there must be a queue, and it must be the caller's
 * @run: does it; returns 0 or a negative errno
 * @end: after the answer was copied, with what the call is about to return; may
 *	be NULL. What it returns is returned instead.
 */
struct flipq_call_ops {
	unsigned int cmd;
	u32 size;
	u32 first;
	u32 zero;
	u32 answer;
	u32 flags;
	bool owned;
	long (*run)(struct flipq_call *call);
	long (*end)(struct flipq_call *call, long err);
};

/*
 * The last member of a struct is named as it was in the first version, which is
 * never to change: an old program knows no more than that.
 */
static const struct flipq_call_ops flipq_calls[] = {
	{
		.cmd = FLIPQ_IOC_INFO,
		.size = sizeof(struct flipq_info),
		.zero = offsetof(struct flipq_info, abi),
		.first = offsetofend(struct flipq_info, user_bytes),
		.run = flipq_call_info,
	}, {
		.cmd = FLIPQ_IOC_CODEC,
		.size = sizeof(struct flipq_codec_info),
		.zero = offsetof(struct flipq_codec_info, algorithm),
		.first = offsetofend(struct flipq_codec_info, reserved),
		.run = flipq_call_codec,
	}, {
		.cmd = FLIPQ_IOC_SETUP,
		.size = sizeof(struct flipq_setup),
		.zero = offsetof(struct flipq_setup, reserved0),
		.first = offsetofend(struct flipq_setup, reserved),
		.flags = FLIPQ_SETUP_FLAGS,
		.run = flipq_call_setup,
		.end = flipq_end_setup,
	}, {
		.cmd = FLIPQ_IOC_ENTER,
		.size = sizeof(struct flipq_enter),
		.zero = offsetof(struct flipq_enter, ready),
		.answer = offsetof(struct flipq_enter, resume),
		.first = offsetofend(struct flipq_enter, reserved),
		.flags = FLIPQ_ENTER_FLAGS,
		.owned = true,
		.run = flipq_call_enter,
	}, {
		.cmd = FLIPQ_IOC_STATS,
		.size = sizeof(struct flipq_stats),
		.zero = offsetof(struct flipq_stats, cpu),
		.first = offsetofend(struct flipq_stats, counters),
		.owned = true,
		.run = flipq_call_stats,
	}, {
		.cmd = FLIPQ_IOC_SERVE,
		.size = sizeof(struct flipq_serve),
		.zero = offsetof(struct flipq_serve, served),
		.answer = offsetof(struct flipq_serve, resume_served),
		.first = offsetofend(struct flipq_serve, reserved),
		.owned = true,
		.run = flipq_call_serve,
	}, {
		.cmd = FLIPQ_IOC_CANCEL,
		.size = sizeof(struct flipq_cancel),
		.zero = offsetof(struct flipq_cancel, cancelled),
		.first = offsetofend(struct flipq_cancel, reserved),
		.flags = FLIPQ_CANCEL_FLAGS,
		.owned = true,
		.run = flipq_call_cancel,
	}, {
		.cmd = FLIPQ_IOC_PROBE,
		.size = sizeof(struct flipq_probe),
		.zero = offsetof(struct flipq_probe, known),
		.first = offsetofend(struct flipq_probe, reserved),
		.run = flipq_call_probe,
	},
};

/* The calls are numbered without a gap. */
static const struct flipq_call_ops *flipq_find_call(unsigned int cmd)
{
	unsigned int nr = cmd - flipq_calls[0].cmd;

	if (nr >= ARRAY_SIZE(flipq_calls))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(flipq_calls));
	return &flipq_calls[nr];
}

/* Copy the caller's struct. Return: 0 or a negative errno. */
static int flipq_copy_in(struct flipq_call *call,
			 const struct flipq_call_ops *ops,
			 const void __user *arg)
{
	u32 size;
	int err;

	if (get_user(size, (const u32 __user *)arg))
		return -EFAULT;
	if (size < ops->first)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(&call->arg, ops->size, arg, size);
	if (err)
		return err;
	/* Not the copy's: the user may have changed it in between. */
	call->arg.head.size = size;
	if (call->arg.head.flags & ~ops->flags)
		return -EINVAL;
	return memchr_inv((const u8 *)&call->arg + ops->zero, 0,
			  ops->first - ops->zero) ? -EINVAL : 0;
}

static bool flipq_copy_out(const struct flipq_call *call,
			   const struct flipq_call_ops *ops, void __user *arg)
{
	/* Can't underflow: a size below @first is refused, and that is more. */
	return !copy_to_user(arg + ops->answer,
			     (const u8 *)&call->arg + ops->answer,
			     min(ops->size, call->arg.head.size) - ops->answer);
}

/* The file operation. */
long flipq_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct flipq_call_ops *ops = flipq_find_call(cmd);
	struct flipq_call call;
	long err;

	if (!ops)
		return -ENOTTY;
	call.file = file->private_data;
	call.queue = NULL;
	call.answer = false;
	if (ops->owned) {
		call.queue = flipq_owned(call.file);
		if (IS_ERR(call.queue))
			return PTR_ERR(call.queue);
	}
	err = flipq_copy_in(&call, ops, (void __user *)arg);
	if (err)
		return err;
	err = ops->run(&call);
	if (call.answer && !flipq_copy_out(&call, ops, (void __user *)arg))
		err = -EFAULT;
	return ops->end ? ops->end(&call, err) : err;
}
