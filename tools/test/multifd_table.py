# SPDX-License-Identifier: GPL-2.0-only
"""What migrations took: medians of all turns, in Markdown and as CSV."""

import csv
import statistics
from typing import Callable, NamedTuple


class Column(NamedTuple):
    """One number of a migration."""

    name: str               # in a file
    title: str              # for who reads
    digits: int
    of: Callable            # a row


KEY = ("qemu", "method", "channels")
COLUMNS = (
    Column("wire_mb", "MB on the wire", 1, lambda row: row["wire"] / 1e6),
    Column("qemus_s", "QEMUs' CPU s", 2, lambda row: row["cpu"]),
    Column("workers_s", "workers' CPU s", 2, lambda row: row["workers"]),
    Column("pages_per_s", "pages/s", 0,
           lambda row: row["pages"] / max(row["total_ms"], 1) * 1e3),
    Column("total_ms", "total ms", 0, lambda row: row["total_ms"]),
    Column("downtime_ms", "downtime ms", 0, lambda row: row["downtime_ms"]))
TITLES = ("QEMU", "method", "channels", "migrations",
          *(column.title for column in COLUMNS))
FIELDS = (*KEY, "migrations", *(column.name for column in COLUMNS))


def _median(column, rows):
    return f"{statistics.median(map(column.of, rows)):.{column.digits}f}"


def medians(rows):
    """Of each QEMU, method and number of channels; what a slow link held back
    tells nothing of the method.
    """
    groups = {}
    for row in rows:
        if not row["link"]:
            groups.setdefault(tuple(row[name] for name in KEY),
                              []).append(row)
    for key, group in groups.items():
        yield (*map(str, key), str(len(group)),
               *(_median(column, group) for column in COLUMNS))


def _migration(text):
    """What it said of the migration, without what holds for all of them."""
    lines = text.split("\n")
    first = [number for number, line in enumerate(lines)
             if line.startswith("Migration status")]
    return lines[first[0] if first else 0:]


def markdown(rows):
    """The table, and what QEMU said of the last migration by each method."""
    lines = [f"| {' | '.join(TITLES)} |", f"|{'---|' * len(TITLES)}"]
    lines += [f"| {' | '.join(cells)} |" for cells in medians(rows)]
    last = {row["method"]: row for row in rows if not row["link"]}
    for method, row in last.items():
        lines += ["", f"`info migrate` of {method}, {row['channels']} "
                  "channels:", "", "```", *_migration(row["info"]), "```"]
    return "\n".join(lines) + "\n"


def write(path, rows):
    """The numbers as a file, which tools/qemu/plot draws."""
    with open(path, "w", encoding="ascii", newline="") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow(FIELDS)
        out.writerows(medians(rows))
