"""The device side of `bench serial`: frames at the line's speed onto many pty masters that were handed over.

`python -m hub.bench.serial_child SECONDS FD…` prints how many frames it wrote to each line.
"""

from __future__ import annotations

import os
import sys
import time

from hub.bench.rooms import press_frame

FRAME_S = 10 * 10 / 9600
"""Ten characters of ten bits at 9600 baud."""


def main() -> None:
    """Write one frame a line and frame time, by deadline and not by sleep length."""
    seconds, masters = float(sys.argv[1]), [int(text) for text in sys.argv[2:]]
    frames = [press_frame(1 + n % 200, n % 4) for n in range(len(masters))]
    total = int(seconds / FRAME_S)
    begin = time.perf_counter()
    for n in range(total):
        for k, master in enumerate(masters):
            wait = begin + (n + k / len(masters)) * FRAME_S - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            os.write(master, frames[k])
    sys.stdout.write(f"{total}\n")


if __name__ == "__main__":
    main()
