from __future__ import annotations

from dataclasses import replace

import pytest

from drivers.printer import PrinterStatus
from drivers.printer.trouble import health_of, silent, trouble

WELL = PrinterStatus(online="yes", paper="ok", cover_open="no", cutter_error="no", error="no", head_hot="no")


def test_well_printer_is_ok() -> None:
    assert health_of(WELL, WELL) == ("ok", "")
    assert not trouble(WELL)


@pytest.mark.parametrize(
    "status",
    [
        replace(WELL, paper="out"),
        replace(WELL, cover_open="yes"),
        replace(WELL, cutter_error="yes"),
        replace(WELL, head_hot="yes"),
        replace(WELL, error="yes"),
        replace(WELL, online="no"),
    ],
)
def test_each_trouble_is_degraded_and_named(status: PrinterStatus) -> None:
    state, detail = health_of(status, WELL)
    assert state == "degraded"
    assert detail == trouble(status) != ""


def test_paper_near_its_end_calls_a_person_but_is_no_trouble() -> None:
    near = replace(WELL, paper="near_end")
    assert health_of(near, WELL)[0] == "degraded"
    assert not trouble(near)


def test_off_line_is_named_only_without_a_better_reason() -> None:
    assert "脱机" in trouble(replace(WELL, online="no"))
    assert "脱机" not in trouble(replace(WELL, online="no", paper="out"))


def test_printer_that_only_waits_for_its_feed_button_says_so() -> None:
    assert "走纸键" in trouble(replace(WELL, online="no", awaits_recovery="yes"))
    assert "走纸键" not in trouble(replace(WELL, online="no", cover_open="yes", awaits_recovery="yes"))
    assert "走纸键" not in trouble(WELL)


def test_silence_is_unknown_and_names_the_trouble_before_it() -> None:
    assert silent(PrinterStatus())
    assert health_of(PrinterStatus(), WELL) == ("unknown", "打印机无应答 no answer")
    state, detail = health_of(PrinterStatus(), replace(WELL, paper="out"))
    assert state == "unknown"
    assert "缺纸" in detail
