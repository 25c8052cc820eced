/**
 * What the inspectors see, from what the hub says.
 */

import { h, icon } from "/static/dom.js";
import { HABITS } from "/inspector/words.js";

const PENDING = ["open", "assigned", "once_confirmed", "appealed"];
const MOST = 40; // rows shown of what a case is about
const FILTERS = [["pending", "待处理"], ["all", "全部"]];
/** How strong the evidence is, in words: 10 weak, 100 notable, 1000 strong. */
export function strength(log10) {
  if (log10 >= 6) return "100 万倍以上";
  const digits = Math.max(0, Math.floor(log10) - 1);
  const whole = Math.floor(10 ** log10 / 10 ** digits) * 10 ** digits;
  return "约 " + whole.toLocaleString("zh-CN") + " 倍";
}

/** Of flags as strong as this one, how many at most would be false. */
function falseShare(level) {
  if (level >= 1) return "单看全季说明不了什么";
  const percent = Math.ceil(level * 1000) / 10;
  return "同样突出的疑似中，预计错报不超过 " + (percent <= 0.1 ? "0.1" : percent) + "%";
}

export function nameOf(one) {
  return one.clerk_name ? one.clerk_name + "（" + one.clerk + "）" : one.clerk;
}

export function nothingYet(items, mine) {
  if (mine && items && !items.length) {
    return h("div", { class: "nothing" }, h("p", {}, "没有关于您的核查结论。"), h("p", { class: "soft" }, "Nothing was found about you."));
  }
  return h("div", { class: "nothing" },
    h("p", {}, items && items.length ? "请在左边选择一条。" : "没有疑似擅自按键的记录。"),
    h("p", { class: "soft" }, items && items.length ? "Choose one on the left." : "Nothing flagged. 证据随天数积累，每天结束时判断一次。"));
}

// The list

export function caseList(state, acts) {
  const items = state.items || [];
  const pending = items.filter((one) => PENDING.indexOf(one.state) >= 0);
  const overdue = pending.filter((one) => one.overdue).length;
  const shown = state.filter === "pending" ? pending : items;
  return [
    state.mine ? null : h("div", { class: "tabs" }, FILTERS.map(([name, text]) => h("button", {
      type: "button", class: "tab", "aria-pressed": String(state.filter === name), onclick: () => acts.filter(name),
    }, text + " " + (name === "pending" ? pending.length : items.length)))),
    overdue && !state.mine ? h("p", { class: "late-count" }, "其中 " + overdue + " 条已逾期，排在最前。") : null,
    shown.length
      ? h("ul", {}, shown.map((one) => h("li", {}, card(one, one.id === state.chosen, () => acts.choose(one.id)))))
      : h("p", { class: "nothing" }, state.filter === "pending" ? "没有待处理的记录。" : "没有记录。"),
  ];
}

function card(one, chosen, choose) {
  return h("button", { type: "button", class: "card", "aria-current": chosen ? "true" : null, onclick: choose },
    h("span", { class: "card-top" }, h("strong", {}, nameOf(one)), tier(one)),
    h("span", { class: "card-what" }, one.pattern_name),
    h("span", { class: "card-how" }, strength(one.log10_lr) + (one.ebh ? " · 全季突出" : "")),
    h("span", { class: "card-state", "data-state": one.state }, one.state_name + (one.deadline ? "，限 " + one.deadline : "")),
    one.overdue ? h("span", { class: "overdue" }, icon("warning"), late(one)) : null);
}

function late(one) {
  return "已逾期 " + one.overdue + " 个工作日";
}

function tier(one) {
  return h("span", { class: "tier tier-" + one.tier }, one.tier === "A" ? "甲类" : one.watch && one.pattern !== "declared" ? "乙类 · 应做未做" : "乙类线索");
}

// One case

