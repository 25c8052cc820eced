"""What strace saw of presses: which fsyncs there were, and whether each acknowledgement came after one of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# strace -f -xx -s 16 -o: `7 fdatasync(5) = 0`, `7 write(9, "\xff\x68"…"…, 10) = 10`; a call that another thread's
# call interrupts stands in two lines, `7 read(9,  <unfinished ...>` and `7 <... read resumed>"\xff…", 4096) = 10`.
_CALL: Final = re.compile(r"(\d+) +(?:<\.\.\. )?(read|write|fsync|fdatasync)(?:\((\d+)| resumed>)(.*)")
_RESULT: Final = re.compile(r"= (-?\d+)")
_UNFINISHED: Final = "<unfinished ...>"
_FRAME: Final = "\\xff\\x68\\x03\\x03\\x68\\x01"
_RATED: Final = _FRAME + "\\x11"
_ACKNOWLEDGED: Final = _FRAME + "\\x01"
FRAME_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Trace:
    """What strace saw between the first frame read and the last acknowledgement."""

    syncs: int
    acks: int
    early: int
    """Acknowledgements of a frame that no fsync, begun after the frame was read, had made durable."""


@dataclass(frozen=True, slots=True)
class Call:
    """A finished system call; `start` and `end` are lines of the trace."""

    name: str
    fd: int
    start: int
    end: int
    text: str
    result: int


@dataclass(slots=True)
class _Line:
    """One keypad line: after which read each frame was whole, and how many are acknowledged."""

    received: int = 0
    whole_at: list[int] = field(default_factory=list)
    acked: int = 0


def read_trace(log: Path) -> Trace:
    """Count what the trace shows from the first frame on, until the last acknowledgement."""
    lines: dict[int, _Line] = {}
    syncs: list[Call] = []
    early = counted = 0
    for call in _calls(log.read_text(encoding="ascii", errors="replace").splitlines()):
        if call.name == "read":
            _received(call, lines)
        elif call.name != "write":
            syncs += [call] if lines and call.result == 0 else []
        elif _ACKNOWLEDGED in call.text and call.fd in lines:
            early += _too_early(call, lines[call.fd], syncs)
            counted = len(syncs)
    return Trace(counted, sum(line.acked for line in lines.values()), early)


def _received(call: Call, lines: dict[int, _Line]) -> None:
    if _RATED in call.text:
        lines.setdefault(call.fd, _Line())
    if call.fd in lines and call.result > 0:
        line = lines[call.fd]
        line.received += call.result
        line.whole_at += [call.end] * (line.received // FRAME_BYTES - len(line.whole_at))


def _too_early(call: Call, line: _Line, syncs: list[Call]) -> int:
    """How many acknowledgements in one write came before their fsync; they stand in their frames' order."""
    early = 0
    for n in range(line.acked, line.acked + max(0, call.result) // FRAME_BYTES):
        read = line.whole_at[n] if n < len(line.whole_at) else call.end
        early += not any(read < sync.start and sync.end < call.start for sync in reversed(syncs))
        line.acked += 1
    return early


def _calls(trace: Iterable[str]) -> Iterator[Call]:
    """Whole calls, in the order in which they ended."""
    begun: dict[str, tuple[int, int, str]] = {}
    for number, said in enumerate(trace):
        found = _CALL.match(said)
        if found is None:
            continue
        thread, name, fd, rest = found.groups()
        start, at, text = (number, int(fd), "") if fd is not None else begun.pop(thread, (number, -1, ""))
        if rest.rstrip().endswith(_UNFINISHED):
            begun[thread] = (start, at, rest)
        elif results := _RESULT.findall(rest):
            yield Call(name, at, start, number, text + rest, int(results[-1]))
