"""Where benchmarks run: a folder beside the configured data, so that the disk is the hall's; small halls; ptys."""

from __future__ import annotations

import contextlib
import os
import tempfile
import tty
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.config import HallConfig, parse


@contextlib.contextmanager
def folder(where: Path | None = None) -> Iterator[Path]:
    """An empty folder that goes away again; in the working directory, since /tmp may be memory."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=where or Path.cwd()) as name:
        yield Path(name)


def hall(data: Path, *, windows: int = 4, services: int = 2, devices: Sequence[str] = ()) -> HallConfig:
    """A small hall on loopback with a free port; `devices` are further TOML tables."""
    codes = [f"s{n}" for n in range(services)]
    lines = ['[hall]\nname = "基准大厅"\n[web]\nport = 0']
    lines += [
        f'[[services]]\ncode = "{c}"\nname = "业务{n + 1}"\nprefix = "{chr(65 + n)}"' for n, c in enumerate(codes)
    ]
    for n in range(1, windows + 1):
        code = codes[(n - 1) % services]
        lines.append(f'[[clerks]]\nid = "{1000 + n}"\nname = "员工{n}"\n[[windows]]\nnumber = {n}\nname = "窗口{n}"')
        lines.append(f'department = "部门"\nservices = ["{code}"]\nclerk = "{1000 + n}"')
    lines.append('[[kiosks]]\nid = "K1"')
    return parse("\n".join([*lines, *devices]), data / "hall.toml")


@dataclass(frozen=True, slots=True)
class Pty:
    """A pseudo-terminal: the hub opens `path`, the bench holds `master`; `_slave` stays open so that neither ends."""

    master: int
    path: str
    _slave: int

    @classmethod
    def new(cls) -> Pty:
        """A raw pair that does not block."""
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        return cls(master, os.ttyname(slave), slave)

    def close(self) -> None:
        """Close both ends."""
        os.close(self.master)
        os.close(self._slave)


def press_frame(address: int, key: int) -> bytes:
    """A rating key's frame, as devices.md §3.1 draws it."""
    body = bytes([address, 0x11, key])
    return b"\xff\x68\x03\x03\x68" + body + bytes([sum(body) & 0xFF, 0x16])
