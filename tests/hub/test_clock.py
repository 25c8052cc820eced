from pathlib import Path

import pytest

from hub.clock import ManualClock, ScaledClock, SystemClock, boot_id


def test_system_monotonic_time_never_steps_back() -> None:
    clock = SystemClock()
    times = [clock.mono_ns() for _ in range(100)]
    assert times == sorted(times)


def test_system_wall_time_is_milliseconds_since_1970() -> None:
    assert 1_700_000_000_000 < SystemClock().wall_ms() < 5_000_000_000_000


def test_every_system_clock_of_one_machine_names_the_same_boot() -> None:
    assert SystemClock().boot() == SystemClock().boot() != ""


def test_boot_id_is_the_kernels(tmp_path: Path) -> None:
    source = tmp_path / "boot_id"
    source.write_text("5c7d\n")
    assert boot_id(source) == "5c7d"


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_boot_id_without_a_kernel_that_tells_is_one_for_the_process(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "boot_id"
    if content is not None:
        source.write_bytes(content)
    assert boot_id(source).startswith("process-")
    assert boot_id(source) == boot_id(tmp_path / "none")


def test_scaled_clock_runs_both_times_speed_times_as_fast() -> None:
    real = ManualClock(wall_ms=5, mono_ns=1_000)
    hall = ScaledClock(60, start_ms=1_000_000, real=real)
    before = hall.mono_ns()
    real.advance(1.5)
    assert hall.wall_ms() == 1_000_000 + 90_000
    assert hall.mono_ns() - before == 90 * 10**9
    assert hall.real_s(90) == 1.5


def test_scaled_clock_knows_the_simulated_moment_of_a_drivers_stamp() -> None:
    real = ManualClock(mono_ns=7 * 10**9)
    hall = ScaledClock(60, start_ms=0, real=real)
    real.advance(2)
    stamp_s = real.mono_ns() / 1e9
    assert hall.mono_ns_at(stamp_s) == hall.mono_ns()
    assert hall.mono_ns_at(stamp_s) - hall.mono_ns_at(stamp_s - 0.5) == 30 * 10**9


def test_jump_skips_both_times_and_leaves_the_pace() -> None:
    real = ManualClock()
    hall = ScaledClock(60, start_ms=0, real=real)
    before_ns = hall.mono_ns()
    hall.jump(3600)
    assert hall.wall_ms() == 3_600_000
    assert hall.mono_ns() - before_ns == 3600 * 10**9
    real.advance(1)
    assert hall.wall_ms() == 3_660_000
    assert hall.mono_ns_at(real.mono_ns() / 1e9) == hall.mono_ns()


def test_nobody_jumps_back() -> None:
    with pytest.raises(ValueError, match="forwards"):
        ScaledClock(1, 0).jump(-1)


def test_clocks_that_are_the_machines_take_drivers_stamps_at_their_word() -> None:
    assert SystemClock().mono_ns_at(1.5) == ManualClock().mono_ns_at(1.5) == 1_500_000_000


def test_scaled_clock_ignores_steps_of_the_real_wall_clock() -> None:
    real = ManualClock()
    hall = ScaledClock(10, start_ms=0, real=real)
    real.step_wall(-3600)
    assert hall.wall_ms() == 0


def test_two_simulations_are_two_boots() -> None:
    assert ScaledClock(1, 0).boot() != ScaledClock(1, 0).boot()


@pytest.mark.parametrize("speed", [0, -1])
def test_scaled_clock_must_run_forwards(speed: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(speed, 0)


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(wall_ms=100, mono_ns=7)
    clock.advance(0.25)
    assert (clock.wall_ms(), clock.mono_ns()) == (350, 250_000_007)
    clock.step_wall(-0.1)
    assert (clock.wall_ms(), clock.mono_ns()) == (250, 250_000_007)
    with pytest.raises(ValueError, match="step_wall"):
        clock.advance(-1)


def test_manual_reboot_starts_monotonic_time_anew() -> None:
    clock = ManualClock(wall_ms=100, mono_ns=7)
    clock.reboot("boot-2")
    assert (clock.boot(), clock.mono_ns(), clock.wall_ms()) == ("boot-2", 0, 100)
