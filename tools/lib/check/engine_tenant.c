// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine_tenant.c - kmod/engine/tenant.c: users at workers, remembered and
 * forgotten
 */
#include "rig.h"

static struct engine_worker *two[2];

static void start(void)
{
	rig_start(2);
	engine_pool_choose(two, 2);
}

static void end(const char *name)
{
	engine_pool_put(two[0]);
	engine_pool_put(two[1]);
	rig_end(name);
}

static void found(void)
{
	struct engine_tenant *a, *b;
	unsigned int pieces;

	start();
	pieces = shim_allocated();
	a = engine_tenant_get(two[0], "a");
	b = engine_tenant_get(two[0], "b");
	ok(a && b && a != b, "two users at a worker are two");
	ok(engine_tenant_get(two[0], a->user) == a, "who is there is found");
	ok(engine_tenant_get(two[1], a->user) != a, "at its worker only");
	is(shim_allocated(), pieces + 3, "and takes memory once");
	ok(a->worker == two[0] && a->share.parent == &two[0]->share,
	   "a user shares its worker's time");
	ok(!a->share.queued && !a->share.held && !a->inbox && !a->boxed,
	   "and has no work at first");
	end("users that are found leave nothing");
}

static void forgotten(void)
{
	static const char users[1000];
	struct engine_tenant *other;
	unsigned int i, pieces;

	start();
	other = engine_tenant_get(two[0], &users[999]);
	pieces = shim_allocated();
	for (i = 0; i < 999; i++) {
		engine_tenant_get(two[0], &users[i]);
		engine_tenant_get(two[1], &users[i]);
	}
	is(shim_allocated(), pieces + 2 * 999, "many users");
	for (i = 0; i < 999; i++) {
		engine_tenant_forget(&users[i]);
		if (shim_allocated() != pieces + 2 * (998 - i))
			break;
	}
	is(i, 999, "each is forgotten at all workers, and nobody else");
	is(shim_allocated(), pieces, "nothing is left of them");
	ok(engine_tenant_get(two[0], &users[999]) == other, "others are kept");
	engine_tenant_forget(&users[0]);
	is(shim_allocated(), pieces, "who is not there is forgotten easily");
	end("users that are forgotten leave nothing");
}

static void forgotten_of_a_worker(void)
{
	static const char users[1000];
	unsigned int i, pieces, wrong = 0;
	struct engine_tenant *kept[1000];

	start();
	for (i = 0; i < 1000; i++)
		kept[i] = engine_tenant_get(two[0], &users[i]);
	pieces = shim_allocated();
	for (i = 0; i < 1000; i++)
		engine_tenant_get(two[1], &users[i]);
	engine_tenant_forget_all(two[1]);
	is(shim_allocated(), pieces, "a worker's users are forgotten at once");
	for (i = 0; i < 1000; i++)
		wrong += engine_tenant_get(two[0], &users[i]) != kept[i];
	is(wrong, 0, "those of others are kept");
	end("a worker's users leave nothing");
}

/* What a user had of a worker is kept from one queue to the next. */
static void kept(void)
{
	struct rig_queue *rq;
	struct engine_tenant *tenant;
	u64 took;

	rig_start(1);
	rq = rig_queue("user", 1, 8, true, 0);
	tenant = rq->q->parts[0]->tenant;
	rq->cost = 1000000;
	rig_submit(rq, 0, 0xff);
	shim_settle();
	took = tenant->share.vtime;
	ok(took >= 8000000, "a user is charged for what it takes");
	rig_queue_end(rq);
	rq = rig_queue("user", 1, 8, true, 0);
	ok(rq->q->parts[0]->tenant == tenant, "its next queue finds it");
	ok(tenant->share.vtime >= took, "with what it took before");
	rig_queue_end(rq);
	rig_end("a user that is kept leaves nothing");
}

static void memory(void)
{
	start();
	shim_fail_allocation(1);
	ok(!engine_tenant_get(two[0], "a"), "without memory there is no user");
	shim_fail_allocation(0);
	ok(engine_tenant_get(two[0], "a"), "with it there is");
	end("lack of memory leaves nothing");
}

static const char who[64];

static int get_all(void *arg)
{
	struct engine_tenant **got = arg;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(who); i++)
		got[i] = engine_tenant_get(two[i & 1], &who[i]);
	return 0;
}

static void at_the_same_time(void)
{
	struct engine_tenant *got[2][ARRAY_SIZE(who)];
	unsigned int i, round, differ = 0;
	struct rig_thread t;

	start();
	rig_random(true);
	for (round = 0; round < 20; round++) {
		rig_go(&t, get_all, got[0]);
		get_all(got[1]);
		rig_join(&t);
		for (i = 0; i < ARRAY_SIZE(who); i++) {
			differ += got[0][i] != got[1][i];
			engine_tenant_forget(&who[i]);
		}
	}
	rig_random(false);
	is(differ, 0, "two who look for a user find the same one");
	end("users that come at the same time leave nothing");
}

int main(void)
{
	found();
	forgotten();
	forgotten_of_a_worker();
	kept();
	memory();
	at_the_same_time();
	return tap_end();
}
