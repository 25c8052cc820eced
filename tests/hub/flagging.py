"""A detector's statement, as a test needs one."""

from typing import Any

import msgspec

from hub.selfpress.flags import VERSION, Delays, Flag, Row, Suspect, Undone, Week

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


def watch(clerk: str = "1001", visits: int = 5, **changes: Any) -> dict[str, Any]:
    """What the detector says of a clerk who left out invites."""
    undone = [
        Undone(number * 86_400_000 + 11 * HOUR_MS, 4, f"2026100{number}-A00{number}", 330.0)
        for number in range(visits, 0, -1)
    ]
    row = Row(
        "uninvited",
        60,
        240,
        0.012,
        "240 件办结业务中有 60 件办结后没有邀请评价（25.0%），大厅其他人员为 1.2%",
        "60 of 240 …",
    )
    about = {"tier": "B", "pattern": "uninvited", "log10_lr": 5.1, "rows": [row], "suspects": [], "visits": undone}
    weeks = [Week(day, k, 40, 0.012) for day, k in ((1, 0), (8, 12), (15, 22), (22, 26))]
    return statement(clerk, **(about | {"delays": Delays(0.05, 0.125, [], [], None), "weeks": weeks} | changes))
