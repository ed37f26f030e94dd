// SPDX-License-Identifier: GPL-2.0-only
/*
 * tenant.c - users at workers
 *
 * A user's entry at a worker stays when its last queue has gone, as it records
 * how much more time the user had than others. So nobody gets rid of that
 * record by closing a queue and opening another. The client says when to forget
 * a user.
 */
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "engine/engine.h"

#define ENGINE_TENANT_BITS	8

/* By user, so that forgetting one looks at few others. */
static struct hlist_head tenants[1 << ENGINE_TENANT_BITS];
static DEFINE_MUTEX(lock);

static struct hlist_head *engine_tenant_bucket(const void *user)
{
	return &tenants[hash_ptr(user, ENGINE_TENANT_BITS)];
}

static struct engine_tenant *engine_tenant_find(const struct engine_worker *w,
						const void *user)
{
	struct engine_tenant *tenant;

	hlist_for_each_entry(tenant, engine_tenant_bucket(user), hash)
		if (tenant->worker == w && tenant->user == user)
			return tenant;
	return NULL;
}

/**
 * engine_tenant_get - the entry of a user at a worker
 * @w: worker
 * @user: user, who is forgotten with engine_tenant_forget()
 *
 * Return: the entry, or NULL without memory.
 */
struct engine_tenant *engine_tenant_get(struct engine_worker *w,
					const void *user)
{
	struct engine_tenant *new, *tenant;

	/*
	 * Not charged, as it outlives the caller, and not under the lock, which
	 * others want.
	 */
	new = kzalloc_node(sizeof(*new), GFP_KERNEL, w->node);
	if (!new)
		return NULL;
	new->worker = w;
	new->user = user;
	init_llist_head(&new->box.nodes);
	engine_share_init(&new->share, &w->share);

	mutex_lock(&lock);
	tenant = engine_tenant_find(w, user);
	if (!tenant) {
		hlist_add_head(&new->hash, engine_tenant_bucket(user));
		tenant = new;
		new = NULL;
	}
	mutex_unlock(&lock);
	kfree(new);
	return tenant;
}

/* Forget a user without queues, and what it had of each worker. */
void engine_tenant_forget(const void *user)
{
	struct engine_tenant *tenant;
	struct hlist_node *next;

	mutex_lock(&lock);
	hlist_for_each_entry_safe(tenant, next, engine_tenant_bucket(user),
				  hash) {
		if (tenant->user == user) {
			hlist_del(&tenant->hash);
			kfree(tenant);
		}
	}
	mutex_unlock(&lock);
}

/* Forget all users of a worker, whose thread has ended. */
void engine_tenant_forget_all(const struct engine_worker *w)
{
	struct engine_tenant *tenant;
	struct hlist_node *next;
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < ARRAY_SIZE(tenants); i++) {
		hlist_for_each_entry_safe(tenant, next, &tenants[i], hash) {
			if (tenant->worker == w) {
				hlist_del(&tenant->hash);
				kfree(tenant);
			}
		}
	}
	mutex_unlock(&lock);
}
