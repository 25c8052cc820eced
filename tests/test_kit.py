"""The practice kit for finding self-pressed ratings, where it lies beside the project: the table of its halls."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hub.bench.halls.judge import upper95
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


GROUPS = {
    "crude": ("offticket", "fast", "batch_eod", "ghost", "overwrite", "preempt"),
    "bot, shield, after": ("bot", "shield", "after_leave"),
    "mimicry": ("mimic",),
}
SEEDS = {"base": range(7720, 7726)}
FEW_SEEDS = range(7720, 7723)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_kits_table_by_variant_and_strategy(capsys: pytest.CaptureFixture[str]) -> None:
    """The table of the quality figures, judged by the kit's own scorer."""
    hallsim, score = module("hallsim"), module("score")
    whole = score.Tally()
    lines = [f"{'variant':<12}{'honest':>8}{'accused':>9}{'95 % ≤':>9}{'press AP':>10}  found by strategy"]
    for variant, config in hallsim.VARIANTS.items():
        tally = score.Tally()
        for seed in SEEDS.get(variant, FEW_SEEDS):
            hall = hallsim.simulate(config, seed)
            truth = [json.loads(json.dumps(row)) for row in hallsim.truth(hall)]
            tally.add_hall(list(detect(hallsim.event_lines(hall))), truth)
        lines.append(kit_line(variant, tally))
        whole.merge(tally)
    lines.append(kit_line("all", whole))
    for name, strategies in GROUPS.items():
        found, of = (sum(counts[one] for one in strategies) for counts in (whole.found, whole.total))
        lines.append(f"{name}: {found} of {of}")
    with capsys.disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 - the table is for people
    assert whole.invalid == 0
    assert whole.false <= whole.honest * 0.005
    crude = [sum(counts[one] for one in GROUPS["crude"]) for counts in (whole.found, whole.total)]
    assert crude[0] >= 0.9 * crude[1]


def press_precision(tally: Any) -> float:
    """Average precision of the press scores; nan where no press was false."""
    return float(tally.press_figures()["ap"])


def kit_line(name: str, tally: Any) -> str:
    told = ", ".join(f"{one} {tally.found[one]}/{count}" for one, count in sorted(tally.total.items()))
    bound = 100 * upper95(tally.false, tally.honest)
    return f"{name:<12}{tally.honest:>8}{tally.false:>9}{bound:>8.2f}%{press_precision(tally):>10.3f}  {told}"
