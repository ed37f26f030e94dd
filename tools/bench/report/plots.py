# SPDX-License-Identifier: GPL-2.0-only
"""Plots: data as gnuplot reads it, and the calls of gnuplot."""

import pathlib
import subprocess

from .rows import chosen, column, distinct, paired

SCRIPTS = pathlib.Path(__file__).resolve().parent / "gnuplot"
TERMINALS = {"svg": "svg size 960,640 dynamic background 'white'",
             "png": "pngcairo size 960,640"}
PERCENTILES = ((50, "p50_ns"), (99, "p99_ns"), (99.9, "p999_ns"))
PAGES = {"job": "lz4", "size": 4096, "submitters": 1}


def points(rows, by, name, factor=1.0):
    """x, median, lowest and highest of a column, for each value of another."""
    for (x,) in distinct(rows, by):
        got = column(chosen(rows, **{by: x}), name)
        yield (x, *(factor * value for value in got))


def throughput(rows):
    """A curve of each model, over workers."""
    for (model,) in distinct(rows, "model"):
        yield model, points(chosen(rows, model=model), "workers", "rate", 1e-3)


def latency(rows):
    """A curve of each model, over percentiles."""
    for (model,) in distinct(rows, "model"):
        mine = chosen(rows, model=model)
        yield model, [(number, *(value / 1e3 for value in column(mine, name)))
                      for number, (_, name) in enumerate(PERCENTILES)]


def cpu(rows):
    """A bar of each model."""
    for number, (model,) in enumerate(distinct(rows, "model")):
        yield model, [(number, *(value / 1e3 for value in column(
            chosen(rows, model=model), "cpu_ns")))]


def idle(rows):
    """One curve, over idle queues."""
    base = chosen(rows, model="idle-0")
    curve = []
    for (model,) in distinct(rows, "model"):
        number = int(model.split("-")[1])
        # the axis is logarithmic, and has no 0
        curve.append((max(number, 1), *paired(chosen(rows, model=model), base,
                                              "rate")))
    yield "one busy queue", curve


def write(path, curves):
    """The curves as blocks; whether there are any."""
    blocks = []
    for title, rows in curves:
        text = "".join(" ".join(f"{value:.6g}" for value in row) + "\n"
                       for row in rows)
        blocks.append(f'"{title}"\n{text}')
    path.write_text("\n\n".join(blocks), encoding="ascii")
    return len(blocks)


def draw(target, script, title, curves):
    """A plot in each format. Return: the files."""
    data = target.with_suffix(".dat")
    count = write(data, curves)
    made = []
    for suffix, terminal in TERMINALS.items():
        if not count:
            break
        path = target.with_suffix(f".{suffix}")
        subprocess.run(
            ["gnuplot", "-e", f'set terminal {terminal}; set output "{path}"; '
             f'data="{data}"; blocks={count}; set title "{title}"',
             str(SCRIPTS / "common.gp"), str(SCRIPTS / f"{script}.gp")],
            stdin=subprocess.DEVNULL, check=True)
        made.append(path)
    return made


def draw_all(places, directory, cpus):
    """All plots of what was measured."""
    directory.mkdir(parents=True, exist_ok=True)
    made = []
    for where, results in places.items():
        distorted = " (emulated: no real times)" if where == "vm" else ""
        lz4 = chosen(results.rows("workers"), **PAGES)
        some = chosen(lz4, workers=cpus)
        empty = results.rows("empty")
        for script, name, title, curves in (
                ("throughput", "throughput", "LZ4 of 4 KiB pages",
                 throughput(lz4)),
                ("throughput", "empty", "empty requests", throughput(empty)),
                ("latency", "latency",
                 f"LZ4 of 4 KiB pages, {cpus} workers, full queues",
                 latency(some)),
                ("cpu", "cpu", f"LZ4 of 4 KiB pages, {cpus} workers",
                 cpu(some)),
                ("idle", "idle", "LZ4 of 4 KiB pages beside idle queues",
                 idle(results.rows("idle")) if results.rows("idle") else ())):
            made += draw(directory / f"{where}-{name}", script,
                         f"{where}: {title}{distorted}", curves)
    return made
