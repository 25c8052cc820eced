"""Log lines: readable on a terminal, JSON with a syslog level in front for journald."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_SYSLOG = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}  # syslog(3), read by journald as <N>

# Without the frames' variables: among them are tokens and people's names.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
)


def set_up(*, quiet: bool = False, silent: bool = False) -> None:
    """Send the hub's log to stderr; `quiet` keeps all but warnings back, `silent` errors too."""
    least = logging.CRITICAL if silent else logging.WARNING if quiet else logging.INFO
    terminal = sys.stderr.isatty()
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False), _syslog]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%S.%f%z", utc=False),
            *([_keep_level] if not terminal else []),
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Libraries()], level=logging.WARNING, force=True)


class _Libraries(logging.Handler):
    """What uvicorn, asyncio and other libraries log joins the hub's own lines, and is one line too."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on."""
        log = structlog.get_logger(record.name)
        log.log(
            record.levelno,
            "library.said",
            library=record.name,
            said=record.getMessage().strip(),
            exc_info=record.exc_info,
        )


def _keep_level(_logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    event["level"] = method
    return event


def _syslog(_logger: WrappedLogger, method: str, line: EventDict | str) -> str:
    """The renderer before it has made text of the event; journald reads the level in front."""
    return f"<{_SYSLOG.get(method, 6)}>{line}"
