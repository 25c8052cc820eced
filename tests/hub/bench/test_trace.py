"""What strace saw, judged: recorded with strace 6.1 (-f -q -xx -s 16 -o), then shortened or changed as named."""

from pathlib import Path

import pytest

from hub.bench.trace import Trace, read_trace

# The hub shows a display, is pressed key 0, and syncs its log; thread 4206 is the log's writer.
BEFORE = r"""
4205  fdatasync(13)                     = 0
4206  fdatasync(16)                     = 0
4205  write(22, "\xff\x68\x08\x08\x68\x01\x02\x00\x00\x00\x0a\x0a\x0a\x21\x16", 15) = 15
"""
FRAME = r"""
4205  read(22, "\xff\x68\x03\x03\x68\x01\x11\x00\x12\x16", 4096) = 10
4205  read(22, 0x7f0e4c0e9fd0, 4096)    = -1 EAGAIN (Resource temporarily unavailable)
"""
SYNC = "4206  fdatasync(16)                     = 0\n"
WOKEN = r"""
4206  write(9, "\x00", 1)               = 1
4205  read(8, "\x00", 4096)             = 1
"""
ACK = r"""
4205  write(22, "\xff\x68\x03\x03\x68\x01\x01\x00\x02\x16", 10) = 10
"""
AFTER = r"""
4207  fdatasync(13)                     = 0
4207  +++ exited with 0 +++
"""


@pytest.fixture
def judged(tmp_path: Path) -> object:
    def judge(trace: str) -> Trace:
        path = tmp_path / "strace"
        path.write_text("\n".join(line for line in trace.splitlines() if line) + "\n", encoding="ascii")
        return read_trace(path)

    return judge


@pytest.mark.parametrize(
    ("trace", "seen"),
    [
        (BEFORE + FRAME + SYNC + WOKEN + ACK + AFTER, Trace(syncs=1, acks=1, early=0)),
        (BEFORE + FRAME + SYNC + ACK + FRAME + SYNC + SYNC + ACK + AFTER, Trace(syncs=3, acks=2, early=0)),
        (BEFORE + FRAME + WOKEN + ACK + SYNC + AFTER, Trace(syncs=0, acks=1, early=1)),
        (BEFORE + FRAME + SYNC + ACK + FRAME + ACK + SYNC + AFTER, Trace(syncs=1, acks=2, early=1)),
        (BEFORE + SYNC + AFTER, Trace(syncs=0, acks=0, early=0)),
        (BEFORE + FRAME + SYNC.replace("= 0", "= -1 EIO (Input/output error)") + ACK, Trace(syncs=0, acks=1, early=1)),
        (BEFORE + FRAME + SYNC + ACK + ACK + AFTER, Trace(syncs=1, acks=2, early=1)),
    ],
    ids=[
        "alone",
        "two after each other",
        "acknowledged before the fsync",
        "the second one before its own",
        "no press",
        "the fsync failed",
        "acknowledged without a frame",
    ],
)
def test_each_acknowledgement_needs_a_finished_fsync_of_its_own(trace: str, seen: Trace, judged: object) -> None:
    assert callable(judged)
    assert judged(trace) == seen


BEGUN = "4206  fdatasync(16 <unfinished ...>\n"
DONE = "4206  <... fdatasync resumed>)          = 0\n"
READ_BEGUN = "4205  read(22,  <unfinished ...>\n"
READ_DONE = r"""
4205  <... read resumed>"\xff\x68\x03\x03\x68\x01\x11\x00\x12\x16", 4096) = 10
"""
ACK_BEGUN = r"""
4205  write(22, "\xff\x68\x03\x03\x68\x01\x01\x00\x02\x16", 10 <unfinished ...>
"""
ACK_DONE = "4205  <... write resumed>)              = 10\n"


@pytest.mark.parametrize(
    ("trace", "seen"),
    [
        (FRAME + BEGUN + WOKEN + DONE + ACK, Trace(syncs=1, acks=1, early=0)),
        (READ_BEGUN + WOKEN + READ_DONE + SYNC + ACK, Trace(syncs=1, acks=1, early=0)),
        (FRAME + BEGUN + ACK + DONE + AFTER, Trace(syncs=0, acks=1, early=1)),
        (BEGUN + FRAME + DONE + ACK, Trace(syncs=1, acks=1, early=1)),
        (READ_BEGUN + SYNC + READ_DONE + ACK, Trace(syncs=0, acks=1, early=1)),
        (FRAME + BEGUN + ACK_BEGUN + DONE + ACK_DONE, Trace(syncs=1, acks=1, early=1)),
        (FRAME + SYNC + ACK_BEGUN + BEGUN + ACK_DONE + DONE, Trace(syncs=1, acks=1, early=0)),
    ],
    ids=[
        "the fsync was interrupted",
        "the read was interrupted",
        "acknowledged in mid-fsync",
        "the fsync began before the frame came",
        "the fsync began before the frame was read",
        "the acknowledgement began before the fsync's end",
        "the acknowledgement was interrupted",
    ],
)
def test_calls_in_two_lines_count_from_begin_to_end(trace: str, seen: Trace, judged: object) -> None:
    assert callable(judged)
    assert judged(trace) == seen


QUEUED = r"""
4205  read(22, "\xff\x68\x03\x03\x68\x01\x11\x00\x12\x16\xff\x68\x03\x03\x68\x01"..., 4096) = 25
"""
REST = r"""
4205  read(22, "\x11\x00\x12\x16\x16\xff\x68\x03\x03\x68\x01\x11\x00\x12\x16\xff"..., 4096) = 25
"""
TWO_ACKS = ACK.replace('16", 10) = 10', '16\\xff\\x68\\x03\\x03\\x68\\x01"..., 20) = 20')
OTHER_FRAME, OTHER_ACK = FRAME.replace("(22", "(23"), ACK.replace("(22", "(23")


@pytest.mark.parametrize(
    ("trace", "seen"),
    [
        (QUEUED + SYNC + ACK + ACK + REST + SYNC + ACK + TWO_ACKS, Trace(syncs=2, acks=5, early=0)),
        (QUEUED + SYNC + REST + TWO_ACKS + SYNC + ACK + TWO_ACKS, Trace(syncs=2, acks=5, early=0)),
        (QUEUED + SYNC + REST + TWO_ACKS + ACK + SYNC + TWO_ACKS, Trace(syncs=2, acks=5, early=1)),
        (FRAME + SYNC + OTHER_FRAME + ACK + SYNC + OTHER_ACK, Trace(syncs=2, acks=2, early=0)),
        (FRAME + SYNC + OTHER_FRAME + ACK + OTHER_ACK, Trace(syncs=1, acks=2, early=1)),
    ],
    ids=["queued", "more came meanwhile", "the third before its own", "two lines", "the other line too early"],
)
def test_frames_of_a_line_are_acknowledged_in_their_order(trace: str, seen: Trace, judged: object) -> None:
    assert callable(judged)
    assert judged(trace) == seen
