"""Log lines: readable on a terminal, JSON with a syslog level in front for journald."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SYSLOG = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}  # syslog(3), read by journald as <N>


def set_up(*, quiet: bool = False, silent: bool = False) -> None:
    """Send the hub's log to stderr; `quiet` keeps all but warnings back, `silent` errors too."""
    least = logging.CRITICAL if silent else logging.WARNING if quiet else logging.INFO
    terminal = sys.stderr.isatty()
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if terminal
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False), _syslog]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=False),
            *([_keep_level] if not terminal else []),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def _keep_level(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = method
    return event


def _syslog(_logger: WrappedLogger, method: str, line: EventDict | str) -> str:
    """The renderer before it has made text of the event; journald reads the level in front."""
    return f"<{_SYSLOG.get(method, 6)}>{line}"
