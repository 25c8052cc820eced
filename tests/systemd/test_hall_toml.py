import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from hub.config import HallConfig, load

EXAMPLE = Path(__file__).parents[2] / "systemd" / "hall.toml.example"
TABLES = {name: field.annotation for name, field in HallConfig.model_fields.items()}


def keys(annotation: Any) -> Iterator[str]:
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield from each.model_fields


def test_the_example_loads() -> None:
    config = load(EXAMPLE)
    assert config.setup().windows_of("tax") == (3, 4)
    assert config.web.url == "http://hall.example"


@pytest.mark.parametrize("table", TABLES)
def test_every_key_stands_in_the_example_with_a_chinese_comment(table: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    begins = [match.start() for match in re.finditer(rf"^\[+{table}\]+$", text, re.MULTILINE)]
    assert begins, f"[{table}] is not in the example"
    sections = "\n".join(text[begin:].partition("\n")[2].split("\n[", 1)[0] for begin in begins)
    for key in keys(TABLES[table]):
        lines = re.findall(rf"^(?:# )?{key} = [^#]+#(.+)$", sections, re.MULTILINE)
        assert any(re.search(r"[\u4e00-\u9fff]", comment) for comment in lines), f"{table}.{key}"


def test_what_is_commented_out_is_valid_too() -> None:
    for line in re.findall(r"^# (\w+ = .+)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE):
        tomllib.loads(line)
