# SPDX-License-Identifier: GPL-2.0-only
"""Find what a healthy kernel does not log."""

import re

BEGIN = "harness: command begins"
END = "harness: command ended"

# Case counts: a healthy boot asks to "report a bug".
PROBLEM = re.compile(
    r"\bWARNING\b|\bBUG\b|\bOops\b|\bKASAN\b|\bKCSAN\b|\bUBSAN\b|ODEBUG"
    r"|general protection|possible recursive locking|circular locking"
    r"|inconsistent lock state|INFO: possible|suspicious RCU"
    r"|INFO: rcu|rcu.*detected.*stall|hung[ _]task|blocked for more than"
    r"|soft lockup|hard LOCKUP|kmemleak:|[Uu]nable to handle"
    r"|sleeping function called|Call Trace|Kernel panic"
    r"|list_(add|del) corruption|refcount_t:|Bad page|Out of memory"
    r"|page allocation failure|scheduling while atomic")

# Lines of a boot that only name a detector or say that it starts.
HARMLESS = re.compile(
    r"kmemleak: (Kernel memory leak detector initialized|Automatic memory "
    r"scanning thread started)|[Cc]ommand line:")

# While the command runs, the module has nothing to say and nothing crashes.
UNEXPECTED = re.compile(r"\bflipq|segfault|traps:", re.IGNORECASE)
EXPECTED = re.compile(r"taints kernel|tainting kernel"
                      r"|used greatest stack depth", re.IGNORECASE)

# In reports of KCSAN: an access, the entry of an interrupt, a frame of ours.
ACCESS = re.compile(r" to 0x([0-9a-f]+) of \d+ bytes by ")
INTERRUPT = re.compile(r"\basm_\w*(interrupt|sysvec)\w*\+0x")
FRAME = re.compile(r"\+0x[0-9a-f]+/0x[0-9a-f]+ \[flipq")
# Variables of the kernel itself, as jiffies; modules are above them.
IMAGE = range(0xffffffff80000000, 0xffffffffa0000000)
# Further in, all is the page allocator's and the scheduler's own: what reclaim
# looks at unmarked, or a sleeper in its timer.
INSIDE = re.compile(r" (__alloc_pages\w*|schedule(_hrtimeout\w*)?)\+0x")

CONTEXT = 30


def _is_ours(report):
    """Has this module a part in a race? The frames of each access are listed
    after a line that says what it was. What an interrupt interrupted has no
    part in what its handler did, nor who calls the kernel in how that uses its
    own variables, which is the innermost frame's alone; and tasks may be called
    flipq, too.
    """
    frames = 0
    for line in report:
        access = ACCESS.search(line)
        if access:
            frames = 1 if int(access[1], 16) in IMAGE else len(report)
        elif INTERRUPT.search(line) or INSIDE.search(line):
            frames = 0
        elif frames:
            if FRAME.search(line):
                return True
            frames -= 1
    return False


def _without_foreign_races(lines):
    """Leave out the races of KCSAN in which this module has no part."""
    kept = []
    index = 0
    while index < len(lines):
        if "BUG: KCSAN" not in lines[index]:
            kept.append((index, lines[index]))
            index += 1
            continue
        end = index + 1
        while end < len(lines) and "==========" not in lines[end]:
            end += 1
        if _is_ours(lines[index:end]):
            kept += [(n, lines[n]) for n in range(index, end)]
        index = end
    return kept


def problems(text):
    """The lines to be shown, each problem with what follows it; or none."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    shown = set()
    running = False
    for number, line in _without_foreign_races(lines):
        if BEGIN in line or END in line:
            running = BEGIN in line
            continue
        bad = PROBLEM.search(line) and not HARMLESS.search(line)
        odd = running and UNEXPECTED.search(line) and \
            not EXPECTED.search(line)
        if bad:
            shown.update(range(max(0, number - 1),
                               min(len(lines), number + CONTEXT)))
        elif odd:
            shown.add(number)
    return [lines[number] for number in sorted(shown) if lines[number]]
