/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * serve.pml - the owner's threads lease a partition, serve it and leave
 *
 * Two threads serve one partition, one at a time: until a budget is used up,
 * until it is idle, or asleep until a kick. The submitter publishes and kicks
 * if asked to; where nobody serves it takes the lease itself. It also cancels,
 * and answers itself if nobody has the lease.
 */
#ifndef ROUNDS
#define ROUNDS	3
#endif

#define FILL	0
#define DONE	1
#define NEED	2
#define LEASE	3
#define STATE	4	/* of who sleeps as the server */
#define TAGS	5
#define ASKING	6	/* the canceller is registered and asleep */
#define NVARS	7
#define NBUFS	3
#define DEPTH	4
#define select_buffer() \
	if :: nempty(buf[0]) -> i = 0 :: nempty(buf[1]) -> i = 1 \
	:: nempty(buf[2]) -> i = 2 fi
#include "tso.inc"

bool ended;
byte servers;		/* how many hold the lease */
byte written;		/* a request that nobody started */
byte result;		/* a result that nobody collected */
bit done;		/* the server's shadow, guarded by the lease */

inline kick()
{
	WAKE(STATE)
}

inline leased(got)
{
	atomic {
		MB() -> got = !m[LEASE];
		m[LEASE] = 1;
		if
		:: got -> servers++; assert(servers == 1)
		:: else
		fi
	}
}

inline lease_end()
{
#ifndef NO_NEED
	ST(NEED, 1);
#endif
	servers--;
	ST(LEASE, 0);
#ifndef NO_LEASE_BARRIER
	MB();
#endif
	if
	:: m[ASKING] -> WAKE(ASKING)
	:: else
	fi
}

/* Return: whether it did anything. */
inline turn(worked)
{
	worked = 0;
	if
	:: m[TAGS] ->
		atomic { MB() -> m[TAGS] = 0 }
		worked = 1;
		WAKE(ASKING)
	:: else
	fi;
	if
	:: m[FILL] != done ->
		d_step {
			assert(servers == 1 && written && !result);
			written = 0;
			result = 1;
			done = !done
		}
		ST(DONE, done);			/* (C) */
		MB();
		worked = 1
	:: else
	fi
}

/* Sleep until a kick, or only look once more. Leave: it stays set. */
inline idle(leave)
{
	do
	:: ST(STATE, SLEEP);
		MB();
		ST(NEED, 1);
#ifndef NO_G
		MB();				/* (G) */
#endif
		if
		:: m[FILL] != done -> leave = 0; break
		:: else
		fi;
#ifndef NO_TAGGED
		if
		:: m[TAGS] -> leave = 0; break
		:: else
		fi;
#endif
		if
		:: leave -> break
		:: !leave && ended -> leave = 1; break
		:: !leave && !ended ->
			MB();
			m[STATE] == RUN
		fi
	od;
	ST(STATE, RUN);
	if
	:: !leave -> ST(NEED, 0)
	:: else
	fi
}

proctype server(byte me)
{
	bool got, worked, leave, budget;

	do
	:: ended -> break
	:: leased(got);
		if
		:: !got -> !m[LEASE] || ended
		:: else ->
			got = 0;
			ST(NEED, 0);
			do
			:: turn(worked);
				if
				:: worked -> worked = 0; break	/* budget */
				:: worked -> worked = 0
				:: !worked ->
					if
					:: leave = 1
					:: leave = 0
					fi;
					idle(leave);
					if
					:: leave -> leave = 0; break
					:: else
					fi
				fi
			od;
			lease_end();
			/* No more of this one, or once again. */
			if
			:: break
			:: skip
			fi
		fi
	od;
	MB()
}

inline serve_myself()
{
	leased(got);
	if
	:: got ->
		ST(NEED, 0);
		turn(worked);
		worked = 0;
		lease_end();
		got = 0
	:: else
	fi
}

inline cancel()
{
	atomic { MB() -> m[TAGS] = 1 }		/* (P) */
	kick();
	do
	:: ST(ASKING, SLEEP);
#ifndef NO_ASKING_BARRIER
		MB();
#endif
		if
		:: !m[TAGS] -> break
		:: else
		fi;
		leased(got);
		if
		:: got ->
			turn(worked);
			worked = 0;
			assert(!m[TAGS]);
			lease_end();
			got = 0;
			break
		:: else
		fi;
		m[ASKING] == RUN
	od;
	ST(ASKING, RUN)
}

proctype submitter()
{
	byte me = 0, round;
	bit fill;
	bool got, worked;

	do
	:: round < ROUNDS ->
		round++;
		d_step {
			written = 1;
			fill = !fill
		}
		ST(FILL, fill);			/* (A) */
#ifndef NO_F
		MB();				/* (F) */
#endif
		if
		:: m[NEED] -> kick()
		:: else
		fi;
		if
		:: cancel()
		:: skip
		fi;
		/* Who polls sees that the server left, and serves. */
		do
		:: m[DONE] == fill -> break
		:: m[DONE] != fill && m[NEED] && !m[LEASE] -> serve_myself()
		od;
		skip;	/* no jump may end in a d_step */
		d_step {
			assert(result && !written);
			result = 0
		}
	:: else -> break
	od;
	MB();
	ended = 1;
	WAKE(STATE)
}

init {
	atomic {
		m[NEED] = 1;
		run submitter();
		run server(1);
		run server(2)
	}
}
