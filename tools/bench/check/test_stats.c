// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_stats.c - medians, ratios of pairs, percentiles
 */
#include <string.h>

#include "core/stats.h"
#include "programs/bench/table.h"
#include "tap.h"

static void test_range(void)
{
	static const double odd[] = { 5, 1, 9 }, even[] = { 4, 1, 2, 100 };
	struct range r = range_of(odd, 3);

	ok(r.median == 5 && r.low == 1 && r.high == 9, "median of three");
	ok(odd[0] == 5, "values are left in their order");
	r = range_of(even, 4);
	ok(r.median == 3 && r.low == 1 && r.high == 100, "median of four");
	r = range_of(odd, 1);
	ok(r.median == 5 && r.low == 5 && r.high == 5, "median of one");
	r = range_of(odd, 0);
	ok(r.median == 0 && r.low == 0 && r.high == 0, "median of nothing");
}

static void set_round(struct result *r, unsigned int n, uint64_t requests,
		      double seconds)
{
	r->samples[n].requests = requests;
	r->samples[n].seconds = seconds;
}

/* A machine that slows down hits both of a pair, and no ratio. */
static void test_pairs(void)
{
	struct result base, other;

	if (result_init(&base, 2) || result_init(&other, 2)) {
		ok(false, "no memory");
		return;
	}
	set_round(&base, 0, 1000, 1);
	set_round(&other, 0, 4000, 2);
	set_round(&base, 1, 100, 1);
	set_round(&other, 1, 200, 1);
	result_pair(&other, &base, 0);
	result_pair(&other, &base, 1);
	ok(other.rates[0] == 2000 && other.rates[1] == 200, "rates");
	ok(other.ratios[0] == 2 && other.ratios[1] == 2, "ratios of pairs");
	result_pair(&base, &base, 0);
	ok(base.ratios[0] == 1, "the base is 1");
	result_free(&base);
	result_free(&other);
}

static bool near(uint64_t got, uint64_t exact)
{
	return got >= exact && got - exact <= exact / 32;
}

static void test_percentiles(void)
{
	static struct latencies l, more;
	uint64_t n;

	is(latencies_at(&l, 500), 0, "no latencies");
	for (n = 1000; n; n--)
		latencies_add(&l, n * 1000);
	is(l.n, 1000, "all were counted");
	ok(near(latencies_at(&l, 500), 500000), "p50");
	ok(near(latencies_at(&l, 990), 990000), "p99");
	ok(near(latencies_at(&l, 999), 999000), "p99.9");
	ok(near(latencies_at(&l, 1000), 1000000), "the longest");
	for (n = 0; n < 3000; n++)
		latencies_add(&more, 7);
	latencies_merge(&l, &more);
	is(latencies_at(&l, 500), 7, "p50 of two together; small ones exact");
	is(l.n, 4000, "number of two together");
}

static void test_extremes(void)
{
	bool good = true;
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		struct latencies l = { 0 };
		uint64_t ns = 1ULL << bit;

		latencies_add(&l, ns);
		good &= near(latencies_at(&l, 500), ns);
		memset(&l, 0, sizeof(l));
		latencies_add(&l, ns - 1 + ns);
		good &= latencies_at(&l, 500) == ns - 1 + ns;
	}
	ok(good, "any time there is");
}

int main(void)
{
	test_range();
	test_pairs();
	test_percentiles();
	test_extremes();
	return tap_end();
}
