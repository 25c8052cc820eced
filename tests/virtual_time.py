"""An event loop whose clock jumps to the next timer as soon as nothing else is left to do."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.SelectSelector):
    """Instead of waiting, moves the clock; only for loops without real input."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self._jump(timeout)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits and no timer is set: this would hang for ever")
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Starts at second 1000."""

    def __init__(self) -> None:
        self._seconds = 1000.0
        super().__init__(_JumpingSelector(self._pass))
        self.set_debug(False)

    def time(self) -> float:
        return self._seconds

    def _pass(self, seconds: float) -> None:
        self._seconds += seconds


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end in no time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def clock() -> float:
    """The virtual time, for what is told a clock."""
    return asyncio.get_running_loop().time()
