/**
 * The ticket kiosk: choose a service, get a number, go. One person at a time, one ticket per tap.
 */

import { Problem, call } from "/static/api.js";
import { byId, fill, h, icon, say } from "/static/dom.js";
import { fetchFor } from "/static/fonts.js";
import { dateWords, everySecond, hourMinute } from "/static/hubclock.js";
import { live } from "/static/live.js";
import { enter, startOver } from "/static/pair.js";
import { Order } from "/kiosk/order.js";
import {
  chooseScreen, failedScreen, priorityScreen, refreshWaits, stillCard, takingScreen, ticketScreen,
} from "/kiosk/screens.js";
import { allWords, otherWord, word } from "/kiosk/words.js";

const SLIP_S = 8;
const PHOTO_S = 30; // finding the phone takes longer than taking a slip
const LONGER_S = 60;
const IDLE_S = 60;
const STILL_S = 10;
const AWAY_AFTER_S = 3;
const STALE_AFTER_S = 10;
const SETTLE_MS = 350; // the second tap of a double tap must not hit what has just appeared
const HALL_EVERY_MS = 30000;

const state = {
  kiosk: null, // this kiosk's id, from the address
  hall: null,
  waits: new Map(), // service code → the board's service
  windowStates: "",
  away: false,
  stale: false,
  screen: "choose",
  lang: "zh",
  page: 0,
  priority: null,
  order: null,
  ticket: null,
  failure: null,
  secondsLeft: 0,
  lastTouch: performance.now(),
  fingerDown: false,
  owed: false, // a drawing put off until the finger lifts
  shownAt: 0,
};

function services() {
  return state.hall.services.map((service) => Object.assign({}, service, state.waits.get(service.code)));
}

// What is on the screen

function show(screen) {
  state.screen = screen;
  state.shownAt = performance.now();
  draw();
  const title = byId("title");
  if (title) title.focus({ preventScroll: true });
}

function draw() {
  const { lang } = state;
  document.documentElement.lang = lang === "en" ? "en" : "zh-CN";
  document.documentElement.dataset.screen = state.screen;
  say(byId("hall-name"), state.hall.name);
  fill(byId("head-what"), word("what", lang), h("span", { class: "other" }, otherWord("what", lang)));
  drawTools();
  drawBanner();
  fill(byId("screen"), screenElement()); // last: how many tiles fit depends on the room that the others leave
  fitNumber();
}

/** A number with a long prefix is set smaller: never cut off, never broken. */
function fitNumber() {
  const number = byId("number");
  if (!number) return;
  number.style.fontSize = "";
  const over = number.scrollWidth / number.clientWidth;
  if (over > 1) number.style.fontSize = parseFloat(getComputedStyle(number).fontSize) / over * 0.98 + "px";
}

function screenElement() {
  const { lang } = state;
  if (state.screen === "priority") {
    return priorityScreen({ lang, priorities: state.hall.priorities, columns: measure("--columns"), pickPriority, back: reset });
  }
  if (state.screen === "taking") return takingScreen({ lang, slow: false });
  if (state.screen === "ticket") return ticketScreen(ticketView());
  if (state.screen === "failed") return failedScreen(Object.assign({ lang, back: reset }, state.failure));
  return chooseScreen(chooseView());
}

function chooseView() {
  const all = services();
  const size = tilesThatFit(all.length);
  const pages = Math.ceil(all.length / size) || 1;
  state.page = Math.min(state.page, pages - 1);
  return {
    lang: state.lang,
    columns: measure("--columns"),
    services: all,
    shown: all.slice(state.page * size, (state.page + 1) * size),
    page: state.page,
    pages,
    stale: state.stale,
    priority: state.priority,
    priorities: state.hall.priorities || [],
    pick: guarded(pick),
    turn: guarded(turn),
    openPriority: guarded(() => show("priority")),
    dropPriority: guarded(() => { state.priority = null; draw(); }),
  };
}

function ticketView() {
  const { ticket } = state;
  const service = services().find((one) => one.code === ticket.service) || {};
  const serving = state.hall.windows.filter((one) => one.services.indexOf(ticket.service) >= 0);
  return {
    lang: state.lang,
    ticket,
    serviceName: service.name || "",
    priority: state.priority,
    windows: ticket.windows || serving.map((one) => one.number),
    paper: hasPaper(ticket),
    countdown: state.secondsLeft,
    done: guarded(reset),
    longer: guarded(() => setCountdown(LONGER_S)),
  };
}

