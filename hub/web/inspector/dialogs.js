/**
 * What a step needs to be told. Each question resolves to the body to send, or null.
 */

import { byId, fill, h } from "/static/dom.js";
import { HABITS } from "/inspector/words.js";

function ask(title, submitText, build) {
  return new Promise((resolve) => {
    const dialog = byId("dialog");
    let answer = null;
    const { parts, read } = build();
    const submit = (event) => {
      event.preventDefault();
      answer = read();
      dialog.close();
    };
    fill(dialog,
      h("form", { onsubmit: submit },
        h("h2", { id: "dialog-title" }, title), parts,
        h("div", { class: "dialog-buttons" },
          h("button", { type: "button", class: "act", onclick: () => dialog.close() }, "取消"),
          h("button", { type: "submit", class: "act grave" }, submitText))));
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
  });
}

const LASTING = "理由随结论长期保存：请勿写群众的姓名、电话";

function area(label, hint) {
  const field = h("textarea", { id: "text", class: "field", rows: 4, maxlength: 2000, required: true, placeholder: hint || "" });
  return { field, parts: [h("label", { for: "text" }, label), field] };
}

export function askAssign(one) {
  return ask("分派核查人", "分派", () => {
    const field = h("input", { id: "to", class: "field", maxlength: 64, required: true, autocomplete: "off", value: one.assigned || "" });
    return { parts: [h("label", { for: "to" }, "姓名（不能是当事人）"), field], read: () => ({ to: field.value.trim() }) };
  });
}

export function askText(title, hint) {
  return ask(title, "保存", () => {
    const { field, parts } = area("内容", hint);
    return { parts, read: () => ({ text: field.value.trim() }) };
  });
}

export function askConfirm(one, second) {
  const what = "确认 " + (one.clerk_name || one.clerk) + " 擅自按键";
  return ask(second ? "复核：" + what : what, second ? "我已独立核对，确认" : "确认，请另一人复核", () => {
    const doubts = one.cautions.length
      ? h("div", { class: "dialog-doubts", role: "note" }, h("strong", {}, "请先看清："), h("ul", {}, one.cautions.map((text) => h("li", {}, text + "。"))))
      : null;
    const warning = h("p", { class: "dialog-text" }, "结论生效后，当季取消其窗口和本人的评优资格（考核办法三(八)、四(四)）。当事人可在 5 个工作日内申诉。");
    if (second) return { parts: [doubts, warning, h("p", { class: "dialog-text" }, "第一人的理由：" + one.reason), h("p", { class: "dialog-text" }, "认定后有 " + one.struck + " 次评价不再计入两率。")], read: () => ({}) };
    const { field, parts } = area("理由（回访、监控、陈述各说明了什么）", LASTING);
    const denied = one.suspects.filter((press) => press.said === "denied").map((press) => press.press);
    const about = h("select", { id: "about", class: "field" },
      h("option", { value: "all" }, "所列全部 " + one.struck + " 次（群众说是本人所按的除外）"),
      denied.length ? h("option", { value: "denied" }, "只认定群众否认的 " + denied.length + " 次") : null);
    return {
      parts: [doubts, warning, h("label", { for: "about" }, "认定哪些按键（不再计入评议率、满意率）"), about, parts],
      read: () => Object.assign({ decision: "confirmed", reason: field.value.trim() }, about.value === "denied" ? { presses: denied } : {}),
    };
  });
}

export function askReturn() {
  return ask("退回再查", "退回", () => {
    const note = h("p", { class: "dialog-text" }, "不同意这个确认，或撤回自己的确认：退回后核查继续，可以再确认，也可以排除。");
    const { field, parts } = area("理由", "例如：回访人数不够；监控看不清是谁按的");
    return { parts: [note, parts], read: () => ({ reason: field.value.trim() }) };
  });
}

export function askDismiss() {
  return ask("排除这条疑似", "排除", () => {
    const { field, parts } = area("理由", LASTING);
    const habit = h("select", { id: "habit", class: "field" }, [["", "（不记习惯）"], ...Object.entries(HABITS)].map(([value, text]) => h("option", { value }, text)));
    return {
      parts: [parts, h("label", { for: "habit" }, "由此得知的习惯（以后检测时考虑）"), habit],
      read: () => Object.assign({ decision: "dismissed", reason: field.value.trim() }, habit.value ? { habit: habit.value } : {}),
    };
  });
}

export function askRefer() {
  return ask("查有实据，转办", "转办", () => {
    const note = h("p", { class: "dialog-text" }, "转办后本线索办结。系统的推断不作为依据：是否违规、适用哪一条，由受理部门凭自己查到的证据另行认定、登记。");
    const { field, parts } = area("查到了什么，转给谁办", "例如：回访 6 人，5 人否认评价过；转监督科");
    return { parts: [note, parts], read: () => ({ decision: "referred", reason: field.value.trim() }) };
  });
}

export function askAppeal() {
  return ask("申诉", "提交", () => {
    const { field, parts } = area("申诉理由", "按当事人的原话");
    return { parts, read: () => ({ reason: field.value.trim() }) };
  });
}

export function askAppealDecision() {
  return ask("申诉结论", "作出结论", () => {
    const outcome = h("select", { id: "outcome", class: "field", required: true },
      h("option", { value: "" }, "请选择"), h("option", { value: "upheld" }, "申诉不成立，维持确认"), h("option", { value: "overturned" }, "申诉成立，撤销确认"));
    const { field, parts } = area("理由");
    return { parts: [h("label", { for: "outcome" }, "结论"), outcome, parts], read: () => ({ outcome: outcome.value, reason: field.value.trim() }) };
  });
}
