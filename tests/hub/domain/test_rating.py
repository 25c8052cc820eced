from dataclasses import replace
from datetime import date

import pytest

from hub.domain import events as e
from hub.domain import verbs
from hub.domain.calendar import WorkCalendar
from hub.domain.rating import Decision, decide, decide_phone
from hub.domain.state import PhoneInvite
from tests.hub.ledger import MORNING_MS, Ledger

MS = 1_000_000
INVITE_S = 60


def press(
    at_ns: int,
    *,
    key: int = 1,
    level: int | None = 3,
    raw: str = "01",
    device: str = "line-1",
    address: int = 1,
    window: int | None = 1,
) -> e.KeyPressed:
    return e.KeyPressed("p", device, address, window, key, level, raw, at_ns)


class Hall(Ledger):
    """A ledger that presses keys."""

    def decide(self, **changes: object) -> Decision:
        changes = {"at_ns": self.mono_ns} | changes
        return decide(self.state, press(**changes), self.now)  # type: ignore[arg-type]

    def press(self, **changes: object) -> str:
        """Press, store the press and what becomes of it; say what that is."""
        decision = self.decide(**changes)
        one = press(**({"at_ns": self.mono_ns} | changes))  # type: ignore[arg-type]
        self.add(one)
        if decision.disposition == "rating":
            level = one.level or 0
            self.add(e.RatingRecorded("r", "p", decision.ticket or "", 1, decision.clerk or "", level, "keypad"))
        else:
            self.add(e.PressUnmatched("p", one.window, decision.disposition, decision.ticket))
        return decision.disposition


@pytest.fixture
def hall() -> Hall:
    """Window 1 is idle; nobody was served there yet."""
    hall = Hall()
    hall.open(1)
    return hall


@pytest.fixture
def invited(hall: Hall) -> Hall:
    """Window 1 has just finished its visit."""
    finish(hall)
    return hall


def finish(hall: Hall) -> str:
    number = hall.issue("social")
    hall.call(1)
    hall.add(*verbs.finish(hall.desk(1)))
    return number


def test_press_inside_the_invite_is_the_rating_of_its_visit(invited: Hall) -> None:
    assert invited.decide() == Decision("rating", "A001", "1001")


def test_press_before_any_visit_is_uninvited(hall: Hall) -> None:
    assert hall.decide() == Decision("uninvited", None)


@pytest.mark.parametrize(
    ("after_ms", "disposition"), [(0, "rating"), (59_999, "rating"), (60_000, "rating"), (60_001, "late")]
)
def test_invite_lasts_until_its_end_and_no_longer(invited: Hall, after_ms: int, disposition: str) -> None:
    invited.wait(after_ms / 1000)
    assert invited.decide() == Decision(disposition, "A001", "1001" if disposition == "rating" else None)  # type: ignore[arg-type]


def test_late_press_stays_late_after_the_invite_was_written_off(invited: Hall) -> None:
    invited.wait(INVITE_S + 1)
    invited.add(e.InviteExpired("A001", 1))
    assert invited.state.window(1).state == "idle"
    assert invited.press() == "late"


def test_second_press_is_repeated(invited: Hall) -> None:
    assert invited.press() == "rating"
    invited.wait(2)
    assert invited.press() == "repeated"


def test_press_after_the_rated_invite_has_ended_is_late(invited: Hall) -> None:
    invited.press()
    invited.wait(INVITE_S + 0.001)
    assert invited.press() == "late"


def test_one_rating_a_visit_however_often_it_is_pressed(invited: Hall) -> None:
    became = []
    for key in range(5):
        became.append(invited.press(key=key, raw=f"{key:02}"))
        invited.wait(2)
    assert became == ["rating", "repeated", "repeated", "repeated", "repeated"]
    assert sum(isinstance(r.fact, e.RatingRecorded) for r in invited.log) == 1


def test_call_ends_the_invite(invited: Hall) -> None:
    invited.issue("social")
    invited.call(1)
    assert invited.decide() == Decision("uninvited", "A001")


def test_after_a_missed_call_the_press_is_uninvited_and_not_late(invited: Hall) -> None:
    invited.issue("social")
    invited.next(1)
    assert invited.press() == "uninvited"


def test_next_visit_opens_an_invite_of_its_own(invited: Hall) -> None:
    invited.press()
    finish(invited)
    invited.wait(2)
    assert invited.decide() == Decision("rating", "A002", "1001")


