from dataclasses import replace

from hub.domain.stranded import stranded
from tests.hub.ledger import SETUP, Ledger


def test_nobody_is_stranded_while_the_configuration_stays() -> None:
    hall = Ledger()
    hall.open(1)
    hall.issue_many("social", 2)
    hall.call(1)
    assert stranded(hall.state, SETUP) == ()


def test_a_service_that_is_gone_strands_those_who_wait_for_it() -> None:
    hall = Ledger()
    social, tax = hall.issue("social"), hall.issue("tax")
    left = replace(SETUP, services={code: one for code, one in SETUP.services.items() if code != "social"})
    assert [ticket.id for ticket in stranded(hall.state, left)] == [social]
    assert tax not in {ticket.id for ticket in stranded(hall.state, left)}


def test_a_window_that_is_gone_strands_whom_it_has_called() -> None:
    hall = Ledger()
    hall.open(1)
    came = hall.issue_many("social", 2)
    hall.call(1)
    left = replace(SETUP, windows={number: one for number, one in SETUP.windows.items() if number != 1})
    assert [ticket.id for ticket in stranded(hall.state, left)] == came[:1]


def test_without_any_window_for_it_a_service_strands_all() -> None:
    hall = Ledger()
    came = hall.issue_many("social", 2)
    assert [ticket.id for ticket in stranded(hall.state, replace(SETUP, windows={}))] == came
