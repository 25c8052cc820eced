from zoneinfo import ZoneInfo

import msgspec
import pytest

from displays.board import board, service_wait
from hub.domain import events as e
from hub.domain.model import Service, Setup, WindowSetup
from hub.domain.state import HallState

ZONE = ZoneInfo("Asia/Shanghai")
AT_MS = 1_795_568_400_000  # 2026-11-25 09:00 in the hall
SETUP = Setup(
    name="大厅",
    services={"social": Service("social", "社会保险", "A"), "tax": Service("tax", "税务", "B", typical_s=600)},
    windows={
        3: WindowSetup(3, "社保综合", "人社局", ("social",)),
        4: WindowSetup(4, "税务", "税务局", ("tax", "social")),
    },
)


def folded(*facts: e.Fact) -> HallState:
    state = HallState()
    for seq, fact in enumerate((e.DayStarted("2026-11-25"), *facts), 1):
        state.apply(e.Recorded(seq, e.Stamp(AT_MS + seq * 1000, seq * 10**9), fact))
    return state


def issued(number: str, service: str = "social") -> e.TicketIssued:
    count = int(number[1:])
    return e.TicketIssued(number, number, service, "2026-11-25", count, None, None, f"code-{number}", 0, 0, "K1")


def called(number: str, window: int = 3) -> e.TicketCalled:
    return e.TicketCalled(number, "social", window, "1001", "test")


def test_a_hall_before_the_day_is_closed_and_empty() -> None:
    assert msgspec.json.decode(msgspec.json.encode(board(HallState(), SETUP, ZONE))) == {
        "calls": [],
        "services": [
            {"code": "social", "name": "社会保险", "waiting": 0, "estimate_s": 0},
            {"code": "tax", "name": "税务", "waiting": 0, "estimate_s": 0},
        ],
        "windows": [
            {"number": 3, "name": "社保综合", "state": "closed", "ticket": None, "clerk": None},
            {"number": 4, "name": "税务", "state": "closed", "ticket": None, "clerk": None},
        ],
        "notices": [],
    }


def test_making_the_board_changes_no_state() -> None:
    state = folded(issued("A001"))
    before = msgspec.json.encode(state)
    board(state, SETUP, ZONE)
    assert msgspec.json.encode(state) == before


def test_the_latest_call_comes_first_with_its_time_and_repeats() -> None:
    state = folded(
        issued("A001"),
        issued("A002"),
        e.SignedOn(3, "1001", "test"),
        called("A001"),
        e.TicketMissed("A001", "social", 3, "1001", "test"),
        called("A002"),
        e.TicketRecalled("A002", "social", 3, "1001", 1, "test"),
    )
    shown = board(state, SETUP, ZONE)
    assert [(c.number, c.window, c.at, c.recalls) for c in shown.calls] == [
        ("A002", 3, "2026-11-25T09:00:08.000+08:00", 1),
        ("A001", 3, "2026-11-25T09:00:05.000+08:00", 0),
    ]
    window = shown.windows[0]
    assert (window.state, window.ticket, window.clerk) == ("called", "A002", "1001")


def test_waiting_counts_are_exact() -> None:
    state = folded(*(issued(f"A{n:03d}") for n in range(1, 6)), issued("B001", "tax"), called("A002"))
    assert [(s.code, s.waiting) for s in board(state, SETUP, ZONE).services] == [("social", 4), ("tax", 1)]


def test_the_estimate_is_that_of_a_new_ticket() -> None:
    state = folded(issued("B001", "tax"), issued("B002", "tax"))
    assert service_wait(state, SETUP, "tax").estimate_s == 1200
    state = folded(issued("B001", "tax"), issued("B002", "tax"), e.SignedOn(4, "1001", "test"))
    assert service_wait(state, SETUP, "tax").estimate_s == 1200


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("database or disk is full", "磁盘已满"),
        ("disk I/O error", "磁盘读写出错"),
        ("database is locked", "数据库被其他程序占用"),
    ],
)
def test_a_refusing_disk_is_a_loud_notice_that_names_the_reason(trouble: str, said: str) -> None:
    notice = f"{said}：叫号照常进行，新取号和评价暂停，请联系管理员。"
    assert board(HallState(), SETUP, ZONE, trouble=trouble).notices == (notice,)
