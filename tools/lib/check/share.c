// SPDX-License-Identifier: GPL-2.0-only
/*
 * share.c - kmod/engine/share.h: who gets how much of a worker, and who is next,
 * beside a model that has no tree but looks at everybody
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/share.h"
#include "tap.h"

#define USERS		16
#define QUEUES		8
#define PARTS		64
#define CREDIT		ENGINE_SHARE_CREDIT_NS
#define SECONDS		2

static unsigned int seed = 1;

static unsigned int draw(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

/* A worker and who shares it. Times are what each was charged. */
struct queue {
	struct engine_share share;
	struct engine_share part[PARTS];
	u64 part_took[PARTS];
	u64 took;
};

struct user {
	struct engine_share share;
	struct queue queue[QUEUES];
	u64 took;
};

struct worker {
	struct engine_share share;
	struct user user[USERS];
	u64 longest;
};

static struct worker w;

static void prepare(void)
{
	unsigned int u, q, p;

	memset(&w, 0, sizeof(w));
	engine_share_init(&w.share, NULL);
	for (u = 0; u < USERS; u++) {
		struct user *user = &w.user[u];

		engine_share_init(&user->share, &w.share);
		for (q = 0; q < QUEUES; q++) {
			engine_share_init(&user->queue[q].share, &user->share);
			for (p = 0; p < PARTS; p++)
				engine_share_init(&user->queue[q].part[p],
						  &user->queue[q].share);
		}
	}
}

/* Work comes for all of the first @parts of the first @queues of a user. */
static void busy(unsigned int u, unsigned int queues, unsigned int parts)
{
	unsigned int q, p;

	for (p = 0; p < parts; p++)
		for (q = 0; q < queues; q++)
			engine_share_add(&w.user[u].queue[q].part[p]);
}

static struct engine_share *light(unsigned int u)
{
	return &w.user[u].queue[0].part[0];
}

/* What a user's turn may be: of its own, and different each time. */
static u64 length(unsigned int u)
{
	return 1 + draw(u % 2 ? 1000 : 90000 * (u + 1) / USERS);
}

/* Who is next works for @ns. Return: which user that was. */
static unsigned int step(u64 ns)
{
	struct engine_share *leaf = engine_share_leaf(&w.share);
	struct queue *queue = rb_entry(leaf->parent, struct queue, share);
	struct user *user = rb_entry(queue->share.parent, struct user, share);
	unsigned int u = (unsigned int)(user - w.user);

	if (!ns)
		ns = length(u);
	if (ns > w.longest)
		w.longest = ns;
	engine_share_charge(leaf, ns);
	user->took += ns;
	queue->took += ns;
	queue->part_took[leaf - queue->part] += ns;
	return u;
}

/* How far apart those of @n are that the times belong to, @size bytes each. */
static u64 spread(const u64 *first, size_t size, unsigned int n)
{
	u64 most = 0, least = ~0ULL;
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 took = *(const u64 *)(const void *)((const char *)first +
							 i * size);

		if (took > most)
			most = took;
		if (took < least)
			least = took;
	}
	return most - least;
}

/*
 * All of @users are busy with any number of queues and partitions and requests
 * of any length: then nobody is ever ahead of anybody by more than one step, on
 * each level.
 */
static void test_equal(unsigned int users)
{
	unsigned int queues[USERS], parts[USERS], u, n;
	bool equal = true, within = true;

	prepare();
	for (u = 0; u < users; u++) {
		queues[u] = u ? 1 + draw(QUEUES) : 1;
		parts[u] = u ? 1 + draw(PARTS) : 1;
	}
	queues[users - 1] = QUEUES;
	parts[users - 1] = PARTS;
	for (u = 0; u < users; u++)
		busy(u, queues[u], parts[u]);
	for (n = 0; n < 20000; n++) {
		step(0);
		equal = equal && spread(&w.user[0].took, sizeof(w.user[0]),
					users) <= w.longest;
	}
	for (u = 0; u < users; u++) {
		const struct queue *q = w.user[u].queue;

		within = within && spread(&q->took, sizeof(*q), queues[u]) <=
				   w.longest;
		within = within && spread(q->part_took, sizeof(u64),
					  parts[u]) <= w.longest;
	}
	ok(equal, "users have equal shares, whatever they have and do");
	ok(within, "and so have queues of a user, and partitions of a queue");
	printf("# %u users: %llu ns each, %llu apart, longest step %llu\n",
	       users, (unsigned long long)w.user[0].took,
	       (unsigned long long)spread(&w.user[0].took,
					  sizeof(w.user[0]), users),
	       (unsigned long long)w.longest);
}

