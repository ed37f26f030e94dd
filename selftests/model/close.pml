/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * close.pml - a queue is closed at any time, while its slots are used again
 *
 * One worker serves two partitions of one queue. The submitter goes on with
 * them, kicks under a reference, and a closer detaches both, waits for the
 * acknowledgements and for the last reference, and frees. A request that has
 * not started may be dropped; nothing may touch what was freed; the close and
 * the worker's stop must come to an end.
 */
#ifndef ROUNDS
#define ROUNDS	3
#endif

#define FILL	0	/* and the next: per partition */
#define DONE	2
#define NEED	4
#define QUEUED	6
#define DETACH	8
#define MAIL	10	/* a bit per partition */
#define STATE	11
#define NVARS	12
#define NBUFS	3
#define DEPTH	4
#define select_buffer() \
	if :: nempty(buf[0]) -> i = 0 :: nempty(buf[1]) -> i = 1 \
	:: nempty(buf[2]) -> i = 2 fi
#include "tso.inc"

bool stop;
bool closing;
bool freed;
byte refs;
byte acks[2];
byte written[2];
byte result[2];

#define ALIVE()	assert(!freed)

/* Not ordered: what the caller stored before may stay behind the kick. */
inline kick(p, ordered)
{
#ifdef NO_H
	ALIVE();
	old = m[QUEUED + p];
	if
	:: !old -> atomic { ALIVE(); MB() -> m[QUEUED + p] = 1 }
	:: else
	fi;
#else
	atomic { ALIVE(); (!ordered || MB()) -> old = m[QUEUED + p];
		m[QUEUED + p] = 1 }	/* (H) */
#endif
	if
	:: old -> skip
	:: else ->
		atomic {
			(!ordered || MB()) -> ALIVE();
			/* A node that is in already would break the list. */
			assert(!(m[MAIL] & (1 << p)));
			m[MAIL] = m[MAIL] | (1 << p)
		}
		atomic { (!ordered || MB()) -> m[STATE] = RUN }	/* (K) */
	fi;
	old = 0
}

inline get()
{
	atomic {
		if
		:: !closing -> refs++; held = 1
		:: else -> skip
		fi
	}
}

proctype submitter()
{
	byte me = 0, round, p;
	bool fill[2], old, held;

	do
	:: closing -> break
	:: round < ROUNDS ->
		round++;
		get();
		if
		:: !held -> break
		:: else
		fi;
		if
		:: p = 0
		:: p = 1
		fi;
		ALIVE();
		if
		:: fill[p] == m[DONE + p] ->		/* (D) */
			d_step {
				assert(result[p] == fill[p]);
				assert(!written[p]);
				written[p] = 1
			}
			fill[p] = !fill[p];
			ST(FILL + p, fill[p]);		/* (A) */
			MB();				/* (F) */
			if
			:: m[NEED + p] -> kick(p, true)
			:: else
			fi
		:: else -> kick(p, true)	/* unasked, as a hostile user */
		fi;
		p = 0;
		atomic { MB() -> refs--; held = 0 }
	:: else -> break
	od
}

inline serve(p)
{
	ALIVE();
	if
	:: m[FILL + p] != done[p] ->		/* (B) */
		d_step {
			assert(written[p]);
			written[p] = 0;
			done[p] = !done[p];
			result[p] = done[p]
		}
		ALIVE();
		ST(DONE + p, done[p])		/* (C) */
	:: else ->
		ST(NEED + p, 1);
		MB();				/* (G) */
		ALIVE();
		if
		:: m[FILL + p] != done[p] -> ST(NEED + p, 0)
		:: else -> polled[p] = 0
		fi
	fi
}

inline acknowledge(p)
{
	polled[p] = 0;
	MB();
	d_step {
		ALIVE();
		acks[p]++;
		assert(acks[p] == 1)
	}
#ifdef NOT_LAST
	ALIVE();
#endif
}

inline receive(p)
{
	ALIVE();
#ifdef NO_I
	ST(QUEUED + p, 0);
#else
	atomic { MB() -> m[QUEUED + p] = 0 }	/* (I) */
#endif
	ALIVE();
	ST(NEED + p, 0);
	if
	:: m[DETACH + p] ->
#ifdef NO_O
		acknowledge(p)
#else
		RMW(got, QUEUED + p, 1);	/* (O) */
		if
		:: !got -> acknowledge(p)
		:: else
		fi;
		got = 0
#endif
	:: else -> polled[p] = 1
	fi
}

proctype worker()
{
	byte me = 1, mail;
	bool done[2], polled[2], got;

	do
	:: RMW(mail, MAIL, 0);
		if
		:: mail & 1 -> receive(0)
		:: else
		fi;
		if
		:: mail & 2 -> receive(1)
		:: else
		fi;
		mail = 0;
		if
		:: !polled[0] && !polled[1] ->
			ST(STATE, SLEEP);
			MB();			/* (J) */
			if
			:: m[MAIL] -> skip
			:: else ->
				if
				:: stop -> break
				:: else -> m[STATE] == RUN
				fi
			fi;
			ST(STATE, RUN)
		:: else ->
			if
			:: polled[0] -> serve(0)
			:: else
			fi;
			if
			:: polled[1] -> serve(1)
			:: else
			fi
		fi
	od
}

inline detach(p)
{
	ST(DETACH + p, 1);
#ifdef NO_N
	kick(p, false);
#else
	MB();		/* (N) */
	kick(p, true);
#endif
}

proctype closer()
{
	byte me = 2;
	bool old;

	closing = 1;
	detach(0);
	detach(1);
	acks[0] && acks[1];
	/* All but the reference: its holder may still be kicking. */
#ifndef KEEP_NO_REFERENCE
	refs == 0;
#endif
	freed = 1;
	MB();
	stop = 1;
	WAKE(STATE)
}

init {
	atomic {
		m[NEED] = 1;
		m[NEED + 1] = 1;
		run submitter();
		run worker();
		run closer()
	}
}
