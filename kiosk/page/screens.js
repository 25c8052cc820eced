/**
 * The kiosk's screens as elements. They know what to show and whom to tell, and keep nothing.
 */

import { h, icon } from "/static/dom.js";
import { minutes, otherWord, people, waitingWords, windowList, word } from "/kiosk/words.js";
import { qrFor } from "/kiosk/qr.js";

/** A heading with the other language beneath. */
function heading(key, lang, id) {
  return h("div", { class: "heading" },
    h("h1", { id: id || "title", tabindex: "-1" }, word(key, lang)),
    h("p", { class: "other", lang: otherLang(lang) }, otherWord(key, lang)));
}

function otherLang(lang) {
  return lang === "en" ? "zh-CN" : "en";
}

function both(key, lang) {
  return [
    h("span", { class: "words" }, word(key, lang)),
    h("span", { class: "other", lang: otherLang(lang) }, otherWord(key, lang)),
  ];
}

/** @param {Object} view {lang, services, waits, stale, priority, priorities, page, pages, pick, …} */
export function chooseScreen(view) {
  const { lang } = view;
  return h("section", { class: "choose", "aria-labelledby": "title" },
    heading("choose", lang),
    view.priority ? chosenStrip(view) : null,
    view.services.some((service) => service.open) ? null : h("p", { class: "all-closed", role: "status" }, word("allClosed", lang)),
    grid(view.shown.map((service) => tile(service, view)), view.columns),
    view.pages > 1 ? pager(view) : null,
    view.priority || !view.priorities.length ? null : priorityStrip(view));
}

function grid(tiles, columns) {
  const list = h("ul", { class: "tiles" }, tiles.map((one) => h("li", {}, one)));
  list.style.setProperty("--rows", String(Math.ceil(tiles.length / columns)));
  return list;
}

function tile(service, view) {
  const { lang } = view;
  const name = (lang === "en" && service.name_en) || service.name;
  const badge = h("span", { class: "badge", "aria-hidden": "true" }, service.prefix);
  const title = h("span", { class: "tile-name", lang: service.name_en ? null : "zh-CN" }, name);
  if (!service.open) {
    return h("div", { class: "tile closed" }, badge,
      h("span", { class: "tile-text" }, title,
        h("span", { class: "tile-closed" }, icon("pause"), word("closed", lang)),
        h("span", { class: "tile-reason" }, service.reason || word("closedFallback", lang))));
  }
  return h("button", { type: "button", class: "tile", "data-service": service.code, onclick: () => view.pick(service.code) },
    badge,
    h("span", { class: "tile-text" }, title, h("span", { class: "tile-wait" }, waitParts(service, view))));
}

function waitParts(service, view) {
  const { lang } = view;
  if (view.stale) return h("span", { class: "quiet" }, lang === "en" ? "waiting: unknown" : "等候人数暂不清楚");
  if (service.waiting === 0) return h("span", { class: "free" }, icon("check"), word("noWait", lang));
  const time = minutes(service.estimate_s, lang);
  return [
    h("strong", { class: "nowrap" }, waitingWords(service.waiting, lang)),
    time ? h("span", { class: "nowrap" }, time) : null,
  ];
}

/** Put fresh waits into the tiles that stand, without replacing a tile. */
export function refreshWaits(root, services, view) {
  root.querySelectorAll("[data-service]").forEach((element) => {
    const service = services.find((one) => one.code === element.dataset.service);
    const fresh = h("span", { class: "tile-wait" }, waitParts(service, view));
    const shown = element.querySelector(".tile-wait");
    if (shown.textContent !== fresh.textContent) shown.replaceWith(fresh);
  });
}

function priorityStrip(view) {
  return h("button", { type: "button", class: "strip", id: "priority", onclick: view.openPriority },
    h("span", { class: "strip-mark" }, icon("heart")),
    h("span", { class: "strip-text" },
      h("strong", {}, word("priority", view.lang), " ", h("span", { class: "other", lang: otherLang(view.lang) }, otherWord("priority", view.lang))),
      h("span", {}, word("priorityHint", view.lang))),
    icon("arrowRight"));
}

function chosenStrip(view) {
  return h("div", { class: "strip chosen", role: "status" },
    h("span", { class: "strip-mark" }, icon("check")),
    h("span", { class: "strip-text" },
      h("strong", {}, word("chosen", view.lang), view.priority.name),
      h("span", {}, word("chosenNext", view.lang))),
    h("button", { type: "button", class: "plain", id: "no-priority", onclick: view.dropPriority }, word("cancel", view.lang)));
}

function pager(view) {
  const turn = (by, key, mark) => {
    const off = view.page + by < 0 || view.page + by >= view.pages;
    return h("button", { type: "button", class: "plain", "aria-disabled": off ? "true" : null, onclick: () => !off && view.turn(by) },
      by < 0 ? icon(mark) : null, word(key, view.lang), by > 0 ? icon(mark) : null);
  };
  return h("div", { class: "pager" },
    turn(-1, "less", "arrowLeft"),
    h("p", {}, view.page + 1 + " / " + view.pages),
    turn(1, "more", "arrowRight"));
}