/* All but user 0 are busy with all they have, for @ns. */
static void others_work(u64 ns)
{
	u64 end = w.share.floor + ns;

	while (w.share.floor < end)
		step(ns < CREDIT ? 0 : CREDIT / 10);
}

static void crowd(void)
{
	unsigned int u;

	prepare();
	for (u = 1; u < USERS; u++)
		busy(u, QUEUES, PARTS);
}

static void test_light(void)
{
	unsigned int n, late = 0;

	crowd();
	for (n = 0; n < 300; n++) {
		others_work(draw(20000));
		engine_share_add(light(0));
		late += engine_share_leaf(&w.share) != light(0);
		step(1 + draw(1000));
		engine_share_del(light(0));
	}
	is(late, 0, "a light user is next as soon as a request comes");
	is(w.user[0].took > 0, 1, "and has its turn");
}

/* How much user 0 takes before it is somebody else's turn. */
static u64 takes_at_once(u64 ns)
{
	u64 before = w.user[0].took;

	while (!step(ns))
		;
	return w.user[0].took - before;
}

static bool is_credit(u64 took, u64 ns)
{
	return took + ns > CREDIT && took <= CREDIT + ns;
}

static void test_credit(void)
{
	const u64 ns = 1000;

	crowd();
	others_work(5 * CREDIT);
	engine_share_add(light(0));
	ok(is_credit(takes_at_once(ns), ns), "who is new collected the credit");
	engine_share_del(light(0));
	others_work(5 * CREDIT);
	engine_share_add(light(0));
	ok(is_credit(takes_at_once(ns), ns), "who was away did, and no more");
	engine_share_add(light(0));
	ok(takes_at_once(ns) <= 2 * ns, "and has it once");
	engine_share_del(light(0));
	others_work(CREDIT / 50);
	engine_share_add(light(0));
	ok(takes_at_once(ns) <= CREDIT / 50 + w.longest + ns,
	   "a pause gives no more than it was long");
}

static void test_credit_of_levels(void)
{
	struct user *user = &w.user[0];
	const u64 ns = 1000;
	unsigned int n;

	prepare();
	engine_share_add(&user->queue[0].part[0]);
	for (n = 0; n < 100000; n++)
		step(ns);
	engine_share_add(&user->queue[1].part[0]);
	for (n = 0; engine_share_leaf(&w.share) == &user->queue[1].part[0]; n++)
		step(ns);
	ok(is_credit(n * ns, ns), "a new queue has the credit among its user's");
	engine_share_add(&user->queue[0].part[1]);
	for (n = 0; n < 40000; n++)
		step(ns);
	ok(user->queue[0].part_took[1] <= 10000 * ns + CREDIT,
	   "and a new partition among its queue's");
}

/* Nobody is left, and then somebody comes who was not there. */
static void test_empty(void)
{
	const u64 ns = 1000;

	prepare();
	engine_share_add(light(1));
	while (w.user[1].took < 10 * CREDIT)
		step(ns);
	engine_share_del(light(1));
	engine_share_charge(light(1), 90 * CREDIT);
	engine_share_add(light(0));
	engine_share_add(light(1));
	ok(is_credit(takes_at_once(ns), ns),
	   "who left last is whom the next one is behind");
}

/* One long request, and then a pause: that one is not forgotten. */
static void test_ahead(void)
{
	const u64 ns = 1000, lead = 5 * CREDIT;

	prepare();
	engine_share_add(light(0));
	engine_share_add(light(1));
	while (step(ns))
		;
	engine_share_charge(light(0), lead);
	engine_share_del(light(0));
	engine_share_add(light(0));
	w.user[1].took = 0;
	while (step(ns))
		;
	ok(w.user[1].took + 2 * ns >= lead && w.user[1].took <= lead + 2 * ns,
	   "who took much is not next before the others had as much");
}

