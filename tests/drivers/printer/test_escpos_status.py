from __future__ import annotations

import tomllib
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.events import BadFrame
from drivers.printer import PrinterStatus
from drivers.printer.protocols.escpos_status import (
    GAP_S,
    Answer,
    AutoStatus,
    FlowControl,
    Heard,
    Identity,
    Processed,
    StatusReader,
    after_answer,
    automatic,
)

VECTORS: dict[str, Any] = tomllib.loads(Path("tests/vectors/escpos.toml").read_text(encoding="utf-8"))
XON, XOFF = FlowControl(stop=False), FlowControl(stop=True)


def heard(*chunks: bytes) -> list[Heard]:
    reader = StatusReader()
    return [event for chunk in chunks for event in reader.feed(chunk, 0.0)]


def of(code: str) -> bytes:
    return bytes.fromhex(code)


@pytest.mark.parametrize("row", VECTORS["answer"], ids=lambda row: f"n{row['number']}-{row['byte']}")
def test_answers_mean_what_is_published(row: dict[str, Any]) -> None:
    [answer] = heard(of(row["byte"]))
    assert isinstance(answer, Answer)
    status = asdict(after_answer(PrinterStatus(), row["number"], answer.value))
    assert {name: value for name, value in status.items() if value != "unknown"} == row["status"]


@pytest.mark.parametrize("row", VECTORS["automatic"], ids=lambda row: row["bytes"])
def test_automatic_status_means_what_is_published(row: dict[str, Any]) -> None:
    [event] = heard(of(row["bytes"]))
    assert isinstance(event, AutoStatus)
    assert asdict(automatic(event.raw)) == row["status"]


MIXED = of("12 10000000 3722 30303031 00 13 1A 11 5F 544D2D54323000 18 00 0F 00 7E")
EXPECTED: list[Heard] = [
    Answer(0x12),
    AutoStatus(of("10000000")),
    Processed(b"0001"),
    XOFF,
    Answer(0x1A),
    XON,
    Identity("TM-T20"),
    AutoStatus(of("18000F00")),
    Answer(0x7E),
]


def test_paper_that_stopped_the_printer_is_out_though_its_sensor_sees_some() -> None:
    status = PrinterStatus()
    for number, value in ((1, 0x1A), (2, 0x32), (3, 0x12), (4, 0x12)):  # n=2: stopped by paper end
        status = after_answer(status, number, value)
    assert status.paper == "out"


@pytest.mark.parametrize(
    ("cause", "error", "named"),
    [
        (0x52, 0x12, {"error": "yes"}),  # an error that nothing names
        (0x52, 0x1A, {"cutter_error": "yes", "error": "no"}),
        (0x52, 0x52, {"head_hot": "yes", "error": "no"}),
        (0x52, 0x32, {"error": "yes"}),
        (0x72, 0x12, {"paper": "out", "error": "no"}),
        (0x56, 0x12, {"cover_open": "yes", "error": "no"}),
        (0x12, 0x12, {"error": "no"}),
    ],
)
def test_error_that_is_named_nowhere_is_one_all_the_same(cause: int, error: int, named: dict[str, str]) -> None:
    status = PrinterStatus()
    for number, value in ((1, 0x1A), (2, cause), (3, error)):
        status = after_answer(status, number, value)
    assert asdict(status).items() >= named.items()


def test_all_ways_are_told_apart_in_one_stream() -> None:
    assert heard(MIXED) == EXPECTED


@given(st.lists(st.integers(0, len(MIXED))))
def test_any_chunking_says_the_same(cuts: list[int]) -> None:
    edges = sorted({0, *cuts, len(MIXED)})
    assert heard(*(MIXED[start:end] for start, end in pairwise(edges))) == EXPECTED


def test_flow_control_and_answers_in_the_middle_of_automatic_status_do_not_break_it() -> None:
    assert heard(of("18 13 00 12 0F 11 00")) == [XOFF, Answer(0x12), XON, AutoStatus(of("18000F00"))]


def test_flow_control_in_the_middle_of_an_echo_does_not_break_it() -> None:
    assert heard(of("3722 3030 13 3031 00")) == [XOFF, Processed(b"0001")]


def test_new_automatic_status_ends_a_broken_one() -> None:
    broken, whole = heard(of("1800 10000000"))
    assert isinstance(broken, BadFrame)
    assert broken.raw == of("1800")
    assert whole == AutoStatus(of("10000000"))


def test_lone_head_of_an_echo_swallows_no_status() -> None:
    broken, answer = heard(of("37 32"))
    assert isinstance(broken, BadFrame)
    assert answer == Answer(0x32)


def test_echo_with_a_wrong_end_is_no_echo() -> None:
    assert not any(isinstance(event, Processed) for event in heard(of("3722303030313100")))


def test_stray_bytes_are_one_bad_frame_a_run_and_in_order() -> None:
    assert [type(event) for event in heard(of("FFFE00 12 80"))] == [BadFrame, Answer, BadFrame]
    assert heard(of("FFFE00"))[0] == BadFrame(of("FFFE00"), "expected a status byte or the head of a block")


def test_rest_of_a_block_that_comes_too_late_is_not_its_rest() -> None:
    reader = StatusReader()
    assert reader.feed(of("1800"), 10.0) == []
    [broken, answer] = reader.feed(of("12"), 10.1 + GAP_S)
    assert isinstance(broken, BadFrame)
    assert answer == Answer(0x12)


def test_endless_printer_id_is_given_up() -> None:
    events = heard(b"\x5f" + b"A" * 500)
    assert isinstance(events[0], BadFrame)
    assert not any(isinstance(event, Identity) for event in events)


@given(st.lists(st.binary(max_size=20)))
def test_nothing_raises_and_every_byte_is_accounted_for(chunks: list[bytes]) -> None:
    reader = StatusReader()
    events = [event for at, chunk in enumerate(chunks) for event in reader.feed(chunk, at * 0.1)]
    events += reader.feed(b"", 1000.0)
    sizes = {Answer: 1, AutoStatus: 4, Processed: 7, FlowControl: 1}
    count = 0
    for event in events:
        match event:
            case BadFrame(raw):
                count += len(raw)
            case Identity(text):
                count += len(text) + 2
            case _:
                count += sizes[type(event)]
    assert count == sum(map(len, chunks))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_after_any_noise_and_a_pause_status_is_heard_again(noise: bytes, more: bytes) -> None:
    reader = StatusReader()
    reader.feed(noise, 0.0)
    reader.feed(more, 0.1)
    assert reader.feed(of("10000000 12"), 1.0)[-2:] == [AutoStatus(of("10000000")), Answer(0x12)]
