/**
 * Calls to /api/v1: problem bodies become `Problem`, silence becomes `Unreachable`.
 */

import { learn, simulate } from "/static/hubclock.js";

const SENTENCES = {
  401: "本页尚未配对，或配对已失效。",
  403: "本页没有做这件事的权限。",
  404: "没有找到，可能已被别的窗口处理。",
  409: "现在的状态不允许这样做。",
  422: "提交的内容不对。",
  503: "大厅系统正忙，请稍后再试。",
};

/** The hub refused: `status` and a sentence for people in `message`. */
export class Problem extends Error {
  constructor(status, body) {
    const detail = body && (body.detail || body.title);
    super(typeof detail === "string" && detail ? detail : SENTENCES[status] || "大厅系统出错（" + status + "）。");
    this.status = status;
  }
}

/** No answer: it is not known whether the hub did it. */
export class Unreachable extends Error {}

/**
 * @param {string} method
 * @param {string} path below the origin
 * @param {{body?: Object, key?: string, timeoutMs?: number}} [options] `key` goes as Idempotency-Key
 * @returns {Promise<{status: number, body: any}>} body is null where there is none
 */
export async function call(method, path, options) {
  const { body, key, timeoutMs = 6000 } = options || {};
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
      cache: "no-store",
      credentials: "same-origin",
    });
    learn(answer.headers.get("Date"));
    simulate(answer.headers.get("Hall-Time"));
    const json = await decoded(answer);
    if (!answer.ok) throw new Problem(answer.status, json);
    return { status: answer.status, body: json };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Unreachable("没有收到大厅系统的答复。");
  } finally {
    clearTimeout(timer);
  }
}

async function decoded(answer) {
  const text = await answer.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (answer.ok) throw error;
    return null;
  }
}

/** A fresh Idempotency-Key; `crypto.randomUUID` does not exist on http://hall.lan (not a secure context). */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

export function pauseMs(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
