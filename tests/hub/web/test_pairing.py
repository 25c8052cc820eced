import pytest
from structlog.testing import capture_logs

from tests.hub.web.conftest import House

PAIR = "/api/v1/pair"


async def test_a_code_becomes_a_cookie_that_opens_the_hall(house: House) -> None:
    code = house.tokens.create_code("caller 3", "clerk")
    client = house.client()
    answer = await client.post(PAIR, json={"code": code})
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hallhub=")
    assert {part.strip() for part in cookie.split(";")} >= {"HttpOnly", "SameSite=strict", "Path=/"}
    assert "Secure" not in cookie
    assert (await client.post("/api/v1/windows/3/sign-on", json={"clerk": "1001"})).status_code == 200
    fact = house.services.bus.log.read(0, kinds=("window.signed_on",))[-1].fact
    assert "by='caller 3'" in repr(fact)


async def test_behind_https_the_cookie_is_secure(house: House) -> None:
    code = house.tokens.create_code("wall", "device")
    answer = await house.client().post(f"https://hall.example{PAIR}", json={"code": code})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"code":null}', b'{"code":7}', b"[]", b'{"code":"WRONG"}'])
async def test_a_missing_or_wrong_code_is_401(house: House, content: bytes) -> None:
    with capture_logs() as logs:
        answer = await house.client().post(PAIR, content=content)
    assert (answer.status_code, answer.json()["code"]) == (401, "no_token")
    assert "set-cookie" not in answer.headers
    assert [log["event"] for log in logs] == ["auth.refused"]
    assert "WRONG" not in repr(logs)


async def test_a_used_code_is_401(house: House) -> None:
    code = house.tokens.create_code("wall", "device")
    assert (await house.client().post(PAIR, json={"code": code})).status_code == 204
    assert (await house.client().post(PAIR, json={"code": code})).status_code == 401


async def test_an_old_code_is_401(house: House) -> None:
    code = house.tokens.create_code("wall", "device", life_s=0)
    assert (await house.client().post(PAIR, json={"code": code})).status_code == 401


async def test_codes_cannot_be_tried_out(house: House) -> None:
    client = house.client()
    answers = [(await client.post(PAIR, json={"code": f"GUESS{n}"})).status_code for n in range(32)]
    assert answers == [401] * 30 + [429] * 2
    code = house.tokens.create_code("wall", "device")
    assert (await client.post(PAIR, json={"code": code})).status_code == 429
