/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * submit.pml - batches for two workers that park and sleep, and a waiter
 *
 * One submitter fills any set of free slots of two partitions, one for each
 * worker, publishes them as one batch, kicks those that are parked, waits for
 * a minimum of what is in flight, collects, and uses the slots again.
 * A lost wake-up shows as a deadlock.
 */
#ifndef ROUNDS
#define ROUNDS	3
#endif
#ifndef SLOTS
#define SLOTS	1
#endif
#define MASK	((1 << SLOTS) - 1)

#define FILL	0	/* and the next: per worker */
#define DONE	2
#define NEED	4
#define QUEUED	6
#define MAIL	8
#define STATE	10
#define REAP	12	/* the waiter's snapshot */
#define FLIGHT	14
#define MINIMUM	16
#define WAITING	17
#define WSTATE	18	/* the waiter */
#define NVARS	19
#define NBUFS	3
#define DEPTH	7
#define select_buffer() \
	if :: nempty(buf[0]) -> i = 0 :: nempty(buf[1]) -> i = 1 \
	:: nempty(buf[2]) -> i = 2 fi
#include "tso.inc"

#define COUNT(x) (((x) & 1) + (((x) >> 1) & 1))

bool stop;
byte written[2];	/* slots with a descriptor that nobody served */
byte result[2];		/* slots with a result that nobody collected */

inline kick(p)
{
	RMW(old, QUEUED + p, 1);	/* (H) */
	if
	:: old -> skip
	:: else ->
#ifdef NO_K
		ST(MAIL + p, 1);
		m[STATE + p] = RUN;
#else
		atomic { MB() -> assert(!m[MAIL + p]); m[MAIL + p] = 1 }
		WAKE(STATE + p);	/* (K) */
#endif
	fi;
#ifdef KICKER_CLEARS
	ST(NEED + p, 0);
#endif
	old = 0
}

/* As a waiter or worker sees it: one partition after the other. */
inline finished(n)
{
	n = COUNT((m[DONE] ^ m[REAP]) & m[FLIGHT]);
	n = n + COUNT((m[DONE + 1] ^ m[REAP + 1]) & m[FLIGHT + 1])
}

/* The waiter wrote the snapshot itself, so it reads its own. */
inline finished_own(n)
{
	n = COUNT((m[DONE] ^ reap[0]) & (fill[0] ^ reap[0]));
	n = n + COUNT((m[DONE + 1] ^ reap[1]) & (fill[1] ^ reap[1]))
}

inline stage(p)
{
	free = MASK & ~(fill[p] ^ reap[p]);
	atomic {
		if
		:: free & 1 -> batch[p] = batch[p] | 1
		:: skip
		fi;
		if
		:: free & 2 -> batch[p] = batch[p] | 2
		:: skip
		fi
	}
	free = 0;
	if
	:: batch[p] ->
		fill[p] = fill[p] ^ batch[p];
#ifdef NO_A
		ST(FILL + p, fill[p]);
		written[p] = written[p] | batch[p];
#else
		written[p] = written[p] | batch[p];
		ST(FILL + p, fill[p])	/* (A) */
#endif
	:: else
	fi
}

inline wait_for(minimum)
{
	atomic {
		buf[me]!REAP,reap[0];
		buf[me]!REAP + 1,reap[1];
		buf[me]!FLIGHT,fill[0] ^ reap[0];
		buf[me]!FLIGHT + 1,fill[1] ^ reap[1];
		buf[me]!MINIMUM,minimum;
	}
	ST(WAITING, 1);
#ifndef NO_L
	MB();		/* (L) */
#endif
	do
	:: ST(WSTATE, SLEEP);
#ifndef NO_L
		MB();	/* (L) again, in prepare_to_wait() */
#endif
		finished_own(n);
		if
		:: n >= minimum -> break
		:: else
		fi;
		MB();
		m[WSTATE] == RUN
	od;
	n = 0;
	ST(WSTATE, RUN);
	ST(WAITING, 0)
}

inline collect(p)
{
	d_step {
		free = (m[DONE + p] ^ reap[p]) & (fill[p] ^ reap[p]);	/* (D) */
		assert((result[p] & free) == free);
		assert(!(written[p] & free));
		result[p] = result[p] & ~free;
		reap[p] = reap[p] ^ free;
		free = 0
	}
}

proctype submitter()
{
	byte me = 0, round, n, minimum, free;
	byte fill[2], reap[2], batch[2];
	bool old;

	do
	:: round < ROUNDS ->
		round++;
		stage(0);
		stage(1);
#ifndef NO_F
		MB();			/* (F) */
#endif
		if
		:: batch[0] && m[NEED] -> kick(0)
		:: else
		fi;
		if
		:: batch[1] && m[NEED + 1] -> kick(1)
		:: else
		fi;
		batch[0] = 0;
		batch[1] = 0;
		minimum = COUNT(fill[0] ^ reap[0]) + COUNT(fill[1] ^ reap[1]);
		if
		:: round < ROUNDS && minimum > 1 -> minimum = 1
		:: minimum > 0
		:: minimum == 0
		fi;
		if
		:: minimum -> wait_for(minimum)
		:: else
		fi;
		minimum = 0;
		collect(0);
		collect(1)
	:: else -> break
	od;
	assert(fill[0] == reap[0] && fill[1] == reap[1]);
	assert(!written[0] && !written[1] && !result[0] && !result[1]);
	MB();
	stop = 1;
	WAKE(STATE);
	WAKE(STATE + 1)
}

inline turn()
{
#ifdef NO_C
	ST(DONE + w, done ^ pending);
	d_step {
		assert((written[w] & pending) == pending);
		written[w] = written[w] & ~pending;
	}
	result[w] = result[w] | pending;
#else
	d_step {
		assert((written[w] & pending) == pending);	/* (B) */
		assert(!(result[w] & pending));
		written[w] = written[w] & ~pending;
		result[w] = result[w] | pending
	}
	ST(DONE + w, done ^ pending);	/* (C) */
#endif
	done = done ^ pending;
	pending = 0;
#ifndef NO_M
	MB();				/* (M) */
#endif
	if
	:: m[WAITING] ->
		finished(n);
		if
		:: n >= m[MINIMUM] -> WAKE(WSTATE)
		:: else
		fi;
		n = 0
	:: else
	fi
}

proctype worker(byte w)
{
	byte me = w + 1, done, pending, n;
	bool polled, got;

	do
	:: RMW(got, MAIL + w, 0);
		if
		:: got ->
			atomic { MB() -> m[QUEUED + w] = 0 }	/* (I) */
			ST(NEED + w, 0);
			polled = 1;
			got = 0
		:: else
		fi;
		if
		:: !polled ->
			ST(STATE + w, SLEEP);
#ifndef NO_J
			MB();		/* (J) */
#endif
			if
			:: m[MAIL + w] -> skip
			:: else ->
				if
				:: stop -> break
				:: else -> MB(); m[STATE + w] == RUN
				fi
			fi;
			ST(STATE + w, RUN)
		:: else ->
			pending = (m[FILL + w] ^ done) & MASK;
			if
			:: pending -> turn()
			:: else ->
				ST(NEED + w, 1);
#ifndef NO_G
				MB();	/* (G) */
#endif
				if
				:: (m[FILL + w] ^ done) & MASK ->
					ST(NEED + w, 0)
				:: else -> polled = 0
				fi
			fi
		fi
	od
}

init {
	atomic {
		m[NEED] = 1;
		m[NEED + 1] = 1;
		run submitter();
		run worker(0);
		run worker(1)
	}
}