static void test_zero(void)
{
	unsigned int turns[USERS] = { 0 }, u, n;
	bool equal = true;

	prepare();
	for (u = 0; u < USERS; u++)
		busy(u, 1 + u % QUEUES, 1);
	for (n = 0; n < 1000 * USERS; n++) {
		struct engine_share *first = engine_share_first(&w.share);

		u = (unsigned int)(rb_entry(first, struct user, share) - w.user);
		turns[u]++;
		engine_share_charge(engine_share_leaf(first), 0);
	}
	for (u = 0; u < USERS; u++)
		equal = equal && turns[u] == 1000;
	ok(equal, "steps that take no time take turns all the same");
}

static void test_held(void)
{
	struct user *user = &w.user[0];

	prepare();
	ok(!engine_share_first(&w.share), "at first nobody has work");
	ok(engine_share_leaf(&w.share) == &w.share, "and the worker is nobody's");
	user->share.held = true;
	engine_share_add(&user->share);
	ok(engine_share_leaf(&w.share) == &user->share, "a user by itself");
	engine_share_add(light(0));
	engine_share_add(light(0));
	ok(engine_share_leaf(&w.share) == light(0), "its partition is next below");
	engine_share_del(light(0));
	ok(user->share.queued && !user->queue[0].share.queued,
	   "a user that is held stays, a queue goes with its last partition");
	engine_share_add(light(0));
	user->share.held = false;
	engine_share_del(light(0));
	ok(!user->share.queued && !engine_share_first(&w.share),
	   "one that is not held goes, too");
	engine_share_add(light(0));
	engine_share_add(&user->queue[0].part[1]);
	engine_share_add(&user->queue[1].part[0]);
	engine_share_del(light(0));
	ok(user->queue[0].share.queued, "a queue stays with a partition");
	engine_share_del(&user->queue[0].part[1]);
	ok(!user->queue[0].share.queued && user->share.queued,
	   "and its user with a queue");
}

static void test_alone(void)
{
	struct user *user = &w.user[0];

	prepare();
	engine_share_add(light(0));
	ok(engine_share_alone(light(0)), "who has no sibling is alone");
	engine_share_add(light(1));
	ok(!engine_share_alone(light(0)) && !engine_share_alone(light(1)),
	   "neither is beside another user");
	engine_share_del(light(0));
	ok(engine_share_alone(light(1)), "until that one goes");
	engine_share_del(light(1));
	engine_share_add(light(0));
	engine_share_add(&user->queue[1].part[0]);
	ok(!engine_share_alone(light(0)) &&
	   !engine_share_alone(&user->queue[1].part[0]), "nor beside a queue");
	engine_share_del(&user->queue[1].part[0]);
	engine_share_add(&user->queue[0].part[1]);
	ok(!engine_share_alone(light(0)) &&
	   !engine_share_alone(&user->queue[0].part[1]), "nor beside a partition");
}

/* The model: no tree, and who is next is looked for among all. */
struct model {
	struct engine_share *real;
	struct model *parent;
	u64 vtime;
	u64 floor;
	u64 since;		/* who is equal goes by this */
	bool queued;
	bool held;
};

#define FANOUT	3
/* the worker, users, queues, partitions */
#define NODES	(1 + 3 + 9 + 27)
#define LEAVES	13

static struct engine_share real[NODES];
static struct model model[NODES];
static u64 moment;

static bool model_before(const struct model *a, const struct model *b)
{
	return a->vtime < b->vtime ||
	       (a->vtime == b->vtime && a->since < b->since);
}

static struct model *model_first(const struct model *parent)
{
	struct model *m, *first = NULL;

	for (m = model; m < model + NODES; m++)
		if (m->parent == parent && m->queued &&
		    (!first || model_before(m, first)))
			first = m;
	return first;
}

