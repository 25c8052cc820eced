/**
 * How a page comes into the hall: `/kiosk#pair=CODE`, or a cookie from before, or a code typed in.
 */

import { Problem, call, pauseMs } from "/static/api.js";
import { byId, fill, h, icon } from "/static/dom.js";
import { useZone } from "/static/hubclock.js";

/**
 * Pair if the link says so, and wait until the hub lets this page in.
 *
 * `#pair=CODE&window=3` leaves the address at once: the code is used up, the rest becomes `?window=3`.
 *
 * @param {string} [needs] a path that this page's role must be allowed to GET
 * @returns {Promise<Object>} the answer of GET /api/v1/hall
 */
export async function enter(needs) {
  const code = takeCode();
  let failure = code ? await pair(code) : null;
  for (;;) {
    try {
      const hall = (await call("GET", "/api/v1/hall")).body;
      if (needs) await call("GET", needs);
      useZone(hall.timezone);
      hide();
      return hall;
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
        failure = await askForCode(failure || (error.status === 403 ? error.message : null));
      } else {
        show(h("h1", { class: "pair-title" }, "正在连接大厅系统…"), h("p", {}, "Connecting to the hall"));
        await pauseMs(2000);
      }
    }
  }
}

/** The hub no longer knows this page: start over, which shows the pairing screen. */
export function startOver() {
  location.reload();
}

function takeCode() {
  const said = new URLSearchParams(location.hash.slice(1));
  const code = said.get("pair");
  if (code === null) return null;
  said.delete("pair");
  const query = new URLSearchParams(location.search);
  said.forEach((value, name) => query.set(name, value));
  const rest = query.toString();
  history.replaceState(null, "", location.pathname + (rest ? "?" + rest : ""));
  return code;
}

/** @returns {Promise<string|null>} why not, as a sentence */
async function pair(code) {
  for (let tries = 0; ; tries += 1) {
    try {
      await call("POST", "/api/v1/pair", { body: { code } });
      return null;
    } catch (error) {
      if (error instanceof Problem) return error.status === 401 ? "配对码不对、已用过或已过期。" : error.message;
      if (tries === 4) return error.message;
      await pauseMs(1000);
    }
  }
}

/** Show the pairing screen until a code was accepted. */
function askForCode(failure) {
  return new Promise((resolve) => {
    const field = h("input", {
      id: "pair-code", class: "pair-field", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      maxlength: "200", required: true, "aria-describedby": "pair-error",
    });
    const error = h("p", { id: "pair-error", class: "pair-error", role: "alert" }, failure || "");
    const button = h("button", { type: "submit", class: "pair-button" }, "配对 Pair");
    const submit = async (event) => {
      event.preventDefault();
      if (button.getAttribute("aria-disabled") === "true" || !field.value.trim()) return;
      button.setAttribute("aria-disabled", "true");
      const why = await pair(field.value.trim());
      button.removeAttribute("aria-disabled");
      if (why === null) resolve(null);
      else error.textContent = why;
    };
    show(
      h("div", { class: "pair-mark" }, icon("link")),
      h("h1", { class: "pair-title" }, "此屏尚未配对"),
      h("p", { class: "pair-en", lang: "en" }, "This screen is not paired with the hall yet"),
      h("ol", { class: "pair-steps" },
        h("li", {}, "请大厅管理员在服务器上运行 ", h("code", {}, "hallhub pair"), "，生成本屏的配对链接。"),
        h("li", {}, "用配对链接打开本页，或在下面输入链接末尾的配对码。"),
        h("li", {}, "配对码只能用一次，15 分钟内有效；配对后本屏会自动记住。")),
      h("form", { class: "pair-form", onsubmit: submit },
        h("label", { for: "pair-code", class: "pair-label" }, "配对码 Pairing code"),
        h("div", { class: "pair-row" }, field, button),
        error),
    );
    field.focus();
  });
}

function show(...content) {
  document.body.classList.add("is-unpaired");
  fill(byId("pair"), h("div", { class: "pair-card" }, content));
  byId("pair").hidden = false;
  byId("page").hidden = true;
}

function hide() {
  document.body.classList.remove("is-unpaired");
  byId("pair").hidden = true;
  byId("page").hidden = false;
}
