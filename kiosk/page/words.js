/**
 * What the kiosk says: Chinese first, English as the second line, the other way round in English mode.
 */

const WORDS = {
  what: ["自助取号", "Take a number"],
  choose: ["请点选要办理的业务", "Touch the service you need"],
  priority: ["优先办理", "Priority"],
  priorityHint: ["老年人、残疾人、军人等请先点这里", "For seniors, the disabled, servicemen and others"],
  priorityTitle: ["您属于哪一类优先对象？", "Which priority group are you in?"],
  priorityNote: ["叫到号后，请向窗口出示有关证件。", "Please show a document at the window."],
  chosen: ["已选：", "Chosen: "],
  chosenNext: ["请再点选业务", "now touch a service"],
  cancel: ["不用优先", "No priority"],
  back: ["返回", "Back"],
  closed: ["暂停服务", "Not available now"],
  closedFallback: ["如需办理请到咨询台", "Please ask at the information desk"],
  noWait: ["无需等候", "No wait"],
  taking: ["正在取号…", "Getting your number…"],
  takingSlow: ["系统较慢，请再等一下，不用重复点。", "This is slow, please wait. No need to touch again."],
  yours: ["您的号码", "Your number"],
  ahead: ["前面等候", "Ahead of you"],
  estimate: ["预计等候", "Expected wait"],
  windows: ["办理窗口", "Window"],
  first: ["您是下一位", "You are next"],
  anyWindow: ["听叫号", "Listen for the call"],
  takeSlip: ["请取走号票", "Please take your slip"],
  takeSlipHint: ["号票在屏幕下方的出票口", "It comes out below the screen"],
  photo: ["请拍照记下号码", "Please take a photo of this screen"],
  photoWhy: ["现在打不出纸质号票，号码一样有效。", "No paper slip now; the number is just as good."],
  photoHint: ["也可以用手机扫码，随时看前面还有几位。", "Or scan with your phone to follow the queue."],
  ratingCode: ["手机评价时填评价码：", "Code for rating by phone: "],
  scan: ["手机扫码看排队", "Follow the queue on your phone"],
  done: ["完成", "Done"],
  longer: ["多看一会儿", "Show longer"],
  failed: ["没有取到号", "No number was issued"],
  failedAway: [
    "暂时连不上大厅系统。请再试一次，或到咨询台人工取号。",
    "The hall's system does not answer. Try again, or take a number at the information desk.",
  ],
  again: ["再试一次", "Try again"],
  away: ["暂时连不上大厅系统。取不到号时，请到咨询台人工取号。", "The hall's system is away. If no number comes, please go to the information desk."],
  unknownKiosk: ["本机编号未登记，号票可能无法打印，请告知工作人员。", "This kiosk is not registered: slips may not print."],
  allClosed: ["现在没有可以取号的业务，请到咨询台。", "No service is open now. Please go to the information desk."],
  large: ["大字版", "Large text"],
  normal: ["标准版", "Normal text"],
  contrast: ["高对比", "High contrast"],
  plain: ["普通色", "Normal colours"],
  desk: ["需要帮助请到咨询台", "Help: information desk"],
  still: ["还在使用吗？", "Are you still there?"],
  stay: ["继续使用", "Continue"],
  more: ["下一页", "Next"],
  less: ["上一页", "Previous"],
};

/** The words for `key` in `lang` ("zh" or "en"). */
export function word(key, lang) {
  return WORDS[key][lang === "en" ? 1 : 0];
}

/** The same words in the other language, for the second line. */
export function otherWord(key, lang) {
  return WORDS[key][lang === "en" ? 0 : 1];
}

export function waitingWords(waiting, lang) {
  if (lang === "en") return waiting + " waiting";
  return "等候 " + waiting + " 人";
}

export function people(count, lang) {
  if (lang === "en") return count === 1 ? "1 person" : count + " people";
  return count + " 人";
}

/** "约 12 分钟"; a wait is rounded up, and "" where the hall doesn't know. */
export function minutes(seconds, lang) {
  if (seconds === null || seconds === undefined) return "";
  const all = Math.ceil(seconds / 60);
  if (all < 1) return lang === "en" ? "under 1 min" : "不到 1 分钟";
  const hours = Math.floor(all / 60);
  const rest = all % 60;
  if (lang === "en") return "~" + (hours ? hours + " h " : "") + (rest || !hours ? rest + " min" : "");
  if (!hours) return "约 " + rest + " 分钟";
  return "约 " + hours + " 小时" + (rest ? " " + rest + " 分" : "");
}

/** [3, 4, 5] → "3–5 号"; [1, 3] → "1、3 号" */
export function windowList(numbers, lang) {
  const sorted = numbers.slice().sort((a, b) => a - b);
  const runs = [];
  sorted.forEach((n) => {
    const last = runs[runs.length - 1];
    if (last && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  });
  const said = runs.map(([a, b]) => (a === b ? String(a) : b === a + 1 ? a + (lang === "en" ? ", " : "、") + b : a + "–" + b));
  return said.join(lang === "en" ? ", " : "、") + (lang === "en" ? "" : " 号");
}

/** Every character that the kiosk's own words use. */
export function allWords() {
  return Object.values(WORDS).flat().join("");
}