/** A slip comes only at a kiosk that the ticket names, and not where the hub says it won't. */
function hasPaper(ticket) {
  return Boolean(state.kiosk) && ticket.slip !== false && ticket.stored !== false;
}

/** How many tiles fit without scrolling: asked of the layout itself. */
function tilesThatFit(count) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const columns = measure("--columns");
  const tile = measure("--tile-rem") * rem;
  const taken = measure("--taken-rem") * rem;
  const room = byId("screen").clientHeight - taken;
  const fits = (height) => columns * Math.max(1, Math.floor(height / tile));
  return fits(room) >= count ? count : fits(room - 5.5 * rem); // the pager needs its row
}

/** A number that the style sheet decides, by screen and mode. */
function measure(name) {
  return Number(getComputedStyle(document.documentElement).getPropertyValue(name));
}

function drawTools() {
  const { lang } = state;
  const tool = (id, mark, key) => fill(byId(id), icon(mark), h("span", {}, word(key, lang)));
  const large = document.documentElement.classList.contains("large");
  const contrast = document.documentElement.classList.contains("contrast");
  tool("large", "text", large ? "normal" : "large");
  tool("contrast", "contrast", contrast ? "plain" : "contrast");
  byId("large").setAttribute("aria-pressed", String(large));
  byId("contrast").setAttribute("aria-pressed", String(contrast));
  fill(byId("language"), icon("globe"), h("span", { lang: lang === "en" ? "zh-CN" : "en" }, lang === "en" ? "中文" : "English"));
  fill(byId("desk"), icon("bell"), h("span", {}, word("desk", lang)));
}

function drawBanner() {
  const known = !state.kiosk || (state.hall.kiosks || []).indexOf(state.kiosk) >= 0;
  const key = state.away ? "away" : known ? null : "unknownKiosk";
  const banner = byId("banner");
  banner.hidden = key === null;
  const said = key ? key + state.lang : "";
  if (banner.dataset.said === said) return;
  banner.dataset.said = said;
  if (!key) fill(banner);
  else {
    fill(banner, icon("warning"), h("span", {}, h("strong", {}, word(key, state.lang)),
      h("span", { class: "other", lang: state.lang === "en" ? "zh-CN" : "en" }, otherWord(key, state.lang))));
  }
}

// What a person does

/** The same, deaf to taps that come too soon after the screen changed. */
function guarded(action) {
  return (...given) => {
    if (performance.now() - state.shownAt >= SETTLE_MS) action(...given);
  };
}

function pick(service) {
  if (state.screen !== "choose") return;
  const wanted = { service };
  if (state.priority) wanted.priority = state.priority.code;
  if (state.kiosk) wanted.kiosk = state.kiosk;
  state.order = new Order(wanted);
  take();
}

async function take() {
  const { order } = state;
  show("taking");
  const slow = setTimeout(() => { if (byId("slow")) byId("slow").hidden = false; }, 3000);
  try {
    state.ticket = await order.take();
    state.secondsLeft = hasPaper(state.ticket) ? SLIP_S : PHOTO_S;
    show("ticket");
  } catch (error) {
    fail(error);
  } finally {
    clearTimeout(slow);
    state.lastTouch = performance.now();
  }
}

function fail(error) {
  if (error instanceof Problem && (error.status === 401 || error.status === 403)) return startOver();
  const refused = error instanceof Problem && error.status < 500;
  state.failure = {
    sentence: refused ? error.message : word("failedAway", state.lang),
    again: refused ? null : guarded(take),
  };
  if (refused) refreshHall();
  return show("failed");
}

function pickPriority(one) {
  state.priority = one;
  show("choose");
}

function turn(by) {
  state.page += by;
  show("choose");
}

function reset() {
  if (state.ticket) refreshHall(); // that may have been the day's last
  Object.assign(state, { page: 0, priority: null, order: null, ticket: null, failure: null });
  show("choose");
}

function toggle(name) {
  document.documentElement.classList.toggle(name);
  draw();
}

