"""Blocking calls that are done in a thread and leave nothing open when their waiter is cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], undo: Callable[[T], object]) -> T:
    """Do `call` in a thread; where the waiter is cancelled meanwhile, `undo` gets the result when it comes."""
    future = asyncio.get_running_loop().run_in_executor(None, call)

    def put_back(done: asyncio.Future[T]) -> None:
        if not done.cancelled() and done.exception() is None:
            # A thread of its own: when a program ends, the pool is already closed.
            threading.Thread(target=undo, args=(done.result(),), daemon=True).start()

    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        future.add_done_callback(put_back)
        raise
