# SPDX-License-Identifier: GPL-2.0-only
"""Tests in Python as points of TAP."""


def run(*tests):
    """Each is called what its docstring says, and returns whether all is well.
    Return: the status of the program.
    """
    print(f"1..{len(tests)}")
    bad = 0
    for number, test in enumerate(tests, 1):
        good = test()
        bad += not good
        print(f"{'ok' if good else 'not ok'} {number} "
              f"{' '.join(test.__doc__.split())}")
    return 1 if bad else 0
