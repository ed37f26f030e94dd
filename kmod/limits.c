// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - how many queues and bytes there may be, in all and per user
 */
#include <linux/cred.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "device.h"

/**
 * struct flipq_user - a user with queues
 * @list: of all of them
 * @uid: who
 * @queues: how many; the entry goes with the last
 */
struct flipq_user {
	struct list_head list;
	kuid_t uid;
	unsigned int queues;
};

static DEFINE_MUTEX(lock);
static LIST_HEAD(users);
static unsigned int total_queues;
static u64 total_bytes;

static struct flipq_user *flipq_user_find(kuid_t uid)
{
	struct flipq_user *user;

	list_for_each_entry(user, &users, list)
		if (uid_eq(user->uid, uid))
			return user;

	user = kzalloc(sizeof(*user), GFP_KERNEL);
	if (user) {
		user->uid = uid;
		list_add(&user->list, &users);
	}
	return user;
}

static void flipq_user_put(struct flipq_user *user)
{
	if (user->queues)
		return;
	list_del(&user->list);
	flip_pool_forget(user);
	kfree(user);
}

static int flipq_charge_check(const struct flipq_user *user, u64 bytes)
{
	if (total_queues >= READ_ONCE(flipq_params.max_queues))
		return -ENFILE;
	if (user->queues >= READ_ONCE(flipq_params.max_user_queues))
		return -EMFILE;
	if (bytes > READ_ONCE(flipq_params.max_queue_bytes))
		return -EDQUOT;
	/* Can't overflow: both are bounded by the memory there is. */
	if (total_bytes + bytes > READ_ONCE(flipq_params.max_total_bytes))
		return -EDQUOT;
	return 0;
}

/**
 * flipq_charge - count a new queue of the caller
 * @charge: filled in
 * @bytes: of its regions
 *
 * Return: 0, -ENFILE, -EMFILE, -EDQUOT as FLIPQ_IOC_SETUP has them, -ENOMEM.
 */
int flipq_charge(struct flipq_charge *charge, u64 bytes)
{
	struct flipq_user *user;
	int err = -ENOMEM;

	mutex_lock(&lock);
	user = flipq_user_find(current_uid());
	if (user) {
		err = flipq_charge_check(user, bytes);
		if (err) {
			flipq_user_put(user);
		} else {
			user->queues++;
			total_queues++;
			total_bytes += bytes;
			charge->user = user;
			charge->bytes = bytes;
		}
	}
	mutex_unlock(&lock);
	return err;
}

/* The queue is gone. Nothing happens if nothing was charged. */
void flipq_uncharge(struct flipq_charge *charge)
{
	if (!charge->user)
		return;
	mutex_lock(&lock);
	total_bytes -= charge->bytes;
	total_queues--;
	charge->user->queues--;
	flipq_user_put(charge->user);
	mutex_unlock(&lock);
	charge->user = NULL;
}

/* What is charged at present, in all. */
void flipq_charged(u64 *queues, u64 *bytes)
{
	mutex_lock(&lock);
	*queues = total_queues;
	*bytes = total_bytes;
	mutex_unlock(&lock);
}
