/**
 * The hub's time and the hall's way of writing it.
 *
 * A screen's own clock may be wrong or in another zone; the hub's `Date` header says how far off it is. The demo's hall
 * has a time of its own, which runs faster and jumps over nights: its `Hall-Time` header says so.
 */

const ASK_AGAIN_MS = 5000; // a jump of the demo's time shows so soon

let offsetMs = 0;
let simulated = null; // the demo's time: { hallMs, speed, heardAt }
let zone = "Asia/Shanghai";

/** Learn from an HTTP answer's `Date` header (whole seconds, so smaller differences mean nothing). */
export function learn(dateHeader) {
  const said = Date.parse(dateHeader || "");
  if (!Number.isFinite(said)) return;
  const off = said - Date.now();
  offsetMs = Math.abs(off) > 2000 ? off : 0;
}

/** Learn the demo's time from a `Hall-Time` header: milliseconds and speed; a real hall sends none. */
export function simulate(hallTimeHeader) {
  const said = /^(\d+) ([\d.]+)$/.exec(hallTimeHeader || "");
  if (!said) return;
  if (simulated === null) setInterval(askAgain, ASK_AGAIN_MS);
  simulated = { hallMs: Number(said[1]), speed: Number(said[2]), heardAt: performance.now() };
}

async function askAgain() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    simulate(answer.headers.get("Hall-Time"));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // the hub is away: the page says so elsewhere
  }
}

export function useZone(name) {
  if (name) zone = name;
}

/** Milliseconds since the epoch by the hub's clock. */
export function hubNow() {
  if (simulated === null) return Date.now() + offsetMs;
  return simulated.hallMs + (performance.now() - simulated.heardAt) * simulated.speed;
}

/** A time from the hub (RFC 3339 or milliseconds) as milliseconds, or null. */
export function millis(value) {
  const ms = typeof value === "number" ? value : Date.parse(value || "");
  return Number.isFinite(ms) ? ms : null;
}

function parts(lang, options) {
  const format = new Intl.DateTimeFormat(lang, Object.assign({ timeZone: zone }, options));
  return format.format(new Date(hubNow()));
}

/** "09:58" */
export function hourMinute() {
  return parts("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** "11月25日 星期三", or "Wed 25 Nov" */
export function dateWords(lang) {
  if (lang === "en") return parts("en-GB", { weekday: "short", day: "numeric", month: "short" });
  return parts("zh-CN", { month: "long", day: "numeric" }) + " " + parts("zh-CN", { weekday: "long" });
}

/** The hall-local "09:58" of an RFC 3339 time, whatever the screen's zone. */
export function wallTime(rfc3339) {
  const found = /T(\d\d:\d\d)/.exec(String(rfc3339));
  return found ? found[1] : "";
}

/** Call `tick` now and at each whole second of the hub's clock; of the demo's once a real second. */
export function everySecond(tick) {
  const step = () => {
    tick();
    setTimeout(step, simulated === null ? 1005 - (hubNow() % 1000) : 1000);
  };
  step();
}
