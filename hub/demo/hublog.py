"""The hub's log lines while the demo runs: in a file, which leaves the terminal to the hall."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger


@contextmanager
def log_into(path: Path) -> Iterator[dict[str, int]]:
    """Send the hub's log lines to a file, which leaves the terminal to the hall; counts lines by level."""
    levels = dict.fromkeys(("debug", "info", "warning", "error", "critical"), 0)

    def count(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        level = "error" if method == "exception" else method
        levels[level] = levels.get(level, 0) + 1
        return event

    with path.open("w", encoding="utf-8", buffering=1) as file:
        others = logging.StreamHandler(file)
        others.setLevel(logging.WARNING)
        logging.getLogger().addHandler(others)
        _configure(file, count)
        try:
            yield levels
        finally:
            structlog.reset_defaults()
            logging.getLogger().removeHandler(others)


def _configure(file: TextIO, count: Any) -> None:  # noqa: ANN401 - structlog's processors have no common type
    structlog.configure(
        processors=[
            count,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )
