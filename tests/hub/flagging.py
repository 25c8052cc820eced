"""A detector's statement, as a test needs one."""

from typing import Any

import msgspec

from hub.selfpress.flags import VERSION, Delays, Flag, Row, Suspect

HOUR_MS = 3_600_000


def statement(clerk: str = "1001", presses: int = 5, **changes: Any) -> dict[str, Any]:
    """What the detector says of a clerk who pressed before the finish."""
    suspects = [
        Suspect(f"p{number}", number * 86_400_000 + 10 * HOUR_MS, 3, f"2026100{number}-A001", 5, -8.5, 0.93)
        for number in range(1, presses + 1)
    ]
    flag = Flag(
        clerk=clerk,
        t=40 * 86_400_000 - 1,
        tier="A",
        pattern="before",
        log10_lr=4.26,
        also={},
        since_day=1,
        rows=[
            Row(
                "before",
                99,
                310,
                0.034,
                "310 次评价中有 99 次在办结之前按下（31.9%），大厅其他人员为 3.4%",
                "99 of 310 …",
            ),
            Row("top", 97, 99, 0.78, "这 99 次中 97 次为最高档（97.9%），本人其余评价的最高档占 78.0%", "97 of 99 …"),
        ],
        suspects=suspects,
        calls=5,
        delays=Delays(0.05, 0.125, [1 / 64] * 64, [1 / 64] * 64, None),
        clerks=20,
        version=VERSION,
        input_hash="ab" * 32,
        first_day="2026-10-01",
    )
    return msgspec.structs.replace(flag, **changes).payload()