@pytest.mark.parametrize("verb", ["pause", "sign_off"])
def test_invite_outlives_pause_and_sign_off(invited: Hall, verb: str) -> None:
    invited.add(*(verbs.pause(invited.desk(1), "吃饭") if verb == "pause" else verbs.sign_off(invited.desk(1))))
    assert invited.decide() == Decision("rating", "A001", "1001")
    assert invited.press() == "rating"
    invited.wait(2)
    assert invited.press() == "repeated"


def test_invite_belongs_to_its_clerk_also_after_the_change_of_shift(invited: Hall) -> None:
    invited.add(*verbs.sign_off(invited.desk(1)))
    invited.add(*verbs.sign_on(invited.desk(1), "1002"))
    assert invited.decide() == Decision("rating", "A001", "1001")


@pytest.mark.parametrize(("verb", "disposition"), [("pause", "paused"), ("sign_off", "closed")])
def test_press_outside_an_invite_tells_that_nobody_is_there(invited: Hall, verb: str, disposition: str) -> None:
    invited.wait(INVITE_S + 1)
    invited.add(*(verbs.pause(invited.desk(1), "吃饭") if verb == "pause" else verbs.sign_off(invited.desk(1))))
    assert invited.press() == disposition


def test_press_at_a_window_where_nothing_happened_is_closed(hall: Hall) -> None:
    assert hall.decide(window=7, address=7) == Decision("closed", None)


def test_rating_does_not_resume_a_paused_window(invited: Hall) -> None:
    invited.add(*verbs.pause(invited.desk(1), "吃饭"))
    invited.press()
    assert invited.state.window(1).state == "paused"


def test_rating_frees_the_window(invited: Hall) -> None:
    invited.press()
    assert invited.state.window(1).state == "idle"


@pytest.mark.parametrize(
    ("gap_ns", "raw", "disposition"),
    [
        (0, "01", "bounce"),
        (300 * MS - 1, "01", "bounce"),
        (300 * MS, "01", "duplicate"),
        (1500 * MS - 1, "01", "duplicate"),
        (1500 * MS, "01", "repeated"),
        (300 * MS - 1, "02", "bounce"),
        (300 * MS, "02", "repeated"),
    ],
)
def test_gap_and_frame_tell_bounce_and_resend(invited: Hall, gap_ns: int, raw: str, disposition: str) -> None:
    first = invited.mono_ns
    assert invited.press(at_ns=first) == "rating"
    assert invited.press(at_ns=first + gap_ns, raw=raw) == disposition


@pytest.mark.parametrize("other", [{"key": 2}, {"address": 2}, {"device": "line-2"}])
def test_another_key_address_or_device_does_not_bounce(invited: Hall, other: dict[str, object]) -> None:
    invited.press()
    assert invited.press(**other) == "repeated"


def test_stuck_key_is_one_press_and_bounces(invited: Hall) -> None:
    became = []
    for _ in range(10):
        became.append(invited.press())
        invited.wait(0.2)
    assert became == ["rating"] + ["bounce"] * 9


def test_frame_resent_every_second_stays_a_duplicate(invited: Hall) -> None:
    became = []
    for _ in range(4):
        became.append(invited.press())
        invited.wait(1)
    assert became == ["rating", "duplicate", "duplicate", "duplicate"]


def test_receipt_that_seems_earlier_than_the_last_is_a_press_of_its_own(invited: Hall) -> None:
    invited.press()
    assert invited.press(at_ns=invited.mono_ns - 1) == "repeated"


def test_press_without_a_level_or_a_window_is_unmapped(invited: Hall) -> None:
    assert invited.decide(level=None).disposition == "unmapped"
    assert invited.decide(window=None, address=9) == Decision("unmapped", None)


def test_unmapped_press_does_not_use_up_the_invite(invited: Hall) -> None:
    assert invited.press(key=9, level=None) == "unmapped"
    assert invited.press(key=1) == "rating"


# The first that fits, in the order of interfaces.md: every press below would also be all that follow.
def test_maintenance_comes_before_everything(invited: Hall) -> None:
    invited.add(e.MaintenanceStarted("line-1", "test"))
    assert [invited.press(), invited.press(level=None)] == ["maintenance", "maintenance"]
    invited.add(e.MaintenanceEnded("line-1", "test"))
    assert invited.press() == "bounce"
    invited.wait(2)
    assert invited.press() == "rating"


def test_maintenance_of_one_device_is_not_that_of_another(invited: Hall) -> None:
    invited.add(e.MaintenanceStarted("line-2", "test"))
    assert invited.press() == "rating"


