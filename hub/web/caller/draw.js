/**
 * The clerk's page as elements. Nothing here is optimistic: it shows what the hub said, and what is on its way.
 */

import { h, icon } from "/static/dom.js";
import { LOOP, MORE, MOST_RECALLS, STATES, USUAL, allowed } from "/caller/verbs.js";

/** The head card: the number, what it is for, the state and how long. */
export function nowCard(view) {
  const { here } = view;
  if (here.state === "closed") {
    return [
      h("p", { class: "chip is-closed" }, STATES.closed),
      h("p", { class: "rest" }, "请先签到"),
      h("p", { class: "rest-hint" }, "签到后才能叫号。 ", h("span", { lang: "en" }, "Sign on to start.")),
      h("button", { type: "button", class: "step usual", id: "sign-on", "aria-disabled": view.deaf ? "true" : null, onclick: view.signOn },
        h("span", { class: "step-label" }, "签到"), h("span", { class: "step-en", lang: "en" }, "Sign on")),
    ];
  }
  return [
    h("div", { class: "now-line" },
      h("p", { class: "chip is-" + here.state, id: "state" }, STATES[here.state] || here.state),
      h("p", { class: "timer" }, icon("clock"), h("span", { id: "timer" }, "0:00"))),
    here.ticket
      ? h("p", { class: "number", id: "number" }, here.ticket)
      : h("p", { class: "number none", id: "number" }, RESTS[here.state] || waitingWords(here)),
    h("p", { class: "what" }, here.ticket ? view.serviceName : restWords(here), view.priorityName ? h("span", { class: "tag" }, view.priorityName) : null,
      here.assisted_at ? h("span", { class: "tag", id: "assisted" }, "已声明协助 " + clock(here.assisted_at)) : null),
    here.state === "rating" ? h("p", { class: "invite", id: "invite" }, "") : null,
  ];
}

/** "2026-11-25T09:30:00.000+08:00" → "09:30", as the hall's clocks showed it. */
function clock(time) {
  return time.slice(11, 16);
}

const RESTS = { paused: "暂停中", rating: "已办结" };

function waitingWords(here) {
  return here.waiting ? here.waiting + " 人等候" : "没有人等候";
}

function restWords(here) {
  if (here.state === "paused") return here.reason ? "事由：" + here.reason : "综合屏已显示暂停";
  return here.waiting ? "请叫下一位" : "有人取号后，这里会显示";
}

/** One step's button. Disabled ones stay readable and say so to assistive technology. */
function stepButton(step, view, extra) {
  const busy = view.busy === step.verb;
  const off = view.deaf || !allowed(step, view.here);
  const usual = USUAL[view.here.state] === step.verb;
  return h("button", {
    type: "button",
    class: "step" + (usual && !off ? " usual" : "") + (busy ? " busy" : ""),
    "data-verb": step.verb,
    "aria-disabled": off ? "true" : null,
    "aria-busy": busy ? "true" : null,
    "aria-keyshortcuts": view.keysOn ? step.key : null,
    onclick: () => view.act(step),
  },
  h("span", { class: "step-label" }, busy ? "请稍候…" : step.label, extra ? h("span", { class: "step-extra" }, extra) : null),
  h("span", { class: "step-en" }, h("span", { lang: "en" }, step.en),
    view.keysOn ? h("kbd", { class: "key", "aria-hidden": "true" }, step.key) : null));
}

export function loopButtons(view) {
  return LOOP.map((step) => stepButton(step, view, step.verb === "next" && view.here.waiting ? view.here.waiting + " 人等候" : ""));
}

export function moreButtons(view) {
  const paused = view.here.state === "paused";
  return MORE.filter((step) => step.verb !== (paused ? "pause" : "resume")).map((step) => stepButton(step, view, extraFor(step, view.here)));
}

function extraFor(step, here) {
  if (step.verb === "recall") return here.recalls + "/" + MOST_RECALLS;
  if (step.verb === "take-back" && here.held.length) return String(here.held.length);
  return "";
}

/** The waiting, the held and the missed. */
export function queueLists(view) {
  const { here } = view;
  return [
    list(view, "waiting", "等候", here.waiting, here.next, "叫此号", "call"),
    list(view, "held", "已挂起", here.held.length, here.held, "取回", "take-back"),
    list(view, "missed", "已过号", here.missed.length, here.missed, "复到", "return"),
  ];
}

function list(view, name, title, count, tickets, word, verb) {
  const may = { call: ["idle", "rating"], "take-back": ["idle", "rating"], return: ["idle", "called", "serving", "rating", "paused"] }[verb];
  const off = view.deaf || may.indexOf(view.here.state) < 0;
  return h("section", { class: "list " + name, "aria-labelledby": name + "-title" },
    h("h2", { id: name + "-title" }, title, " ", h("span", { class: "count" }, count)),
    tickets.length
      ? h("ul", { class: "tickets", tabindex: name === "waiting" ? "0" : null, "aria-labelledby": name + "-title" }, tickets.map((ticket) => row(view, ticket, word, verb, off)))
      : h("p", { class: "empty" }, { waiting: "没有人等候", held: "无", missed: "无" }[name]));
}

function row(view, ticket, word, verb, off) {
  const busy = view.busy === verb + ticket.id;
  return h("li", { class: "row" },
    h("span", { class: "row-number" }, ticket.number),
    h("span", { class: "row-what" },
      ticket.service ? view.nameOfService(ticket.service) : "",
      ticket.priority ? h("span", { class: "tag" }, view.nameOfPriority(ticket.priority)) : null),
    h("button", {
      type: "button", class: "small", "data-ticket": ticket.id, "data-verb": verb,
      "aria-disabled": off ? "true" : null, "aria-label": word + " " + ticket.number, onclick: () => !off && view.actOn(verb, ticket),
    }, busy ? "…" : word));
}

/** Device words: only what needs attention, else one calm word. */
export function deviceWords(devices) {
  const words = { absent: "未连接", degraded: "有故障", unknown: "无应答" };
  const ill = devices.filter((one) => one.state !== "ok" || one.maintenance);
  if (!devices.length) return [];
  if (!ill.length) return [h("span", { class: "well" }, icon("check"), "设备正常")];
  return ill.map((one) => h("span", { class: "ill" }, icon("warning"),
    one.id + " " + (one.maintenance ? "维护中，按键不计" : words[one.state] || one.state)));
}

export function banner(kind, mark, title, text) {
  return h("div", { class: "banner " + kind, id: "banner-" + kind, role: "alert" }, icon(mark), h("p", {}, h("strong", {}, title), " ", text));
}

/** The choice of a window, where the address names none. */
export function windowChoice(windows) {
  return h("section", { class: "choice" },
    h("h2", {}, "请选择窗口 ", h("span", { lang: "en" }, "Choose your window")),
    h("ul", { class: "choice-list" }, windows.map((one) => h("li", {},
      h("a", { class: "choice-one", href: "/caller?window=" + one.number },
        h("span", { class: "choice-number" }, one.number),
        h("span", {}, h("strong", {}, one.name), h("span", { class: "choice-where" }, one.department)))))));
}
