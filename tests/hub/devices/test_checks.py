"""What only drivers know of a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.bench.rooms import hall_toml
from hub.config import HallConfig, parse
from hub.devices import check_drivers, installed_drivers, levels_of
from hub.errors import ConfigError, Problem
from tests.hub.devices.fakes import FakeSession

FILE = Path("/etc/hallhub/hall.toml")


def device(driver: str, *more: str, id: str = "d", port: str = "serial:///dev/ttyS1") -> str:  # noqa: A002 - the key
    place = 'kiosk = "K1"' if driver.startswith("printer") else "windows = { 1 = 1 }"
    return "\n".join(["[[devices]]", f'id = "{id}"', f'driver = "{driver}"', f'port = "{port}"', place, *more])


def config(*devices: str) -> HallConfig:
    return parse(hall_toml(devices=devices), FILE)


def problems(*devices: str) -> list[Problem]:
    try:
        check_drivers(config(*devices), FILE)
    except ConfigError as error:
        return list(error.problems)
    return []


def test_settings_that_make_sense_are_let_through() -> None:
    assert problems() == []
    assert (
        problems(
            device("keypad.ff68", "options = { gap_ms = 50, local_echo = true }", id="a"),
            device(
                "led.onbon", 'options = { charset = "gbk" }', "size = [128, 32]", id="b", port="tcp://10.0.0.9:5005"
            ),
            device("printer.escpos", 'options = { profile = "58mm" }', id="c", port="serial:///dev/ttyS2?baud=115200"),
        )
        == []
    )


def test_unknown_driver_names_file_key_and_nearest() -> None:
    (problem,) = problems(device("printer.escpso"))
    assert (problem.file, problem.where, problem.got, problem.nearest) == (
        str(FILE),
        "devices[0].driver",
        "printer.escpso",
        "printer.escpos",
    )
    (far,) = problems(device("camera.zx81"))
    assert far.nearest == ""


def test_unknown_option_names_the_valid_ones_and_the_nearest() -> None:
    (problem,) = problems(device("led.onbon", "options = { brightnes = 9 }"))
    assert (problem.where, problem.got, problem.nearest) == ("devices[0].options.brightnes", "brightnes", "brightness")
    assert "timeout_s" in problem.expected


@pytest.mark.parametrize(
    ("driver", "more", "said"),
    [
        ("keypad.ff68", "options = { gap_ms = 1 }", "gap_ms"),
        ("keypad.ff68", 'options = { local_echo = "yes" }', "local_echo"),
        ("led.onbon", "options = { brightness = 99 }", "brightness: expected 1 to 16, got 99"),
        ("led.onbon", "size = [8, 16]", "size"),
        ("led.onbon", 'options = { timezone = "Mars" }', "timezone"),
        ("printer.escpos", 'options = { cutter = "blunt" }', "cutter"),
        ("printer.escpos", 'options = { font = "/none.hex" }', "font"),
    ],
)
def test_value_that_makes_no_sense_is_the_drivers_word(driver: str, more: str, said: str) -> None:
    (problem,) = problems(device(driver, more))
    assert problem.where == "devices[0]"
    assert driver in problem.expected
    assert said in problem.got


@pytest.mark.parametrize(
    ("port", "said"),
    [
        ("serial://ttyS1", "did you mean 'serial:///ttyS1'"),
        ("serial:///dev/ttyS1?bauds=9600", "did you mean 'baud'"),
        ("serial:///dev/ttyS1?baud=fast", "baud"),
        ("tcp://10.0.0.9", "host:port"),
        ("tpc://10.0.0.9:5005", "did you mean 'tcp'"),
    ],
)
def test_port_that_makes_no_sense_is_told(port: str, said: str) -> None:
    (problem,) = problems(device("led.onbon", port=port))
    assert problem.where == "devices[0].port"
    assert said in problem.got


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        device("keypad.ff86", id="a", port="tcp://x"),
        device("led.onbon", "options = { a = 1, b = 2 }", id="b", port="tcp://10.0.0.9:5005"),
    )
    assert [problem.where for problem in found] == [
        "devices[0].port",
        "devices[0].driver",
        "devices[1].options.a",
        "devices[1].options.b",
    ]


def test_driver_that_does_not_work_or_has_no_place_in_the_hall_is_refused(
    fake_drivers: dict[str, FakeSession],
) -> None:
    broken, speaker = problems(device("led.broken", id="a"), device("speaker.fake", id="b", port="tcp://10.0.0.9:1"))
    assert broken.where == "devices[0].driver"
    assert "No module named" in broken.got
    assert speaker.where == "devices[1].driver"
    assert "keypad、led、printer" in speaker.expected


def test_installed_drivers_are_listed_the_broken_ones_with_their_fault(fake_drivers: dict[str, FakeSession]) -> None:
    listed = {driver.name: driver for driver in installed_drivers()}
    assert listed.keys() == {"keypad.fake", "led.fake", "printer.fake", "speaker.fake", "led.broken"}
    assert listed["keypad.fake"].options == {"bad": "refused"}
    assert [name for name, driver in listed.items() if driver.fault] == ["led.broken"]
    assert listed["led.broken"].family == "led"


def test_levels_are_those_of_the_halls_keys() -> None:
    assert levels_of(config()) == {1, 2, 3, 4, 5}
    assert levels_of(config(device("keypad.ff68"))) == {2, 3, 4, 5}
    three = device("keypad.ff68", "keys = { 0 = 2, 1 = 4, 2 = 5 }", id="b", port="serial:///dev/ttyS2")
    assert levels_of(config(three)) == {2, 4, 5}
    assert levels_of(config(device("keypad.ff68", id="a"), three)) == {2, 3, 4, 5}