static unsigned int model_children(const struct model *parent)
{
	unsigned int n = 0, i;

	for (i = 0; i < NODES; i++)
		n += model[i].parent == parent && model[i].queued;
	return n;
}

static bool model_is_alone(const struct model *m)
{
	return !m->parent || (model_children(m->parent) == 1 &&
			      model_is_alone(m->parent));
}

static void model_add(struct model *m)
{
	if (!m->parent || m->queued)
		return;
	if (m->vtime + CREDIT < m->parent->floor)
		m->vtime = m->parent->floor - CREDIT;
	m->queued = true;
	m->since = ++moment;
	model_add(m->parent);
}

static void model_del(struct model *m)
{
	m->queued = false;
	if (m->parent->parent && !m->parent->held &&
	    !model_children(m->parent))
		model_del(m->parent);
}

/* Who reached somebody else goes behind all that are equal. */
static void model_charge(struct model *m, u64 ns)
{
	const struct model *next;
	u64 old = m->vtime;

	if (!m->parent)
		return;
	m->vtime += ns;
	for (next = model; next < model + NODES; next++)
		if (m->queued && next != m && next->parent == m->parent &&
		    next->queued && next->vtime <= m->vtime &&
		    (next->vtime > old ||
		     (next->vtime == old && next->since > m->since))) {
			m->since = ++moment;
			break;
		}
	next = model_first(m->parent);
	if (!next)
		next = m;
	if (m->parent->floor < next->vtime)
		m->parent->floor = next->vtime;
	model_charge(m->parent, ns);
}

static bool same(void)
{
	const struct model *leaf = model, *m;

	for (m = model; m < model + NODES; m++) {
		const struct model *first = model_first(m);
		const struct engine_share *s = m->real;

		if (engine_share_first(m->real) !=
			    (first ? first->real : NULL) ||
		    s->queued != m->queued || s->vtime != m->vtime ||
		    s->floor != m->floor)
			return false;
		if (m->parent && m < model + LEAVES &&
		    m->queued != (m->held || first))
			return false;
		if (m->queued && engine_share_alone(s) != model_is_alone(m))
			return false;
	}
	while (model_first(leaf))
		leaf = model_first(leaf);
	return engine_share_leaf(real) == leaf->real;
}

static void one_operation(void)
{
	unsigned int i = draw(4) ? LEAVES + draw(NODES - LEAVES) : 1 + draw(3);
	static const u64 lengths[] = { 0, 1, 1, 5, 1000, CREDIT, 3 * CREDIT };
	u64 ns = lengths[draw(ARRAY_SIZE(lengths))];
	struct model *m = &model[i];

	if (draw(2)) {
		/* mostly who is next, as a worker does */
		if (draw(4) && engine_share_first(real))
			m = &model[engine_share_leaf(real) - real];
		engine_share_charge(m->real, ns);
		model_charge(m, ns ? ns : 1);
		return;
	}
	if (i < LEAVES) {
		m->held = !m->held;
		m->real->held = m->held;
	}
	if (i < LEAVES ? m->held : !m->queued) {
		engine_share_add(m->real);
		model_add(m);
	} else if (i >= LEAVES || !engine_share_first(m->real)) {
		engine_share_del(m->real);
		model_del(m);
	}
}

static void test_model(void)
{
	unsigned int i, n;

	for (i = 0; i < NODES; i++) {
		model[i].real = &real[i];
		model[i].parent = i ? &model[(i - 1) / FANOUT] : NULL;
		engine_share_init(&real[i], i ? &real[(i - 1) / FANOUT] : NULL);
	}
	for (n = 0; n < 10000; n++) {
		one_operation();
		if (!same())
			break;
	}
	is(n, 10000, "the tree does what looking at everybody does");
}

int main(void)
{
	/* Of processor time: in a tree that is wrong there may be no end. */
	static const struct rlimit limit = { SECONDS, SECONDS };

	setrlimit(RLIMIT_CPU, &limit);
	test_equal(2);
	test_equal(4);
	test_equal(16);
	test_light();
	test_credit();
	test_credit_of_levels();
	test_empty();
	test_ahead();
	test_zero();
	test_held();
	test_alone();
	test_model();
	return tap_end();
}
