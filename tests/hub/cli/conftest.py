"""Commands as a person types them: in this process, or in one of their own where they must be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hub.cli import main
from hub.domain.events import Fact
from tests.hub.eventlog.writing import write

ROOT = Path(__file__).parents[3]
HALL = """\
[hall]
name = "示范县政务服务中心"
[web]
port = {port}
[[services]]
code = "social"
name = "社会保险"
prefix = "A"
[[windows]]
number = 3
name = "社保综合"
department = "人社局"
services = ["social"]
[[kiosks]]
id = "K1"
"""
CHINESE = r"[\u4e00-\u9fff]"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line of an error, without the program's name."""
        assert self.out == ""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        return lines[0].removeprefix("hallhub: ")


@dataclass
class Folder:
    """A folder with a hall.toml, the one that commands find first."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.path / "hall.toml"

    @property
    def data(self) -> Path:
        return self.path / "data"

    def write(self, text: str = HALL, *, port: int = 8000) -> None:
        self.config.write_text(text.format(port=port), encoding="utf-8")

    def has(self, *facts: Fact) -> None:
        """The log holds these."""
        write(self.data, list(facts))

    def started(self, *arguments: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """`hallhub …` in a process of its own; `before` is what starts it."""
        environ = {**os.environ, **self.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
        return subprocess.Popen(
            [*before, sys.executable, "-m", "hub.cli", *arguments],
            cwd=self.path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self, *arguments: str, before: tuple[str, ...] = ()) -> Said:
        """The same, to its end."""
        with self.started(*arguments, before=before) as process:
            out, err = process.communicate(timeout=60)
        return Said(process.returncode, out, err)


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HALLHUB_CONFIG", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    folder = Folder(tmp_path)
    folder.write()
    return folder


Run = Callable[..., Said]


@pytest.fixture
def run(hall: Folder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`hallhub …` in this process."""

    def run(*arguments: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["hallhub", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Said(int(ended.value.code or 0), captured.out, captured.err)

    return run
