# SPDX-License-Identifier: GPL-2.0-only
"""What the mutants of kmod/flip.h are, and which test is to notice each"""

# The program that notices: what the mutant is called, the text of flip.h, and
# what stands there instead. "\n" and "\t" as there.
MUTANTS = {
    "plain/flip_sides": (
        ("publish without what was staged",
         "smp_store_release(s->fill_word, s->fill);",
         "smp_store_release(s->fill_word, *s->fill_word);"),
        ("finished slots that were collected",
         "return (done ^ s->reap) & (s->fill ^ s->reap) & s->mask;",
         "return (done ^ s->fill) & s->mask;"),
        ("finished slots that are not in use",
         "return (done ^ s->reap) & (s->fill ^ s->reap) & s->mask;",
         "return (done ^ s->reap) & s->mask;"),
        ("free slots that are not collected",
         "return ~(s->fill ^ s->reap) & s->mask;",
         "return ~(s->fill ^ *s->done_word) & s->mask;"),
        ("free slots above the slots",
         "return ~(s->fill ^ s->reap) & s->mask;",
         "return ~(s->fill ^ s->reap);"),
        ("used slots above the slots",
         "return (s->fill ^ s->reap) & s->mask;",
         "return s->fill ^ s->reap;"),
        ("bits above the slots are pending",
         "return (smp_load_acquire(v->fill_word) ^ v->done) & v->mask;",
         "return smp_load_acquire(v->fill_word) ^ v->done;"),
        ("bits above the slots are finished",
         "return (done ^ s->reap) & (s->fill ^ s->reap) & s->mask;",
         "return (done ^ s->reap) & (s->fill ^ s->reap);"),
        ("bits above the slots are cancelled",
         "return ((odd & fill) | (even & ~fill)) & (fill ^ v->done) & v->mask;",
         "return ((odd & fill) | (even & ~fill)) & (fill ^ v->done);"),
        ("bits above the slots are ready",
         "return (READ_ONCE(*done_word) ^ reap) & mask;",
         "return (READ_ONCE(*done_word) ^ reap);"),
        ("bits above the slots are busy",
         "return (READ_ONCE(*done_word) ^ fill) & mask;",
         "return (READ_ONCE(*done_word) ^ fill);"),
        ("a mask too short",
         "return ~0ULL >> (FLIP_MAX_SLOTS - slots);",
         "return (1ULL << (slots % FLIP_MAX_SLOTS)) - 1;"),
        ("a scan that starts at slot 0",
         "return (unsigned int)__builtin_ctzll(high ? high : set);",
         "return (unsigned int)__builtin_ctzll(high ? set : set);"),
        ("a scan that never turns round",
         "return (unsigned int)__builtin_ctzll(high ? high : set);",
         "return (unsigned int)__builtin_ctzll(high);"),
        ("finish does not move the cursor",
         "\tv->cursor = (slot + 1) % FLIP_MAX_SLOTS;\n", ""),
        ("finish moves the cursor to the slot itself",
         "v->cursor = (slot + 1) % FLIP_MAX_SLOTS;", "v->cursor = slot;"),
        ("finish does not flip", "\tv->done ^= flip_bit(slot);\n", ""),
        ("the server reads its word back",
         "return (smp_load_acquire(v->fill_word) ^ v->done) & v->mask;",
         "return (smp_load_acquire(v->fill_word) ^ *v->done_word) & v->mask;"),
        ("collect does not flip", "\ts->reap ^= slots;\n", ""),
        ("E: collect publishes before it flips",
         "\ts->reap ^= slots;\n"
         "\t/* (E) pairs with the acquire in flip_observe_ready() */\n"
         "\tsmp_store_release(s->reap_word, s->reap);\n",
         "\tsmp_store_release(s->reap_word, s->reap);\n\ts->reap ^= slots;\n"),
        ("cancel tags the other generation, even",
         "atomic64_fetch_or((s64)(slots & ~fill), &c->tag[0]);",
         "atomic64_fetch_or((s64)(slots & ~fill), &c->tag[1]);"),
        ("cancel tags the other generation, odd",
         "atomic64_fetch_or((s64)(slots & fill), &c->tag[1]);",
         "atomic64_fetch_or((s64)(slots & fill), &c->tag[0]);"),
        ("cancel takes tags of any generation",
         "return ((odd & fill) | (even & ~fill)) & (fill ^ v->done) & v->mask;",
         "return (odd | even) & (fill ^ v->done) & v->mask;"),
        ("cancel takes what was done",
         "return ((odd & fill) | (even & ~fill)) & (fill ^ v->done) & v->mask;",
         "return ((odd & fill) | (even & ~fill)) & v->mask;"),
        ("even tags do not show",
         "atomic64_read(&c->tag[0]) || atomic64_read(&c->tag[1]);",
         "atomic64_read(&c->tag[1]);"),
        ("odd tags do not show",
         "atomic64_read(&c->tag[0]) || atomic64_read(&c->tag[1]);",
         "atomic64_read(&c->tag[0]);"),
        ("late even tags are not dropped",
         "\tatomic64_andnot((s64)slots, &c->tag[0]);\n", ""),
        ("late odd tags are not dropped",
         "\tatomic64_andnot((s64)slots, &c->tag[1]);\n", ""),
        ("a count of what is not in flight",
         "return (unsigned int)hweight64((done ^ reap) & flight);",
         "return (unsigned int)hweight64(done ^ reap);"),
        ("finish moves the cursor before it flips",
         "\tv->done ^= flip_bit(slot);\n"
         "\tv->cursor = (slot + 1) % FLIP_MAX_SLOTS;\n",
         "\tv->cursor = (slot + 1) % FLIP_MAX_SLOTS;\n"
         "\tv->done ^= flip_bit(slot);\n"),
    ),
    "tsan/flip_hand": (
        ("A: fill published without release",
         "smp_store_release(s->fill_word, s->fill);",
         "WRITE_ONCE(*s->fill_word, s->fill);"),
        ("B: pending without acquire",
         "return (smp_load_acquire(v->fill_word) ^ v->done) & v->mask;",
         "return (READ_ONCE(*v->fill_word) ^ v->done) & v->mask;"),
        ("C: done published without release",
         "smp_store_release(v->done_word, v->done);",
         "WRITE_ONCE(*v->done_word, v->done);"),
        ("D: finished without acquire",
         "u64 done = smp_load_acquire(s->done_word);",
         "u64 done = READ_ONCE(*s->done_word);"),
    ),
    "plain/flip_park": (
        ("F: no barrier after a batch",
         "fill before need_wakeup, or nobody wakes it */\n\tsmp_mb();",
         "fill before need_wakeup, or nobody wakes it */\n"),
        ("G: no barrier in park",
         "need_wakeup before the last look at fill */\n\tsmp_mb();",
         "need_wakeup before the last look at fill */\n"),
        ("G: park asks for kicks after the barrier",
         "\tWRITE_ONCE(*v->need_wakeup, 1);\n"
         "\t/* (G) pairs with (F): need_wakeup before the last look at fill "
         "*/\n\tsmp_mb();\n",
         "\tsmp_mb();\n\tWRITE_ONCE(*v->need_wakeup, 1);\n"),
        ("G: park looks before the barrier",
         "\tsmp_mb();\n\tif (!flip_pending(v))\n\t\treturn true;\n",
         "\tif (!flip_pending(v))\n\t\treturn true;\n\tsmp_mb();\n"),
        ("park looks before it asks for kicks",
         "\tWRITE_ONCE(*v->need_wakeup, 1);\n\t/* (G)",
         "\tif (flip_pending(v))\n\t\treturn false;\n"
         "\tWRITE_ONCE(*v->need_wakeup, 1);\n\treturn true;\n\t/* (G)"),
        ("park without the last look",
         "\tif (!flip_pending(v))\n\t\treturn true;", "\treturn true;"),
        ("park leaves need_wakeup set",
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn false;",
         "\treturn false;"),
        ("park clears need_wakeup before the last look",
         "\tif (!flip_pending(v))\n\t\treturn true;\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn false;",
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !flip_pending(v);"),
        ("park does not ask for kicks",
         "\tWRITE_ONCE(*v->need_wakeup, 1);\n", ""),
    ),
    "tsan/flip_park": (
        ("must_kick reads plainly",
         "return READ_ONCE(*s->need_wakeup);", "return *s->need_wakeup;"),
        ("park writes need_wakeup plainly",
         "WRITE_ONCE(*v->need_wakeup, 1);", "*v->need_wakeup = 1;"),
        ("park clears need_wakeup plainly",
         "WRITE_ONCE(*v->need_wakeup, 0);\n\treturn false;",
         "*v->need_wakeup = 0;\n\treturn false;"),
    ),
    "plain/flip_kick": (
        ("H: kick tests before it sets",
         "\tif (test_and_set_bit(0, &n->queued))\n\t\treturn false;\n"
         "\tllist_add",
         "\tif (READ_ONCE(n->queued))\n\t\treturn false;\n"
         "\tWRITE_ONCE(n->queued, 1);\n\tllist_add"),
        ("H: kick looks once before it tests and sets",
         "\tif (test_and_set_bit(0, &n->queued))\n\t\treturn false;\n"
         "\tllist_add",
         "\tif (READ_ONCE(n->queued))\n\t\treturn false;\n"
         "\tif (test_and_set_bit(0, &n->queued))\n\t\treturn false;\n"
         "\tllist_add"),
        ("H: kick adds before it tests and sets",
         "\tif (test_and_set_bit(0, &n->queued))\n\t\treturn false;\n"
         "\tllist_add(&n->link, mailbox);\n",
         "\tllist_add(&n->link, mailbox);\n"
         "\tif (test_and_set_bit(0, &n->queued))\n\t\treturn false;\n"),
        ("a kick adds nothing", "\tllist_add(&n->link, mailbox);\n", ""),
        ("a kick wakes nobody",
         "\tllist_add(&n->link, mailbox);\n\treturn true;",
         "\tllist_add(&n->link, mailbox);\n\treturn false;"),
        ("I: receive clears queued without a barrier",
         "test_and_clear_bit(0, &n->queued);", "WRITE_ONCE(n->queued, 0);"),
        ("I: receive does not clear queued",
         "\ttest_and_clear_bit(0, &n->queued);\n", ""),
        ("receive leaves need_wakeup set",
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !READ_ONCE",
         "\treturn !READ_ONCE"),
        ("I: receive clears need_wakeup before queued",
         "\ttest_and_clear_bit(0, &n->queued);\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n",
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n"
         "\ttest_and_clear_bit(0, &n->queued);\n"),
    ),
    "plain/flip_detach": (
        ("receive does not look at detach",
         "return !READ_ONCE(n->detach);", "return true;"),
        ("I: receive looks at detach before it clears queued",
         "\ttest_and_clear_bit(0, &n->queued);\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !READ_ONCE(n->detach);",
         "\tint detach = READ_ONCE(n->detach);\n\n"
         "\ttest_and_clear_bit(0, &n->queued);\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !detach;"),
        ("receive looks at detach before it clears need_wakeup",
         "\ttest_and_clear_bit(0, &n->queued);\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !READ_ONCE(n->detach);",
         "\tint detach;\n\n\ttest_and_clear_bit(0, &n->queued);\n"
         "\tdetach = READ_ONCE(n->detach);\n"
         "\tWRITE_ONCE(*v->need_wakeup, 0);\n\treturn !detach;"),
        ("N: no barrier in detach",
         "detach before the wake-ups that follow */\n\tsmp_mb();",
         "detach before the wake-ups that follow */\n"),
        ("N: detach is set after the barrier",
         "\tWRITE_ONCE(n->detach, 1);\n"
         "\t/* (N) pairs with (I) and (M): detach before the wake-ups that "
         "follow */\n\tsmp_mb();\n",
         "\tsmp_mb();\n\tWRITE_ONCE(n->detach, 1);\n"),
        ("O: detach is acknowledged at once",
         "return !test_and_set_bit(0, &n->queued);", "return true;"),
        ("O: acknowledging tests before it sets",
         "return !test_and_set_bit(0, &n->queued);",
         "if (READ_ONCE(n->queued))\n\t\treturn false;\n"
         "\tWRITE_ONCE(n->queued, 1);\n\treturn true;"),
    ),
    "tsan/flip_detach": (
        ("receive reads detach plainly",
         "return !READ_ONCE(n->detach);", "return !n->detach;"),
        ("detach is set plainly",
         "WRITE_ONCE(n->detach, 1);", "n->detach = 1;"),
    ),
    "tsan/flip_close": (
        ("receive clears need_wakeup plainly",
         "WRITE_ONCE(*v->need_wakeup, 0);\n\treturn !READ_ONCE",
         "*v->need_wakeup = 0;\n\treturn !READ_ONCE"),
    ),
    "plain/flip_waiter": (
        ("L: the waiter does not announce itself",
         "\tsmp_store_release(waiting, 1);\n", ""),
        ("L: no barrier after the waiter's announcement",
         "waiting before the last look at done */\n\tsmp_mb();",
         "waiting before the last look at done */\n"),
        ("L: the waiter announces itself after the barrier",
         "\tsmp_store_release(waiting, 1);\n"
         "\t/* (L) pairs with (M): waiting before the last look at done */\n"
         "\tsmp_mb();\n",
         "\tsmp_mb();\n\tsmp_store_release(waiting, 1);\n"),
        ("M: no barrier before the look for a waiter",
         "done before waiting, or nobody wakes it */\n\tsmp_mb();",
         "done before waiting, or nobody wakes it */\n"),
        ("M: a look for a waiter before the barrier",
         "\tsmp_mb();\n\t/* acquire: waiting before what to compare with */\n"
         "\treturn smp_load_acquire(waiting);",
         "\tbool armed = smp_load_acquire(waiting);\n\n"
         "\tsmp_mb();\n\treturn armed;"),
        ("the waiter does not take its announcement back",
         "\tWRITE_ONCE(*waiting, 0);\n", ""),
    ),
    "tsan/flip_waiter": (
        ("L: the waiter's announcement without release",
         "smp_store_release(waiting, 1);", "WRITE_ONCE(*waiting, 1);"),
        ("M: a look for a waiter without acquire",
         "return smp_load_acquire(waiting);", "return READ_ONCE(*waiting);"),
        ("the waiter takes its announcement back plainly",
         "WRITE_ONCE(*waiting, 0);", "*waiting = 0;"),
    ),
    "plain/flip_cancel": (
        ("Q: cancel looks at fill before it takes tags",
         "\tu64 even = (u64)atomic64_xchg(&c->tag[0], 0);\n"
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n"
         "\t/* (B) pairs with (A) */\n"
         "\tu64 fill = smp_load_acquire(v->fill_word);\n",
         "\tu64 fill = smp_load_acquire(v->fill_word);\n"
         "\tu64 even = (u64)atomic64_xchg(&c->tag[0], 0);\n"
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n"),
        ("Q: cancel looks at fill before it takes odd tags",
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n"
         "\t/* (B) pairs with (A) */\n"
         "\tu64 fill = smp_load_acquire(v->fill_word);\n",
         "\tu64 fill = smp_load_acquire(v->fill_word);\n"
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n"),
        ("Q: cancel takes odd tags before even ones",
         "\tu64 even = (u64)atomic64_xchg(&c->tag[0], 0);\n"
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n",
         "\tu64 odd = (u64)atomic64_xchg(&c->tag[1], 0);\n"
         "\tu64 even = (u64)atomic64_xchg(&c->tag[0], 0);\n"),
        ("P: cancel tags odd requests before even ones",
         "\tatomic64_fetch_or((s64)(slots & ~fill), &c->tag[0]);\n"
         "\tatomic64_fetch_or((s64)(slots & fill), &c->tag[1]);\n",
         "\tatomic64_fetch_or((s64)(slots & fill), &c->tag[1]);\n"
         "\tatomic64_fetch_or((s64)(slots & ~fill), &c->tag[0]);\n"),
        ("late odd tags are dropped before even ones",
         "\tatomic64_andnot((s64)slots, &c->tag[0]);\n"
         "\tatomic64_andnot((s64)slots, &c->tag[1]);\n",
         "\tatomic64_andnot((s64)slots, &c->tag[1]);\n"
         "\tatomic64_andnot((s64)slots, &c->tag[0]);\n"),
    ),
    "tsan/flip_cancel": (
        ("B: cancel looks at fill without acquire",
         "u64 fill = smp_load_acquire(v->fill_word);\n\n\treturn ((odd",
         "u64 fill = READ_ONCE(*v->fill_word);\n\n\treturn ((odd"),
        ("P: cancel tags even requests plainly",
         "atomic64_fetch_or((s64)(slots & ~fill), &c->tag[0]);",
         "c->tag[0].counter |= (s64)(slots & ~fill);"),
        ("P: cancel tags odd requests plainly",
         "atomic64_fetch_or((s64)(slots & fill), &c->tag[1]);",
         "c->tag[1].counter |= (s64)(slots & fill);"),
        ("Q: cancel takes even tags plainly",
         "u64 even = (u64)atomic64_xchg(&c->tag[0], 0);",
         "u64 even = (u64)c->tag[0].counter;\n\n\tc->tag[0].counter = 0;"),
        ("Q: cancel takes odd tags plainly",
         "u64 odd = (u64)atomic64_xchg(&c->tag[1], 0);",
         "u64 odd = (u64)c->tag[1].counter;\n\n\tc->tag[1].counter = 0;"),
        ("late even tags are dropped plainly",
         "atomic64_andnot((s64)slots, &c->tag[0]);",
         "c->tag[0].counter &= ~(s64)slots;"),
        ("late odd tags are dropped plainly",
         "atomic64_andnot((s64)slots, &c->tag[1]);",
         "c->tag[1].counter &= ~(s64)slots;"),
    ),
    "plain/flip_poll": (
        ("ready: done before reap",
         "\tu64 reap = smp_load_acquire(reap_word);\n\n"
         "\treturn (READ_ONCE(*done_word) ^ reap) & mask;",
         "\tu64 done = READ_ONCE(*done_word);\n\n"
         "\treturn (done ^ smp_load_acquire(reap_word)) & mask;"),
        ("busy: done before fill",
         "\tu64 fill = smp_load_acquire(fill_word);\n\n"
         "\treturn (READ_ONCE(*done_word) ^ fill) & mask;",
         "\tu64 done = READ_ONCE(*done_word);\n\n"
         "\treturn (done ^ smp_load_acquire(fill_word)) & mask;"),
    ),
    "tsan/flip_poll": (
        ("E: reap published without release",
         "smp_store_release(s->reap_word, s->reap);",
         "WRITE_ONCE(*s->reap_word, s->reap);"),
        ("E: ready without acquire",
         "u64 reap = smp_load_acquire(reap_word);",
         "u64 reap = READ_ONCE(*reap_word);"),
        ("A: busy without acquire",
         "u64 fill = smp_load_acquire(fill_word);",
         "u64 fill = READ_ONCE(*fill_word);"),
        ("ready reads done plainly",
         "return (READ_ONCE(*done_word) ^ reap) & mask;",
         "return (*done_word ^ reap) & mask;"),
        ("busy reads done plainly",
         "return (READ_ONCE(*done_word) ^ fill) & mask;",
         "return (*done_word ^ fill) & mask;"),
    ),
}
