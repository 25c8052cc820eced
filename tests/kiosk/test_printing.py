from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.printer.protocols.profile import PROFILES
from kiosk.printing import print_slip
from kiosk.slip import cells
from tests.drivers.printer.paper import Code, Cut, Paper, Printed
from tests.kiosk.render import VIEW, VIEWS, BytePrinter, main


def on_paper(name: str, paper: str) -> Paper:
    printer = BytePrinter(PROFILES[paper])
    receipt = asyncio.run(print_slip(printer, VIEWS[name]))
    assert receipt.job == VIEWS[name].number
    return Paper().read(printer.data)


@pytest.mark.parametrize("paper", ["58mm", "80mm"])
@pytest.mark.parametrize("name", VIEWS)
def test_slip_is_printed_line_by_line_as_laid_out(name: str, paper: str) -> None:
    printed = [item for item in on_paper(name, paper).items if isinstance(item, Printed)]
    columns = PROFILES[paper].columns
    assert all(cells(line.text) * line.style.width <= columns for line in printed)
    assert all(line.style.align == "centre" for line in printed if set(line.text) != {"-"})
    [number] = [line for line in printed if line.text == VIEWS[name].number]
    assert number.style.width == number.style.height == max(line.style.width for line in printed)


@pytest.mark.parametrize("paper", ["58mm", "80mm"])
def test_code_can_be_scanned_and_the_slip_is_cut_once(paper: str) -> None:
    items = on_paper("plain", paper).items
    [code] = [item for item in items if isinstance(item, Code)]
    assert code.data == VIEW.qr_url.encode()
    assert code.module_dots >= 4  # half a millimetre
    assert [type(item) for item in items].count(Cut) == 1


def test_job_can_be_named_by_its_caller() -> None:
    printer = BytePrinter(PROFILES["58mm"])
    assert asyncio.run(print_slip(printer, VIEW, job="t-1")).job == "t-1"


def test_commands_in_names_do_nothing_on_paper() -> None:
    printer = BytePrinter(PROFILES["58mm"])
    evil = "\x1b@\x1dV\x00\x10\x14\x01\x00\x05社保\n\x1bp0"
    asyncio.run(print_slip(printer, replace(VIEW, service_name=evil, hall_name=evil, priority_label=evil)))
    paper = Paper().read(printer.data)  # refuses control bytes that are no command of a slip
    assert paper.modes.count("ESC @") == 1
    assert [type(item) for item in paper.items].count(Cut) == 1


def test_pictures_of_typical_slips_can_be_drawn(tmp_path: Path) -> None:
    main(tmp_path)
    assert len(list(tmp_path.glob("slip-*.png"))) == 2 * len(VIEWS)
