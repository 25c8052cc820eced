/**
 * The public notice board: who was awarded last quarter, and each department's rates. It names nobody's bad marks.
 */

import { Problem, call, pauseMs } from "/static/api.js";
import { byId, fill, h, say } from "/static/dom.js";
import { fetchFor } from "/static/fonts.js";
import { enter, startOver } from "/static/pair.js";
import { Pages } from "/wall/paging.js";

const NOTICE = "/api/v1/notice";
const ASK_MS = 300000;
const AGAIN_MS = 15000;
const PAGE_MS = 12000;
const ROW_REM = 3.9; // of a department's row
const AWARD_REM = 6.6; // of an award's, where the name takes two lines

const state = { notice: null, lists: [], shown: "" };

function draw() {
  const { notice } = state;
  say(byId("title"), notice.quarter ? notice.title : "考核结果公示");
  if (!notice.quarter) {
    fill(byId("body"), nothing(notice.trouble));
    fill(byId("foot"));
    state.lists = [];
    return;
  }
  fill(byId("body"), awards("windows", notice.window_award, "Red-banner windows"),
    awards("clerks", notice.clerk_award, "Model clerks"), departments());
  fill(byId("foot"),
    h("span", {}, "依据《" + notice.rules_title + "》，" + notice.as_of + " 定稿（第 " + notice.edition + " 版）。"),
    h("span", {}, "对结果有异议，请向督查股反映。"));
  state.lists = [
    list("windows", awarded, AWARD_REM, notice.windows),
    list("clerks", awarded, AWARD_REM, notice.clerks),
    list("departments", department, ROW_REM, notice.departments),
  ];
  fetchFor(document.body.textContent);
}

function nothing(trouble) {
  const said = trouble ? ["考核结果正在核对，核对后公布。", "The results are being checked."] : ["考核结果尚未公布。", "No quarter has been published yet."];
  return h("p", { class: "nothing" }, said[0], h("span", { lang: "en" }, said[1]));
}

/** As many rows as fit stand at a time; the others have their turn. */
function list(id, draw, rowRem, rows) {
  const place = byId(id + "-rows");
  const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
  const pages = new Pages(place, byId(id + "-page"), draw, () => Math.max(1, Math.floor(place.clientHeight / (rowRem * rem()))));
  pages.show(rows);
  if (!rows.length) fill(place, h("li", { class: "nobody" }, "本季空缺"));
  return pages;
}

function panel(id, title, english, ...parts) {
  return h("section", { class: "panel " + id, "aria-label": title },
    h("h2", { class: "panel-title" }, title + " ", h("span", { lang: "en" }, english), h("span", { id: id + "-page", class: "page-of" })),
    parts);
}

function awards(id, title, english) {
  return panel(id, title, english, h("ol", { id: id + "-rows", class: "awarded" }));
}

function awarded(one) {
  return h("li", {},
    h("span", { class: "rank" }, one.rank),
    h("span", { class: "who" }, one.name, one.department ? h("span", { class: "more" }, one.department) : null),
    h("span", { class: "points" }, one.points + " 分"));
}

function departments() {
  return panel("departments", "各部门服务评价", "Departments",
    h("div", { class: "heads" }, h("span", {}, "部门"), h("span", {}, "办结"), h("span", {}, "评议率"), h("span", {}, "满意率")),
    h("ul", { id: "departments-rows", class: "rates" }));
}

function department(one) {
  return h("li", {},
    h("span", { class: "who" }, one.name || "未分部门"),
    h("span", { class: "count" }, one.finished),
    rate(one.rated_share), rate(one.satisfied_share));
}

function rate(percent) {
  if (percent === null) return h("span", { class: "rate" }, "—");
  const bar = h("span", { class: "gauge-bar" });
  bar.style.width = Math.min(100, Number(percent)) + "%";
  return h("span", { class: "rate" }, h("span", { class: "gauge" }, bar), h("span", { class: "percent" }, percent + "%"));
}

async function follow() {
  for (;;) {
    let wait = ASK_MS;
    try {
      state.notice = (await call("GET", NOTICE)).body;
      const key = JSON.stringify(state.notice);
      if (key !== state.shown) {
        state.shown = key;
        draw();
      }
    } catch (error) {
      if (error instanceof Problem && error.status === 401) startOver();
      wait = AGAIN_MS; // what was published stays true while the hub is away
    }
    await pauseMs(wait);
  }
}

async function start() {
  const hall = await enter(NOTICE);
  byId("page").hidden = false;
  say(byId("hall-name"), hall.name);
  document.title = "考核结果公示 · " + hall.name;
  addEventListener("resize", () => state.lists.forEach((one) => one.items.length && one.paint()));
  setInterval(() => state.lists.forEach((one) => one.turn()), PAGE_MS);
  follow();
}

start();
