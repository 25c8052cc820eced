"""Disks that are really full."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TMPFS_SIZE = "4m"


class Disk(ABC):
    """A folder on a disk that can be filled and freed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def fill(self) -> None:
        """From now on nothing can be written any more."""

    @abstractmethod
    def free(self) -> None:
        """Now there is room again."""


class SmallFilesystem(Disk):
    """A file system of its own, filled by a big file."""

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            for size in (65536, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        self._ballast.unlink()


class SmallFiles(Disk):
    """The kernel refuses to let this process's files grow beyond the largest file of the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        wal = max(self.folder.glob("**/*-wal"), key=lambda path: path.stat().st_size)
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size, self._limits[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._limits)


@contextmanager
def small_filesystem(folder: Path) -> Iterator[Disk]:
    """A small tmpfs, mounted for the while; where this process may not mount, files that may not grow."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_SIZE}", "hallhub-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        with small_files(folder) as disk:
            yield disk
        return
    try:
        yield SmallFilesystem(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def small_files(folder: Path) -> Iterator[Disk]:
    """A folder whose files may not grow; it needs no rights."""
    folder.mkdir(exist_ok=True)
    disk = SmallFiles(folder)
    try:
        yield disk
    finally:
        disk.free()
