# SPDX-License-Identifier: GPL-2.0-only
"""The targets: what flipq must reach, and what it did."""

import operator
from typing import Callable, NamedTuple

from .rows import chosen, column, paired

PAGES = {"job": "lz4", "size": 4096, "submitters": 1}
AT_LEAST = (">=", operator.ge)
AT_MOST = ("<=", operator.le)


class Target(NamedTuple):
    """A number that is to be reached; the first of several ways counts."""

    what: str
    where: str
    limit: tuple
    goal: float
    ways: tuple
    measure: Callable
    digits: int = 2


class Results:
    """The CSV files of one place, native or vm."""

    def __init__(self, directory, read):
        self.directory = directory
        self.read = read
        self.files = {}

    def rows(self, name):
        """Of one file, read once."""
        if name not in self.files:
            self.files[name] = self.read(self.directory / f"{name}.csv")
        return self.files[name]


def of_models(name, value, base, **where):
    """A column's ratio, of a model to another, in one file."""
    def measure(results, way):
        rows = chosen(results.rows(name), **where)
        return paired(chosen(rows, model=way), chosen(rows, model=base), value)
    return measure


def syscalls(results, way):
    """System calls of a model that has so many slots per partition."""
    model, depth = way.split(", ")
    rows = chosen(results.rows("depth"), model=model, batch=8,
                  depth=int(depth.split()[0]))
    return column(rows, "syscalls")


def light_beside_heavy(results, way):
    """p99 of the light queue, in heavy requests' usual duration."""
    rows = chosen(results.rows("heavy"), job=way)
    heavy = [{**row, "ns": row["p50_ns"]}
             for row in chosen(rows, model="heavy")]
    light = [{**row, "ns": row["p99_ns"]}
             for row in chosen(rows, model="light-beside")]
    return paired(light, heavy, "ns")


def of_programs(cpus):
    """The rate of flipq compress, to that of another program."""
    def measure(results, way):
        program, other = way.split(" to ")
        rows = chosen(results.rows("programs"), cpus=cpus, action="compress")
        return paired(chosen(rows, program=program),
                      chosen(rows, program=other), "seconds", True)
    return measure


def targets(cpus):
    """All of them, for a machine with so many CPUs."""
    ours = ("flipq-arena", "flipq", "flipq-serve", "flipq-private")
    two = {**PAGES, "workers": cpus}
    one = {**PAGES, "workers": 1}
    for where, classic in (("vm", 5), ("native", 10)):
        for base, goal in (("workqueue", 3), ("classic", classic),
                           ("inline", 1.6)):
            for copied, name in (("", "workers"), (", both copy", "copied")):
                yield Target(f"LZ4 4 KiB, to {base}{copied}", where, AT_LEAST,
                             goal, ours, of_models(name, "rate", base, **two))
        for copied, name in (("", "workers"), (", both copy", "copied")):
            yield Target(f"CPU per request, to inline{copied}", where,
                         AT_MOST, 1.2, ours,
                         of_models(name, "cpu_ns", "inline", **two))
    yield Target("of the limit, LZ4 4 KiB", "vm", AT_LEAST, 0.85, ours,
                 of_models("limit", "rate", "limit", **two))
    yield Target("system calls per request", "vm", AT_MOST, 0.02,
                 ("flipq, 64 slots", "flipq, 32 slots", "flipq, 16 slots"), syscalls, 4)
    yield Target("empty, 1 worker, to io_uring SQPOLL", "native", AT_LEAST, 5,
                 ("flipq",), of_models("empty", "rate", "sqpoll", workers=1))
    for where in ("vm", "native"):
        yield Target("1 worker and serving submitter, to inline", where,
                     AT_LEAST, 1.6, ("flipq-serve",),
                     of_models("workers", "rate", "inline", **one))
    yield Target("beside 1000 idle queues", "vm", AT_LEAST, 0.97,
                 ("idle-1000",), of_models("idle", "rate", "idle-0"))
    yield Target("light queue's p99, in heavy requests", "vm", AT_MOST, 2,
                 ("lz4hc-12", "zstd-22"), light_beside_heavy)
    for count, goal in ((1, 1), (2, 1.6)):
        yield Target(f"flipq compress, {count} CPU", "vm", AT_LEAST, goal,
                     ("flipq-lz4 to lz4", "flipq-lz4 to lz4-64K",
                      "flipq-zstd to zstd", "flipq-gzip to pigz"),
                     of_programs(count))


def verdict(target, got):
    """Met or missed, by the median; met in part if the range is on both
    sides.
    """
    sign, holds = target.limit
    met = "met" if holds(got.median, target.goal) else "missed"
    sure = holds(got.low, target.goal) == holds(got.high, target.goal)
    return f"{sign} {target.goal:g}", met if sure else f"{met}, range on both"


def lines(places, cpus):
    """The rows of the headline table, the heading first."""
    yield ("target", "where", "model", "value [range]", "wanted", "")
    for target in targets(cpus):
        for number, way in enumerate(target.ways):
            got = target.measure(places[target.where], way)
            if not got:
                said = ("", "not measured")
            elif number:
                said = ("", "")
            else:
                said = verdict(target, got)
            yield (target.what if not number else "",
                   target.where if not number else "", way,
                   got.text(target.digits) if got else "-", *said)
