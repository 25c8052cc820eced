/**
 * The wall: whole states from the hub, drawn; what is no longer true is shown as such.
 */

import { call as ask } from "/static/api.js";
import { byId, fill, h, say } from "/static/dom.js";
import { fetchFor } from "/static/fonts.js";
import { dateWords, everySecond, hourMinute } from "/static/hubclock.js";
import { live } from "/static/live.js";
import { enter, startOver } from "/static/pair.js";
import { STALE_WORDS, callRow, heroParts, serviceRow, staleParts, windowCell } from "/wall/draw.js";
import { Flash } from "/wall/flash.js";
import { Pages } from "/wall/paging.js";

const STALE_AFTER_S = 10;
const FRESH_MS = 15000;
const RECONNECTING = "正在重新连接…";
const PAGE_S = 10;
const SHIFT_S = 60;
const SHIFTS_PX = [[0, 0], [3, 0], [3, 3], [0, 3]]; // a still picture burns in; a few pixels hide it
const RELOAD_AT = "03:17"; // nightly, for pages that stand for months

const state = {
  only: null, // the windows of this wall, from the address; null is all
  board: null,
  hall: null,
  hero: "", // what the hero shows, as a key
  flashed: "", // the last call that flashed
  freshUntil: new Map(), // call → by the hub's clock
  stale: false,
  connected: false,
  ticks: 0,
};
const flash = new Flash((lit) => byId("hero").classList.toggle("lit", lit));

/** `?windows=1-8,12` makes a wall for one part of the hall. @returns {Set<number>|null} */
function windowsAsked() {
  const said = new URLSearchParams(location.search).get("windows");
  if (!said) return null;
  const chosen = new Set();
  said.split(",").forEach((range) => {
    const [first, last] = range.split("-").map(Number);
    for (let n = first; n <= (last || first); n += 1) chosen.add(n);
  });
  return chosen;
}

function here(number) {
  return state.only === null || state.only.has(number);
}

function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** Rows of at least `least` rem that fit the element, times columns. */
function fits(id, least, columns) {
  return () => columns() * Math.max(1, Math.floor(byId(id).clientHeight / (least * rem())));
}

function windowColumns() {
  return Number(getComputedStyle(byId("windows")).getPropertyValue("--columns")) || 4;
}

const servicePages = new Pages(
  byId("services"), byId("services-page"), drawService, fits("services", 2.7, () => 1),
);
const windowPages = new Pages(
  byId("windows"), byId("windows-page"), (one) => windowCell(one, state.stale), fits("windows", 4.1, windowColumns),
);
const noticePages = new Pages(byId("notice-text"), byId("notice-page"), (text) => h("span", {}, text), () => 1);

// Drawing

function nameOf(number) {
  const found = state.board.windows.find((one) => one.number === number);
  return found ? found.name : "";
}

function callKey(call) {
  return call.number + "/" + call.window + "/" + call.at + "/" + call.recalls;
}

function draw() {
  const { board } = state;
  if (!board) return;
  const calls = board.calls.filter((call) => here(call.window));
  drawHero(calls[0] || null);
  drawCalls(calls.slice(1));
  servicePages.show(board.services.filter(servedHere));
  const windows = board.windows.filter((one) => here(one.number));
  byId("windows").classList.toggle("roomy", windows.length <= 8);
  windowPages.show(windows);
  byId("notice").hidden = board.notices.length === 0;
  noticePages.show(board.notices);
}

function drawService(service) {
  const known = state.hall.services.find((one) => one.code === service.code);
  return serviceRow(service, !known || known.open, state.stale);
}

function servedHere(service) {
  return state.only === null || state.hall.windows.some((one) => here(one.number) && one.services.indexOf(service.code) >= 0);
}

function drawHero(call) {
  const key = (call ? callKey(call) : "none") + (state.stale ? "/stale" : "");
  if (key === state.hero) return;
  const called = call && isFresh(call) && state.flashed !== callKey(call);
  state.hero = key;
  byId("hero").dataset.chars = call ? call.number.length + String(call.window).length : 0;
  fill(byId("hero"), heroParts(call, call ? nameOf(call.window) : ""), state.stale ? staleParts() : null);
  if (called) {
    state.flashed = callKey(call);
    flash.start();
  }
}

function drawCalls(calls) {
  const list = byId("calls");
  const most = fits("calls", 3.9, () => 1)();
  const rows = calls.slice(0, most).map((call) => callRow(call, nameOf(call.window), isFresh(call)));
  fill(list, rows.length ? rows : h("li", { class: "none" }, h("p", {}, "暂无 ", h("span", { lang: "en" }, "None yet"))));
}

function isFresh(call) {
  return !state.stale && state.freshUntil.get(callKey(call)) > performance.now();
}

/** A call that this wall sees for the first time is fresh, but not those it finds when it starts. */
function noteFresh(board) {
  const known = state.freshUntil;
  const until = state.board === null ? 0 : performance.now() + FRESH_MS;
  state.freshUntil = new Map(board.calls.map((call) => {
    const key = callKey(call);
    return [key, known.has(key) ? known.get(key) : until];
  }));
}

// What the hub says

function onBoard(board) {
  noteFresh(board);
  if (state.board !== null && openness(state.board) !== openness(board)) refreshHall();
  state.board = board;
  draw();
}

/** When windows open or pause, services may too, and that comes with the hall. */
function openness(board) {
  return board.windows.map((one) => one.state === "closed" || one.state === "paused").join();
}

function onLink({ connected, stale_s }) {
  state.connected = connected;
  const stale = !connected && stale_s > STALE_AFTER_S;
  byId("link").hidden = connected;
  say(byId("link"), connected ? "" : RECONNECTING);
  if (stale === state.stale) return;
  state.stale = stale;
  document.body.classList.toggle("stale", stale);
  draw();
}

// What time does

function tick() {
  state.ticks += 1;
  say(byId("clock"), hourMinute());
  say(byId("date"), dateWords("zh"));
  if (state.ticks % PAGE_S === 0) [servicePages, windowPages, noticePages].forEach((pages) => pages.turn());
  if (state.ticks % SHIFT_S === 0) shift();
  if (state.board && state.ticks % 5 === 0) drawCalls(state.board.calls.filter((call) => here(call.window)).slice(1));
  if (state.connected && state.ticks > 3600 && hourMinute() === RELOAD_AT) location.reload();
}

function shift() {
  const [x, y] = SHIFTS_PX[(state.ticks / SHIFT_S) % SHIFTS_PX.length];
  byId("page").style.transform = "translate(" + x + "px, " + y + "px)";
}

async function refreshHall() {
  try {
    state.hall = (await ask("GET", "/api/v1/hall")).body;
    say(byId("hall-name"), state.hall.name);
    draw();
  } catch (error) {
    // The line says itself when the hub is away; the hall's name can wait.
  }
}

async function main() {
  state.hall = await enter();
  fetchFor(STALE_WORDS.join("") + RECONNECTING);
  state.only = windowsAsked();
  say(byId("hall-name"), state.hall.name);
  everySecond(tick);
  setInterval(refreshHall, 60000);
  addEventListener("resize", draw);
  live({ topic: "board", checkPath: "/api/v1/board", onState: onBoard, onLink, onRefused: startOver });
}

main();
