/**
 * The inspectors' page: what the detector suspects, what people found out, and what they decide.
 */

import { Problem, call, pauseMs } from "/static/api.js";
import { byId, fill, h, say } from "/static/dom.js";
import { fetchFor } from "/static/fonts.js";
import { live } from "/static/live.js";
import { enter, startOver } from "/static/pair.js";
import { askAppeal, askAppealDecision, askAssign, askConfirm, askDismiss, askRefer, askReturn, askText } from "/inspector/dialogs.js";
import { caseDetail, caseList, nothingYet } from "/inspector/draw.js";

const FLAGS = "/api/v1/flags";
const ASK_MS = 60000;

const state = {
  items: null, // all flags, the overdue first, then the newest
  chosen: new URLSearchParams(location.search).get("flag"),
  shown: null, // the chosen one, whole
  filter: "pending",
  said: "",
  busy: false,
  mine: false, // a clerk reads what was found about themselves
};

// Drawing

function drawList() {
  fill(byId("list"), caseList(state, { choose, filter }));
}

function drawDetail() {
  const scroll = byId("detail").scrollTop;
  const same = state.shown && byId("detail").dataset.flag === state.shown.id;
  byId("detail").dataset.flag = state.shown ? state.shown.id : "";
  fill(byId("detail"), state.shown ? caseDetail(state, acts) : nothingYet(state.items, state.mine));
  byId("detail").scrollTop = same ? scroll : 0;
  fetchFor(document.body.textContent);
}

function filter(name) {
  state.filter = name;
  drawList();
}

async function choose(flag) {
  state.chosen = flag;
  state.said = "";
  history.replaceState(null, "", "/inspector?flag=" + encodeURIComponent(flag));
  drawList();
  await refresh();
}

async function refresh() {
  const flag = state.chosen;
  if (!flag) {
    state.shown = null;
    drawDetail();
    return;
  }
  try {
    const whole = (await call("GET", FLAGS + "/" + encodeURIComponent(flag))).body;
    if (flag === state.chosen) state.shown = Object.assign(whole, { mine: state.mine });
  } catch (error) {
    if (error instanceof Problem && error.status === 404) {
      state.chosen = null;
      state.shown = null;
    } else {
      state.said = error.message;
    }
  }
  drawDetail();
}

// Doing

async function step(path, body) {
  if (state.busy) return;
  state.busy = true;
  state.said = "";
  try {
    const whole = (await call("POST", FLAGS + "/" + encodeURIComponent(state.chosen) + "/" + path, { body })).body;
    state.shown = Object.assign(whole, { mine: state.mine });
  } catch (error) {
    state.said = error.message;
  }
  state.busy = false;
  drawDetail();
}

async function asked(question, path) {
  const body = await question;
  if (body) await step(path, body);
}

const acts = {
  assign: () => asked(askAssign(state.shown), "assign"),
  said: (press, outcome) => step("call-backs", { press, outcome }),
  note: () => asked(askText("监控核查记录", "看到了什么：时间、地点、谁按的键"), "note"),
  statement: () => asked(askText("当事人陈述", "按当事人的原话记录"), "statement"),
  confirm: () => asked(askConfirm(state.shown), "decision"),
  dismiss: () => asked(askDismiss(), "decision"),
  refer: () => asked(askRefer(), "decision"),
  second: () => asked(askConfirm(state.shown, true), "second"),
  sendBack: () => asked(askReturn(), "return"),
  appeal: () => asked(askAppeal(), "appeal"),
  decideAppeal: () => asked(askAppealDecision(), "appeal/decision"),
};

// Living

function onState(items) {
  const before = state.items && state.items.find((one) => one.id === state.chosen);
  const now = items.find((one) => one.id === state.chosen);
  state.items = items;
  if (!state.chosen && items.length) state.chosen = items[0].id;
  drawList();
  if (!state.shown || JSON.stringify(before) !== JSON.stringify(now)) refresh();
}

function onLink({ connected, stale_s: stale }) {
  byId("banner").hidden = connected;
  say(byId("banner"), connected ? "" : "与大厅系统断开 " + stale + " 秒，恢复后自动更新。");
}

/** The clerk concerned has no line of state: what was found about them is asked for. */
async function follow() {
  for (;;) {
    try {
      onState((await call("GET", FLAGS)).body.items);
      onLink({ connected: true });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) startOver();
      onLink({ connected: false, stale_s: Math.round(ASK_MS / 1000) });
    }
    await pauseMs(ASK_MS);
  }
}

async function start() {
  const hall = await enter(FLAGS);
  state.mine = hall.role === "clerk";
  byId("page").hidden = false;
  say(byId("hall"), hall.name);
  document.title = (state.mine ? "关于我的核查结论 · " : "擅自按键核查 · ") + hall.name;
  if (state.mine) {
    state.filter = "all";
    fill(byId("title"), "关于我的核查结论 ", h("span", { lang: "en" }, "What was found about me"));
  }
  fill(byId("list"), h("p", { class: "loading" }, "正在读取…"));
  if (state.mine) return follow();
  live({ topic: "flags", onState, onLink, onRefused: startOver, checkPath: FLAGS });
}

start();