def test_maintenance_of_one_window_is_not_that_of_the_others_on_its_line(invited: Hall) -> None:
    invited.add(e.MaintenanceStarted("line-1", "test", (2, 3), "maintenance"))
    assert invited.press() == "rating"


def test_end_of_a_drill_does_not_end_maintenance_of_the_same_keypad(invited: Hall) -> None:
    invited.add(e.MaintenanceStarted("line-1", "test", (1, 2), "maintenance"))
    invited.add(e.MaintenanceStarted("line-1", "test", (1, 2), "drill"))
    invited.add(e.MaintenanceEnded("line-1", "test", (1, 2), "drill"))
    invited.add(e.MaintenanceEnded("line-1", "test", (2,), "maintenance"))
    assert invited.press() == "maintenance"
    invited.add(e.MaintenanceEnded("line-1", "test", (1,), "maintenance"))
    invited.wait(2)
    assert invited.press() == "rating"


def test_bounce_comes_before_unmapped_and_unmapped_before_rating(invited: Hall) -> None:
    assert [invited.press(level=None), invited.press(level=None)] == ["unmapped", "bounce"]


def test_duplicate_comes_before_unmapped(invited: Hall) -> None:
    invited.press(level=None)
    invited.wait(1)
    assert invited.press(level=None) == "duplicate"


def test_unmapped_comes_before_closed(hall: Hall) -> None:
    hall.add(*verbs.sign_off(hall.desk(1)))
    assert hall.press(level=None) == "unmapped"


def test_paused_comes_before_late(invited: Hall) -> None:
    invited.wait(INVITE_S + 1)
    assert invited.decide().disposition == "late"
    invited.add(*verbs.pause(invited.desk(1), "吃饭"))
    assert invited.decide().disposition == "paused"


def test_reinvitation_opens_the_visit_again(invited: Hall) -> None:
    invited.wait(INVITE_S + 1)
    invited.add(e.InviteExpired("A001", 1))
    invited.add(*verbs.invite(invited.desk(1)))
    assert invited.state.window(1).state == "rating"
    invited.wait(INVITE_S)
    assert invited.press() == "rating"


def test_wall_clock_that_steps_does_not_move_the_invites_end(invited: Hall) -> None:
    invited.wall_ms += 86_400_000
    invited.wait(INVITE_S)
    assert invited.decide().disposition == "rating"
    invited.wall_ms -= 2 * 86_400_000
    invited.wait(0.001)
    assert invited.decide().disposition == "late"


def test_after_a_reboot_the_wall_clock_measures_the_invite(invited: Hall) -> None:
    invited.mono_ns = 5
    invited.add(e.HubStarted("boot-2", "0"))
    invited.wait(INVITE_S)
    assert invited.decide().disposition == "rating"
    invited.wait(0.001)
    assert invited.decide().disposition == "late"


def test_restart_within_a_boot_goes_on_measuring_monotonically(invited: Hall) -> None:
    invited.add(e.HubStarted("boot-1", "0"))
    invited.wall_ms += 3_600_000
    assert invited.decide().disposition == "rating"


def test_press_just_after_a_reboot_is_no_bounce_of_one_before(invited: Hall) -> None:
    invited.mono_ns = 10
    invited.press()
    invited.add(e.HubStarted("boot-2", "0"))
    assert invited.press() == "repeated"


def test_rating_by_phone_closes_the_keypads_invite(invited: Hall) -> None:
    invited.add(e.RatingRecorded("r", "p", "A001", 1, "1001", 5, "phone"))
    assert invited.press() == "repeated"
    assert invited.ticket("A001").level == 5


VISIT = PhoneInvite("t", "A001", 1, "1001", MORNING_MS)
GOLDEN_WEEK = WorkCalendar(holidays=frozenset(date(2026, 10, n) for n in range(1, 9)))


@pytest.mark.parametrize(
    ("today", "became"),
    [
        (date(2026, 9, 30), "rating"),
        (date(2026, 10, 4), "rating"),
        (date(2026, 10, 15), "rating"),  # 9, 12, 13, 14, 15 October: the fifth working day
        (date(2026, 10, 16), "late"),
    ],
)
def test_phone_may_rate_until_the_end_of_the_fifth_working_day(today: date, became: str) -> None:
    assert decide_phone(VISIT, GOLDEN_WEEK, date(2026, 9, 30), today) == became


def test_phone_rates_once() -> None:
    day = date(2026, 9, 30)
    assert decide_phone(replace(VISIT, level=4), GOLDEN_WEEK, day, day) == "repeated"