function speak(lang) {
  state.lang = lang;
  draw();
}

/** The next person finds the kiosk as the first one did. */
function resetAll() {
  document.documentElement.classList.remove("large", "contrast");
  state.lang = "zh";
  byId("still").hidden = true;
  reset();
}

function setCountdown(seconds) {
  state.secondsLeft = seconds;
  say(byId("countdown"), String(seconds));
}

// What time does

function tick() {
  if (!state.hall) return;
  say(byId("clock"), hourMinute());
  say(byId("date"), dateWords(state.lang));
  if (state.screen === "ticket") {
    state.secondsLeft -= 1;
    if (state.secondsLeft <= 0) resetAll();
    else setCountdown(state.secondsLeft);
  } else if (state.screen !== "taking") {
    watchIdle();
  }
}

function watchIdle() {
  const asFound = state.screen === "choose" && !state.priority && state.lang === "zh" && state.page === 0
    && !document.documentElement.classList.contains("large") && !document.documentElement.classList.contains("contrast");
  const idle = Math.floor((performance.now() - state.lastTouch) / 1000);
  if (asFound || idle < IDLE_S) {
    byId("still").hidden = true;
  } else if (idle >= IDLE_S + STILL_S) {
    resetAll();
  } else if (byId("still").hidden) {
    byId("still").hidden = false;
    fill(byId("still"), stillCard({ lang: state.lang, seconds: IDLE_S + STILL_S - idle, stay: touched }));
    byId("stay").focus();
  } else {
    say(byId("still-count"), String(IDLE_S + STILL_S - idle));
  }
}

function touched() {
  state.lastTouch = performance.now();
  byId("still").hidden = true;
}

// What the hub says

function onBoard(board) {
  board.services.forEach((service) => {
    state.waits.set(service.code, { waiting: service.waiting, estimate_s: service.estimate_s });
  });
  const windowStates = board.windows.map((one) => one.state === "closed" || one.state === "paused").join();
  if (state.windowStates && state.windowStates !== windowStates) refreshHall();
  state.windowStates = windowStates;
  if (state.screen === "choose") refreshWaits(byId("screen"), services(), state);
}

function onLink({ connected, stale_s }) {
  const away = !connected && stale_s >= AWAY_AFTER_S;
  const stale = !connected && stale_s > STALE_AFTER_S;
  if (connected && state.away) refreshHall();
  if (away === state.away && stale === state.stale) return;
  state.away = away;
  state.stale = stale;
  drawBanner();
  if (state.screen === "choose") hubDraw();
}

/** Draw because the hub spoke, but not while a finger is down: its tile must still be there when it lifts. */
function hubDraw() {
  state.owed = state.fingerDown;
  if (!state.fingerDown && state.screen === "choose") draw();
}

function fingerUp() {
  state.fingerDown = false;
  setTimeout(() => { if (state.owed) hubDraw(); }, 50); // the click comes after the pointer's event
}

/** Which services are open comes with the hall, not with the board. */
async function refreshHall() {
  try {
    const before = JSON.stringify(state.hall);
    state.hall = (await call("GET", "/api/v1/hall")).body;
    if (state.screen === "choose" && before !== JSON.stringify(state.hall)) hubDraw();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) startOver();
  }
}

async function main() {
  state.hall = await enter();
  fetchFor(allWords());
  state.kiosk = new URLSearchParams(location.search).get("kiosk");
  byId("large").addEventListener("click", () => toggle("large"));
  byId("contrast").addEventListener("click", () => toggle("contrast"));
  byId("language").addEventListener("click", () => speak(state.lang === "en" ? "zh" : "en"));
  document.addEventListener("pointerdown", () => {
    state.lastTouch = performance.now();
    state.fingerDown = true;
  });
  document.addEventListener("pointerup", fingerUp);
  document.addEventListener("pointercancel", fingerUp);
  document.addEventListener("keydown", () => { state.lastTouch = performance.now(); });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
  addEventListener("resize", () => (state.screen === "choose" ? draw() : fitNumber()));
  show("choose");
  everySecond(tick);
  setInterval(refreshHall, HALL_EVERY_MS);
  live({ topic: "board", checkPath: "/api/v1/board", onState: onBoard, onLink, onRefused: startOver });
}

main();
