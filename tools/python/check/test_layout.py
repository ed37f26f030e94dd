# SPDX-License-Identifier: LGPL-2.1-or-later
"""Structures, numbers and functions are those of the header in C."""

import ctypes
import os
import re
import subprocess
import tempfile
import unittest

from common import TOP

from flipq import _library as c
from flipq import _numbers as numbers

ENUMS = {"FLIPQ_ALG_": numbers.Algorithm, "FLIPQ_CSUM_": numbers.Checksum,
         "FLIPQ_POLICY_": numbers.Policy, "FLIPQ_FLUSH_": numbers.FlushMode,
         "FLIPQ_STATS_": numbers.StatsOf}
INCLUDES = [TOP / "tools/lib", TOP / "uapi"]


def questions():
    """What C is asked, and what it should say: an expression, a number."""
    for struct in c.STRUCTS:
        name = f"struct {struct.c_name}"
        yield f"sizeof({name})", ctypes.sizeof(struct)
        for field, kind in struct._fields_:
            yield f"offsetof({name}, {field})", getattr(struct, field).offset
            yield f"sizeof((({name} *)0)->{field})", ctypes.sizeof(kind)
    for name, in_c in c.C_NAMES.items():
        yield in_c, getattr(c, name)
    for prefix, enum in ENUMS.items():
        for one in enum:
            yield f"{prefix}{one.name}", one.value
    yield "FLIPQ_REQ_CSUM_CRC32", numbers.Checksum.CRC32 << c.CSUM_SHIFT


def answers(expressions):
    """What a C compiler makes of them."""
    lines = "".join(f'\tprintf("%llu\\n", (unsigned long long)({one}));\n'
                    for one in expressions)
    with tempfile.TemporaryDirectory() as scratch:
        program = os.path.join(scratch, "layout")
        subprocess.run(
            [os.environ.get("CC", "cc"), *(f"-I{path}" for path in INCLUDES),
             "-x", "c", "-o", program, "-"], text=True, check=True,
            input="#include <stddef.h>\n#include <stdio.h>\n"
                  f"#include <flipq.h>\nint main(void)\n{{\n{lines}}}\n")
        said = subprocess.run([program], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
    return [int(word) for word in said.split()]


class Layout(unittest.TestCase):
    """The same as in C."""

    def test_numbers(self):
        """Sizes, offsets and constants"""
        asked = list(questions())
        self.assertGreater(len(asked), 200)
        found = answers([what for what, _ in asked])
        self.assertEqual(len(asked), len(found))
        for (what, here), there in zip(asked, found):
            self.assertEqual(here, there, what)

    def test_nothing_is_missing(self):
        """No member of a struct, and no value of an enum"""
        text = "".join(path.read_text(encoding="utf-8") for path in
                       (TOP / "tools/lib/flipq.h", TOP / "uapi/linux/flipq.h"))
        for struct in c.STRUCTS:
            body = re.search(rf"^struct {struct.c_name} \{{$(.*?)^\}};", text,
                             re.S | re.M).group(1)
            body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
            named = re.findall(r"(\w+)(?:\[\w+\])?;", body)
            self.assertEqual([name for name, _ in struct._fields_], named,
                             struct.c_name)
        for prefix, enum in ENUMS.items():
            named = re.findall(rf"^\t{prefix}(?!NR\b)(\w+) = \d+,", text, re.M)
            self.assertEqual([one.name for one in enum], named, prefix)

    def test_functions(self):
        """Each function of the library is used, or there is a reason"""
        text = (TOP / "tools/lib/libflipq.map").read_text(encoding="ascii")
        exported = set(re.findall(r"\b(flipq_\w+);", text))
        self.assertEqual(exported, {*c.FUNCTIONS, *c.UNUSED})
        self.assertFalse(set(c.FUNCTIONS) & set(c.UNUSED))

    def test_arguments(self):
        """Functions take as many arguments as in C"""
        text = (TOP / "tools/lib/flipq.h").read_text(encoding="ascii")
        for name, (_, *takes) in c.FUNCTIONS.items():
            declared = re.search(rf"\b{name}\(([^)]*)\);", text).group(1)
            self.assertEqual(len(takes), declared.count(",") + 1, name)
