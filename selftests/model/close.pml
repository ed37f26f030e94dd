/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * close.pml - queues are closed at any time, while others of the user go on
 *
 * One worker serves two partitions: of two queues of one user, or of ONE_QUEUE,
 * or of queues of TWO_USERS. Each queue's owner submits, kicks, may wait for
 * what it submitted, and closes the queue whenever it likes; a third thread
 * kicks one of them under a reference. Kicks put the node into the box of the
 * user, and a box that was empty into the worker's mailbox.
 *
 * Closing waits for nobody. A queue is freed by whoever lets go of it last, and
 * a user's box with its last queue. A request that has not started when its
 * queue is closed may be dropped; what somebody waits for must be served;
 * nothing may touch what was freed; all must come to an end.
 */
#ifndef ROUNDS
#define ROUNDS	1
#endif
#ifndef KICKS
#define KICKS	1
#endif

#ifdef ONE_QUEUE
#define QUEUE(p)	0
#define QUEUES		1
#else
#define QUEUE(p)	(p)
#define QUEUES		2
#endif
#ifdef TWO_USERS
#define BOX(p)		(p)
#else
#define BOX(p)		0
#endif

#define FILL	0	/* and the next: per partition */
#define DONE	2
#define NEED	4
#define QUEUED	6
#define DETACH	8
#define NODES	10	/* per box: a bit per partition */
#define LINK	12	/* per box: the next one, 0 for none */
#define MAILBOX	14	/* the first box, 0 for none */
#define STATE	15
#define NVARS	16
#define WORKER	2
#define NBUFS	4
#define DEPTH	4
#define select_buffer() \
	if :: nempty(buf[0]) -> i = 0 :: nempty(buf[1]) -> i = 1 \
	:: nempty(buf[WORKER]) -> i = WORKER fi
#include "tso.inc"

bool stop;
bool closing[2];	/* per queue */
bool freed[2];
byte refs[2];
byte attached[2] = 1;
bool box_freed[2];	/* per box */
byte holders[2];
bool boxed[2];		/* in the mailbox */
bool written[2];	/* per partition */
bool result[2];
byte acks[2];
bool held_up;

#define ALIVE(p)	assert(!freed[QUEUE(p)])
#define BOX_ALIVE(b)	assert(!box_freed[b])

inline free_partition(p)
{
	holders[BOX(p)]--;
#ifdef BOX_GOES_FIRST
	box_freed[BOX(p)] = 1
#else
	box_freed[BOX(p)] = !holders[BOX(p)]
#endif
}

/* Let go of a queue: the last one who does frees it. */
inline put(q)
{
	atomic {
		MB();
		assert(attached[q]);
		attached[q]--;
		if
		:: !attached[q] ->
			freed[q] = 1;
			if
			:: QUEUE(0) == q -> free_partition(0)
			:: else
			fi;
			if
			:: QUEUE(1) == q -> free_partition(1)
			:: else
			fi
		:: else
		fi
	}
}

/* Whoever is held up in a kick may keep its own user waiting, nobody else. */
inline may_be_held_up()
{
#ifdef HELD_UP
	if
	:: me == 0 -> held_up = 1; goto over
	:: true
	fi
#else
	skip
#endif
}

inline wake(was_empty)
{
#ifdef WAKE_IF_EMPTY
	if
	:: was_empty -> WAKE(STATE)
	:: else
	fi
#else
	WAKE(STATE)		/* (K) */
#endif
}

inline deliver(b)
{
	may_be_held_up();
	do
	:: first = m[MAILBOX];
		atomic { BOX_ALIVE(b); m[LINK + b] = first }
		atomic {
			MB();
			if
			:: m[MAILBOX] == first ->
				BOX_ALIVE(b);
				/* One that is in already would break the list. */
				assert(!boxed[b]);
				boxed[b] = 1;
				m[MAILBOX] = b + 1;
				break
			:: else
			fi
		}
	od;
	may_be_held_up();
	wake(!first);
	first = 0
}

/* Not ordered: what the caller stored before may stay behind the kick. */
inline kick(p, ordered)
{
#ifdef NO_H
	atomic { ALIVE(p); old = m[QUEUED + p] }
	if
	:: !old -> atomic { ALIVE(p); MB() -> m[QUEUED + p] = 1 }
	:: else
	fi;
#else
	atomic { ALIVE(p); (!ordered || MB()) -> old = m[QUEUED + p];
		m[QUEUED + p] = 1 }	/* (H) */
#endif
	if
	:: old -> skip
	:: else ->
#ifdef NO_R
		if
		:: !m[NODES + BOX(p)] -> deliver(BOX(p))
		:: else
		fi;
#endif
		atomic {
			(!ordered || MB()) -> ALIVE(p);
			BOX_ALIVE(BOX(p));
			assert(!(m[NODES + BOX(p)] & (1 << p)));
			old = m[NODES + BOX(p)] != 0;
			m[NODES + BOX(p)] = m[NODES + BOX(p)] | (1 << p) /* (R) */
		}
#ifndef NO_R
#ifdef DELIVER_ALWAYS
		old = 0;
#endif
		if
		:: !old -> deliver(BOX(p))
		:: else
		fi
#endif
	fi;
	old = 0
}

inline submit(p)
{
	if
	:: fill[p] == m[DONE + p] ->		/* (D) */
		d_step {
			assert(result[p] == fill[p]);
			assert(!written[p]);
			written[p] = 1;
			fill[p] = !fill[p]
		}
		ST(FILL + p, fill[p]);		/* (A) */
		MB();				/* (F) */
		if
		:: m[NEED + p] -> kick(p, true)
		:: else
		fi
	:: else -> kick(p, true)	/* unasked, as a hostile user */
	fi
}

