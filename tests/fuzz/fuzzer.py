"""Fuzz one target: `python tests/fuzz/fuzzer.py onbon 600 [folder for what breaks it]`.

A target is a module in `targets/` with SEEDS and `check(data)`, which raises where something is wrong. atheris drives
it by coverage; where atheris isn't to be had (it is for x86-64), seeds changed at random drive it.
"""

import importlib
import random
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

ROOT = Path(__file__).parents[2]
LONGEST = 2048
SLOWEST_S = 10


def main(name: str, seconds: int, broken: str = ".") -> None:
    sys.path.insert(0, str(ROOT))
    if find_spec("atheris"):
        by_coverage(name, seconds, broken)
    else:
        at_random(load(name), seconds, Path(broken))


def load(name: str) -> ModuleType:
    return importlib.import_module(f"targets.{name}")


def by_coverage(name: str, seconds: int, broken: str) -> None:
    import atheris  # noqa: PLC0415 - not to be had everywhere

    with atheris.instrument_imports(include=["drivers", "hub", "kiosk", "displays"]):
        target = load(name)
    with TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.SEEDS):
            (Path(corpus) / str(number)).write_bytes(seed)
        limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST_S}"]
        atheris.Setup([name, *limits, f"-artifact_prefix={broken}/{name}-", corpus], target.check)
        atheris.Fuzz()


def at_random(target: ModuleType, seconds: int, broken: Path) -> None:
    chance = random.Random(1)
    seeds: list[bytes] = [*target.SEEDS, b""]
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        data = changed(b"".join(chance.choices(seeds, k=chance.randint(1, 3))), chance)[:LONGEST]
        rounds += 1
        try:
            target.check(data)
        except BaseException:
            (broken / f"{target.__name__}-crash").write_bytes(data)
            raise
    sys.stdout.write(f"{rounds} rounds at random\n")


def changed(data: bytes, chance: random.Random) -> bytes:
    ways: list[Callable[[bytearray, int], None]] = [
        lambda new, at: new.insert(at, chance.randrange(256)),
        lambda new, at: new.__setitem__(slice(at, at + 1), bytes([chance.randrange(256)])),
        lambda new, at: new.__delitem__(slice(at, at + chance.randint(1, 8))),
        lambda new, at: new.__setitem__(slice(at, at), new[at : at + chance.randint(1, 16)]),
    ]
    new = bytearray(data)
    for _ in range(chance.randint(0, 6)):
        chance.choice(ways)(new, chance.randint(0, len(new)))
    return bytes(new)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
