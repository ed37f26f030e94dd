# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the CSV files, and what several rounds of the same showed."""

import csv
import statistics
from typing import NamedTuple


class Spread(NamedTuple):
    """Several rounds of a number."""

    median: float
    low: float
    high: float

    def text(self, digits=2):
        """As the tables have it."""
        return f"{self.median:.{digits}f} " \
               f"[{self.low:.{digits}f} {self.high:.{digits}f}]"


def number(text):
    """A number if it is one, or the text."""
    try:
        return float(text)
    except ValueError:
        return text


def read(path):
    """All rows of a file as dictionaries; none if there is no such file."""
    if not path.exists():
        return []
    with open(path, encoding="ascii", newline="") as handle:
        return [{name: number(text) for name, text in row.items()}
                for row in csv.DictReader(handle)]


def chosen(rows, **where):
    """Those with these values."""
    return [row for row in rows
            if all(row[name] == value for name, value in where.items())]


def distinct(rows, *names):
    """The different values of these columns, in order of appearance."""
    return list(dict.fromkeys(tuple(row[name] for name in names)
                              for row in rows))


def spread(values):
    """Median and range; None of nothing."""
    values = list(values)
    if not values:
        return None
    return Spread(statistics.median(values), min(values), max(values))


def column(rows, name):
    """Median and range of a column."""
    return spread(row[name] for row in rows)


def paired(rows, others, name, upside_down=False):
    """Median and range of a column's ratio to that of others, each to the one
    of the same round.
    """
    base = {row["round"]: row[name] for row in others}
    pairs = [(row[name], base[row["round"]]) for row in rows
             if row["round"] in base]
    if upside_down:
        pairs = [(there, here) for here, there in pairs]
    return spread(here / there for here, there in pairs if there)
