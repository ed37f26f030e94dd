# SPDX-License-Identifier: GPL-2.0-only
"""The module's native results beside those of models with threads.

The module runs in User Mode Linux, where the threads of one process do not run at
once; models with threads run on this machine, in the same run. One thread inline is
in both and does the same work in both, so each result of the module is taken as a
multiple of it, and that of this machine's. Where the two differ, so may all else.
"""

from .rows import chosen, column, distinct

BASE = "inline"
KEY = ("job", "size", "copy", "submitters", "workers", "depth", "batch", "round")
# what is taken as a multiple
SCALED = ("rate", "cpu_ns")
AGREE = 0.03


def _bases(rows):
    """The base's row of each setting and round."""
    return {tuple(row[name] for name in KEY): row
            for row in chosen(rows, model=BASE)}


def linked(ours, theirs):
    """Our rows but for the base's, in terms of their base; of a round that one
    side does not have, nothing.
    """
    bases, others = _bases(ours), _bases(theirs)
    for row in ours:
        key = tuple(row[name] for name in KEY)
        if row["model"] != BASE and key in bases and key in others:
            base, other = bases[key], others[key]
            yield {**row, "linked": True, "where": other["where"],
                   **{name: row[name] / base[name] * other[name]
                      for name in SCALED}}


class Linked:
    """Results of this machine with those of the module among them."""

    def __init__(self, here, module):
        self.here = here
        self.module = module

    def rows(self, name):
        """Of one file."""
        theirs = self.here.rows(name)
        return [*theirs, *linked(self.module.rows(name), theirs)]


def agreement(ours, theirs):
    """By job and size: the base's rate in ours, to that in theirs."""
    for job, size in distinct(ours, "job", "size"):
        rates = [column(chosen(rows, job=job, size=size, model=BASE), "rate")
                 for rows in (ours, theirs)]
        if all(rates) and rates[1].median:
            yield job, size, rates[0].median / rates[1].median


def text(found):
    """For the report: of what agreement() found, from all files."""
    found = list(found)
    if not found:
        return "The module was not measured natively."
    said = "; ".join(f"{job} of {size:.0f} bytes {ratio:.3f}"
                     for job, size, ratio in found)
    off = [ratio for _, _, ratio in found if abs(ratio - 1) > AGREE]
    end = f"NOT LINKED: {len(off)} of these differ by more than " \
        f"{AGREE:.0%}, so no native ratio of the module to a model with " \
        "threads is to be trusted." if off else \
        f"All of these agree within {AGREE:.0%}."
    return f"One thread inline, in User Mode Linux to this machine: {said}. {end}"
