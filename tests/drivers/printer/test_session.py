from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import LinkLost
from drivers.events import BadFrame
from drivers.printer import Job, PrinterStatus, Qr, Receipt, StatusChanged, Text
from drivers.printer.protocols.escpos import encode, restart
from drivers.printer.protocols.profile import PROFILES, Profile
from drivers.printer.session import EscposPrinter, Manners
from drivers.printer.wire import PIECE_BYTES
from tests.drivers.printer.fake import COVER_OPEN, CUTTER_JAM, NEAR_END, NINE_SIX, PAPER_OUT, WELL, FakePrinter
from tests.drivers.printer.paper import Cut, Paper
from tests.virtual_time import run_virtually

PLAIN = PROFILES["80mm"]
EPSON = PROFILES["epson"]
JOB = Job("A012", (*[Text("请到3号窗口 请留意叫号屏")] * 21, Qr("http://hall.example/r/Zk3v9QwLr2Xy")))
BYTES = len(b"".join(encode(JOB, PLAIN).commands))

Test = Callable[["Bench"], Awaitable[None]]


class Bench:
    """A fake printer, its session at work, and what the sink got."""

    def __init__(self, device: FakePrinter, profile: Profile, manners: Manners | None) -> None:
        self.device = device
        self.told: list[Any] = []
        self.session = EscposPrinter(device, self.told.append, profile, manners=manners)

    async def print(self, job: Job = JOB) -> Receipt:
        return await self.session.print(job)

    async def pass_s(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @property
    def state(self) -> str:
        return self.session.health().state


@asynccontextmanager
async def bench(device: FakePrinter, profile: Profile = PLAIN, manners: Manners | None = None) -> AsyncIterator[Bench]:
    made = Bench(device, profile, manners)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.session.run())
        await asyncio.sleep(0.5)
        yield made
        running.cancel()


def on(device: FakePrinter, test: Test, profile: Profile = PLAIN, manners: Manners | None = None) -> None:
    async def main() -> None:
        async with bench(device, profile, manners) as made:
            await test(made)

    run_virtually(main())


def test_well_printer_without_echo_gets_the_whole_slip_and_the_receipt_says_sent() -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert receipt.outcome == "sent"
        assert receipt.job == "A012"
        assert receipt.status.paper == "ok"
        assert bytes(bench.device.taken) == b"".join(encode(JOB, PLAIN).commands)

    on(FakePrinter(), test)


def test_slip_of_600_bytes_takes_its_time_on_a_9600_line_and_no_more_than_printing_needs() -> None:
    async def test(bench: Bench) -> None:
        begun = asyncio.get_running_loop().time()
        await bench.print()
        took = asyncio.get_running_loop().time() - begun
        assert 600 <= BYTES <= 800
        assert bench.device.times[-1][0] - begun == pytest.approx(BYTES * NINE_SIX, abs=0.05)
        assert took < 3

    on(FakePrinter(), test)


def test_echo_of_the_process_id_is_the_proof_that_a_slip_is_out() -> None:
    async def test(bench: Bench) -> None:
        assert [(await bench.print()).outcome for _ in range(2)] == ["out", "out"]
        assert b"00" + b"1001" in bench.device.taken
        assert b"00" + b"1002" in bench.device.taken

    on(FakePrinter(), test, EPSON)


def test_echo_of_an_earlier_slip_proves_nothing() -> None:
    async def test(bench: Bench) -> None:
        bench.device.say(b"\x37\x221002\x00")
        await bench.print()
        bench.device.echoes = False
        bench.device.say(b"\x37\x221001\x00", 1.0)
        assert (await bench.print()).outcome == "unknown"

    on(FakePrinter(), test, EPSON)


def test_missing_echo_of_a_well_printer_is_unknown() -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert receipt.outcome == "unknown"
        assert "echo" in receipt.reason

    on(FakePrinter(echoes=False), test, EPSON)


def test_silent_printer_gets_nothing_and_the_receipt_is_unknown() -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert receipt.outcome == "unknown"
        assert receipt.status == PrinterStatus()
        assert bench.device.taken == b""
        assert bench.state == "unknown"

    on(FakePrinter(silent=True), test)


