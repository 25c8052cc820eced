from __future__ import annotations

from pathlib import Path

import pytest

from hub.config import parse
from hub.demo import habits
from hub.demo.halltoml import Ports, hall_toml
from hub.demo.plan import plan_day
from hub.demo.town import make_town
from hub.demo.tricks import TRICKS
from hub.devices import check_drivers

SIZES = (1, 2, 3, 8, 17, 60)


def ports(windows: int, kiosks: tuple[str, ...]) -> Ports:
    numbers = tuple(range(1, windows + 1))
    return Ports(
        pads={"serial:///ports/pads-1?baud=9600": numbers},
        signs={"serial:///ports/signs-1?baud=57600": numbers},
        printers={kiosk: f"serial:///ports/{kiosk}?baud=115200" for kiosk in kiosks},
    )


@pytest.mark.parametrize("windows", SIZES)
def test_hall_of_any_size_is_a_valid_configuration(windows: int) -> None:
    town = make_town(windows, 1)
    path = Path("/demo/hall.toml")
    config = parse(hall_toml(town, ports(windows, town.kiosks), 8000), path)
    check_drivers(config, path)
    assert [window.number for window in config.windows] == list(range(1, windows + 1))
    assert len({clerk.name for clerk in config.clerks}) == windows
    assert {code for window in config.windows for code in window.services} == {s.code for s in config.services}
    assert config.hall.data == Path("/demo/data")


@pytest.mark.parametrize("windows", SIZES)
def test_citizens_come_while_the_doors_are_open_for_services_that_are_served(windows: int) -> None:
    town = make_town(windows, 3)
    plan = plan_day(town, 3, 5)
    arrivals = [citizen.arrives for citizen in plan.citizens]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= habits.OPENS - habits.DOORS_BEFORE
    assert arrivals[-1] < habits.CLOSES
    assert not any(habits.NOON <= at < habits.REOPENS - habits.DOORS_BEFORE for at in arrivals)
    assert {citizen.service for citizen in plan.citizens} <= {service.code for service in town.services}
    assert {citizen.kiosk for citizen in plan.citizens} == set(town.kiosks)


def test_every_kind_of_citizen_comes() -> None:
    citizens = plan_day(make_town(60, 1), 1, 0).citizens
    assert {citizen.rates for citizen in citizens} == {"keypad", "phone", "never"}
    assert {citizen.level for citizen in citizens} == {5, 4, 3, 2}
    assert {citizen.priority for citizen in citizens} == {
        None,
        "elderly",
        "appointment",
        "disabled",
        "serviceman",
        "green_channel",
    }
    for what in ("elderly", "patience_s", "held_s", "transferred", "late_s", "twice_after_s", "bounces"):
        share = sum(bool(getattr(citizen, what)) for citizen in citizens) / len(citizens)
        assert 0 < share < 0.3, what
    assert {citizen.matters for citizen in citizens} == {1, 2, 3}


def test_first_citizens_are_at_the_door() -> None:
    for windows in SIZES:
        first = plan_day(make_town(windows, 1), 1, 0).citizens[0]
        assert first.arrives < habits.OPENS + 120, windows


def test_days_differ_and_people_stay_the_same() -> None:
    town = make_town(8, 1)
    monday, tuesday = plan_day(town, 1, 0), plan_day(town, 1, 1)
    assert monday.citizens != tuesday.citizens
    assert [(clerk.clerk, clerk.quickness, clerk.tricks) for clerk in monday.clerks] == [
        (clerk.clerk, clerk.quickness, clerk.tricks) for clerk in tuesday.clerks
    ]


def test_all_tricks_are_played_by_a_few_clerks_in_different_ways() -> None:
    clerks = plan_day(make_town(8, 1), 1, 0).clerks
    cheats = [clerk for clerk in clerks if clerk.tricks]
    assert len(cheats) == 3
    assert sorted(trick for clerk in cheats for trick in clerk.tricks) == sorted(TRICKS)
    for clerk in clerks:
        assert bool(clerk.batch) == ("batch" in clerk.tricks)
        assert any(pause.presses for pause in clerk.pauses) <= ("pause" in clerk.tricks)


def test_clerks_pause_at_noon_and_in_the_order_of_the_day() -> None:
    for clerk in plan_day(make_town(8, 1), 1, 0).clerks:
        begins = [pause.begins for pause in clerk.pauses]
        assert begins == sorted(begins)
        assert [pause.ends for pause in clerk.pauses if pause.at_noon] == [habits.REOPENS]
