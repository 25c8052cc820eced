"""What holds of the repository as a whole."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from drivers.registry import load

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
FOLDERS = [".ci", "displays", "drivers", "hub", "kiosk", "systemd", "tests"]
TEXTS = {".py", ".toml", ".md", ".js", ".css", ".html", ".example", ".service", ".rules", ".cfg", ".txt", ""}
# Spelled in two halves, so that this file is not one of its own finds.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot|ho" r"me)/\w")
ADDRESS = re.compile(r"https?://|file:/|^\s*-(?:i|f|-(?:extra-)?index-url|-find-links)\b|\s@\s", re.MULTILINE)


def texts() -> list[Path]:
    """The project's own files, found without git: a tarball is tested too."""
    inside = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    files = [path for path in [*ROOT.iterdir(), *inside] if path.is_file() and path.suffix in TEXTS]
    return [
        path for path in files if "__pycache__" not in path.parts and not path.name.startswith((".coverage", "LICENSE"))
    ]


def finds(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def names(requirements: list[Any]) -> set[str]:
    return {re.split(r"[^\w.-]", each)[0].lower() for each in requirements if isinstance(each, str)}


def locked(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))


def test_nothing_is_left_unfinished() -> None:
    assert finds(UNFINISHED) == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    assert finds(MACHINE_PATH) == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks_name_no_address(path: Path) -> None:
    assert ADDRESS.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_its_hash(path: Path) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [entry.splitlines()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_locks_hold_what_the_project_asks_for() -> None:
    groups = PROJECT["dependency-groups"]
    runs = names(PROJECT["project"]["dependencies"]) | names(groups["build"])
    run, dev = (locked(ROOT / "requirements" / name) for name in ("run.txt", "dev.txt"))
    bare = {name.partition("[")[0] for name in runs}
    assert bare <= run.keys()
    assert bare | names(groups["dev"]) <= dev.keys()


def test_what_runs_is_what_was_tested() -> None:
    run, dev = (locked(ROOT / "requirements" / name) for name in ("run.txt", "dev.txt"))
    assert run.items() <= dev.items()


def test_each_dependency_has_its_reason() -> None:
    rows = re.findall(
        r"^\| *(.+?) *\| *(.+?) *\|", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    reasons = {name: reason for cell, reason in rows for name in re.findall(r"[\w.-]+", cell.lower())}
    asked = names(PROJECT["project"]["dependencies"]) | names(PROJECT["project"]["optional-dependencies"]["postgres"])
    assert [name for name in sorted(asked) if len(reasons.get(name, "")) < 10] == []


def test_the_version_is_one() -> None:
    assert version("hallhub") == PROJECT["project"]["version"]


def test_the_changelog_is_kept() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert headings[0] in {"Unreleased", PROJECT["project"]["version"]}


def test_every_driver_can_be_loaded_by_its_name() -> None:
    for name in PROJECT["project"]["entry-points"]["hallhub.drivers"]:
        driver = load(name)
        assert (driver.name, driver.family) == (name, name.partition(".")[0])


def test_every_make_target_that_people_are_told_of_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    told = {
        target
        for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")
        for target in re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"))
    }
    assert told <= targets