def test_printer_that_falls_silent_in_mid_slip_is_unknown() -> None:
    device = FakePrinter()
    device.at[BYTES // 2] = lambda: setattr(device, "silent", True)

    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert receipt.outcome == "unknown"
        assert receipt.status.online == "unknown"

    on(device, test)


def test_blind_driver_prints_and_knows_nothing() -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert receipt.outcome == "unknown"
        assert len(bench.device.taken) == BYTES

    on(FakePrinter(silent=True), test, manners=Manners(blind=True))


@pytest.mark.parametrize(
    ("bits", "reason"),
    [(PAPER_OUT, "缺纸"), (COVER_OPEN, "上盖"), (CUTTER_JAM, "切刀")],
    ids=["paper", "cover", "cutter"],
)
@pytest.mark.parametrize("profile", [PLAIN, EPSON], ids=["plain", "epson"])
def test_trouble_before_or_in_mid_slip_is_failed_with_its_reason(
    bits: dict[int, int], reason: str, profile: Profile
) -> None:
    device = FakePrinter()

    def fail() -> None:
        device.bits, device.echoes = dict(bits), False

    async def test(bench: Bench) -> None:
        device.at[BYTES // 2] = fail
        in_mid_slip = await bench.print()
        assert (in_mid_slip.outcome, reason in in_mid_slip.reason) == ("failed", True)
        taken = len(device.taken)
        before = await bench.print()
        assert (before.outcome, reason in before.reason) == ("failed", True)
        assert len(device.taken) == taken

    on(device, test, profile)


def test_automatic_status_stops_a_slip_at_once_and_the_next_one_cuts_the_rest_off() -> None:
    device = FakePrinter()

    def run_out() -> None:
        device.bits = dict(PAPER_OUT)
        device.say(bytes.fromhex("18000C00"))

    async def test(bench: Bench) -> None:
        device.at[300] = run_out
        broken = await bench.print()
        assert broken.outcome == "failed"
        assert "缺纸" in broken.reason
        await bench.pass_s(0.5)
        assert 300 <= len(device.taken) < 500
        device.bits = dict(WELL)
        taken = len(device.taken)
        assert (await bench.print()).outcome == "out"
        again = bytes(device.taken[taken:])
        longest = max(map(len, encode(JOB, EPSON, process_id=b"0002").commands))
        assert again.startswith(restart(longest, EPSON))
        paper = Paper().read(again.lstrip(b"\0"))
        assert sum(isinstance(item, Cut) for item in paper.items) == 2

    on(device, test, EPSON)


def test_slip_after_a_whole_one_begins_without_a_cut() -> None:
    async def test(bench: Bench) -> None:
        await bench.print()
        await bench.print()
        assert bytes(bench.device.taken) == 2 * b"".join(encode(JOB, PLAIN).commands)

    on(FakePrinter(), test)


def test_cancelled_slip_is_cut_off_before_the_next() -> None:
    async def test(bench: Bench) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.4):
                await bench.print()
        await bench.pass_s(1)
        taken = len(bench.device.taken)
        assert 0 < taken < BYTES
        assert (await bench.print()).outcome == "sent"
        assert bench.device.taken[taken:].startswith(b"\0")

    on(FakePrinter(), test)


def test_xoff_holds_the_bytes_until_xon() -> None:
    device = FakePrinter()

    def hold() -> None:
        device.say(b"\x13")
        device.say(b"\x11", 3.0)

    async def test(bench: Bench) -> None:
        device.at[200] = hold
        assert (await bench.print()).outcome == "sent"
        pause = max(later - earlier for (earlier, _), (later, _) in zip(device.times, device.times[1:], strict=False))
        assert pause > 2.5
        held_at = next(count for at, count in device.times if at > device.times[0][0] and count >= 200)
        assert held_at <= 200 + 2 * 256
        assert bytes(device.taken) == b"".join(encode(JOB, PLAIN).commands)

    on(device, test)


def test_xoff_for_ever_of_a_printer_in_trouble_names_the_trouble() -> None:
    device = FakePrinter()

    def hold() -> None:
        device.say(b"\x13")
        device.bits = dict(COVER_OPEN)

    async def test(bench: Bench) -> None:
        device.at[200] = hold
        begun = asyncio.get_running_loop().time()
        receipt = await bench.print()
        assert receipt.outcome == "failed"
        assert "上盖" in receipt.reason
        assert asyncio.get_running_loop().time() - begun < 3

    on(device, test)


def test_xoff_for_ever_of_a_well_printer_fails_and_the_next_slip_goes_out() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        device.at[200] = lambda: device.say(b"\x13")
        begun = asyncio.get_running_loop().time()
        assert (await bench.print()).outcome == "failed"
        assert asyncio.get_running_loop().time() - begun < 8
        assert (await bench.print()).outcome == "sent"

    on(device, test)


def test_after_xoff_at_most_the_piece_on_the_wire_still_comes() -> None:
    device = FakePrinter()
    images = Profile(dots=576, columns=48, native_qr=False)
    seen: list[int] = []

    def hold() -> None:
        seen.append(len(device.taken))
        device.say(b"\x13")

    async def test(bench: Bench) -> None:
        asyncio.get_running_loop().call_later(1.1, hold)
        asyncio.get_running_loop().call_later(3.0, lambda: seen.append(len(device.taken)))
        await bench.print(Job("j", (Qr("http://hall.example/r/1", 12),)))
        assert 0 < seen[1] - seen[0] <= PIECE_BYTES

    on(device, test, images)


def test_port_that_takes_no_more_ends_in_time() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        device.at[200] = lambda: setattr(device, "blocked", True)
        begun = asyncio.get_running_loop().time()
        receipt = await bench.print()
        assert receipt.outcome == "unknown"
        assert asyncio.get_running_loop().time() - begun < 15

    on(device, test)


def test_port_blocked_by_a_printer_that_said_why_fails_with_the_reason() -> None:
    device = FakePrinter()

    def block() -> None:
        device.blocked = True
        device.say(bytes.fromhex("18000C00"), 0.4)

    async def test(bench: Bench) -> None:
        device.at[300] = block
        receipt = await bench.print()
        assert receipt.outcome == "failed"
        assert "缺纸" in receipt.reason
        await bench.pass_s(5)
        assert bench.state == "unknown"
        assert "缺纸" in bench.session.health().detail

    on(device, test, EPSON)


def test_questions_go_out_only_between_commands() -> None:
    images = Profile(dots=576, columns=48, native_qr=False)
    job = Job("j", (Qr("http://hall.example/r/1", 12), Text("号")))
    commands = encode(job, images).commands
    edges = {sum(map(len, commands[:count])) for count in range(len(commands) + 1)}

    async def test(bench: Bench) -> None:
        assert (await bench.print(job)).outcome == "sent"
        asked_in_mid_slip = {count for count, _ in bench.device.real_time if 0 < count < max(edges)}
        assert asked_in_mid_slip
        assert asked_in_mid_slip <= edges

    on(FakePrinter(), test, images)


def test_two_slips_at_once_print_one_after_the_other() -> None:
    async def test(bench: Bench) -> None:
        receipts = await asyncio.gather(bench.print(), bench.print(Job("B", (Text("B"),))))
        assert [receipt.outcome for receipt in receipts] == ["sent", "sent"]
        assert bench.device.taken.startswith(b"".join(encode(JOB, PLAIN).commands))

    on(FakePrinter(), test)


def test_receipt_names_the_characters_printed_as_a_box() -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print(Job("j", (Text("朱镕"),)))
        assert receipt.outcome == "sent"
        assert "镕" in receipt.reason

    on(FakePrinter(), test, Profile(dots=576, columns=48, charset="gb2312"))


def test_lost_line_ends_slip_and_session_and_is_shown_as_absent() -> None:
    async def main() -> None:
        device = FakePrinter()
        session = EscposPrinter(device, lambda _: None, PLAIN)
        async with asyncio.timeout(10):
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(_lost(session.run()))
                await asyncio.sleep(0.5)
                device.at[200] = lambda: setattr(device, "lost", True)
                with pytest.raises(LinkLost):
                    await session.print(JOB)
        assert running.result()
        assert session.health().state == "absent"
        assert device._receivers == []

    run_virtually(main())


async def _lost(run: Awaitable[None]) -> bool:
    with pytest.raises(LinkLost):
        await run
    return True


def test_health_follows_the_printer_and_silence_shows_within_three_seconds() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        assert bench.state == "ok"
        device.bits = dict(NEAR_END)
        await bench.pass_s(1.5)
        assert (bench.state, "纸将尽" in bench.session.health().detail) == ("degraded", True)
        device.bits = dict(PAPER_OUT)
        await bench.pass_s(1.5)
        assert (bench.state, "缺纸" in bench.session.health().detail) == ("degraded", True)
        since = bench.session.health().since
        await bench.pass_s(1.5)
        assert bench.session.health().since == since
        device.silent = True
        await bench.pass_s(3.0)
        assert bench.state == "unknown"
        device.silent, device.bits = False, dict(WELL)
        await bench.pass_s(3.0)
        assert bench.state == "ok"

    on(device, test)


@pytest.mark.parametrize(("bits", "state"), [(PAPER_OUT, "degraded"), (None, "unknown")])
def test_trouble_after_the_last_byte_of_a_slip_shows_within_three_seconds(
    bits: dict[int, int] | None, state: str
) -> None:
    device = FakePrinter(echoes=False)

    async def test(bench: Bench) -> None:
        async with asyncio.TaskGroup() as tasks:
            printing = tasks.create_task(bench.print())
            await bench.pass_s(1.5)
            assert device.taken.endswith(b"\x1d(H\x06\x00001001")
            assert not printing.done()
            device.silent = bits is None
            device.bits = dict(bits or WELL)
            await bench.pass_s(3)
            assert bench.state == state

    on(device, test, EPSON)


def test_printer_is_unknown_until_it_has_answered() -> None:
    async def main() -> None:
        session = EscposPrinter(FakePrinter(), lambda _: None, PLAIN)
        assert session.health().state == "unknown"

    run_virtually(main())


def test_sink_hears_each_change_once_and_noise_as_bad_frames() -> None:
    async def test(bench: Bench) -> None:
        await bench.pass_s(3)
        assert [event.status.online for event in bench.told] == ["yes"]
        bench.device.say(b"\xff\xfe")
        bench.device.bits = dict(PAPER_OUT)
        await bench.pass_s(1.5)
        assert [type(event) for event in bench.told[1:]] == [BadFrame, StatusChanged]
        assert bench.told[-1].status.paper == "out"

    on(FakePrinter(), test)


def test_sink_that_waits_holds_up_neither_watch_nor_memory() -> None:
    async def main() -> None:
        device = FakePrinter()
        told: list[Any] = []

        async def slow(event: Any) -> None:
            await asyncio.sleep(100)
            told.append(event)

        session = EscposPrinter(device, slow, PLAIN)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(session.run())
            await asyncio.sleep(0.5)
            for _ in range(1000):
                device.say(b"\xff")
                await asyncio.sleep(0.001)
            device.bits = dict(PAPER_OUT)
            await asyncio.sleep(2)
            assert session.health().state == "degraded"
            assert session._events.qsize() <= 256
            running.cancel()

    run_virtually(main())


def test_one_lost_answer_is_asked_for_again() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        device.silent = True
        asyncio.get_running_loop().call_later(0.3, lambda: setattr(device, "silent", False))
        assert (await bench.session.status()).online == "yes"

    on(device, test)


@given(st.lists(st.floats(0.001, 1.4), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_late_answers_are_never_taken_for_answers_to_another_question(delays: list[float]) -> None:
    device = FakePrinter(bits=dict(PAPER_OUT))
    rota = iter(delays * 1000)

    def next_delay(data: bytes, after_s: float = 0.0) -> None:
        last = asyncio.get_running_loop()
        arrival = max(last.time() + next(rota), getattr(device, "arrival", 0.0) + 0.001)  # answers keep their order
        device.arrival = arrival  # type: ignore[attr-defined]
        FakePrinter.say(device, data, arrival - last.time())

    device.say = next_delay  # type: ignore[method-assign]

    async def test(bench: Bench) -> None:
        await bench.pass_s(30)
        for event in bench.told:
            assert event.status.paper in {"out", "unknown"}
            assert event.status.online in {"no", "unknown"}
            assert event.status.error in {"no", "unknown"}
            assert event.status.cover_open in {"no", "unknown"}

    on(device, test)


@given(st.lists(st.tuples(st.floats(0, 2), st.binary(min_size=1, max_size=12)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_noise_never_proves_a_slip(noise: list[tuple[float, bytes]]) -> None:
    async def test(bench: Bench) -> None:
        for after_s, data in noise:
            bench.device.say(data, after_s)
        receipt = await bench.print()
        assert receipt.outcome in {"failed", "unknown"}

    on(FakePrinter(echoes=False), test, EPSON)


def test_automatic_status_is_switched_on_again_after_a_power_cut() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        assert device.taken.count(b"\x1da\x0e") == 1
        device.silent = True
        await bench.pass_s(5)
        device.silent = False
        await bench.pass_s(5)
        assert device.taken.count(b"\x1da\x0e") == 2

    on(device, test, EPSON)


def test_recovery_clears_a_cutter_jam() -> None:
    device = FakePrinter(bits=dict(CUTTER_JAM))

    async def test(bench: Bench) -> None:
        assert (await bench.print()).outcome == "failed"
        asyncio.get_running_loop().call_later(1.2, lambda: setattr(device, "bits", dict(WELL)))
        assert (await bench.session.recover()).cutter_error == "no"
        assert b"\x10\x05\x02" in [command for _, command in device.real_time]
        assert (await bench.print()).outcome == "sent"

    on(device, test)


def test_recovery_that_does_not_help_says_so_in_time() -> None:
    async def test(bench: Bench) -> None:
        assert (await bench.session.recover()).cutter_error == "yes"

    on(FakePrinter(bits=dict(CUTTER_JAM)), test)


AGAIN = Job("A012", JOB.elements, after_a_half=True)
LONGEST = max(map(len, encode(JOB, PLAIN).commands))
CUT_FIRST = restart(LONGEST, PLAIN)


def taken_by(bench: Bench, since: int) -> bytes:
    return bytes(bench.device.taken[since:])


def test_slip_after_a_half_one_of_nobody_knows_which_session_begins_on_its_own_paper() -> None:
    async def test(bench: Bench) -> None:
        assert (await bench.print(AGAIN)).outcome == "sent"
        slip = b"".join(encode(JOB, PLAIN).commands)
        assert bytes(bench.device.taken) == CUT_FIRST + slip
        await bench.print(AGAIN)
        assert taken_by(bench, len(CUT_FIRST + slip)) == slip, "the one before was whole"

    on(FakePrinter(), test)


@pytest.mark.parametrize(("profile", "cut"), [(PLAIN, True), (EPSON, False)], ids=["plain", "epson"])
def test_half_slip_is_cut_off_unless_the_printer_proves_that_it_did_so_itself(profile: Profile, cut: bool) -> None:
    device = FakePrinter(print_s=5.0)

    def run_out() -> None:
        device.bits = dict(PAPER_OUT)
        asyncio.get_running_loop().call_later(4.0, lambda: setattr(device, "bits", dict(WELL)))

    async def test(bench: Bench) -> None:
        slip = b"".join(encode(JOB, profile, process_id=b"1001" if profile.process_id else b"").commands)
        device.at[len(slip)] = run_out
        broken = await bench.print()
        assert (broken.outcome, broken.stopped) == ("failed", "within")
        await bench.pass_s(3.5)
        device.print_s = 0.8  # the first slip's echo is still to come
        taken = len(bench.device.taken)
        assert (await bench.print(AGAIN)).outcome in {"out", "sent"}
        assert taken_by(bench, taken).startswith(b"\0") is cut

    on(device, test, profile)


def test_half_slip_of_which_no_proof_comes_is_cut_off() -> None:
    device = FakePrinter(echoes=False)

    async def test(bench: Bench) -> None:
        await bench.print()
        device.echoes = True
        taken = len(bench.device.taken)
        assert (await bench.print(AGAIN)).outcome == "out"
        assert taken_by(bench, taken).startswith(b"\0")

    on(device, test, EPSON)


def test_printer_that_was_switched_off_or_recovered_has_forgotten_to_cut() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        await bench.print()
        device.silent = True
        await bench.pass_s(5)
        device.silent = False
        await bench.pass_s(5)
        await bench.print(AGAIN)
        assert taken_by(bench, BYTES).startswith(CUT_FIRST)
        taken = len(device.taken)
        await bench.session.recover()
        await bench.print(AGAIN)
        assert taken_by(bench, taken).startswith(CUT_FIRST)

    on(device, test)


def test_receipt_says_where_trouble_stopped_a_slip() -> None:
    device = FakePrinter()

    async def test(bench: Bench) -> None:
        assert (await bench.print()).stopped is None
        device.at[2 * BYTES - 100] = lambda: setattr(device, "silent", True)
        assert (await bench.print()).stopped == "within"
        assert (await bench.print()).stopped == "before"
        device.silent, device.bits = False, dict(PAPER_OUT)
        await bench.pass_s(3)
        assert (await bench.print()).stopped == "before"

    on(device, test)


@pytest.mark.parametrize(
    ("device", "profile", "manners"),
    [(FakePrinter(echoes=False), EPSON, None), (FakePrinter(silent=True), PLAIN, Manners(blind=True))],
    ids=["no echo", "blind"],
)
def test_slip_that_nothing_is_known_to_have_stopped_is_none_to_print_again(
    device: FakePrinter, profile: Profile, manners: Manners | None
) -> None:
    async def test(bench: Bench) -> None:
        receipt = await bench.print()
        assert (receipt.outcome, receipt.stopped) == ("unknown", None)

    on(device, test, profile, manners)


def test_sessions_begin_with_different_process_ids() -> None:
    seen: list[bytes] = []

    async def test(bench: Bench) -> None:
        await bench.pass_s(2)
        for _ in range(2):
            assert (await bench.print()).outcome == "out"
            async with bench_again(bench.device) as other:
                assert (await other.print()).outcome == "out"
        taken = bytes(bench.device.taken)
        seen.extend(taken[at + 7 : at + 11] for at in range(len(taken)) if taken.startswith(b"\x1d(H", at))
        assert len(set(seen)) == len(seen) == 4

    def bench_again(device: FakePrinter) -> Any:
        return bench(device, EPSON)

    on(FakePrinter(), test, EPSON)
