/**
 * The clerk's page: what the window is doing, and the next thing to do.
 */

import { Problem, call } from "/static/api.js";
import { byId, fill, h, icon, say } from "/static/dom.js";
import { fetchFor } from "/static/fonts.js";
import { everySecond, hubNow, millis } from "/static/hubclock.js";
import { live } from "/static/live.js";
import { enter, startOver } from "/static/pair.js";
import { askPause, askSignOff, askSignOn, askTransfer } from "/caller/dialogs.js";
import { banner, deviceWords, loopButtons, moreButtons, nowCard, queueLists, windowChoice } from "/caller/draw.js";
import { LOOP, MORE, allowed, doneWords } from "/caller/verbs.js";

// A pulled cable is seen at most 0.9 s (quiet) + 0.25 s (watch) + 1.3 s (no answer) later: within 3 s, with room.
const PROBE_AFTER_MS = 900;
const PROBE_WAIT_MS = 1300;
const SAID_FOR_MS = 12000;
const NEWS_WITHIN_MS = 1500;
const LOST_TITLE = "与大厅系统断开";
const LOST_HELP = "。按钮暂停使用，请用叫号器叫号；恢复后本页自动更新。";
const LOST_SEND = "刚与大厅系统断开，没有发送。";
const UNSURE = "不知道是否办成，请看上面的号码再决定。";
const DAY_MS = 86400000;
const INVITE_MOST_MS = 600000;
const FOUND_EVERY_MS = 600000;
const FOUND_AGAIN_MS = 5000;

const state = {
  number: null, // of the window, from the address
  hall: null,
  here: null, // this window, as the hub last said
  connected: false,
  staleS: 0,
  busy: null,
  unstored: false,
  keysOn: localStorage.getItem("caller.keys") !== "off",
  since: 0, // when the state began, by the hub's clock
  sinceKey: "",
  saidUntil: 0,
  found: 0, // findings about the clerk whose page this is
  news: 0, // how many states have come
};

// Names

function nameOfService(code) {
  const found = state.hall.services.find((one) => one.code === code);
  return found ? found.name : code;
}

function nameOfPriority(code) {
  const found = (state.hall.priorities || []).find((one) => one.code === code);
  return found ? found.name : code;
}

/** The service of the ticket at the window: said by the hub, else told by the number's prefix. */
function serviceHere() {
  const { here } = state;
  if (here.service) return here.service;
  const fitting = state.hall.services.filter((one) => here.ticket && here.ticket.indexOf(one.prefix) === 0);
  fitting.sort((a, b) => b.prefix.length - a.prefix.length);
  return fitting.length ? fitting[0].code : "";
}

// Drawing

function view() {
  return {
    here: state.here,
    busy: state.busy,
    deaf: !state.connected || state.busy !== null,
    keysOn: state.keysOn,
    serviceName: nameOfService(serviceHere()),
    priorityName: state.here.priority ? nameOfPriority(state.here.priority) : "",
    nameOfService,
    nameOfPriority,
    act,
    actOn,
    signOn,
  };
}

function draw() {
  if (!state.here) return;
  const kept = focusedKey();
  const scroll = scrolled();
  const shown = view();
  const closed = state.here.state === "closed";
  byId("page").dataset.state = state.here.state;
  fill(byId("now"), nowCard(shown));
  fill(byId("loop"), closed ? [] : loopButtons(shown));
  fill(byId("more"), closed ? [] : moreButtons(shown));
  fill(byId("queue"), queueLists(shown));
  drawBar();
  drawBanners();
  tick();
  refocus(kept);
  scrollBack(scroll);
}

function drawBar() {
  const { here } = state;
  fill(byId("where"), h("span", { class: "where-number" }, here.number), "号窗口 ", h("span", { class: "where-name" }, here.name));
  fill(byId("clerk"), here.clerk ? [icon("person"), here.clerk_name || here.clerk] : "");
  fill(byId("devices"), deviceWords(here.devices || []));
  const sign = byId("sign");
  sign.hidden = here.state === "closed";
  sign.setAttribute("aria-disabled", String(!mayLeave()));
  say(sign, "签退");
  byId("keys").setAttribute("aria-pressed", String(state.keysOn));
  say(byId("keys"), state.keysOn ? "快捷键：开" : "快捷键：关");
}

