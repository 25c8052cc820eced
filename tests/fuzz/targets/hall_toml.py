"""hall.toml: any file is read or refused in lines that name it."""

from pathlib import Path

from hub.config import parse
from hub.errors import ConfigError, Problem

FILE = Path("/hall/hall.toml")
EXAMPLE = Path(__file__).parents[3] / "systemd" / "hall.toml.example"
SECTIONS = EXAMPLE.read_text(encoding="utf-8").split("\n\n")
SEEDS = ["\n".join(line.partition("#")[0] for line in part.splitlines()).encode() for part in SECTIONS]


def check(data: bytes) -> None:
    for problem in problems(data.decode("utf-8", "replace")):
        assert problem.file == str(FILE)
        assert problem.expected


def problems(text: str) -> tuple[Problem, ...]:
    try:
        parse(text, FILE)
    except ConfigError as error:
        return error.problems or (Problem("", "", "", ""),)
    return ()
