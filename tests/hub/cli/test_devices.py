"""`hallhub devices drivers`."""

import re
from importlib.metadata import EntryPoint

import pytest

from drivers import registry
from tests.hub.cli.conftest import CHINESE, Run

SHIPPED = ["keypad.ff68", "led.onbon", "printer.escpos"]


def test_each_driver_is_listed_with_its_options_in_both_languages(run: Run) -> None:
    listed = run("devices", "drivers")
    assert (listed.code, listed.err) == (0, "")
    for name in SHIPPED:
        assert re.search(rf"^ {re.escape(name)} +{name.partition('.')[0]} +\w+: .*{CHINESE}", listed.out, re.MULTILINE)
        for option in registry.load(name).options:
            assert re.search(rf"\b{option}: ", listed.out)


def test_driver_that_does_not_work_is_listed_with_its_fault(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = [
        EntryPoint("keypad.broken", "no.such.module:DRIVER", registry.GROUP),
        EntryPoint("keypad.none", "hub:__version__", registry.GROUP),
    ]

    def entry_points(*, group: str, name: str | None = None) -> list[EntryPoint]:
        return [one for one in broken if group == registry.GROUP and name in {None, one.name}]

    monkeypatch.setattr(registry, "entry_points", entry_points)
    listed = run("devices", "drivers")
    assert listed.code == 0
    assert re.search(r"keypad\.broken +keypad +✗ No module named 'no'", listed.out)
    assert re.search(r"keypad\.none +keypad +✗ .*no drivers\.registry\.Driver", listed.out)
