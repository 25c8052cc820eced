"""The practice kit for finding self-pressed ratings, where it lies beside the project: the table of its halls."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.selfpress import detect

ROOT = Path(__file__).parents[1]
KIT = Path(os.environ.get("HALLHUB_SELFPRESS_KIT", ROOT.parent / "shared" / "selfpress"))

pytestmark = pytest.mark.skipif(
    not (KIT / "hallsim.py").exists(), reason="the practice kit does not lie beside the project"
)


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"kit_{name}", KIT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_kits_halls(capsys: pytest.CaptureFixture[str]) -> None:
    hallsim, score = module("hallsim"), module("score")
    honest = accused = crude = found = 0
    scores: list[float] = []
    fakes: list[bool] = []
    for seed, share in ((901, None), (902, None), (903, 0.0)):
        config = hallsim.VARIANTS["base"]
        if share is not None:
            config = hallsim.replace(config, cheater_share=share)
        hall = hallsim.simulate(config, seed)
        answers = list(detect(hallsim.event_lines(hall)))
        flagged = {answer["clerk"]: answer for answer in answers if answer.get("flag")}
        given = {answer["press"]: answer["score"] for answer in answers if "press" in answer}
        truth: list[dict[str, Any]] = [json.loads(json.dumps(row)) for row in hallsim.truth(hall)]
        for row in truth:
            if "press" in row:
                scores.append(given.get(row["press"], 0.0))
                fakes.append(row["by"] == "cheat")
            elif row["strategy"] is None:
                honest += 1
                accused += row["clerk"] in flagged
            elif row["strategy"] in {"offticket", "fast", "batch_eod", "ghost", "overwrite", "preempt"}:
                crude += 1
                found += row["clerk"] in flagged
    precision = score.average_precision(scores, fakes)
    with capsys.disabled():
        print(f"\nkit: accused {accused} of {honest}, crude found {found} of {crude}, press AP {precision:.3f}")  # noqa: T201 - the table is for people
    assert accused == 0
    assert found >= crude - 1
