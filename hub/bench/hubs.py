"""Hubs and floors in processes of their own."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hub.access import Tokens
from hub.bench.rooms import hall_toml
from hub.config import HallConfig, load
from hub.errors import HallhubError
from hub.eventlog import Database

STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Child:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    token: str = ""


@contextlib.contextmanager
def hub(folder: Path, toml: str | None = None) -> Iterator[Child]:
    """`hallhub serve` on a free port, with a clerk's token."""
    config = folder / "hall.toml"
    if not config.exists():
        config.write_text(toml or hall_toml(), encoding="utf-8")
    token = new_token(load(config), "clerk")
    with _running(["-m", "hub.cli", "serve", "-c", str(config)], "stderr", r"http://[\d.]+:(\d+)") as (process, port):
        yield Child(process, port, token)


def new_token(config: HallConfig, role: str) -> str:
    """A token for the bench's own clients."""
    database = Database.of(config)
    try:
        tokens = Tokens(database)
        return tokens.create(f"bench-{len(tokens.list())}", role)
    finally:
        database.close()


@contextlib.contextmanager
def bare() -> Iterator[Child]:
    """The bare FastAPI POST."""
    with _running(["-m", "hub.bench.bare_child"], "stdout", r"(\d+)") as (process, port):
        yield Child(process, port)


@contextlib.contextmanager
def _running(arguments: Sequence[str], says: str, port: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    out, err = (subprocess.PIPE if says == name else subprocess.DEVNULL for name in ("stdout", "stderr"))
    process = subprocess.Popen([sys.executable, *arguments], text=True, stdout=out, stderr=err)  # noqa: S603 - our own interpreter
    try:
        yield process, _port(process.stdout or process.stderr, port)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _port(output: IO[str] | None, pattern: str) -> int:
    """Read on until the line that names the port."""
    said: list[str] = []
    for line in output or ():
        said.append(line)
        if found := re.search(pattern, line):
            return int(found.group(1))
    raise HallhubError(f"基准用的中枢没有启动 (the child did not start): {''.join(said)[-500:]}")
