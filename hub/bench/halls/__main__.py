"""`python -m hub.bench.halls --set unseen --halls 20`: the detector's table over simulated halls."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from hub.bench.halls.shapes import SETS
from hub.bench.halls.table import rows, run, text


def main() -> None:
    """Run and print."""
    parser = ArgumentParser(prog="python -m hub.bench.halls", description=__doc__)
    parser.add_argument("--set", choices=sorted(SETS), default="development")
    parser.add_argument("--halls", type=int, default=4, help="of each variant")
    parser.add_argument("--honest", action="store_true", help="nobody cheats")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="the rows, to a file")
    options = parser.parse_args()
    shapes = SETS[options.set]
    if options.honest:
        shapes = {variant: replace(shape, cheats=0.0) for variant, shape in shapes.items()}
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("halls", total=None)
        tallies = run(
            shapes,
            options.halls,
            jobs=options.jobs,
            seed=options.seed,
            progress=lambda done, total: shown.update(task, completed=done, total=total),
        )
    found = list(rows(tallies))
    if options.json is not None:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    print(text(found))


if __name__ == "__main__":
    main()
