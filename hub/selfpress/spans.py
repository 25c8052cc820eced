"""Sums from each day on which a clerk may have begun, and before it."""

from __future__ import annotations

import numpy as np

from hub.selfpress.likelihood import Array


def block_starts(blocks: int, first: int = 0) -> list[int]:
    """Blocks, from `first` on, at which a clerk may have begun: close together near the end, wider apart before."""
    near, middle = 3, 13
    ago = range(1, blocks - first + 1)
    back = {
        blocks - first,
        *(b for b in ago if b <= near or ((blocks - b) % 2 == 0 and b <= middle) or (blocks - b) % 4 == 0),
    }
    return sorted(blocks - b for b in back)


class Spans:
    """Sums of [..., clerk, column] arrays over the columns since each start, and before it: [..., clerk, start]."""

    def __init__(self, starts: list[int], columns: int, per_block: int = 1) -> None:
        self.starts = np.array(starts, int)
        self.columns = columns
        self.per_block = per_block  # columns that make a block

    def since(self, table: Array) -> Array:
        """From each start to now."""
        result: Array = table.sum(-1, keepdims=True) - self.before(table)
        return result

    def before(self, table: Array) -> Array:
        """Up to each start."""
        total = np.cumsum(table, axis=-1)
        result: Array = np.where(self.starts > 0, total[..., self.starts - 1], 0.0)
        return result
