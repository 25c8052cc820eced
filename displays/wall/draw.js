/**
 * The wall's parts as elements. Ticket numbers only: a wall never shows a person's name.
 */

import { h, icon } from "/static/dom.js";
import { wallTime } from "/static/hubclock.js";

const STATES = {
  closed: ["未开放", "Closed"],
  idle: ["空闲", "Free"],
  called: ["呼叫中", "Calling"],
  serving: ["办理中", "Serving"],
  rating: ["请评价", "Please rate"],
  paused: ["暂停", "Paused"],
};

const MARKS = { closed: "cross", idle: "check", called: "bell", serving: "person", rating: "heart", paused: "pause" };

/** What the hero holds. @param {Object|null} call the board's latest @param {string} name of its window */
export function heroParts(call, name) {
  if (!call) {
    return [
      h("p", { class: "hero-rest" }, "请等候叫号"),
      h("p", { class: "hero-rest-en", lang: "en" }, "Please wait for your number to be called"),
    ];
  }
  return [
    h("div", { class: "hero-who" },
      h("p", { class: "hero-label" }, "请 ", h("span", { lang: "en" }, "Now calling"),
        call.recalls ? h("span", { class: "recall" }, "再次呼叫 ", h("span", { lang: "en" }, "again")) : null),
      h("p", { class: "hero-number", id: "hero-number" }, call.number)),
    h("div", { class: "hero-arrow" }, icon("arrowRight")),
    h("div", { class: "hero-where" },
      h("p", { class: "hero-label" }, "到 ", h("span", { lang: "en" }, "Window")),
      h("p", { class: "hero-window", id: "hero-window" }, call.window),
      h("p", { class: "hero-name" }, h("b", {}, "号窗口"), " ", name)),
  ];
}

export const STALE_WORDS = ["与系统失去联系，以窗口屏和语音为准 ", "Out of date: follow the window signs and the voice", "— 未知"];

export function staleParts() {
  return h("p", { class: "hero-stale", role: "alert" }, icon("warning"),
    h("span", {}, STALE_WORDS[0], h("span", { lang: "en" }, STALE_WORDS[1])));
}

export function callRow(call, name, fresh) {
  return h("li", { class: "call" + (fresh ? " fresh" : "") },
    h("span", { class: "call-number" }, call.number),
    h("span", { class: "call-window" }, h("b", {}, call.window), " 号窗口"),
    h("span", { class: "call-name" }, name),
    h("span", { class: "call-time" }, fresh ? h("span", { class: "new" }, "新 New") : wallTime(call.at)));
}

/** @param {boolean} open whether numbers are given for it now */
export function serviceRow(service, open, stale) {
  return h("li", { class: "service" },
    h("span", { class: "service-name" + (service.name.length > 7 ? " long" : "") }, service.name),
    h("span", { class: "service-waiting" }, stale ? "—" : open || service.waiting ? [h("b", {}, service.waiting), " 人"] : ""),
    h("span", { class: "service-time" }, stale ? "—" : open ? waitWords(service) : h("span", { class: "off" }, icon("pause"), "暂停取号")));
}

/** Rounded up to whole minutes: better to be called early than late. */
function waitWords(service) {
  if (service.waiting === 0) return "无需等候";
  if (service.estimate_s === null || service.estimate_s === undefined) return "";
  const all = Math.max(1, Math.ceil(service.estimate_s / 60));
  if (all < 60) return ["约 ", h("b", {}, all), " 分钟"];
  const rest = all % 60;
  return ["约 ", h("b", {}, Math.floor(all / 60)), " 小时", rest ? [" ", h("b", {}, rest), " 分"] : ""];
}

export function windowCell(one, stale) {
  const words = STATES[one.state] || [one.state, ""];
  const mark = MARKS[one.state];
  return h("li", { class: "cell is-" + (stale ? "unknown" : one.state) },
    h("span", { class: "cell-number" }, one.number),
    h("span", { class: "cell-text" },
      h("span", { class: "cell-ticket" }, stale ? "—" : one.ticket || " "),
      h("span", { class: "cell-state" }, stale ? "未知" : [mark ? icon(mark) : null, words[0]])));
}
