/**
 * Questions that a verb needs answered: why, where to, who. Each resolves to the body to send, or null.
 */

import { byId, fill, h } from "/static/dom.js";

function ask(title, build) {
  return new Promise((resolve) => {
    const dialog = byId("dialog");
    let answer = null;
    const done = (value) => {
      answer = value;
      dialog.close();
    };
    fill(dialog,
      h("h2", { id: "dialog-title" }, title),
      build(done),
      h("button", { type: "button", class: "cancel", onclick: () => done(null) }, "取消 ", h("span", { lang: "en" }, "Cancel")));
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
  });
}

function choices(items, done) {
  return h("ul", { class: "choices" }, items.map(({ label, note, body }) => h("li", {},
    h("button", { type: "button", class: "choice-button", onclick: () => done(body) }, h("strong", {}, label), note ? h("span", {}, note) : null))));
}

export function askPause(reasons) {
  return ask("暂停的事由", (done) => {
    const field = h("input", { id: "reason", class: "field", maxlength: "40", autocomplete: "off", required: true });
    const other = (event) => {
      event.preventDefault();
      if (field.value.trim()) done({ reason: field.value.trim() });
    };
    return h("div", {},
      choices(reasons.map((reason) => ({ label: reason, body: { reason } })), done),
      h("form", { class: "other-form", onsubmit: other },
        h("label", { for: "reason" }, "其他事由"),
        h("div", { class: "field-row" }, field, h("button", { type: "submit", class: "ok" }, "暂停"))));
  });
}

/** @param {Object} hall @param {number} from this window @param {string} service the ticket's service now */
export function askTransfer(hall, from, service) {
  const services = hall.services.filter((one) => one.code !== service)
    .map((one) => ({ label: one.name, note: one.open ? "等候 " + one.waiting + " 人" : "暂停取号", body: { service: one.code } }));
  const windows = hall.windows.filter((one) => one.number !== from)
    .map((one) => ({ label: one.number + " 号窗口", note: one.name, body: { window: one.number } }));
  return ask("转到哪里？等候时间会保留", (done) => h("div", { class: "two" },
    h("section", {}, h("h3", {}, "转到业务"), choices(services, done)),
    h("section", {}, h("h3", {}, "转到窗口"), choices(windows, done))));
}

export function askSignOn(clerks) {
  return ask("签到", (done) => {
    const who = clerks && clerks.length
      ? h("select", { id: "who", class: "field", required: true },
        h("option", { value: "" }, "请选择"), clerks.map((one) => h("option", { value: one.id }, one.name + "（" + one.id + "）")))
      : h("input", { id: "who", class: "field", required: true, autocomplete: "off", maxlength: "40" });
    const pin = h("input", { id: "pin", class: "field", type: "password", inputmode: "numeric", autocomplete: "off", maxlength: "40" });
    const submit = (event) => {
      event.preventDefault();
      if (!who.value.trim()) return;
      const body = { clerk: who.value.trim() };
      if (pin.value) body.pin = pin.value;
      done(body);
    };
    return h("form", { class: "sign-form", onsubmit: submit },
      h("label", { for: "who" }, "工号"), who,
      h("label", { for: "pin" }, "密码（未设可不填）"), pin,
      h("button", { type: "submit", class: "ok" }, "签到"));
  });
}

export function askSignOff(name) {
  return ask("确定签退？", (done) => h("div", {},
    h("p", { class: "dialog-text" }, (name || "") + " 签退后，本窗口不再叫号。"),
    h("button", { type: "button", class: "ok wide", onclick: () => done({}) }, "签退")));
}
