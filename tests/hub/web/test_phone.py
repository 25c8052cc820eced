import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest

from hub.clock import ManualClock
from hub.domain import events as e
from tests.hub.web.conftest import SETUP, House, open_house

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def link(house: House, service: str = "social") -> str:
    issued = await house.hall.issue_ticket(service, by="test")
    await house.settled()
    return f"/r/{issued.code}"


async def finished(house: House) -> str:
    ticket = await house.served()
    return f"/r/{house.hall.state.tickets[ticket].code}"


async def text(house: House, path: str) -> str:
    answer = await house.client().get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return unescape(re.sub(r"<[^>]*>", "", answer.text))


def ratings(house: House) -> list[e.Fact]:
    kinds = ("phone.rated", "rating.recorded", "press.unmatched")
    return [row.fact for row in house.services.bus.log.read(0, kinds=kinds)]


async def test_the_page_follows_the_ticket(house: House) -> None:
    first, second = await link(house), await link(house)
    assert "前面还有 1 人" in await text(house, second)
    assert "下一位就是您" in await text(house, first)
    assert "3 号、5 号" in await text(house, first)
    hall = house.hall
    await hall.sign_on(3, "1001", by="test")
    steps = [
        (hall.call_next, "请到 3 号窗口"),
        (hall.hold, "已暂存"),
        (hall.take_back, "正在为您办理"),
        (hall.finish, "请评价 3 号窗口"),
        (hall.call_next, "请评价 3 号窗口"),
        (hall.miss, "请评价 3 号窗口"),
    ]
    for verb, words in steps:
        await verb(3, by="test")
        await house.settled()
        assert words in await text(house, first)
    assert "号已过" in await text(house, second)


async def test_a_ticket_given_up_is_void(house: House) -> None:
    path = await link(house)
    await house.hall.cancel("20261125-A001", by="test")
    await house.settled()
    assert "已作废" in await text(house, path)


@pytest.mark.parametrize("code", ["nonsense", "code", "%00", "..%2f..", "x" * 3000, "<script>"])
async def test_a_link_that_leads_nowhere_is_404(house: House, code: str) -> None:
    answer = await house.client().get(f"/r/{code}")
    assert answer.status_code == 404
    assert "<script>" not in answer.text
    assert (await house.client().post(f"/r/{code}", json={"level": 5})).status_code == 404


async def test_a_form_rates_once_and_comes_back_to_the_page(house: House) -> None:
    path = await finished(house)
    content = "level=4&reasons=%E5%A4%A7%E5%8E%85%E7%8E%AF%E5%A2%83&comment=%3Cb%3E%E5%A5%BD%3C%2Fb%3E"
    answer = await house.client().post(path, content=content, headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    await house.settled()
    assert "您的评价：满意" in await text(house, path)
    rated, recorded = ratings(house)
    assert isinstance(rated, e.PhoneRated)
    assert (rated.level, rated.reasons, rated.comment) == (4, ("大厅环境",), "<b>好</b>")
    assert isinstance(recorded, e.RatingRecorded)
    assert (recorded.level, recorded.source, recorded.clerk) == (4, "phone", "1001")


async def test_a_program_rates_with_json(house: House) -> None:
    path = await finished(house)
    answer = await house.client().post(path, json={"level": 5})
    assert (answer.status_code, answer.json()) == (200, {"counted": True, "level": 5})


async def test_a_second_rating_is_kept_and_does_not_count(house: House) -> None:
    path = await finished(house)
    await house.press(level=2, key=0)
    answer = await house.client().post(path, json={"level": 5})
    assert (answer.status_code, answer.json()) == (200, {"counted": False, "level": 2})
    assert [type(fact) for fact in ratings(house)] == [e.RatingRecorded, e.PhoneRated, e.PressUnmatched]


async def test_the_log_is_not_flooded_with_repeats(house: House) -> None:
    path = await finished(house)
    client = house.client()
    answers = [(await client.post(path, json={"level": 1})).status_code for _ in range(9)]
    assert answers == [200] * 6 + [429] * 3


async def test_nobody_rates_before_the_visit_is_done(house: House) -> None:
    path = await link(house)
    answer = await house.client().post(path, json={"level": 5})
    assert (answer.status_code, answer.json()["code"]) == (409, "state_forbids")
    assert ratings(house) == []


async def test_rating_ends_with_the_fifth_working_day(house: House) -> None:
    path = await finished(house)  # Wednesday: the fifth working day after it is the next Wednesday
    house.clock.advance(7 * 86_400 + 14.9 * 3600)
    assert "请评价" in await text(house, path)
    house.clock.advance(3600)
    assert "评价已截止" in await text(house, path)
    answer = await house.client().post(path, json={"level": 5})
    assert answer.status_code == 409
    assert ratings(house) == []


@pytest.mark.parametrize(
    "body", [{}, {"level": 0}, {"level": 6}, {"level": "x"}, [], {"level": 5, "comment": "x" * 501}]
)
async def test_a_bad_rating_is_a_problem(house: House, body: object) -> None:
    path = await finished(house)
    answer = await house.client().post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")
    assert ratings(house) == []


@pytest.mark.parametrize("content", [b"", b"level=9", b"level=5&level=x" * 60, b"\xff=\xff"])
async def test_a_bad_form_shows_the_form_again(house: House, content: bytes) -> None:
    path = await finished(house)
    answer = await house.client().post(path, content=content, headers=FORM)
    assert answer.status_code == 422
    assert "没有提交成功" in answer.text
    assert 'name="level"' in answer.text
    assert ratings(house) == []


async def test_other_content_is_refused(house: House) -> None:
    path = await finished(house)
    answer = await house.client().post(path, content=b"\x00\x01")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_value")


# --- the slip's code -------------------------------------------------------------------------------------------------


@pytest.fixture
async def coded(tmp_path: Path, clock: ManualClock) -> AsyncIterator[House]:
    async with open_house(tmp_path / "data", clock, replace(SETUP, slip_code_digits=3)) as opened:
        yield opened


def code_at(house: House, path: str) -> str:
    return house.hall.state.phone[path.removeprefix("/r/")].slip_code or ""


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1000:03}"


