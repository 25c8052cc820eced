from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers import registry
from drivers.errors import BadOption
from drivers.printer import Job, Text
from drivers.printer.driver import open_session, profile_of
from drivers.printer.protocols.profile import PROFILES, Profile
from drivers.printer.session import EscposPrinter
from drivers.registry import Settings
from tests.drivers.printer.fake import FakePrinter
from tests.drivers.printer.paper import Paper
from tests.virtual_time import run_virtually


def settings(**options: Any) -> Settings:
    return Settings("printer-1", options=options)


def opened(**options: Any) -> EscposPrinter:
    async def main() -> EscposPrinter:
        return open_session(FakePrinter(), settings(**options), lambda _: None)

    return run_virtually(main())


def test_driver_is_found_by_its_name_and_opens_a_printer() -> None:
    async def main() -> object:
        driver = registry.load("printer.escpos")
        return driver.open(FakePrinter(), settings(profile="58mm"), lambda _: None)

    session = run_virtually(main())
    assert isinstance(session, EscposPrinter)
    assert session.columns == 32


def test_without_options_it_is_an_80_mm_printer() -> None:
    assert profile_of(settings()) == PROFILES["80mm"]
    assert opened().columns == 48


def test_options_change_the_named_profile() -> None:
    changed = settings(
        profile="58mm",
        charset="gb2312",
        qr="raster",
        cutter="old_full",
        feed_lines=0,
        process_id=True,
        asb=True,
    )
    assert profile_of(changed) == Profile(
        dots=384,
        columns=32,
        charset="gb2312",
        native_qr=False,
        process_id=True,
        asb=True,
        cutter="old_full",
        feed_lines=0,
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"profile": "76mm"}, "one of 58mm, 80mm, epson"),
        ({"charset": "big5"}, "one of gb2312, gbk, gb18030"),
        ({"qr": "yes"}, "one of native, raster"),
        ({"cutter": 1}, "one of feed"),
        ({"feed_lines": 31}, "a number from 0 to 30"),
        ({"feed_lines": True}, "a number from 0 to 30"),
        ({"process_id": "yes"}, "true or false"),
        ({"asb": 1}, "true or false"),
        ({"blind": "no"}, "true or false"),
        ({"poll_s": 0}, "a number from 0.2 to 60"),
        ({"font": "/nowhere/unifont.hex"}, "a readable Unifont .hex file"),
        ({"chraset": "gbk"}, "did you mean 'charset'"),
    ],
)
def test_options_that_make_no_sense_are_refused_naming_device_option_and_what_is_expected(
    options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(BadOption, match=expected) as refused:
        opened(**options)
    assert "printer-1" in str(refused.value)
    assert next(iter(options)) in str(refused.value)


def test_font_of_the_options_draws_what_the_printer_lacks(tmp_path: Path) -> None:
    path = tmp_path / "small.hex"
    path.write_text("9555:" + "F" * 64 + "\n", encoding="ascii")
    device = FakePrinter()

    async def main() -> str:
        session = open_session(device, settings(charset="gb2312", font=str(path), blind=True), lambda _: None)
        return (await session.print(Job("j", (Text("镕"),)))).reason

    assert "no glyph" not in run_virtually(main())
    assert len(Paper("gb2312").read(bytes(device.taken)).dots) == 32


def test_every_option_has_one_line_of_help_in_both_languages() -> None:
    for help_text in registry.load("printer.escpos").options.values():
        assert " / " in help_text
        assert "\n" not in help_text