export function caseDetail(state, acts) {
  const one = state.shown;
  return [
    state.said ? h("p", { class: "said", role: "alert" }, icon("warning"), state.said) : null,
    h("header", { class: "case-head" },
      h("h2", {}, nameOf(one) + "：" + one.pattern_name, " ", tier(one)),
      h("p", { class: "state", "data-state": one.state }, one.state_name, one.deadline ? "　期限 " + one.deadline : "",
        one.assigned ? "　核查人 " + one.assigned : "", one.overdue ? h("span", { class: "overdue" }, icon("warning"), late(one)) : null)),
    buttons(one, acts, state.busy),
    h("section", { class: "two" }, evidence(one), picture(one)),
    one.watch ? visits(one, acts, state.busy) : suspects(one, acts, state.busy),
    whole(one),
    timeline(one),
  ];
}

function evidence(one) {
  return h("div", { class: "evidence" },
    h("h3", {}, "依据 ", h("span", { lang: "en" }, "Evidence")),
    h("ul", {}, one.evidence.map((row) => h("li", {}, row + "。"))),
    h("p", { class: "strong-words" }, "证据强度 ", h("strong", {}, strength(one.log10_lr)),
      "（10 弱，100 值得注意，1000 强）。", one.watch ? "数据分不开故障与有意。" : "", "这不是违规的概率，结论由人作出。"),
    h("p", {}, "与本季全部人员一起比较（e-BH）：" + (one.ebh ? "仍然突出" : "不突出") + "，" + falseShare(one.ebh_level) + "（以 5% 为界）。"),
    one.tier === "B" ? h("p", { class: "only-watch" }, icon("warning"), "乙类线索只用于安排回访，不能认定，不进入评奖；查有实据的转办。") : null,
    h("p", {}, h("strong", {}, "先排除："), one.honest.join("；") + "。"),
    one.inquiry ? h("p", {}, h("strong", {}, "下一步："), one.inquiry.next + "。") : null,
    one.habits.length ? h("p", {}, "已知习惯：" + one.habits.map((habit) => HABITS[habit] || habit).join("、") + "。") : null);
}

function picture(one) {
  const path = "/api/v1/flags/" + encodeURIComponent(one.id) + "/picture.svg";
  return h("a", { class: "picture", href: path, target: "_blank", rel: "noopener" },
    h("img", { src: path, alt: one.watch ? "此人每周占比与大厅的比较，及有关业务的日期和时刻" : "此人与大厅的比较，及有关按键的日期和时刻", width: 760, height: 560 }));
}

function buttons(one, acts, busy) {
  const may = (states) => states.indexOf(one.state) >= 0;
  const inquiry = may(["open", "assigned", "once_confirmed"]);
  const button = (text, act, kind) => h("button", {
    type: "button", class: "act " + (kind || ""), "aria-disabled": String(busy), onclick: () => busy || act(),
  }, text);
  if (one.mine) {
    return h("div", { class: "acts" },
      inquiry || may(["confirmed", "appealed", "referred"]) ? button("我要陈述", acts.statement) : null,
      may(["confirmed"]) ? button("我要申诉", acts.appeal, "grave") : null);
  }
  return h("div", { class: "acts" },
    inquiry ? button("分派", acts.assign) : null,
    inquiry || may(["appealed"]) ? button("监控记录", acts.note) : null,
    inquiry || may(["confirmed", "appealed", "referred"]) ? button("当事人陈述", acts.statement) : null,
    may(["open", "assigned"]) ? button("排除", acts.dismiss, "good") : null,
    may(["open", "assigned"]) && one.tier === "B" ? button("查有实据，转办", acts.refer, "grave") : null,
    may(["open", "assigned"]) && one.tier === "A" ? button("确认（须另一人复核）", acts.confirm, "grave") : null,
    may(["once_confirmed"]) ? button("复核确认", acts.second, "grave") : null,
    may(["once_confirmed"]) ? button("不同意，退回再查", acts.sendBack) : null,
    may(["confirmed"]) ? button("登记申诉", acts.appeal) : null,
    may(["appealed"]) ? button("申诉结论", acts.decideAppeal, "grave") : null);
}