async def test_hall_without_a_code_asks_for_none(house: House) -> None:
    assert "评价码" not in await text(house, await finished(house))


async def test_page_asks_for_the_code_and_takes_it_as_people_type_it(coded: House) -> None:
    path = await finished(coded)
    assert "评价码：号票上的 3 位数字" in await text(coded, path)
    typed = " ".join(chr(ord(digit) + 0xFEE0) for digit in code_at(coded, path))  # full-width digits
    content = urlencode({"level": 4, "rating_code": typed})
    assert (await coded.client().post(path, content=content, headers=FORM)).status_code == 303
    await coded.settled()
    assert "您的评价：满意" in await text(coded, path)


async def test_wrong_code_is_said_and_keeps_what_was_chosen(coded: House) -> None:
    path = await finished(coded)
    code = code_at(coded, path)
    form = {"level": 2, "reasons": "服务态度", "comment": "<b>慢", "rating_code": other_than(code)}
    answer = await coded.client().post(path, content=urlencode(form), headers=FORM)
    assert answer.status_code == 403
    assert "评价码不对，请核对号票上的 3 位评价码，还可试 4 次" in answer.text
    assert 'value="2" required checked' in answer.text
    assert 'value="服务态度" checked' in answer.text
    assert "&lt;b&gt;慢</textarea>" in answer.text
    assert code not in re.sub(r'maxlength="\d+"', "", answer.text)
    assert other_than(code) not in answer.text


async def test_program_is_told_too(coded: House) -> None:
    path = await finished(coded)
    for body in ({"level": 5}, {"level": 5, "rating_code": ""}, {"level": 5, "rating_code": "x"}):
        answer = await coded.client().post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_rating_code")
    answer = await coded.client().post(path, json={"level": 5, "rating_code": code_at(coded, path)})
    assert answer.json() == {"counted": True, "level": 5}


async def test_after_five_wrong_codes_the_page_says_what_to_do(coded: House) -> None:
    path = await finished(coded)
    wrong = {"level": 5, "rating_code": other_than(code_at(coded, path))}
    for _ in range(6):
        answer = await coded.client().post(path, json=wrong)
    assert "请到咨询台" in answer.json()["detail"]
    await coded.settled()
    said = await text(coded, path)
    assert "输错次数过多" in said
    assert "请到咨询台" in said
    assert "提交评价" not in said


async def test_code_is_shown_to_a_kiosk_without_paper_and_to_nobody_else(coded: House) -> None:
    bodies = {role: coded.client(role) for role in ("device", "clerk")}
    wanted = {"service": "social", "kiosk": "K2"}  # K2 has no paper
    kiosk = (await bodies["device"].post("/api/v1/tickets", json=wanted, headers={"Idempotency-Key": "k"})).json()
    code = coded.hall.state.tickets[kiosk["id"]].slip_code
    assert kiosk["rating_code"] == code
    again = await bodies["device"].post("/api/v1/tickets", json=wanted, headers={"Idempotency-Key": "k"})
    assert again.json() == kiosk
    paper = (await bodies["device"].post("/api/v1/tickets", json={"service": "social", "kiosk": "K1"})).json()
    clerk = (await bodies["clerk"].post("/api/v1/tickets", json=wanted)).json()
    assert (paper["rating_code"], clerk["rating_code"]) == (None, None)


async def test_no_clerks_call_or_wall_tells_a_code(coded: House) -> None:
    path = await finished(coded)
    code = code_at(coded, path)
    coded.hall.state.phone[path.removeprefix("/r/")].slip_code = "SECRET"
    for ticket in coded.hall.state.tickets.values():
        ticket.slip_code = "SECRET"
    await coded.hall.issue_ticket("social", by="test")
    await coded.settled()
    for ticket in (*coded.services.shown.state.tickets.values(), *coded.services.shown.state.phone.values()):
        ticket.slip_code = "SECRET"
    client = coded.client("clerk")
    names = [*coded.hall.state.tickets]
    paths = ("windows", "board", "hall", *(f"tickets/{name}" for name in names))
    answers = [(await client.get(f"/api/v1/{path}")) for path in paths]
    answers += [await client.post(f"/api/v1/windows/3/{verb}") for verb in ("invite", "assist", "next", "recall")]
    answers.append(await coded.client().get(path))
    assert {answer.status_code for answer in answers} == {200}
    assert not [answer.text for answer in answers if "SECRET" in answer.text]
    assert len(code) == 3
