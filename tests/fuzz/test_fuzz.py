"""Seconds of fuzzing for each target in `make test`; `make fuzz` sets FUZZ_S for minutes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TARGETS = sorted(path.stem for path in (HERE / "targets").glob("*.py"))
SECONDS = int(os.environ.get("FUZZ_S", "2"))


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_breaks(target: str, tmp_path: Path) -> None:
    command = [sys.executable, str(HERE / "fuzzer.py"), target, str(SECONDS), str(tmp_path)]
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SECONDS + 90, check=False, env=untraced
    )
    inputs = {path.name: path.read_bytes().hex(" ") for path in tmp_path.iterdir()}
    assert done.returncode == 0, f"{inputs}\n{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
