# SPDX-License-Identifier: GPL-2.0-only
"""Tables in text. What emulation, or User Mode Linux, distorts is marked with ~."""

from .rows import chosen, column, distinct, paired

SETTING = ("where", "job", "size", "copy", "submitters", "workers", "depth",
           "batch")
# what is handed over and next to nothing else is all distortion
HANDED_OVER = ("empty", "copy")


def text_table(rows):
    """Columns aligned: names to the left, the others to the right."""
    rows = [tuple(str(cell) for cell in row) for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(
        [row[0].ljust(widths[0])] +
        [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
    ).rstrip() for row in rows) + "\n"


def markdown_table(rows):
    """The same for a README."""
    first, *rest = [f"| {' | '.join(map(str, row))} |" for row in rows]
    line = f"|{'---|' * (first.count(' | ') + 1)}"
    return "\n".join([first, line, *rest]) + "\n"


def model_row(model, rows, base):
    """A line on one model under one setting."""
    # a request that somebody sleeps for takes as long as waking does there, and
    # one of which nothing else is left is all that
    late = "~" if rows[0].get("linked") else ""
    all_late = late if rows[0]["job"] in HANDED_OVER else ""

    def cell(name, factor=1.0, digits=0, mark=""):
        got = column(rows, name)
        return f"{mark}{got.median * factor:.{digits}f}"

    rate = column(rows, "rate")
    return (model, f"{all_late}{rate.median:.0f}",
            f"{all_late}{paired(rows, base, 'rate').text()}",
            cell("cpu_ns", 1e-3, 2, all_late),
            f"{all_late}{paired(rows, base, 'cpu_ns').text()}",
            cell("syscalls", 1, 4), cell("wakeups", 1, 4),
            cell("sleeps", 1, 4), cell("p50_ns", 1e-3, 1, late),
            cell("p99_ns", 1e-3, 1, late), cell("p999_ns", 1e-3, 1, late),
            f"{max(row['age'] for row in rows):.0f}", rows[-1]["shares"])


def setting_table(rows):
    """The models under one setting."""
    first = rows[0]
    base = first["base"]
    mark = "~" if first["where"] == "emulated" else ""
    what = f"{first['job']}" if first["job"] == "empty" else \
        f"{first['job']} of {first['size']:.0f} bytes"
    yield f"{what}{', all copy' if first['copy'] else ''}: " \
          f"workers {first['workers']:.0f}, depth {first['depth']:.0f}, " \
          f"batch {first['batch']:.0f}, submitters " \
          f"{first['submitters']:.0f}; {first['where']}\n"
    ratio = mark if first["job"] in HANDED_OVER else ""
    table = [("model", f"{mark}requests/s",
              f"{ratio}to {base}", f"{mark}CPU us",
              f"{mark}CPU, to {base}", "syscalls", "wakeups", "sleeps",
              f"{mark}p50 us", f"{mark}p99 us", f"{mark}p99.9 us", "age",
              "shares %")]
    for (model,) in distinct(rows, "model"):
        table.append(model_row(model, chosen(rows, model=model),
                               chosen(rows, model=base)))
    yield text_table(table)


def of_models(rows):
    """All settings of a file of bench or grow."""
    for values in distinct(rows, *SETTING):
        yield from setting_table(chosen(rows, **dict(zip(SETTING, values))))


def of_programs(rows):
    """The programs, by CPUs and action."""
    for cpus, action in distinct(rows, "cpus", "action"):
        some = chosen(rows, cpus=cpus, action=action)
        table = [("program", "~MB/s", "~range", "ratio", "CPU s",
                  "of it kernel's workers")]
        for (name,) in distinct(some, "program"):
            mine = chosen(some, program=name)
            rates = [{"rate": row["plain"] / row["seconds"] / 1e6,
                      "cpu": row["cpu"] + row["kernel"]} for row in mine]
            rate = column(rates, "rate")
            table.append((name, f"{rate.median:.1f}",
                          f"{rate.low:.1f}..{rate.high:.1f}",
                          f"{mine[0]['plain'] / mine[0]['packed']:.2f}",
                          column(rates, "cpu").text(3),
                          f"{column(mine, 'kernel').median:.3f}"))
        yield f"{action}, {mine[0]['plain'] / 1e6:.0f} MB, " \
              f"{cpus:.0f} CPU; emulated\n"
        yield text_table(table)


def of_memory(rows):
    """Bytes per queue and worker."""
    yield "bytes of an idle queue with one partition, and of a worker\n"
    yield text_table([("what", "slots", "of bytes", "counted by", "bytes")] + [
        (row["what"], f"{row['slots']:.0f}", f"{row['size']:.0f}",
         row["source"], f"{row['bytes']:.0f}") for row in rows])
