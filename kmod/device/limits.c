// SPDX-License-Identifier: GPL-2.0-only
/*
 * limits.c - who a user is, how many queues and bytes it may have, and whether
 * shared workers are for it
 *
 * In the initial user namespace a user is a uid. Inside other ones uids are
 * cheap: whoever makes a namespace has all those that are mapped into it, some
 * 65536 as a rule, and must not have so many times a limit or a worker's time.
 * So whatever runs inside of a namespace, or of one below it, counts as who made
 * it: the owner of the outermost one below the initial. Root makes them for
 * containers, for many at once; there the namespace itself is one user. The
 * kernel's own counters of that kind (ucounts) are not exported to modules.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "device/device.h"

/**
 * struct flipq_who - who somebody counts as
 * @uid: this one, or none if there is @ns
 * @ns: all in this namespace and below, or NULL
 */
struct flipq_who {
	kuid_t uid;
	struct user_namespace *ns;
};

/**
 * struct flipq_user - a user with queues
 * @list: of all of them
 * @who: who; a reference to the namespace is held
 * @queues: how many, those included that are closed and not freed yet
 * @closed: how many of these
 * @freed: how many were closed and have gone, ever growing
 * @bytes: of all
 * @left: when the last one went, in jiffies
 */
struct flipq_user {
	struct list_head list;
	struct flipq_who who;
	unsigned int queues;
	unsigned int closed;
	unsigned long freed;
	u64 bytes;
	unsigned long left;
};

/*
 * How long a user is remembered that has no queue any more, and with it how much
 * more than others it had of the workers: who closes a queue after a request of
 * 0.1 s, to be next again with another one, gains 1 % by it at most.
 */
#define FLIPQ_REMEMBERED	(10 * HZ)

static DEFINE_MUTEX(lock);
static LIST_HEAD(users);
static unsigned int total_queues;
static u64 total_bytes;
static unsigned long total_freed;
static DECLARE_WAIT_QUEUE_HEAD(freed_wq);

/*
 * Nobody can be more than one uid in it. Set-user-ID programs make sandboxes
 * that way, and must not make their caller as many users as it starts of them.
 */
static bool flipq_ns_of_one(const struct user_namespace *ns)
{
	/* (o) pairs with the one in map_write(): their number before the extent */
	return smp_load_acquire(&ns->uid_map.nr_extents) == 1 &&
	       ns->uid_map.extent[0].count == 1;
}

static struct flipq_who flipq_who_calls(void)
{
	struct user_namespace *ns = current_user_ns();
	struct flipq_who who = { .uid = current_uid() };

	if (ns == &init_user_ns)
		return who;
	while (ns->parent != &init_user_ns)
		ns = ns->parent;
	if (!uid_eq(ns->owner, GLOBAL_ROOT_UID)) {
		who.uid = ns->owner;
	} else if (!flipq_ns_of_one(ns)) {
		who.uid = INVALID_UID;
		who.ns = ns;
	}
	return who;
}

static struct flipq_user *flipq_user_find(const struct flipq_who *who)
{
	struct flipq_user *user;

	list_for_each_entry(user, &users, list)
		if (uid_eq(user->who.uid, who->uid) && user->who.ns == who->ns)
			return user;
	return NULL;
}

static struct flipq_user *flipq_user_get(void)
{
	const struct flipq_who who = flipq_who_calls();
	struct flipq_user *user = flipq_user_find(&who);

	if (user)
		return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (user) {
		user->who = who;
		if (who.ns)
			get_user_ns(who.ns);
		list_add(&user->list, &users);
	}
	return user;
}

static void flipq_user_free(struct flipq_user *user)
{
	list_del(&user->list);
	engine_tenant_forget(user);
	if (user->who.ns)
		put_user_ns(user->who.ns);
	kfree(user);
}

static void flipq_forget(struct work_struct *work);
static DECLARE_DELAYED_WORK(forget_work, flipq_forget);

/* Forget those who have had no queue for long enough, or for any time at all. */
static void flipq_forget_users(bool all)
{
	struct flipq_user *user, *next;
	bool again = false;

	mutex_lock(&lock);
	list_for_each_entry_safe(user, next, &users, list) {
		if (user->queues)
			continue;
		if (all || time_after(jiffies, user->left + FLIPQ_REMEMBERED))
			flipq_user_free(user);
		else
			again = true;
	}
	mutex_unlock(&lock);
	if (again)
		schedule_delayed_work(&forget_work, FLIPQ_REMEMBERED);
}

