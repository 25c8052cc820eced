/**
 * Taking one number, surely once: the same Idempotency-Key however often it is tried.
 */

import { Problem, Unreachable, call, newKey, pauseMs } from "/static/api.js";

const WAITS_MS = [500, 1000, 2000, 4000];
const TRY_MS = 5000;

export class Order {
  /** @param {{service: string, priority?: string, kiosk?: string}} wanted */
  constructor(wanted) {
    this.wanted = wanted;
    this.key = newKey();
  }

  /**
   * Ask until the hub answers yes or no; after some 30 s of silence give up with `Unreachable`.
   * Asking again later is safe: a ticket already issued for this order comes back as the same one.
   */
  async take() {
    for (let tries = 0; ; tries += 1) {
      try {
        return (await call("POST", "/api/v1/tickets", { body: this.wanted, key: this.key, timeoutMs: TRY_MS })).body;
      } catch (error) {
        const passing = error instanceof Unreachable || (error instanceof Problem && error.status >= 500);
        if (!passing || tries === WAITS_MS.length) throw error;
        await pauseMs(WAITS_MS[tries]);
      }
    }
  }
}
