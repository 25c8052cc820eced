"""Each benchmark runs and says what it measured; its times are nobody's business here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.bench import call, fsync, issue, memory_child, press, restart, selfpress, serial, stalled, store
from hub.bench.halls.shapes import ORDINARY
from hub.bench.result import Result, at_most, percentile, ratio_at_least, ratio_at_most
from hub.cli.app import main
from hub.errors import HallhubError

SMALL: dict[ModuleType, dict[str, Any]] = {
    store: {"ROUNDS": 1, "SECONDS": 0.1},
    press: {"ROUNDS": 1, "PRESSES": 10},
    fsync: {"ALONE": 20, "PTYS": 4, "ROUNDS_TOGETHER": 2},
    issue: {"ROUNDS": 1, "SECONDS": 0.2},
    serial: {"LINES": 4, "SECONDS": 0.5, "OPEN_S": 0.3, "IDLE_S": 0.1},
    restart: {"MILLIONS": (0,), "ROUNDS": 1, "WAITING": 3},
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[ModuleType], Sequence[Result]]:
    monkeypatch.chdir(tmp_path)

    def run(module: ModuleType) -> Sequence[Result]:
        for name, value in SMALL[module].items():
            monkeypatch.setattr(module, name, value)
        said: list[str] = []
        results: Sequence[Result] = module.run(said.append)
        assert said, "long work shows progress"
        return results

    return run


def named(results: Sequence[Result]) -> dict[str, Result]:
    return {result.name: result for result in results}


def test_store_stands_beside_raw_sqlite(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    found = named(small(store))
    assert found["store"].value > 0
    assert found["store"].floor
    assert found["store.fdatasync"].ok is None


def test_press_is_acknowledged_through_the_real_driver(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    found = named(small(press))
    assert found["press.p50"].value > 0
    assert found["press.p50"].floor


def test_every_acknowledgement_follows_a_finished_fsync(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    found = named(small(fsync))
    assert found["fsync.early_acks"].value == 0
    assert 1.0 <= found["fsync.alone"].value <= 1.3
    assert found["fsync.queued"].value <= 1 / 10


def test_issue_repeats_no_number(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    found = named(small(issue))
    assert found["issue.repeated_numbers"].value == 0
    assert found["issue.failures"].value == 0
    assert found["issue.8"].floor


def test_serial_loses_no_frame(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    assert named(small(serial))["serial.lost"].value == 0


def test_restart_serves_again_with_everybody_waiting(small: Callable[[ModuleType], Sequence[Result]]) -> None:
    assert named(small(restart))["restart.0M"].value > 0


def test_call_reaches_all_walls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(call, "ROUNDS", 1)
    monkeypatch.setattr(call, "EVENTS", 3)
    monkeypatch.setattr(call, "SIZES", (3,))
    assert call.run(lambda _text: None)[0].value > 0


def test_stalled_client_costs_the_others_no_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(stalled, "ROUNDS", 1)
    monkeypatch.setattr(stalled, "CLIENTS", 3)
    monkeypatch.setattr("hub.bench.call.EVENTS", 3)
    assert named(stalled.run(lambda _text: None))["stalled.missed"].value == 0


def test_memory_is_read_after_a_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory_child, "WINDOWS", 2)
    monkeypatch.setattr(memory_child, "VISITS", 2)
    memory_child.run_loop(lambda: memory_child.main(tmp_path))
    started, ended, visits = capsys.readouterr().out.split()
    assert float(started) > 0
    assert float(ended) > 0
    assert visits == "4"


TRACE = r"""
7 read(9, "\xff\x68\x03\x03\x68\x01\x11\x01\x13\x16", 4096) = 10
8 fdatasync(5 <unfinished ...>
7 read(9, 0x7f, 4096) = -1 EAGAIN
8 <... fdatasync resumed>) = 0
7 write(9, "\xff\x68\x03\x03\x68\x01\x01\x01\x03\x16", 10) = 10
7 read(9, "\xff\x68\x03\x03\x68\x01\x11\x02\x14\x16", 4096) = 10
7 write(9, "\xff\x68\x03\x03\x68\x01\x01\x02\x04\x16", 10) = 10
"""


def test_trace_tells_an_acknowledgement_without_an_fsync(tmp_path: Path) -> None:
    (tmp_path / "trace").write_text(TRACE, encoding="ascii")
    assert fsync.read_trace(tmp_path / "trace") == fsync.Trace(syncs=1, acks=2, early=1)


def test_missing_strace_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(HallhubError, match="apt install strace"):
        fsync.run(lambda _text: None)


def test_bars_are_judged() -> None:
    assert at_most("a", 1.0, "ms", 2.0).ok
    assert not ratio_at_least("b", 1.0, "/s", 4.0, 0.5).ok
    assert ratio_at_most("c", 5.0, "ms", 4.0, 1.3).ok
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


@pytest.mark.parametrize(("value", "code"), [(0.0, 0), (9.0, 1)])
def test_json_is_one_object_and_the_exit_code_tells(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: float, code: int
) -> None:
    monkeypatch.setattr(store, "run", lambda _progress: [at_most("store", value, "ms", 1.0)])
    monkeypatch.setattr("sys.argv", ["hallhub", "bench", "store", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code or 0) == code
    (result,) = json.loads(capsys.readouterr().out)["results"]
    assert {"name", "value", "unit", "floor", "ratio", "bar", "ok"} <= result.keys()
    assert result["ok"] is (code == 0)


def test_unknown_benchmark_is_bad_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["hallhub", "bench", "speed"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "store" in capsys.readouterr().err


def test_the_detector_is_measured_on_halls(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = replace(ORDINARY, windows=4, spare_clerks=1, days=8)
    monkeypatch.setattr(selfpress, "QUARTER", tiny)
    monkeypatch.setattr(selfpress, "ROUNDS", 1)
    monkeypatch.setattr(selfpress, "JOBS", 1)
    monkeypatch.setattr(selfpress, "UNSEEN", {"tiny": replace(tiny, cheats=0.6, strategies=("fast",), days=15)})
    results = {result.name: result for result in selfpress.run(lambda _: None)}
    assert set(results) == {f"selfpress.{name}" for name in ("quarter", "press", "accused", "crude", "precision")}
    assert results["selfpress.quarter"].floor is not None
    assert results["selfpress.press"].value > 0
