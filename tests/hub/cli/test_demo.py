"""`hallhub demo`'s options. `tests/hub/demo` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.demo import Options
from tests.hub.cli.conftest import Run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What the demo was asked for; it tells the truth unless its seed is 13."""
    asked: list[Options] = []

    def run(options: Options) -> bool:
        asked.append(options)
        return options.seed != 13

    monkeypatch.setattr("hub.demo.run", run)
    return asked


def test_options_have_the_defaults_of_the_contract(run: Run, asked: list[Options]) -> None:
    assert run("demo").code == 0
    assert asked == [Options(8, 60, 1, 8000, Path("demo-data"), 1, headless=False, exit=False)]


def test_every_option_reaches_the_demo(run: Run, asked: list[Options]) -> None:
    options = "--windows 3 --speed 300 --days 2 --port 0 --data somewhere --seed 7 --headless --exit"
    assert run("demo", *options.split()).code == 0
    assert asked == [Options(3, 300, 2, 0, Path("somewhere"), 7, headless=True, exit=True)]


def test_demo_whose_accounts_do_not_agree_ends_with_1(run: Run, asked: list[Options]) -> None:
    assert run("demo", "--seed", "13").code == 1
    assert len(asked) == 1
