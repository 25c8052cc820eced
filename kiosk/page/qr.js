/** A QR code as an SVG, drawn here so that nothing is fetched. */

import { svg } from "/static/dom.js";
import { qrcode } from "/static/vendor/qrcode.js";

const QUIET = 4; // modules of white around the code, ISO/IEC 18004

/** @param {string} link @param {string} label what a screen reader says */
export function qrFor(link, label) {
  const code = qrcode(0, "M");
  code.addData(link);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) path += "M" + (column + QUIET) + " " + (row + QUIET) + "h1v1h-1z";
    }
  }
  const side = count + 2 * QUIET;
  const drawn = svg("0 0 " + side + " " + side, path, { class: "qr", "shape-rendering": "crispEdges", role: "img" });
  drawn.removeAttribute("aria-hidden");
  drawn.setAttribute("aria-label", label);
  return drawn;
}
