/**
 * A screen's line to the hub: whole states by websocket, for as long as the screen stands.
 *
 * Signs of life are any websocket message, and `/healthz` answering when the line has been quiet for `probeAfterMs`
 * (a browser shows a page no protocol pings, and TCP does not notice a pulled cable for minutes). A line quiet for
 * `renewAfterMs` is replaced by a new one before the old is closed, so a half-dead line heals without a blink.
 */

import { Problem, call } from "/static/api.js";

const FIRST_MS = 300;
const MOST_MS = 15000;
const STATE_WITHIN_MS = 5000;

/** Wait before try `failures` (from 0), half of it random so that a hall's screens don't return all at once. */
export function backoffMs(failures, random) {
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** failures);
  return whole / 2 + (whole / 2) * random();
}

/**
 * @param {Object} options
 * @param {string} options.topic "board", "windows", …; the state's key in each message too
 * @param {(state: any, seq: number) => void} options.onState
 * @param {(link: {connected: boolean, stale_s: number}) => void} options.onLink on each change, and each second while lost
 * @param {(status: 401|403) => void} options.onRefused the pairing is gone or the role too low; the line is given up
 * @param {string} options.checkPath asked when a line can't be opened, to tell "away" from "refused"
 * @param {number} [options.probeAfterMs]
 * @param {number} [options.probeWaitMs]
 * @param {number} [options.renewAfterMs]
 */
export function live(options) {
  return new Line(Object.assign({ probeAfterMs: 7000, probeWaitMs: 3000, renewAfterMs: 25000 }, options));
}

class Line {
  constructor(options) {
    this.options = options;
    this.connected = false;
    this.failures = 0;
    this.lastLife = performance.now();
    this.lastMessage = performance.now();
    this.saidStale = -1;
    this.socket = null;
    this.spare = null;
    this.probing = false;
    this.retry = null;
    this.closed = false;
    this.timer = setInterval(() => this.watch(), 250);
    this.hurry = () => {
      if (this.connected) this.probe();
      else this.open();
    };
    addEventListener("online", this.hurry);
    addEventListener("offline", this.hurry);
    document.addEventListener("visibilitychange", this.hurry);
    this.open();
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    removeEventListener("online", this.hurry);
    removeEventListener("offline", this.hurry);
    document.removeEventListener("visibilitychange", this.hurry);
    [this.socket, this.spare].forEach((socket) => drop(socket));
  }

  open() {
    if (this.closed || this.spare) return;
    clearTimeout(this.retry);
    const scheme = location.protocol === "https:" ? "wss://" : "ws://";
    const topic = encodeURIComponent(this.options.topic);
    const socket = new WebSocket(scheme + location.host + "/api/v1/live?topic=" + topic + "&after=0");
    this.spare = socket;
    const late = setTimeout(() => this.ended(socket), STATE_WITHIN_MS);
    socket.onmessage = (message) => this.heard(socket, message, late);
    socket.onclose = () => {
      clearTimeout(late);
      this.ended(socket);
    };
  }

  heard(socket, message, late) {
    this.lastLife = this.lastMessage = performance.now();
    const said = JSON.parse(message.data);
    const state = said[this.options.topic];
    if (said.topic !== this.options.topic || state === undefined) return; // a ping, or a newer hub's words
    clearTimeout(late);
    if (socket === this.spare) {
      drop(this.socket);
      this.socket = socket;
      this.spare = null;
      this.failures = 0;
    }
    this.setConnected(true);
    this.options.onState(state, said.seq);
  }

  ended(socket) {
    if (socket !== this.socket && socket !== this.spare) return;
    drop(socket);
    if (socket === this.socket) {
      this.socket = null;
      this.setConnected(false);
      if (!this.spare) this.again();
    } else {
      this.spare = null;
      if (this.socket) this.lastMessage = performance.now(); // keep the old line; try a new one later
      else this.ask();
    }
  }

  /** A line could not be opened: is the hub away, or doesn't it want us? */
  async ask() {
    try {
      await call("GET", this.options.checkPath, { timeoutMs: 3000 });
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
        this.close();
        this.options.onRefused(error.status);
        return;
      }
    }
    this.again();
  }

  again() {
    if (this.closed) return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), backoffMs(this.failures, Math.random));
    this.failures = Math.min(this.failures + 1, 10);
  }

  watch() {
    const now = performance.now();
    if (this.connected) {
      if (now - this.lastLife > this.options.probeAfterMs) this.probe();
      if (now - this.lastMessage > this.options.renewAfterMs) this.open();
    } else {
      const stale = Math.floor((now - this.lastLife) / 1000);
      if (stale !== this.saidStale) this.tell(stale);
    }
  }

  async probe() {
    if (this.probing) return;
    this.probing = true;
    try {
      await call("GET", "/healthz", { timeoutMs: this.options.probeWaitMs });
      this.lastLife = performance.now();
    } catch (error) {
      if (error instanceof Problem) this.lastLife = performance.now(); // it answered, unwell but there
      else if (this.socket) this.ended(this.socket);
    } finally {
      this.probing = false;
    }
  }

  setConnected(connected) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.tell(connected ? 0 : Math.floor((performance.now() - this.lastLife) / 1000));
  }

  tell(stale) {
    this.saidStale = this.connected ? -1 : stale;
    this.options.onLink({ connected: this.connected, stale_s: stale });
  }
}

function drop(socket) {
  if (!socket) return;
  socket.onmessage = socket.onclose = null;
  socket.close();
}
