/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cancel.pml - requests are taken back while their slots are used again
 *
 * The submitter fills two slots of one partition, cancels any of them and
 * waits for the answer or not, collects, and uses the slots again. No cancel
 * may hit another request than it was meant for, each one has an answer, and
 * after it what was cancelled has started or is finished.
 */
#ifndef ROUNDS
#define ROUNDS	3
#endif

#define FILL	0
#define DONE	1
#define NEED	2
#define QUEUED	3
#define MAIL	4
#define STATE	5
#define SEQ	6	/* odd while the server is about the tags */
#define TAG	7	/* even and odd requests */
#define NVARS	9
#define NBUFS	2
#define DEPTH	4
#define select_buffer() \
	if :: nempty(buf[0]) -> i = 0 :: nempty(buf[1]) -> i = 1 fi
#include "tso.inc"

#define ODD	(TAG + 1)
#define TAGGED	(m[TAG] || m[ODD])

bool stop;
byte written;		/* slots with a request that nobody started */
byte result;		/* slots with a result that nobody collected */
byte meant;		/* requests of now that somebody cancelled */
byte hit;		/* those of them that the server took */

inline kick()
{
	RMW(old, QUEUED, 1);	/* (H) */
	if
	:: old -> skip
	:: else ->
		atomic { MB() -> assert(!m[MAIL]); m[MAIL] = 1 }
		WAKE(STATE)	/* (K) */
	fi;
	old = 0
}

#ifdef NO_P
#define CANCEL_MB()	true
#else
#define CANCEL_MB()	MB()
#endif

/* One tag word for all requests of a slot, or one by the parity of its fill. */
#ifdef ONE_TAG
#define EVEN_OF(s)	(s)
#define ODD_OF(s)	(s)
#else
#define EVEN_OF(s)	((s) & ~fill)
#define ODD_OF(s)	((s) & fill)
#endif

inline cancel()
{
	atomic {
		if
		:: !at_once -> slots = 1
		:: !at_once -> slots = 2
		:: slots = 3
		fi;
		slots = slots & (fill ^ reap)
	}
	if
	:: slots ->
		meant = meant | slots;
		/* (P) */
		atomic { CANCEL_MB() -> m[TAG] = m[TAG] | EVEN_OF(slots) }
		atomic { CANCEL_MB() -> m[ODD] = m[ODD] | ODD_OF(slots) }
		kick();
		if
		:: true ->
			/* The sequence after the tags, and both once more. */
			do
			:: !TAGGED ->
				if
				:: !m[SEQ] -> break
				:: else -> !m[SEQ]
				fi
			od;
			assert(!(written & slots));
			assert(!(slots & (fill ^ m[DONE])))
		:: true
		fi
	:: else
	fi;
	slots = 0
}

inline submit()
{
	atomic {
		slots = 3 & ~(fill ^ reap);
		if
		:: slots & 1 -> skip
		:: slots = slots & ~1
		fi;
		if
		:: slots & 2 -> skip
		:: slots = slots & ~2
		fi
	}
	if
	:: slots ->
		d_step {
			written = written | slots;
			fill = fill ^ slots
		}
		ST(FILL, fill);		/* (A) */
		/* A cancel that follows at once always kicks. */
		if
		:: at_once = 1
		:: at_once = 0;
			MB();		/* (F) */
			if
			:: m[NEED] -> kick()
			:: else
			fi
		fi
	:: else
	fi;
	slots = 0
}

inline collect()
{
	d_step {
		slots = (m[DONE] ^ reap) & (fill ^ reap);	/* (D) */
		assert((result & slots) == slots);
		assert(!(written & slots));
		result = result & ~slots;
		meant = meant & ~slots;
		hit = hit & ~slots;
		reap = reap ^ slots;
		slots = 0
	}
}

proctype submitter()
{
	byte me = 0, round, fill, reap, slots;
	bool old, at_once;

	do
	:: round < ROUNDS ->
		round++;
		submit();
		if
		:: cancel()
		:: !at_once
		fi;
		at_once = 0;
		/* At least one, when there is any. */
		if
		:: fill != reap -> MB(); m[DONE] != reap
		:: else
		fi;
		collect()
	:: else -> break
	od;
	MB();
	m[DONE] == fill;
	collect();
	/* A cancel that came too late must not stay without an answer. */
	!TAGGED;
	assert(!written && !result);
	stop = 1;
	WAKE(STATE)
}

inline cancel_begin()
{
	if
	:: !about ->
		about = 1;
#ifndef NO_SEQUENCE
		seq = 1 - seq;
		ST(SEQ, seq);
#ifndef NO_SEQUENCE_BARRIER
		MB()
#endif
#endif
	:: else
	fi
}

inline take()
{
#ifdef NO_Q
	fill = m[FILL];
#endif
	RMW(even, TAG, 0);
	RMW(odd, ODD, 0);		/* (Q) */
#ifndef NO_Q
	fill = m[FILL];			/* (B) */
#endif
#ifdef ONE_TAG
	now = (odd | even) & (fill ^ done);
#else
	now = ((odd & fill) | (even & ~fill)) & (fill ^ done);
#endif
	d_step {
		/* No request but the one that it was meant for. */
		assert((meant & now) == now);
		hit = hit | now
	}
	finish();
	even = 0;
	odd = 0;
	fill = 0
}

inline finish()
{
	d_step {
		assert((written & now) == now);
		assert(!(result & now));
		written = written & ~now;
		result = result | now;
		done = done ^ now;
		finished = finished | now;
		now = 0
	}
}

inline publish()
{
	if
	:: TAGGED ->
		cancel_begin();
#ifndef NO_DROP
		/* No barrier, though on x86 they are. */
		m[TAG] = m[TAG] & ~finished;
		m[ODD] = m[ODD] & ~finished
#endif
	:: else
	fi;
	ST(DONE, done);			/* (C) */
	finished = 0;
	MB()				/* (M) */
}

inline turn()
{
	if
	:: TAGGED -> cancel_begin(); take()
	:: else
	fi;
	now = m[FILL] ^ done;		/* (B) */
	/* A turn may end after the first. */
	if
	:: now == 3 -> now = 1
	:: now == 3 -> now = 2
	:: now
	:: !now
	fi;
	if
	:: now -> finish()
	:: else
	fi;
	if
	:: finished -> worked = 1; publish()
	:: else -> worked = 0
	fi;
	if
	:: about ->
		about = 0;
#ifndef NO_SEQUENCE
		seq = 1 - seq;
		ST(SEQ, seq);
#endif
		MB()
	:: else
	fi
}

proctype worker()
{
	byte me = 1, done, now, finished, even, odd, fill;
	bool got, polled, about, worked;
	bit seq;

	do
	:: RMW(got, MAIL, 0);
		if
		:: got ->
#ifdef NO_I
			ST(QUEUED, 0);
#else
			atomic { MB() -> m[QUEUED] = 0 }	/* (I) */
#endif
			ST(NEED, 0);
			polled = 1;
			got = 0
		:: else
		fi;
		if
		:: !polled ->
			ST(STATE, SLEEP);
			MB();				/* (J) */
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
			turn();
			if
			:: worked -> worked = 0
			:: else ->
				ST(NEED, 1);
				MB();			/* (G) */
				if
				:: m[FILL] != done -> ST(NEED, 0)
				:: else -> polled = 0
				fi
			fi
		fi
	od
}

init {
	atomic {
		m[NEED] = 1;
		run submitter();
		run worker()
	}
}