function called(one) {
  const answered = (one.calls.own || 0) + (one.calls.denied || 0) + (one.calls.unsure || 0);
  const told = Object.entries(one.answers).filter(([name]) => one.calls[name]).map(([name, text]) => text + " " + one.calls[name]);
  return "已有 " + answered + " 个" + (told.length ? "（" + told.join("，") + "）" : "") + "。";
}

function outcomes(one, acts, busy, about, said) {
  if (one.mine || PENDING.indexOf(one.state) < 0) return one.answers[said] || "—";
  return Object.entries(one.answers).map(([name, text]) => h("button", {
    type: "button", class: "outcome", "aria-pressed": String(said === name), "aria-disabled": String(busy),
    onclick: () => busy || acts.said(about, name),
  }, text));
}

/** What was left undone: visits, not presses. */
function visits(one, acts, busy) {
  return h("section", { class: "calls" },
    h("h3", {}, "有关业务与回访 ", h("span", { lang: "en" }, "Visits and call-backs")),
    h("p", {}, "问群众“" + one.inquiry.ask + "”", one.calls_needed ? "约 " + one.calls_needed + " 个有效答复即可判明，" : "答复只作参考，以检修和监控为准；", called(one)),
    table("有关业务", ["时间", "窗口", "号票", "办理时长", "回访结果"], one.visit_items.slice(0, MOST).map((visit) => [
      when(visit.at),
      visit.window === null ? "—" : visit.window,
      visit.ticket,
      visit.served_s === null ? "—" : (visit.served_s / 60).toFixed(1) + " 分钟",
      outcomes(one, acts, busy, visit.ticket, visit.said),
    ])),
    one.visit_items.length > MOST ? h("p", { class: "soft" }, "另有 " + (one.visit_items.length - MOST) + " 件，见完整说明。") : null);
}

/** Rows of cells, of which the last has the answers; where there is little room each cell says what it is. */
function table(label, heads, rows) {
  return h("div", { class: "table", role: "region", "aria-label": label, tabindex: "0" }, h("table", {},
    h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, at) =>
      h("td", { class: at === heads.length - 1 ? "outcomes" : "nowrap", "data-label": heads[at] }, cell)))))));
}

function suspects(one, acts, busy) {
  return h("section", { class: "calls" },
    h("h3", {}, "回访 ", h("span", { lang: "en" }, "Call-backs")),
    one.suspects.every((press) => press.ticket === null)
      ? h("p", {}, "这些按键没有对应的号票，无人可回访；请调看这些时刻的监控，写入监控记录。")
      : h("p", {}, "请群众回答“这次评价是不是您自己按的”。约 " + one.calls_needed + " 个有效答复即可判明，", called(one)),
    table("有关按键", ["时间", "窗口", "号票", "等级", "距办结", "回访结果"], one.suspects.slice(0, MOST).map((press) => [
      when(press.at),
      press.window === null ? "—" : press.window,
      press.ticket || "无",
      press.level_name,
      press.delay_s === null ? "—" : press.delay_s.toFixed(1) + " 秒",
      press.ticket === null ? "无号可回访" : outcomes(one, acts, busy, press.press, press.said),
    ])),
    one.suspects.length > MOST ? h("p", { class: "soft" }, "另有 " + (one.suspects.length - MOST) + " 次，见完整说明。") : null);
}

function whole(one) {
  return h("details", { class: "whole" }, h("summary", {}, "完整说明（可打印附卷）"), h("pre", {}, one.text));
}

function timeline(one) {
  return h("section", { class: "history" },
    h("h3", {}, "经过 ", h("span", { lang: "en" }, "History")),
    h("ol", {}, one.history.map((step) => h("li", {},
      h("time", { datetime: step.at, class: "nowrap" }, when(step.at)), " ", h("span", {}, step.text), step.by ? h("span", { class: "by" }, " — " + step.by) : null))),
    h("p", { class: "soft" }, "算法 " + one.version + "，编号 " + one.id + (one.stands ? "；已生效，计入评奖" : "；尚未生效，不影响评奖")));
}

function when(at) {
  return at.slice(0, 10) + " " + at.slice(11, 19);
}