inline detach(p)
{
#ifndef FREE_AT_ONCE
	attached[QUEUE(p)]++;
#endif
	ST(DETACH + p, 1);
#ifdef NO_N
	kick(p, false);
#else
	MB();		/* (N) */
	kick(p, true);
#endif
}

inline close()
{
	closing[me] = 1;
	if
	:: QUEUE(0) == me -> detach(0)
	:: else
	fi;
	if
	:: QUEUE(1) == me -> detach(1)
	:: else
	fi;
	/* In the kernel it holds the file, and this comes first. */
#ifndef KEEP_NO_REFERENCE
	refs[me] == 0;
#endif
	put(me)
}

proctype owner(byte me)
{
	byte round, p, first;
	bool fill[2], old;

	do
	:: round < ROUNDS ->
		round++;
		if
		:: QUEUE(0) == me -> p = 0
		:: QUEUE(1) == me -> p = 1
		fi;
		submit(p);
		if
		:: true -> m[DONE + p] == fill[p]
		:: true
		fi;
		p = 0
	:: true -> break
	od;
	round = 0;
	close();
over:	skip
}

/* Another thread of the first queue */
proctype kicker()
{
	byte me = 3, n, p, first;
	bool old, held;

	do
	:: n < KICKS ->
		n++;
		atomic {
			if
			:: !closing[0] -> refs[0]++
			:: else -> break
			fi
		}
		if
		:: p = 0
		:: QUEUE(1) == 0 -> p = 1
		fi;
		kick(p, true);
		p = 0;
		refs[0]--
	:: else -> break
	od;
over:	skip
}

inline serve(p)
{
	atomic { ALIVE(p); got = m[FILL + p] != done[p] }	/* (B) */
	if
	:: got ->
		atomic {
			ALIVE(p);
			assert(written[p]);
			written[p] = 0;
			done[p] = !done[p];
			result[p] = done[p];
			got = 0
		}
		ST(DONE + p, done[p])		/* (C) */
	:: else ->
		ST(NEED + p, 1);
		atomic {
			MB();			/* (G) */
			ALIVE(p);
			got = m[FILL + p] != done[p];
			polled[p] = got
		}
		if
		:: got -> atomic { ST(NEED + p, 0); got = 0 }
		:: else
		fi
	fi
}

inline let_go()
{
	if
	:: gone ->
		d_step {
			acks[gone - 1]++;
			assert(acks[gone - 1] == 1)
		}
		put(QUEUE(gone - 1));
		gone = 0
	:: else
	fi
}

inline acknowledge(p)
{
	polled[p] = 0;
	gone = p + 1;
#ifdef NOT_LAST
	let_go()
#endif
}

inline receive(p)
{
#ifdef NO_I
	atomic { ALIVE(p); ST(QUEUED + p, 0) }
#else
	atomic { MB() -> ALIVE(p); m[QUEUED + p] = 0 }	/* (I) */
#endif
	atomic { ALIVE(p); ST(NEED + p, 0) }
	if
	:: m[DETACH + p] ->
#ifdef NO_O
		acknowledge(p)
#else
		atomic { ALIVE(p); RMW(got, QUEUED + p, 1) }	/* (O) */
		if
		:: !got -> acknowledge(p)
		:: else
		fi;
		got = 0
#endif
	:: else -> polled[p] = 1
	fi
}

/* One node at a time: the box may be delivered again before the others. */
inline open(b)
{
	if
	:: !inbox[b] ->
		atomic {
			MB() -> BOX_ALIVE(b);
			to_open[b] = 0;
			inbox[b] = m[NODES + b];
			m[NODES + b] = 0	/* (S) */
		}
	:: else
	fi;
	if
	:: inbox[b] & 1 -> inbox[b] = inbox[b] & ~1; receive(0)
	:: inbox[b] & 2 -> inbox[b] = inbox[b] & ~2; receive(1)
	:: !inbox[b]
	fi;
	/* What else it has to do with the user. */
	BOX_ALIVE(b);
	let_go()
}

/* All boxes in the mailbox; what is in them is looked at later. */
inline empty_mailbox()
{
	atomic {
		MB() -> box = m[MAILBOX];
		m[MAILBOX] = 0;
		boxed[0] = 0;
		boxed[1] = 0
	}
	do
	:: box ->
#ifdef NO_S
		open(box - 1);
#endif
		atomic {
			BOX_ALIVE(box - 1);
#ifndef NO_S
			to_open[box - 1] = 1;
#endif
			box = m[LINK + box - 1]
		}
	:: else -> break
	od
}

#define HELD(b)	(inbox[b] || to_open[b])

proctype worker()
{
	byte me = WORKER, inbox[2], box, gone;
	bool done[2], polled[2], to_open[2], got;

	do
	:: m[MAILBOX] -> empty_mailbox()
	:: HELD(0) -> open(0)
#ifdef TWO_USERS
	:: HELD(1) -> open(1)
#endif
	:: polled[0] -> serve(0)
	:: polled[1] -> serve(1)
	:: !HELD(0) && !HELD(1) && !polled[0] && !polled[1] ->
		ST(STATE, SLEEP);
		MB();			/* (J) */
		if
		:: m[MAILBOX] -> skip
		:: else ->
			if
			:: stop -> break
			:: else -> m[STATE] == RUN
			fi
		fi;
		ST(STATE, RUN)
	od
}

init {
	atomic {
		m[NEED] = 1;
		m[NEED + 1] = 1;
		holders[BOX(0)]++;
		holders[BOX(1)]++;
		run owner(0);
#if QUEUES == 2
		run owner(1);
#endif
		run kicker();
		run worker()
	}
	freed[0] || held_up;
#if QUEUES == 2
	freed[1];
#endif
	stop = 1;
	m[STATE] = RUN
}
