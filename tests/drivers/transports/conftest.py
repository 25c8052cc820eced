"""A port to open, and the event loops to open it on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop

from tests.ptys import Pty


@pytest.fixture
def pty() -> Iterator[Pty]:
    port = Pty.plug()
    yield port
    port.unplug()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