function mayLeave() {
  return state.connected && state.busy === null && ["idle", "rating", "paused"].indexOf(state.here.state) >= 0;
}

function drawBanners() {
  const key = [state.connected, state.connected ? "" : state.staleS, state.unstored, state.found].join();
  const banners = byId("banners");
  if (banners.dataset.key === key) return;
  banners.dataset.key = key;
  document.body.classList.toggle("lost", !state.connected);
  const lost = byId("banner-lost");
  if (lost && !state.connected) {
    say(byId("lost-for"), lostFor()); // only the seconds change: not read out again
    return;
  }
  fill(banners,
    state.connected ? null : banner("lost", "link", LOST_TITLE, h("span", {},
      h("span", { id: "lost-for", "aria-live": "off" }, lostFor()), LOST_HELP)),
    state.unstored ? banner("unstored", "warning", "刚才的操作还没有存盘", "叫号照常，请马上告知管理员检查硬盘空间。") : null,
    state.found ? banner("found", "person", "有关于您的核查结论", h("span", {},
      h("a", { href: "/inspector", target: "_blank", rel: "noopener" }, "请查看"), "；可以陈述，也可以在期限内申诉。")) : null);
}

function lostFor() {
  return state.staleS > 0 ? "（已 " + state.staleS + " 秒）" : "";
}

/** Which button has the focus, so that a redrawn page gives it back. */
function focusedKey() {
  const { verb, ticket } = document.activeElement ? document.activeElement.dataset : {};
  return verb ? "[data-verb='" + verb + "']" + (ticket ? "[data-ticket='" + CSS.escape(ticket) + "']" : ":not([data-ticket])") : null;
}

function refocus(kept) {
  const found = kept && document.querySelector(kept);
  if (found) found.focus({ preventScroll: true });
}

function scrolled() {
  const lists = document.querySelectorAll(".tickets");
  return Array.from(lists, (one) => [one.closest(".list").className, one.scrollTop]);
}

function scrollBack(places) {
  places.forEach(([name, top]) => {
    const found = Array.from(document.querySelectorAll(".tickets")).find((one) => one.closest(".list").className === name);
    if (found) found.scrollTop = top;
  });
}

/** Tell the clerk; it stays long enough to read. */
function tell(text, kind) {
  const said = byId("said");
  said.className = "said " + (text ? kind : "");
  fill(said, text ? icon(kind === "bad" ? "warning" : "check") : null, text);
  state.saidUntil = performance.now() + SAID_FOR_MS;
}

function tick() {
  if (!state.here) return;
  const timer = byId("timer");
  if (timer) say(timer, spell(hubNow() - state.since));
  const invite = byId("invite");
  if (invite) say(invite, inviteWords());
  if (byId("said").textContent && performance.now() > state.saidUntil) tell("", "");
}

function inviteWords() {
  const left = (millis(state.here.invite_until) || 0) - hubNow();
  if (left <= 0 || left > INVITE_MOST_MS) return "";
  return "评价还开放 " + Math.ceil(left / 1000) + " 秒";
}

/** 754000 → "12:34" */
function spell(ms) {
  const all = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;
  return (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(all % 60);
}

/** Whoever is concerned by a finding learns of it here; a page that is nobody's own has none. */
async function askFound() {
  try {
    state.found = (await call("GET", "/api/v1/flags")).body.items.length;
    drawBanners();
  } catch (error) {
    if (!(error instanceof Problem)) setTimeout(askFound, FOUND_AGAIN_MS);
  }
}

// What the clerk does

async function act(step) {
  if (!may() || !allowed(step, state.here)) return;
  let body = {};
  if (step.verb === "pause") body = await askPause(state.hall.pause_reasons || []);
  if (step.verb === "transfer") body = await askTransfer(state.hall, state.number, serviceHere());
  if (body) await send(step.verb, "/api/v1/windows/" + state.number + "/" + step.verb, body, step.verb);
}

/** A verb on a chosen ticket of the lists. */
async function actOn(verb, ticket) {
  if (!may()) return;
  if (verb === "return") {
    await send(verb + ticket.id, "/api/v1/tickets/" + encodeURIComponent(ticket.id) + "/return", undefined, verb);
    return;
  }
  await send(verb + ticket.id, "/api/v1/windows/" + state.number + "/" + verb, { ticket: ticket.id }, verb);
}

async function signOn() {
  if (!may()) return;
  const body = await askSignOn(state.hall.clerks);
  if (body) await send("sign-on", "/api/v1/windows/" + state.number + "/sign-on", body, "sign-on");
}

async function signOff() {
  if (!may() || !mayLeave()) return;
  const body = await askSignOff(state.here.clerk_name);
  if (body) await send("sign-off", "/api/v1/windows/" + state.number + "/sign-off", body, "sign-off");
}

function may() {
  return state.connected && state.busy === null;
}

/** Busy until the hub has answered and its new state has come; nothing is shown before. */
async function send(busy, path, body, verb) {
  if (!may()) {
    tell(LOST_SEND, "bad");
    return;
  }
  state.busy = busy;
  tell("", "");
  draw();
  const before = state.news;
  try {
    const answer = await call("POST", path, { body });
    state.unstored = answer.status === 202 || (answer.body !== null && answer.body.stored === false);
    const words = verb === "return" ? answer.body.number + " 已复到，重新排队" : doneWords(verb, answer.body);
    if (answer.status !== 204) await newsAfter(before);
    tell(words, "good");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) startOver();
    const unsure = error instanceof Problem ? "" : UNSURE;
    tell(error.message + unsure, "bad");
  } finally {
    state.busy = null;
    draw();
  }
}