export function priorityScreen(view) {
  const { lang } = view;
  return h("section", { class: "choose", "aria-labelledby": "title" },
    heading("priorityTitle", lang),
    h("p", { class: "note" }, word("priorityNote", lang)),
    grid(view.priorities.map((one) => priorityTile(one, view)), view.columns),
    h("button", { type: "button", class: "plain wide", id: "back", onclick: view.back }, icon("arrowLeft"), both("back", lang)));
}

function priorityTile(one, view) {
  const attrs = { type: "button", class: "tile plain-tile", "data-priority": one.code, onclick: () => view.pickPriority(one) };
  return h("button", attrs, h("span", { class: "tile-name", lang: "zh-CN" }, one.name), icon("arrowRight"));
}

export function takingScreen(view) {
  return h("section", { class: "middle", "aria-labelledby": "title" },
    h("div", { class: "spinner", "aria-hidden": "true" }),
    heading("taking", view.lang),
    h("p", { class: "note", id: "slow", hidden: !view.slow, role: "status" }, word("takingSlow", view.lang)));
}

/** @param {Object} view {lang, ticket, service, windows, paper, countdown, done, longer} */
export function ticketScreen(view) {
  const { lang, ticket } = view;
  const wait = ticket.ahead === 0 ? "" : minutes(ticket.estimate_s, lang);
  return h("section", { class: "ticket" + (view.paper ? "" : " no-paper"), "aria-labelledby": "title" },
    h("div", { class: "stub" },
      h("div", { class: "stub-top" },
        h("h1", { id: "title", tabindex: "-1" }, word("yours", lang)),
        h("p", { class: "other", lang: otherLang(lang) }, otherWord("yours", lang))),
      h("p", { id: "number", class: "number", "data-length": ticket.number.length }, ticket.number),
      h("p", { class: "stub-service", lang: "zh-CN" }, view.serviceName, view.priority ? h("span", { class: "chip" }, view.priority.name) : null),
      h("dl", { class: "facts" },
        fact("ahead", ticket.ahead === 0 ? word("first", lang) : people(ticket.ahead, lang), lang, "people"),
        wait ? fact("estimate", wait, lang, "clock") : null,
        fact("windows", view.windows.length ? windowList(view.windows, lang) : word("anyWindow", lang), lang, "counter"))),
    view.paper ? slipPanel(view) : photoPanel(view),
    h("div", { class: "ends" },
      h("button", { type: "button", class: "plain", id: "longer", onclick: view.longer }, both("longer", lang)),
      h("button", { type: "button", class: "main-button", id: "done", onclick: view.done },
        word("done", lang), h("span", { id: "countdown", class: "countdown", "aria-hidden": "true" }, view.countdown))));
}

function fact(key, value, lang, mark) {
  return h("div", { class: "fact" }, h("dt", {}, icon(mark), word(key, lang)), h("dd", {}, value));
}

function slipPanel(view) {
  const { lang } = view;
  return h("div", { class: "out" },
    h("div", { class: "out-arrow", "aria-hidden": "true" }, icon("arrowDown")),
    h("div", { class: "out-text" },
      h("p", { class: "out-main" }, word("takeSlip", lang)),
      h("p", { class: "other", lang: otherLang(lang) }, otherWord("takeSlip", lang)),
      h("p", {}, word("takeSlipHint", lang))),
    view.ticket.link ? h("figure", { class: "out-qr" }, qrFor(view.ticket.link, word("scan", lang)), h("figcaption", {}, word("scan", lang))) : null);
}

function photoPanel(view) {
  const { lang } = view;
  return h("div", { class: "out photo", role: "status" },
    h("div", { class: "out-text" },
      h("p", { class: "out-main" }, icon("camera"), word("photo", lang)),
      h("p", { class: "other", lang: otherLang(lang) }, otherWord("photo", lang)),
      h("p", {}, word("photoWhy", lang)),
      codeOrHint(view)),
    view.ticket.link ? h("figure", { class: "out-qr" }, qrFor(view.ticket.link, word("scan", lang))) : null);
}

/** What a rating by phone will have to carry, where the hall asks for it: it stands on no paper here. */
function codeOrHint(view) {
  const { link, rating_code: code } = view.ticket;
  if (code) return h("p", { id: "rating-code" }, word("ratingCode", view.lang), h("strong", {}, code));
  return link ? h("p", {}, word("photoHint", view.lang)) : null;
}

/** @param {Object} view {lang, sentence, again: function|null, back} */
export function failedScreen(view) {
  const { lang } = view;
  return h("section", { class: "middle failed", "aria-labelledby": "title" },
    h("div", { class: "big-mark" }, icon("warning")),
    heading("failed", lang),
    h("p", { class: "note", id: "why", role: "alert" }, view.sentence),
    h("div", { class: "ends" },
      h("button", { type: "button", class: "plain", id: "back", onclick: view.back }, both("back", lang)),
      view.again ? h("button", { type: "button", class: "main-button", id: "again", onclick: view.again }, both("again", lang)) : null));
}

/** "Are you still there?" with its seconds. */
export function stillCard(view) {
  return h("div", { class: "still-card" },
    h("h2", { id: "still-title" }, word("still", view.lang)),
    h("p", { class: "other", lang: otherLang(view.lang) }, otherWord("still", view.lang)),
    h("p", { class: "still-count", id: "still-count" }, view.seconds),
    h("button", { type: "button", class: "main-button", id: "stay", onclick: view.stay }, both("stay", view.lang)));
}
