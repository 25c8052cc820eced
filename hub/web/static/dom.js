/**
 * Small hands for building pages.
 *
 * The pages must run on Chrome 79 (TV boxes): no optional chaining, no `replaceChildren`, no top-level await.
 */

/**
 * Build an element. Text children are always text, never markup.
 *
 * @param {string} tag
 * @param {Object} [attrs] attributes; `class`, `onclick`-like listeners and `hidden`-like booleans too
 * @param {...(Node|string|number|Array|null|false|undefined)} children null and false are left out
 */
export function h(tag, attrs, ...children) {
  const element = document.createElement(tag);
  Object.entries(attrs || {}).forEach(([name, value]) => {
    if (value === null || value === undefined || value === false) return;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  });
  children.flat(2).forEach((child) => {
    if (child === null || child === undefined || child === false) return;
    element.append(child instanceof Node ? child : String(child));
  });
  return element;
}

/** Put `children` in place of everything in `element`. */
export function fill(element, ...children) {
  while (element.firstChild) element.removeChild(element.firstChild);
  children.flat(2).forEach((child) => {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  });
  return element;
}

/** Set text only where it differs, so that screen readers don't hear it again. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function byId(id) {
  return document.getElementById(id);
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element with one path per `d`. */
export function svg(viewBox, paths, attrs) {
  const element = document.createElementNS(SVG, "svg");
  element.setAttribute("viewBox", viewBox);
  element.setAttribute("aria-hidden", "true");
  Object.entries(attrs || {}).forEach(([name, value]) => element.setAttribute(name, value));
  [].concat(paths).forEach((d) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    element.append(path);
  });
  return element;
}

/* Drawn for these pages on a 24 × 24 grid, stroked, so no symbol depends on an emoji font. */
const ICONS = {
  arrowRight: "M4 12h15M13 6l6 6-6 6",
  arrowLeft: "M20 12H5M11 6l-6 6 6 6",
  arrowDown: "M12 3v17M5 13l7 7 7-7",
  check: "M4 12.5l5.5 5.5L20 7",
  cross: "M5 5l14 14M19 5L5 19",
  warning: "M12 3L2 21h20L12 3zM12 10v5M12 18v.5",
  link: "M2 9a15 15 0 0 1 20 0M5.5 13a10 10 0 0 1 13 0M9 16.8a5 5 0 0 1 6 0M12 20v.3",
  pause: "M8 5v14M16 5v14",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7v5.5l3.5 2",
  people: "M9 11a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM2 21c0-4 3-7 7-7s7 3 7 7M16 3.5a4 4 0 0 1 0 7.2M18 14.5c2.5 1 4 3.5 4 6.5",
  heart: "M12 20.5C5 15.5 2.5 12 2.5 8.5a4.8 4.8 0 0 1 9.5-1.4a4.8 4.8 0 0 1 9.5 1.4c0 3.5-2.5 7-9.5 12z",
  counter: "M3 10l9-6l9 6M5 10v10M19 10v10M3 20h18M9 20v-6h6v6",
  camera: "M3 8h4l2-3h6l2 3h4v11H3zM12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7z",
  text: "M3 7V4h12v3M9 4v15M6 19h6M15 12v-2h7v2M18.5 10v9M16.5 19h4",
  contrast: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 3v18M12 8l6-1M12 12h8M12 16h7",
  globe: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM3 12h18M12 3c3 3 4 6 4 9s-1 6-4 9c-3-3-4-6-4-9s1-6 4-9z",
  bell: "M5 17h14c-1.5-1.5-2-3-2-7a5 5 0 0 0-10 0c0 4-.5 5.500-2 7zM10 20.500h4",
  person: "M12 12a4.5 4.5 0 1 0 0-9a4.5 4.5 0 0 0 0 9zM4 21c0-4.5 3.5-7 8-7s8 2.5 8 7",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  return svg("0 0 24 24", ICONS[name], { class: "icon" });
}
