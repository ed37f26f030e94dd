# SPDX-License-Identifier: GPL-2.0-only
"""flipq.ko, its test module and the tools, built as they are needed."""

import os
import shutil
import subprocess

from .paths import BUILD, ROOT, Trouble, call, locked, tool

SOURCES = ("Kbuild", "kmod", "uapi", "selftests/module", "tools/bench/module")
TOOLS = (("tools/lib", "libflipq.so.1"), ("tools/flipq", "flipq"),
         *(("tools/bench", f"build/{name}")
           for name in ("bench", "grow", "migrate", "flush", "paths",
                        "counts", "many")))


def build(kernel):
    """Build flipq.ko for a kernel and return its path. A warning fails."""
    tree = BUILD / kernel.build_name
    if not (kernel.kit / "Makefile").exists():
        raise Trouble(f"no headers to build the module against in "
                      f"{kernel.kit}")
    with locked(BUILD / f"{kernel.build_name}.lock"):
        _copy_sources(tree)
        _make_clean(kernel, tree)
    return tree / "flipq.ko"


def check(kernel, checker):
    """Build it with a checker run over every file; all that was printed."""
    tree = BUILD / kernel.build_name
    with locked(BUILD / f"{kernel.build_name}.lock"):
        _copy_sources(tree)
        done = _make(kernel, tree, "C=2", f"CHECK={checker}")
    if done.returncode:
        raise Trouble(f"make C=2 failed:\n{done.stdout.rstrip()}")
    return done.stdout


def _make(kernel, tree, *more):
    return subprocess.run(
        [*_inside(kernel, tree), "make", "-C", str(kernel.kit.resolve()),
         f"M={tree}", "W=1",
         # type information for modules would need pahole
         "CONFIG_DEBUG_INFO_BTF_MODULES=",
         "KCFLAGS=-Werror", "FLIPQ_TEST=1", f"-j{os.cpu_count()}", *more,
         "modules"],
        # another release has no locale of ours, and perl warns of that
        env={**os.environ, "LANG": "C"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", check=False)


def _inside(kernel, tree):
    """Words before a command, to run it with the tools of the kernel's
    release, where they are not this machine's: in a mount namespace of its
    own that sees those tools, the kit and the tree.
    """
    root = kernel.build_root
    if not root:
        return []
    script = """root=$1; shift
for place; do
	[ "$place" != -- ] || break
	mkdir -p "$root$place" && mount --rbind "$place" "$root$place" || exit
	shift
done
shift
exec chroot "$root" "$@"
"""
    user = ["--map-root-user"] if os.geteuid() else []
    return [tool("unshare"), "--mount", *user, "sh", "-c", script, "sh",
            str(root), "/dev", "/proc", str(kernel.kit.parent.resolve()),
            str(tree), "--"]


def _make_clean(kernel, tree):
    # In a tree that an earlier run left, modpost and the linker would not
    # repeat their warnings: what warned is built anew.
    done = _make(kernel, tree)
    warned = [line for line in done.stdout.splitlines()
              if "warning:" in line.lower()]
    if done.returncode or warned:
        for item in [*tree.rglob("*.o"), *tree.rglob("*.ko")]:
            item.unlink()
        raise Trouble(f"flipq.ko does not build cleanly for "
                      f"{kernel.release}:\n{done.stdout.rstrip()}")


def _copy_sources(tree):
    """Mirror the sources, keeping times, so that make builds what changed."""
    tree.mkdir(parents=True, exist_ok=True)
    if not (ROOT / "Kbuild").exists():
        raise Trouble("no Kbuild in the checkout: nothing to build")
    wanted = {}
    for name in SOURCES:
        top = ROOT / name
        for path in [top] if top.is_file() else top.rglob("*"):
            if path.is_file() and (path.name == "Kbuild" or
                                   path.suffix in (".c", ".h")):
                wanted[tree / path.relative_to(ROOT)] = path
    for name in SOURCES[1:]:
        for old in (tree / name).rglob("*.[ch]"):
            if old not in wanted:
                old.unlink()
    for new, path in wanted.items():
        if not new.exists() or \
           new.stat().st_mtime_ns != path.stat().st_mtime_ns:
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, new)


def test_modules(flipq):
    """The paths of the test modules that were built along with flipq.ko."""
    return [flipq.parent / name
            for name in ("selftests/module/flipq_test.ko",
                         "selftests/module/flipq_plant.ko",
                         "tools/bench/module/flipq_limit.ko")]


def depends(path):
    """The names of the modules that a module needs."""
    text = call([tool("modinfo"), "-F", "depends", path], "modinfo")
    return [name for name in text.strip().split(",") if name]


def build_tools(target):
    """Build the library and the tool; what was built, and what went wrong.

    A tool that does not build leaves a VM without it, and not the old one.
    """
    made = []
    errors = []
    tree = target.tree()
    with locked(BUILD / f"tools-{target.name}.lock"):
        for name, product in TOOLS:
            if not (tree / name / "Makefile").exists():
                continue
            try:
                call([tool("make"), "-s", "-C", tree / name, *target.cross()],
                     f"make -C {name}")
                made.append(tree / name / product)
            except Trouble as trouble:
                errors.append(str(trouble))
    return made, errors
