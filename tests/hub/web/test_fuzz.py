"""Every call of OpenAPI with values that nobody thought of: no 5xx, and only what is documented."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hub import wire
from hub.clock import ManualClock
from tests.hub.web.conftest import MORNING_MS, House, open_house, served_on_loopback
from tests.hub.web.test_roles import CONTRACT

EXAMPLES = 10
HEALTH = list(HealthCheck)
GOOD = {("GET", path, GenerationMode.NEGATIVE) for path in ("/healthz", "/readyz", "/r/{code}")}
"""Calls that nothing is wrong for."""
CHECKS = [not_a_server_error, response_schema_conformance, content_type_conformance, status_code_conformance]


class Running:
    """A hall in a thread of its own, since schemathesis blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ready = threading.Event()
        self.stop = asyncio.Event()
        self.house: House
        self.url = ""
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        self.loop = asyncio.get_running_loop()
        async with open_house(self.folder, ManualClock(MORNING_MS, 3_600_000_000_000)) as self.house:
            item = wire.DeviceItem("line-1", "keypad.ff68", "ok", "2026-11-25T09:00:00.000+08:00", "", (3,))
            self.house.devices.put(item)
            await self.house.served()
            async with served_on_loopback(self.house.app) as address:
                self.url = f"http://{address}"
                self.ready.set()
                await self.stop.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("fuzzed"))
    running.thread.start()
    assert running.ready.wait(30)
    yield running
    running.loop.call_soon_threadsafe(running.stop.set)
    running.thread.join(30)


@pytest.fixture(scope="module")
def api(running: Running) -> Any:
    return schemathesis.openapi.from_url(f"{running.url}/openapi.json")


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(*call, mode) for call in CONTRACT for mode in GenerationMode if (*call, mode) not in GOOD],
)
def test_no_call_fails_or_answers_what_is_not_documented(
    api: Any, running: Running, method: str, path: str, mode: GenerationMode
) -> None:
    roles = CONTRACT[method, path]
    headers = {"Authorization": f"Bearer {running.house.keys[min(roles)]}"} if roles else {}

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=HEALTH)
    @given(case=api[path][method].as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    call()
