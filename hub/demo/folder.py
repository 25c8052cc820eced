"""The demo's folder: what may be in it at the start, and what the demo tells others in demo.json."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hub.errors import HallhubError

TOLD: Final = "demo.json"
_MARK: Final = ".hallhub-demo"
"""Tells a folder of ours also where the demo ended before it could write demo.json."""


class NotADemoFolder(HallhubError):
    """The folder holds something that no demo put there."""

    exit_code = 2

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: 目录非空，且不是演示目录，演示不会动它；请用 --data 另选目录，或先自行清空 (not a demo folder)"
        )


class CantUseFolder(HallhubError):
    """The folder can't be made or written."""

    exit_code = 2

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: 不能用作演示目录：{reason}；请用 --data 另选目录 (folder)")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where everything of one demo lies."""

    path: Path

    @property
    def config(self) -> Path:
        """The generated hall.toml."""
        return self.path / "hall.toml"

    @property
    def data(self) -> Path:
        """The hub's data folder."""
        return self.path / "data"

    @property
    def ports(self) -> Path:
        """The emulated serial ports."""
        return self.path / "ports"

    @property
    def log(self) -> Path:
        """The hub's log lines."""
        return self.path / "hub.log"

    @property
    def summary(self) -> Path:
        """The summary's table."""
        return self.path / "report" / "summary.csv"

    @property
    def told(self) -> Path:
        """demo.json."""
        return self.path / TOLD

    def check(self) -> None:
        """NotADemoFolder where it holds something that no demo put there."""
        try:
            if not self.path.exists():
                return
            names = {entry.name for entry in self.path.iterdir()}
        except OSError as error:
            raise CantUseFolder(self.path, error.strerror or str(error)) from None
        if names and not names & {TOLD, _MARK}:
            raise NotADemoFolder(self.path)

    def make(self) -> None:
        """Make it, with the mark of ours."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            (self.path / _MARK).touch()
        except OSError as error:
            raise CantUseFolder(self.path, error.strerror or str(error)) from None

    def clean(self) -> None:
        """Empty it of an earlier demo; of what lies in `data` only the lock stays."""
        try:
            for old in (self.config, self.log, self.told):
                old.unlink(missing_ok=True)
            for old in (self.ports, self.summary.parent):
                shutil.rmtree(old, ignore_errors=True)
            for old in self.data.iterdir():
                if old.name != "lock":
                    old.unlink()
        except OSError as error:
            raise CantUseFolder(self.path, error.strerror or str(error)) from None

    def tell(self, url: str, tokens: dict[str, str], links: dict[str, str]) -> None:
        """Write demo.json, whole or not at all and for the owner's eyes only: it holds tokens."""
        fresh = self.path / f".{TOLD}.new"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"url": url, "tokens": tokens, "links": links}, file, ensure_ascii=False, indent=2)
            file.write("\n")
        fresh.replace(self.told)
