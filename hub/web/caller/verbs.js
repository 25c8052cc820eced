/**
 * What a clerk can do, in which state of the window, with which key. The states are the contract's table.
 */

export const STATES = {
  closed: "未签到",
  idle: "空闲",
  called: "已叫号，等人到窗口",
  serving: "办理中",
  rating: "请群众评价",
  paused: "暂停",
};

export const MOST_RECALLS = 5;

/** The three big steps of every visit. */
export const LOOP = [
  { verb: "next", label: "叫下一位", en: "Call next", key: "N", states: ["idle", "rating"] },
  { verb: "start", label: "开始办理", en: "Start", key: "S", states: ["called"] },
  { verb: "finish", label: "办结", en: "Finish", key: "F", states: ["called", "serving"] },
];

/** The rest, in the order in which they stand. */
export const MORE = [
  { verb: "recall", label: "重呼", en: "Recall", key: "R", states: ["called"] },
  { verb: "miss", label: "过号", en: "No show", key: "M", states: ["called"] },
  { verb: "hold", label: "挂起", en: "Hold", key: "H", states: ["called", "serving"] },
  { verb: "transfer", label: "转移…", en: "Transfer", key: "T", states: ["called", "serving"] },
  { verb: "take-back", label: "取回", en: "Take back", key: "B", states: ["idle", "rating"] },
  { verb: "invite", label: "邀请评价", en: "Invite", key: "I", states: ["rating", "idle"] },
  { verb: "assist", label: "协助评价", en: "Assist", key: "A", states: ["called", "serving", "rating"] },
  { verb: "pause", label: "暂停…", en: "Pause", key: "P", states: ["idle", "rating"] },
  { verb: "resume", label: "恢复", en: "Resume", key: "P", states: ["paused"] },
];

/** The step that usually comes now: its button is filled. */
export const USUAL = { idle: "next", called: "start", serving: "finish", rating: "next", paused: "resume" };

/** @param {Object} step of LOOP or MORE @param {Object} here the window's state from the hub */
export function allowed(step, here) {
  if (step.states.indexOf(here.state) < 0) return false;
  if (step.verb === "recall") return here.recalls < MOST_RECALLS;
  if (step.verb === "take-back") return here.held.length > 0;
  if (step.verb === "assist") return !here.assisted_at;
  return true;
}

/** What the hub said, as a sentence for the clerk. `reply` is null for 204. */
export function doneWords(verb, reply) {
  if (verb === "next" && reply === null) return "现在没有人等候。";
  const number = reply && reply.number ? reply.number : "";
  const words = {
    next: "已叫 " + number,
    call: "已叫 " + number,
    recall: "已重呼 " + number,
    miss: number + " 已过号，来了可以复到",
    hold: number + " 已挂起",
    "take-back": "已取回 " + number,
    transfer: number + " 已转出，等候时间保留",
    finish: number + " 已办结，请群众评价",
    invite: "已再次邀请评价",
    assist: "已记下：本次将协助群众按键",
    start: "",
  };
  return words[verb] || "";
}
