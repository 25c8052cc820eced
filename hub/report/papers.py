"""Which formats there are and how each is made; what a format needs is imported only where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from hub.errors import HallhubError
from hub.report.casepaper import Letter
from hub.report.paper import Paper

_MAKERS: Final[Mapping[str, tuple[str, str]]] = {
    "xlsx": ("hub.report.xlsx", "workbook"),
    "docx": ("hub.report.docx", "document"),
    "pdf": ("hub.report.typeset", "pdf"),
}
FORMATS: Final = ("csv", *_MAKERS)
_DISTRIBUTIONS: Final = {"docx": "python-docx"}
"""Where they are not called as what is imported."""

Maker = Callable[[Paper], bytes]


class NoPackage(HallhubError):
    """A format needs a package that is not installed, or that there is none of for this machine."""

    def __init__(self, form: str, module: str) -> None:
        name = _DISTRIBUTIONS.get(module, module)
        super().__init__(
            f"生成 {form} 需要 Python 包 {name}，本机没有；请执行 pip install {name}，或用 --format 只选其他格式"
            f" (package {name} is missing)"
        )
        self.form = form
        self.name = name


def makers(formats: Collection[str]) -> dict[str, Maker]:
    """Whoever makes these, in the order of FORMATS and without csv; NoPackage before any work is done."""
    made = {}
    for form, (module, function) in _MAKERS.items():
        if form in formats:
            try:
                made[form] = getattr(import_module(module), function)
            except ModuleNotFoundError as error:
                raise NoPackage(form, (error.name or form).partition(".")[0]) from None
    return made


def letter_docx(letter: Letter) -> bytes:
    """A case's paper; NoPackage where one is missing. Blocks while it is made."""
    try:
        make: Callable[[Letter], bytes] = import_module("hub.report.docx").letter_document
    except ModuleNotFoundError as error:
        raise NoPackage("docx", (error.name or "docx").partition(".")[0]) from None
    return make(letter)


def write(
    folder: Path,
    paper: Paper,
    formats: Collection[str],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Path]:
    """Write a paper in some formats, each as it is made, into a folder that exists; OSError where that fails."""
    chosen = makers(formats)
    files = dict(paper.files) if "csv" in formats else {}
    written = [_written(folder / name, content) for name, content in files.items()]
    for done, (form, make) in enumerate(chosen.items()):
        progress(done, len(chosen))
        written.append(_written(folder / f"{paper.name}.{form}", make(paper)))
    return written


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
