/**
 * Keeps the citizen's page fresh while it is looked at. Without it the page is whole, and is reloaded by hand.
 */

let timer = null;

function later() {
  clearTimeout(timer);
  const main = document.querySelector("main");
  const seconds = Number(main.dataset.refresh);
  if (seconds) timer = setTimeout(refresh, seconds * 1000);
}

async function refresh() {
  if (document.hidden) return later();
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    draw(fresh);
  } catch (error) {
    // no network: what is shown stays, and is asked for again
  }
  return later();
}

function draw(fresh) {
  const main = document.querySelector("main");
  const next = fresh.querySelector("main");
  if (!next || next.outerHTML === main.outerHTML) return;
  const called = next.classList.contains("called") && !main.classList.contains("called");
  document.title = fresh.title;
  main.replaceWith(next);
  if (called && navigator.vibrate) navigator.vibrate([300, 150, 300]);
}

document.addEventListener("visibilitychange", () => document.hidden || refresh());
later();
