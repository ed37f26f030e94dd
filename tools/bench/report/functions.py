# SPDX-License-Identifier: GPL-2.0-only
"""Where samples of a program counter were, by function."""

import bisect
import collections

# How far from its beginning a function, or what else has a name, may reach.
REACH = 1 << 20
TEXT = "tTwW"


class Symbols:
    """What /proc/kallsyms of a kernel says."""

    def __init__(self, text):
        found = []
        for line in text.splitlines():
            address, kind, name, *module = line.split()
            found.append((int(address, 16), kind, " ".join([name, *module])))
        self.found = sorted(found)
        self.starts = [start for start, _, _ in self.found]

    def find(self, address):
        """The function there, with its module; None of none."""
        number = bisect.bisect_right(self.starts, address) - 1
        if number < 0:
            return None
        start, kind, name = self.found[number]
        return name if kind in TEXT and address - start < REACH else None


def counted(samples, symbols, kernel, others):
    """How often which function was seen. Samples are a program's name and an
    address; what is in no function of the kernel's is called others[program], and
    programs that are not in there do not count.
    """
    counts = collections.Counter()
    for program, address in samples:
        if program in others:
            name = symbols.find(address) if program == kernel else None
            counts[name or others[program]] += 1
    return counts


def table(paths, least):
    """Rows: functions that some path spends at least so much of its time in, most
    first; columns: the paths, in percent. The heading is the first row.
    """
    sums = {path: sum(counts.values()) for path, counts in paths.items()}
    shares = collections.defaultdict(dict)
    for path, counts in paths.items():
        for name, count in counts.items():
            shares[name][path] = 100 * count / sums[path]
    kept = sorted((name for name, cells in shares.items()
                   if max(cells.values()) >= least),
                  key=lambda name: (-max(shares[name].values()), name))
    yield ("function, percent", *paths)
    for name in kept:
        yield (name, *(f"{shares[name].get(path, 0):.1f}" for path in paths))
    rest = {path: sum(cells.get(path, 0) for name, cells in shares.items()
                      if name not in kept) for path in paths}
    yield ("all else", *(f"{rest[path]:.1f}" for path in paths))
    yield ("samples", *sums.values())
