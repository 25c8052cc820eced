import asyncio
import json
import logging
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from hub import wire
from hub.access import ROLES
from hub.clock import ManualClock
from hub.domain.model import WindowSetup
from hub.web import live
from hub.web.frames import text_frame
from hub.web.live import Message, Outbox
from tests.hub.web.conftest import SETUP, House, open_house, served_on_loopback


def opened(address: str, token: str | None, topic: str = "board", **more: Any) -> connect:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(f"ws://{address}/api/v1/live?topic={topic}&after={more.pop('after', 0)}", additional_headers=headers)


async def heard(client: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        message: dict[str, Any] = json.loads(await client.recv())
    return message


async def until(client: ClientConnection, seq: int) -> dict[str, Any]:
    """The first state that is as new as the fact."""
    while (message := await heard(client))["seq"] < seq:
        pass
    return message


async def take(house: House, service: str = "social") -> int:
    await house.hall.issue_ticket(service, by="test")
    return house.services.bus.last_seq


async def test_a_client_gets_the_state_and_each_newer_one(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        first = await heard(client)
        assert first.keys() == {"seq", "topic", "board"}
        assert first["topic"] == "board"
        assert [s["waiting"] for s in first["board"]["services"]] == [0, 0, 0]
        newer = await until(client, await take(house))
        assert [s["waiting"] for s in newer["board"]["services"]] == [1, 0, 0]
        assert newer["seq"] > first["seq"]


async def test_get_board_is_the_same_message(house: House, address: str) -> None:
    await take(house)
    await house.settled()
    async with opened(address, house.keys["device"]) as client:
        assert await heard(client) == (await house.client("device").get("/api/v1/board")).json()


async def test_whoever_has_the_newest_state_waits_for_a_newer_one(house: House, address: str) -> None:
    seq = house.services.shown.state.seq
    async with opened(address, house.keys["device"], after=seq) as client:
        await take(house)
        assert (await heard(client))["seq"] > seq


async def test_a_change_that_is_no_fact_is_told_to_whoever_has_its_number_already(house: House, address: str) -> None:
    sign = wire.DeviceItem("sign-3", "led.onbon", "ok", "2026-11-25T09:00:00+08:00", "", (3,))
    house.devices.put(sign)
    async with opened(address, house.keys["manager"], "devices") as client:
        seq = (await heard(client))["seq"]
    house.devices.put(replace(sign, state="degraded"))
    async with opened(address, house.keys["manager"], "devices", after=seq) as client:
        assert (await heard(client))["devices"][0]["state"] == "degraded"


async def test_a_number_of_another_log_gets_the_state_at_once(house: House, address: str) -> None:
    async with opened(address, house.keys["device"], after=10**6) as client:
        assert (await heard(client))["seq"] == house.services.shown.state.seq


async def test_facts_that_change_nothing_shown_are_not_told(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        await heard(client)
        await house.press(window=5)  # closed: the press is kept, and no window changes
        seq = await take(house)
        assert (await heard(client))["seq"] == seq


async def test_windows_and_devices_follow_the_devices(house: House, address: str) -> None:
    async with (
        opened(address, house.keys["clerk"], "windows") as windows,
        opened(address, house.keys["manager"], "devices") as devices,
    ):
        assert (await heard(windows))["windows"][0]["devices"] == []
        assert (await heard(devices))["devices"] == []
        house.devices.put(wire.DeviceItem("sign-3", "led.onbon", "unknown", "2026-11-25T09:00:00+08:00", "", (3,)))
        assert (await heard(windows))["windows"][0]["devices"] == [
            {"id": "sign-3", "state": "unknown", "maintenance": False}
        ]
        assert [d["id"] for d in (await heard(devices))["devices"]] == ["sign-3"]


# --- who may ---------------------------------------------------------------------------------------------------------

ALLOWED = {
    "board": set(ROLES),
    "windows": {"clerk", "manager", "inspector", "admin"},
    "devices": {"manager", "inspector", "admin"},
}


@pytest.mark.parametrize("topic", ALLOWED)
async def test_topics_have_the_roles_of_their_calls(house: House, address: str, topic: str) -> None:
    for role in ROLES:
        if role in ALLOWED[topic]:
            async with opened(address, house.keys[role], topic) as client:
                assert (await heard(client))["topic"] == topic
        else:
            with pytest.raises(InvalidStatus) as refused:
                await opened(address, house.keys[role], topic)
            assert refused.value.response.status_code == 403
            async with opened(address, None, topic) as client:
                await client.send(json.dumps({"token": house.keys[role]}))
                assert await closed(client) == 4403


async def closed(client: ClientConnection) -> int | None:
    async with asyncio.timeout(10):
        with pytest.raises(ConnectionClosedError):
            await client.recv()
    return client.close_code


async def test_a_wrong_token_is_401_before_the_query_is_looked_at(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await opened(address, "wrong", "nonsense", after="x")
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body)["code"] == "no_token"


async def test_the_cookie_is_as_good(house: House, address: str) -> None:
    headers = {"Cookie": f"hallhub={house.keys['device']}"}
    async with connect(f"ws://{address}/api/v1/live", additional_headers=headers) as client:
        assert (await heard(client))["topic"] == "board"


async def test_the_token_may_be_the_first_word(house: House, address: str) -> None:
    async with opened(address, None) as client:
        await client.send(json.dumps({"token": house.keys["device"]}))
        assert (await heard(client))["topic"] == "board"


@pytest.mark.parametrize("word", ['{"token":"wrong"}', "{}", "nonsense", b"\xff", '{"token":7}', "[]"])
async def test_a_wrong_first_word_closes(address: str, word: str | bytes) -> None:
    async with opened(address, None) as client:
        await client.send(word)
        assert await closed(client) == 4401


async def test_whoever_says_nothing_is_let_go(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "FIRST_WORD_S", 0.02)
    async with opened(address, None) as client:
        assert await closed(client) == 4401


@pytest.mark.parametrize(
    ("topic", "after", "status"), [("nonsense", "0", 404), ("board", "x", 422), ("board", "-1", 422)]
)
async def test_a_bad_query_is_a_problem_and_no_error_in_the_log(
    house: House, address: str, topic: str, after: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await opened(address, house.keys["device"], topic, after=after)
    assert refused.value.response.status_code == status
    assert (await house.client().get("/healthz")).status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_revoked_token_is_let_go(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client, opened(address, house.keys["clerk"]) as other:
        await heard(client)
        await heard(other)
        house.tokens.revoke("test device")
        assert await closed(client) == 4401
        await take(house)
        assert (await heard(other))["topic"] == "board"


# --- bad clients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"ws_max_size": 1 << 20}], ids=["by the server", "by the app"])
async def test_an_oversized_frame_closes_1009(house: House, settings: dict[str, int]) -> None:
    async with served_on_loopback(house.app, **settings) as address, opened(address, house.keys["device"]) as client:
        await heard(client)
        await client.send("x" * (64 * 1024 + 1))
        assert await closed(client) == 1009


async def test_what_a_client_says_is_not_listened_to(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        await heard(client)
        for word in ("hello", b"\x00", "x" * 64 * 1024):
            await client.send(word)
        assert (await until(client, await take(house)))["topic"] == "board"


def stalled(address: str) -> socket.socket:
    """A socket with as little room as the system allows."""
    host, _, port = address.partition(":")
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.connect((host, int(port)))
    sleeper.setblocking(False)
    return sleeper


async def test_a_client_that_does_not_read_misses_only_what_is_old(tmp_path: Path, clock: ManualClock) -> None:
    windows = {n: WindowSetup(n, f"窗口{n}", "部门", ("social",)) for n in range(1, 1000)}  # a board of 70 KB
    async with (
        open_house(tmp_path / "data", clock, replace(SETUP, windows=windows)) as house,
        served_on_loopback(house.app) as address,
    ):
        headers = {"Authorization": f"Bearer {house.keys['device']}"}
        live_url = f"ws://{address}/api/v1/live"
        async with (
            connect(live_url, additional_headers=headers, max_queue=1, sock=stalled(address)) as sleeper,
            connect(live_url, additional_headers=headers) as client,
        ):
            await heard(client)
            seq = 0
            for n in range(150):
                seq = await take(house)
                assert (await until(client, seq))["board"]["services"][0]["waiting"] == n + 1
            seen = 1
            while (await heard(sleeper))["seq"] < seq:
                seen += 1
            assert seen < 140


async def test_a_burst_of_facts_is_one_state(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        await heard(client)
        await asyncio.gather(*(take(house) for _ in range(100)))
        seen = 0
        while (await heard(client))["board"]["services"][0]["waiting"] < 100:
            seen += 1
        assert seen < 20


async def test_many_clients_get_the_same_bytes(house: House, address: str) -> None:
    async with asyncio.TaskGroup() as tasks:

        async def follow() -> str | bytes:
            async with opened(address, house.keys["device"]) as client:
                ready.release()
                while json.loads(text := await client.recv())["board"]["services"][0]["waiting"] == 0:
                    pass
                return text

        ready = asyncio.Semaphore(0)
        followers = [tasks.create_task(follow()) for _ in range(20)]
        for _ in followers:
            await ready.acquire()
        await take(house)
    assert len({follower.result() for follower in followers}) == 1


async def test_the_hub_counts_its_clients(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        await heard(client)
        assert "hallhub_live_clients 1.0" in (await house.client("admin").get("/metrics")).text


# --- the disk refuses ------------------------------------------------------------------------------------------------


async def test_a_refusing_disk_is_told_and_so_is_its_end(house: House, address: str) -> None:
    async with opened(address, house.keys["device"]) as client:
        assert (await heard(client))["board"]["notices"] == []
        house.services.bus._on_trouble("database or disk is full")
        notices = (await heard(client))["board"]["notices"]
        assert len(notices) == 1
        assert "已满" in notices[0]
        house.services.bus._on_trouble(None)
        assert (await heard(client))["board"]["notices"] == []


# --- outbox ----------------------------------------------------------------------------------------------------------


def message(seq: int) -> Message:
    text = json.dumps({"seq": seq})
    return Message(seq, b"", text, text_frame(text.encode()))


async def test_who_joined_between_two_states_is_not_left_with_the_first() -> None:
    states = iter(["ok", "absent", "ok"])
    topic = live.Topic("devices", ROLES, lambda: (7, next(states)))
    first, second = Outbox("token", None), Outbox("token", None)
    topic.join(first, 0)
    topic.changed()
    topic.join(second, 0)
    assert json.loads((await taken(second)).text)["devices"] == "absent"
    topic.changed()
    async with asyncio.timeout(10):
        assert json.loads((await taken(second)).text)["devices"] == "ok"


async def taken(outbox: Outbox) -> Message:
    item = await outbox.take()
    assert isinstance(item, Message)
    return item


async def test_a_newer_state_takes_the_place_of_an_older() -> None:
    outbox = Outbox("token", None)
    for seq in (1, 2, 3):
        outbox.put(message(seq))
    assert await outbox.take() == message(3)


async def test_a_state_never_overtakes_one_that_is_being_sent() -> None:
    written: list[bytes] = []

    def write(frame: bytes) -> bool:
        written.append(frame)
        return True

    outbox = Outbox("token", write)
    outbox.busy = True
    outbox.put(message(1))
    assert written == []
    outbox.busy = False
    outbox.put(message(2))  # the pump has not taken the older one yet: it will take this in its place
    assert (written, await outbox.take()) == ([], message(2))
    outbox.put(message(3))
    assert written == [message(3).frame]


async def test_a_server_without_denials_closes_before_it_accepts(house: House) -> None:
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(event: Any) -> None:
        said.append(event)

    headers = [(b"authorization", b"Bearer wrong")]
    scope = {"type": "websocket", "path": "/api/v1/live", "query_string": b"", "headers": headers}
    await live.Live(house.services).serve(WebSocket(scope, receive, send))
    assert said == [{"type": "websocket.close", "code": 4401, "reason": ""}]