/** The state that the answer speaks of comes by the line a moment later. */
function newsAfter(before) {
  return new Promise((resolve) => {
    const until = performance.now() + NEWS_WITHIN_MS;
    const look = () => (state.news > before || performance.now() > until ? resolve() : setTimeout(look, 20));
    look();
  });
}

function onKey(event) {
  const free = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat && !event.isComposing;
  if (!state.keysOn || !free || byId("dialog").open || !state.here || event.target.closest("input, select, textarea")) return;
  const paused = state.here.state === "paused";
  const step = LOOP.concat(MORE).find((one) => "Key" + one.key === event.code && one.verb !== (paused ? "pause" : "resume"));
  if (!step) return;
  event.preventDefault();
  act(step);
}

function toggleKeys() {
  state.keysOn = !state.keysOn;
  localStorage.setItem("caller.keys", state.keysOn ? "on" : "off");
  draw();
}

// What the hub says

function onWindows(windows) {
  state.news += 1;
  const here = windows.find((one) => one.number === state.number);
  if (!here) return choose();
  const key = here.state + here.ticket_id;
  if (key !== state.sinceKey) {
    const said = millis(here.since);
    const first = state.sinceKey === "";
    const usable = said !== null && hubNow() - said >= 0 && hubNow() - said < DAY_MS;
    state.since = first && usable ? said : hubNow();
    state.sinceKey = key;
  }
  state.here = here;
  return draw();
}

function onLink({ connected, stale_s }) {
  const changed = connected !== state.connected;
  state.connected = connected;
  state.staleS = stale_s;
  if (changed) draw();
  drawBanners();
}

function choose() {
  byId("now").textContent = "";
  fill(byId("where"), state.hall.name);
  ["sign", "keys", "change"].forEach((id) => { byId(id).hidden = true; });
  fill(byId("body"), windowChoice(state.hall.windows));
  byId("body").classList.add("choosing");
}

async function refreshHall() {
  try {
    state.hall = (await call("GET", "/api/v1/hall")).body;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) startOver();
  }
}

async function main() {
  state.hall = await enter("/api/v1/windows");
  state.number = Number(new URLSearchParams(location.search).get("window")) || null;
  const known = state.hall.windows.some((one) => one.number === state.number);
  document.title = (known ? state.number + " 号窗口 " : "") + "窗口叫号";
  fetchFor(LOST_TITLE + LOST_HELP + LOST_SEND + UNSURE + "（已秒）没有收到大厅系统的答复");
  if (!known) return choose();
  byId("sign").addEventListener("click", signOff);
  byId("keys").addEventListener("click", toggleKeys);
  document.addEventListener("keydown", onKey);
  everySecond(tick);
  setInterval(refreshHall, 60000);
  setInterval(askFound, FOUND_EVERY_MS);
  askFound();
  return live({
    topic: "windows",
    checkPath: "/api/v1/windows",
    probeAfterMs: PROBE_AFTER_MS,
    probeWaitMs: PROBE_WAIT_MS,
    onState: onWindows,
    onLink,
    onRefused: startOver,
  });
}

main();
