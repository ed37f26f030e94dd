# SPDX-License-Identifier: GPL-2.0-only
"""How C is broken in one place: rules that find the places and what to put
there. A mutant is (name, offset, old text, new text).
"""

import re

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\n])*\"", re.S)
DIRECTIVE = re.compile(r"^#(?:[^\n]*\\\n)*[^\n]*", re.M)
FUNCTION = re.compile(r"^(?:[\w*][^\n;={}]*?)?\b(\w+)\((?:[^;{}])*\)\n\{", re.M)
IF = re.compile(r"(?<!#)\bif \(")
STATEMENT = re.compile(
    r"^\t+((?:[\w>.\[\]*-]|\+\+|--)+(?: [-+|&^]?= [^;{}]+|\([^;{}]*\)|\+\+|--)"
    r");$", re.M)
# What the kernel needs and user space has no notion of: where memory lies, how
# nice a thread is, what is traced; what only a debug kernel notices.
NOT_HERE = re.compile(
    r"trace_\w+\(|sched_set_normal\(|cpu_relax\(\)|cond_resched\w*\(|mutex_destroy"
    r"\(|->node = |pool\.(name|nice) = |pr_warn\(|WARN_ON_ONCE|^return|^goto|"
    r"^break|^continue")
SWAPS = (
    (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" == ", " != "), (r" != ", " == "), (r" && ", " || "), (r" && ?(?=\n)",
                                                            " ||"),
    (r" \|\| ", " && "), (r" \|\|(?=\n)", " &&"),
    (r"(?<=[\w)\]]) \+ (?=[\w(])", " - "), (r"(?<=[\w)\]]) - (?=[\w(])", " + "),
    (r" \+= ", " -= "), (r" -= ", " += "),
    (r"\breturn true;", "return false;"), (r"\breturn false;", "return true;"),
    (r"\breturn 0;", "return 1;"), (r"\breturn (-E\w+);", "return 0;"),
    (r"\breturn NULL;", "return (void *)64;"),
    # barriers: what comes after need not stay there
    (r"(?<!_)\bset_current_state\(", "__set_current_state("),
)


def masked(text):
    """The same text with blanks where there is no code."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    return DIRECTIVE.sub(blank, COMMENT.sub(blank, text))


def closing(code, start):
    """Where the parenthesis at start is closed."""
    depth = 0
    for at in range(start, len(code)):
        depth += {"(": 1, ")": -1}.get(code[at], 0)
        if not depth:
            return at
    raise ValueError("no end of a condition")


def bodies(code):
    """Functions: name, and where their code begins and ends."""
    for match in FUNCTION.finditer(code):
        yield match.group(1), match.end(), code.index("\n}", match.end())


def in_function(code, start, end):
    """Changes of one function: (offset, old, new)."""
    body = code[start:end]
    for match in IF.finditer(body):
        opening = start + match.end() - 1
        last = closing(code, opening)
        condition = code[opening + 1:last]
        yield opening + 1, condition, f"!({condition})"
    for match in STATEMENT.finditer(body):
        if not NOT_HERE.search(match.group(1)):
            yield start + match.start(1), match.group(1), "(void)0"
    for old, new in SWAPS:
        for match in re.finditer(old, body):
            yield start + match.start(), match.group(), new


def short(text):
    """On one line."""
    return re.sub(r"\s+", " ", text).strip()


def line_of(text, offset):
    """The line of text around an offset."""
    begin = text.rfind("\n", 0, offset) + 1
    return short(text[begin:text.find("\n", offset)])


def mutants(file, text):
    """All mutants of a file, in its order."""
    code = masked(text)
    found = []
    seen = {}
    for function, start, end in bodies(code):
        changes = sorted(in_function(code, start, end))
        for offset, old, new in changes:
            if new == "(void)0":
                what = f"without {short(old)}"
            elif new.startswith("!("):
                what = f"not {short(old)}"
            else:
                what = (f"{short(new)} in "
                        f"{line_of(text, offset + (old[0] == chr(10)))}")
            name = f"{file} {function}: {what}"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            found.append((name, offset, old, new))
    return found
