"""What a window's sign shows."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from displays.signtext import SignStep, SignView, State, cells, steps

SMALL, WIDE, WIDEST, TALL = (64, 16), (128, 16), (192, 16), (64, 32)
STATES: tuple[State, ...] = get_args(State)


def steady(state: State, size: tuple[int, int] = SMALL, *, number: str | None = None, name: str = "社保综合") -> str:
    return steps(SignView(3, name, state, number, size))[-1].text


@pytest.mark.parametrize(
    ("state", "number", "size", "text"),
    [
        ("idle", None, SMALL, "社保综合"),
        ("idle", None, WIDE, "社保综合 空闲"),
        ("idle", None, TALL, "社保综合\n空闲"),
        ("called", "A012", SMALL, "A012"),
        ("called", "A012", (120, 16), "A012请到3号窗口"),
        ("called", "A012", WIDE, "A012 请到3号窗口"),
        ("called", "A012", TALL, "A012\n到3号窗"),
        ("called", "A012", (96, 32), "A012\n请到3号窗口"),
        ("called", "A1000", SMALL, "A1000"),
        ("serving", "A012", SMALL, "A012"),
        ("serving", "A012", WIDE, "A012 办理中"),
        ("serving", "A012", TALL, "A012\n办理中"),
        ("serving", None, SMALL, "办理中"),
        ("rating", "A012", SMALL, "请评价"),
        ("rating", "A012", WIDE, "A012 请评价"),
        ("rating", None, WIDE, "请评价"),
        ("paused", None, SMALL, "暂停服务"),
        ("paused", None, WIDEST, "社保综合 暂停服务"),
        ("closed", None, SMALL, "未开放"),
        ("closed", None, WIDE, "社保综合 未开放"),
    ],
)
def test_state_is_said_as_fully_as_the_sign_allows(
    state: State, number: str | None, size: tuple[int, int], text: str
) -> None:
    assert steady(state, size, number=number) == text


def test_long_name_gives_way_to_what_the_window_does() -> None:
    assert steady("idle", name="不动产登记综合") == "空闲"
    assert steady("idle", TALL, name="不动产登记综合") == "不动产登\n记综合"
    assert steady("paused", name="不动产登记综合") == "暂停服务"


def test_call_flashes_its_number_for_three_seconds_and_then_stands_still() -> None:
    assert steps(SignView(3, "社保综合", "called", "A012", WIDE)) == (
        SignStep("A012", "red", 1.0),
        SignStep("", "red", 1.0),
        SignStep("A012", "red", 1.0),
        SignStep("A012 请到3号窗口", "red"),
    )


@pytest.mark.parametrize("state", [state for state in STATES if state != "called"])
def test_nothing_else_moves(state: State) -> None:
    [only] = steps(SignView(3, "社保综合", state, "A012"))
    assert only.seconds is None


def test_call_without_a_number_still_names_the_window() -> None:
    assert steps(SignView(3, "社保综合", "called", None, WIDE))[0].text == "请到3号窗口"


def test_states_of_a_ticket_have_their_own_colours() -> None:
    colours = {state: steps(SignView(3, "社保综合", state, "A012"))[-1].colour for state in STATES}
    assert len({colours["called"], colours["serving"], colours["idle"]}) == 3


def test_tiny_sign_gets_the_shortest_wording() -> None:
    assert steady("paused", (32, 16)) == "暂停"
    assert steady("closed", (32, 16)) == "关"
    assert steady("called", (16, 16), number="A012") == "A012"


def test_name_can_not_break_lines_or_turn_the_writing_round() -> None:
    assert steady("idle", TALL, name="社\n保\u202e合\x1b") == "社 保合\n空闲"
    assert steady("idle", WIDE, name="社\n保\u202e综\x1b合") == "社 保综合 空闲"


@pytest.mark.parametrize(("text", "width"), [("A012", 4), ("社保", 4), ("买买提·艾力", 12), ("“”", 4), ("", 0)])
def test_width_is_that_of_the_sign_s_font(text: str, width: int) -> None:
    assert cells(text) == width


@given(
    st.builds(
        SignView,
        window=st.integers(1, 999),
        window_name=st.text(max_size=20),
        state=st.sampled_from(STATES),
        number=st.none() | st.from_regex(r"[A-Z][0-9]{3,4}", fullmatch=True),
        size=st.tuples(st.integers(64, 512), st.integers(16, 64)),
    )
)
def test_every_state_fits_every_usual_sign(view: SignView) -> None:
    width, height = view.size
    for step in steps(view):
        lines = step.text.split("\n")
        assert len(lines) * 16 <= height
        # A call without a number has nothing shorter to say than where to go.
        assert all(cells(line) * 8 <= width for line in lines) or (view.state == "called" and not view.number)
    assert [step.seconds is None for step in steps(view)].index(True) == len(steps(view)) - 1
    assert steps(view)[-1].text
