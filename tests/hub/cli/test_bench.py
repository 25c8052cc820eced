"""`hallhub bench`, with benchmarks that cost nothing. `tests/hub/bench` runs the real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module

import pytest

from hub.bench.result import Progress, Result, at_most, figure, ratio_at_least
from hub.cli.bench import NAMES
from hub.errors import HallhubError
from tests.hub.cli.conftest import Run

MET = at_most("one", 1.5, "ms", 2, floor=0.5, note="quick")
MISSED = ratio_at_least("two", 1, "1/s", 10, 0.5)
BARE = figure("three", 7, "MiB")


def measures(monkeypatch: pytest.MonkeyPatch, **results: Sequence[Result]) -> None:
    """Benchmarks of these names yield these; any other fails."""
    for name in NAMES:

        def run(progress: Progress, name: str = name) -> Sequence[Result]:
            progress(f"{name}: measuring")
            if name not in results:
                raise HallhubError(f"{name}: 未能测量")
            return results[name]

        monkeypatch.setattr(import_module(f"hub.bench.{name}"), "run", run)


def test_json_is_one_object_of_the_contract_and_nothing_else(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, press=[MET], store=[BARE])
    done = run("bench", "press", "store", "--json")
    assert (done.code, done.err, done.out.count("\n")) == (0, "", 1)
    assert json.loads(done.out) == {
        "results": [
            {
                "name": "one",
                "value": 1.5,
                "unit": "ms",
                "floor": 0.5,
                "ratio": 3.0,
                "bar": "≤ 2 ms",
                "ok": True,
                "note": "quick",
            },
            {
                "name": "three",
                "value": 7,
                "unit": "MiB",
                "floor": None,
                "ratio": None,
                "bar": "",
                "ok": None,
                "note": "",
            },
        ]
    }


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_missed_bar_ends_with_1_and_what_has_none_does_not(
    options: list[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    measures(monkeypatch, press=[MET, BARE], store=[MISSED])
    assert run("bench", "press", *options).code == 0
    assert run("bench", "press", "store", *options).code == 1


def test_table_says_figure_floor_ratio_and_bar(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, press=[MET], store=[MISSED, BARE])
    lines = run("bench", "press", "store").out.splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["✓", "✗"]
    assert "1.5 ms" in lines[1]
    assert "0.5 ms" in lines[1]
    assert "≤ 2 ms" in lines[1]
    assert lines[3].split()[:3] == ["three", "7", "MiB"]


def test_all_runs_each_of_them(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, **{name: [figure(name, 1, "s")] for name in NAMES})
    done = run("bench", "all", "--json")
    assert [result["name"] for result in json.loads(done.out)["results"]] == list(NAMES)


def test_unknown_name_is_answered_with_those_that_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch)
    refused = run("bench", "press", "speed", "--json")
    assert refused.code == 2
    assert all(name in refused.error for name in ("speed", *NAMES, "all"))


def test_benchmark_that_can_not_measure_is_one_line_and_no_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, press=[MET])
    failed = run("bench", "press", "store", "--json")
    assert failed.code == 1
    assert failed.error == "store: 未能测量"
