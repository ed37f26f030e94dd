# SPDX-License-Identifier: GPL-2.0-only
"""Directories in and out of the VM, as file system images on virtio disks."""

import hashlib
import os
import pathlib
import subprocess

from .paths import CACHE, Trouble, call, locked, tool

IMAGES = CACHE / "images"
KEPT = 12
OUT_SIZE = "4G"
# ext2, not ext4: no kernel, however lean, is without it for long
MKFS = ("-q", "-F", "-t", "ext2", "-b", "4096", "-m", "0",
        "-O", "large_file,filetype,sparse_super,^resize_inode",
        "-E", "nodiscard")


def _survey(directory):
    """What identifies the content of a directory, and the room it needs."""
    key = hashlib.sha256(str(directory).encode())
    blocks = 0
    entries = 1
    for parent, names, files in os.walk(directory):
        names.sort()
        for name in sorted(files) + names:
            path = os.path.join(parent, name)
            info = os.lstat(path)
            key.update(f"{path} {info.st_size} {info.st_mtime_ns} "
                       f"{info.st_mode}\n".encode("utf-8", "replace"))
            blocks += (info.st_size + 4095) // 4096 + 1
            entries += 1
    return key.hexdigest()[:24], blocks, entries


def _forget_old():
    """A VM that still runs keeps what it opened."""
    images = sorted(IMAGES.glob("*.img"), key=os.path.getmtime)
    for image in images[:-KEPT]:
        image.unlink()


def from_directory(directory):
    """A read-only image of a directory; made anew only when that changed."""
    directory = pathlib.Path(directory).resolve()
    if not directory.is_dir():
        raise Trouble(f"-d {directory}: not a directory")
    key, blocks, entries = _survey(directory)
    image = IMAGES / f"{key}.img"
    with locked(CACHE / "images.lock"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        if not image.exists():
            _forget_old()
            partial = image.with_suffix(".new")
            partial.unlink(missing_ok=True)
            # 1/64 covers the indirect blocks and the group descriptors
            room = blocks + blocks // 64 + entries // 16 + 4096
            call([tool("mke2fs"), *MKFS, "-N", entries + 64, "-d", directory,
                  partial, f"{room * 4}k"], f"making an image of {directory}")
            call([tool("debugfs"), "-w", "-R", "rmdir lost+found", partial],
                 "debugfs")
            partial.rename(image)
        os.utime(image)
    return image


def make_out(image):
    """An empty image for what the command writes to $OUT."""
    call([tool("mke2fs"), *MKFS, "-N", "16384", image, OUT_SIZE],
         "making the output image")


def read_out(image, directory):
    """Copy the content of the output image into a directory."""
    pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
    mode = os.stat(directory).st_mode & 0o7777
    done = subprocess.run(
        [tool("debugfs"), "-R", "rdump / .", str(image)], cwd=directory,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    # The top directory is the caller's, only what is in it came from the VM.
    os.chmod(directory, mode)
    # An ordinary user cannot give the files to root, nor need it.
    errors = [line for line in done.stderr.splitlines()
              if line and not line.startswith("debugfs ")
              and "while changing ownership" not in line]
    if done.returncode or errors:
        raise Trouble("reading back /out failed:\n" + "\n".join(errors))