static void flipq_forget(struct work_struct *work)
{
	flipq_forget_users(false);
}

static void flipq_user_put(struct flipq_user *user)
{
	if (user->queues)
		return;
	user->left = jiffies;
	schedule_delayed_work(&forget_work, FLIPQ_REMEMBERED);
}

/* No queue is left, while there is still a pool. */
void flipq_limits_exit(void)
{
	cancel_delayed_work_sync(&forget_work);
	flipq_forget_users(true);
}

static int flipq_charge_check(const struct flipq_user *user, u64 bytes)
{
	if (total_queues >= READ_ONCE(flipq_params.max_queues))
		return -ENFILE;
	if (user->queues >= READ_ONCE(flipq_params.max_user_queues))
		return -EMFILE;
	if (bytes > READ_ONCE(flipq_params.max_queue_bytes))
		return -EDQUOT;
	/* Can't overflow: all are bounded by the memory there is. */
	if (user->bytes + bytes > READ_ONCE(flipq_params.max_user_bytes))
		return -EDQUOT;
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
	user = flipq_user_get();
	if (user) {
		err = flipq_charge_check(user, bytes);
		if (err) {
			flipq_user_put(user);
		} else {
			user->queues++;
			user->bytes += bytes;
			total_queues++;
			total_bytes += bytes;
			charge->user = user;
			charge->bytes = bytes;
		}
	}
	mutex_unlock(&lock);
	return err;
}

/* The queue is closed; what it holds of the limits goes when it is freed. */
void flipq_charge_closed(struct flipq_charge *charge)
{
	mutex_lock(&lock);
	charge->user->closed++;
	charge->closed = true;
	mutex_unlock(&lock);
}

/*
 * The queue is gone; whoever calls may be somebody else than who set it up.
 * Nothing happens if nothing was charged.
 */
void flipq_uncharge(struct flipq_charge *charge)
{
	struct flipq_user *user = charge->user;

	if (!user)
		return;
	mutex_lock(&lock);
	total_bytes -= charge->bytes;
	total_queues--;
	user->bytes -= charge->bytes;
	user->queues--;
	/* Not what was never finished: its own failure is no reason to retry. */
	if (charge->closed) {
		user->closed--;
		user->freed++;
		WRITE_ONCE(total_freed, total_freed + 1);
	}
	flipq_user_put(user);
	mutex_unlock(&lock);
	charge->user = NULL;
	wake_up_all(&freed_wq);
}

/* How many closed queues have been freed so far: of the caller, and in all. */
void flipq_freed(struct flipq_freed *freed)
{
	const struct flipq_who who = flipq_who_calls();
	const struct flipq_user *user;

	mutex_lock(&lock);
	user = flipq_user_find(&who);
	freed->user = user ? user->freed : 0;
	freed->total = total_freed;
	mutex_unlock(&lock);
}

/**
 * flipq_wait_freed - a limit was met: is there hope?
 * @before: as flipq_freed() filled it in before that
 *
 * Where the caller has queues that are closed and not freed yet, waits until one
 * is freed, be it somebody else's. Killable.
 *
 * Return: whether it is worth another try.
 */
bool flipq_wait_freed(const struct flipq_freed *before)
{
	const struct flipq_who who = flipq_who_calls();
	const struct flipq_user *user;
	bool closed, freed;

	mutex_lock(&lock);
	user = flipq_user_find(&who);
	closed = user && user->closed;
	freed = user && user->freed != before->user;
	mutex_unlock(&lock);
	if (freed || !closed)
		return freed;
	return !wait_event_killable(freed_wq, READ_ONCE(total_freed) !=
				    before->total);
}

/* What is charged at present: to the caller, and in all. */
void flipq_charged(struct flipq_charged *c)
{
	const struct flipq_who who = flipq_who_calls();
	const struct flipq_user *user;

	mutex_lock(&lock);
	user = flipq_user_find(&who);
	c->user_queues = user ? user->queues : 0;
	c->user_bytes = user ? user->bytes : 0;
	c->queues = total_queues;
	c->bytes = total_bytes;
	mutex_unlock(&lock);
}

/* Are shared workers for the caller? */
bool flipq_may_share(void)
{
	kgid_t gid = make_kgid(&init_user_ns,
			       READ_ONCE(flipq_params.shared_gid));

	/* It is no offence to ask, so nothing goes to the audit log. */
	return !gid_valid(gid) || in_egroup_p(gid) ||
	       ns_capable_noaudit(&init_user_ns, CAP_SYS_NICE);
}
