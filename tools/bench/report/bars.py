# SPDX-License-Identifier: GPL-2.0-only
"""The picture of what flipq gains: bars, relative to one thread inline.

Written here and not by gnuplot, as it has to be the same wherever it is made, and
readable on dark pages as on light ones; as tools/doc/queue.svg is.
"""

import csv
import re
import xml.sax.saxutils

from .rows import chosen, paired

FIELDS = ("model", "name", "rate", "low", "high")
# The models that are shown, by the name that a reader knows.
SHOWN = (("classic", "QEMU's threads, with locks"),
         ("workqueue", "threaded workqueue of 2018"),
         ("inline", "one thread, inline"),
         ("flipq", "flipq, two workers"))
# the module, or its engine with threads of a process as workers
OURS = ("flipq", "flip")
TITLE = "LZ4 of 4 KiB pages of a guest, pages per second"
WIDTH, LEFT, RIGHT, TOP, STEP, BAR = 840, 240, 80, 68, 38, 26

HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"
     aria-labelledby="title text" font-family="sans-serif" font-size="14">
  <title id="title">What flipq gains</title>
  <desc id="text">{text}</desc>
  <style>
    .sheet {{ fill: #ffffff; }}
    .bar {{ fill: #8a94a0; }}
    .ours {{ fill: #1a7f37; }}
    .range {{ stroke: #1f2328; stroke-width: 1.5; fill: none; }}
    .one {{ stroke: #57606a; stroke-dasharray: 4 4; }}
    text {{ fill: #1f2328; }}
    .small {{ font-size: 12px; }}
    .head {{ font-weight: bold; }}
    @media (prefers-color-scheme: dark) {{
      .sheet {{ fill: #0d1117; }}
      .bar {{ fill: #6e7681; }}
      .ours {{ fill: #3fb950; }}
      .range {{ stroke: #e6edf3; }}
      .one {{ stroke: #8b949e; }}
      text {{ fill: #e6edf3; }}
    }}
  </style>

  <rect class="sheet" width="{width}" height="{height}" rx="8"/>
  <text class="head" x="16" y="28">{title}</text>
  <text class="small" x="16" y="48">two processors; one thread that calls the \
codec itself is 1</text>
"""


def measured(rows, cpus):
    """What is shown, of the rows of a series: ratios to inline, each of one
    round; nothing of what was not measured.
    """
    rows = chosen(rows, job="lz4", size=4096, submitters=1, workers=cpus)
    base = chosen(rows, model="inline")
    for model, name in SHOWN:
        got = paired(chosen(rows, model=model), base, "rate")
        if got:
            low, high = ("", "") if model == "inline" else \
                (f"{got.low:.2f}", f"{got.high:.2f}")
            yield {"model": model, "name": name, "rate": f"{got.median:.2f}",
                   "low": low, "high": high}


def write(path, rows):
    """The data, as it is kept in the tree."""
    with open(path, "w", encoding="ascii", newline="") as handle:
        out = csv.DictWriter(handle, FIELDS, lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def read(path):
    """The data of a picture; ValueError if it is none."""
    with open(path, encoding="ascii", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != FIELDS or not rows:
        raise ValueError(f"{path}: expected lines of {','.join(FIELDS)}")
    for number, row in enumerate(rows, 2):
        for name in FIELDS[2:]:
            text = row[name] or ""
            if not re.fullmatch(r"\d+\.\d+", text) and (
                    text or name == "rate"):
                raise ValueError(f"{path}:{number}: {name} '{text}': "
                                 "expected a number such as 1.25")
    return rows


def _bar(row, number, scale):
    """A bar, its name and number, and the range of the rounds."""
    top = TOP + STEP * number
    base, middle = top + 18, top + BAR // 2
    kind = "ours" if row["model"] in OURS else "bar"
    yield f'<text x="{LEFT - 12}" y="{base}" text-anchor="end">' \
          f'{xml.sax.saxutils.escape(row["name"])}</text>'
    yield f'<rect class="{kind}" x="{LEFT}" y="{top}" ' \
          f'width="{scale * float(row["rate"]):.1f}" height="{BAR}"/>'
    if row["low"] and row["high"]:
        low, high = (LEFT + scale * float(row[name])
                     for name in ("low", "high"))
        yield f'<path class="range" d="M{low:.1f} {middle}H{high:.1f}' \
              f'M{low:.1f} {middle - 5}v10M{high:.1f} {middle - 5}v10"/>'
    yield f'<text class="head" x="{WIDTH - 20}" y="{base}" ' \
          f'text-anchor="end">{row["rate"]}</text>'


def picture(rows):
    """The picture as SVG."""
    longest = max(float(row["high"] or row["rate"]) for row in rows)
    scale = (WIDTH - LEFT - RIGHT) / longest
    bottom = TOP + STEP * len(rows) - (STEP - BAR)
    said = "; ".join(f'{row["name"]}: {row["rate"]}' for row in rows)
    lines = [f'<path class="one" d="M{LEFT + scale:.1f} {TOP - 6}'
             f'V{bottom + 6}"/>']
    for number, row in enumerate(rows):
        lines += _bar(row, number, scale)
    body = "".join(f"  {line}\n" for line in lines)
    return HEAD.format(width=WIDTH, height=bottom + 18, title=TITLE,
                       text=xml.sax.saxutils.escape(f"{TITLE}. {said}.")) + \
        f"{body}</svg>\n"
