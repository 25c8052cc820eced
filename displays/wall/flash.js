/**
 * A call flashes so that it is seen, and stands still so that it is read.
 *
 * One flash a second, five for the latest call, however fast calls come: never more than 5 in any 5 s
 * (WCAG 2.3.1 allows 3 a second). Both faces of the flash are readable.
 */

const FLASHES = 5;
const HALF_MS = 500;

export class Flash {
  /** @param {(lit: boolean) => void} paint */
  constructor(paint) {
    this.paint = paint;
    this.left = 0;
    this.timer = null;
  }

  /** A call has come: five flashes from now. */
  start() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    this.left = FLASHES;
    if (this.timer === null) this.on();
  }

  on() {
    if (this.left === 0) {
      this.timer = null;
      return;
    }
    this.left -= 1;
    this.paint(true);
    this.timer = setTimeout(() => this.off(), HALF_MS);
  }

  off() {
    this.paint(false);
    this.timer = setTimeout(() => this.on(), HALF_MS);
  }
}
