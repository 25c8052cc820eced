"""How a page must look: axe finds nothing, all text stands out 7:1, nothing is cut off, buttons fit fingers."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}

# axe passes over what is disabled and gives up on some backgrounds: here every text counts.
CONTRAST = """() => {
  const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
  const parse = (css) => css.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
      if (colour[3] > 0) return [255, 0, 255];  // half-clear: nobody knows what is behind
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.getClientRects().length || element.closest('option, script')) continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 7) poor.push(text + ' ' + ratio.toFixed(2));
  }
  return poor;
}"""

CUT_OFF = """(scrolling) => {
  const bad = [];
  document.querySelectorAll('#page *').forEach((e) => {
    if (e.closest('svg, ' + scrolling) || !e.getClientRects().length || e.matches('.only-heard')) return;
    const style = getComputedStyle(e);
    if (style.display !== 'inline' && style.textOverflow !== 'ellipsis' && e.scrollWidth > e.clientWidth + 1) {
      bad.push(e.tagName + '.' + e.className + ' is wider than its place');
    }
    const box = e.getBoundingClientRect();
    const frame = e.parentElement.closest('.tile, .step, .hero, .panel, .cell, #screen, .now, .head, .bar, .notice');
    const around = frame && frame.getBoundingClientRect();
    if (around && (box.bottom > around.bottom + 1 || box.top < around.top - 1 || box.right > around.right + 1)) {
      bad.push(e.tagName + '.' + e.className + ' sticks out of ' + frame.className);
    }
  });
  return bad;
}"""

SMALL = """(least) => Array.from(document.querySelectorAll('button, a, input, select'))
  .filter((e) => e.getClientRects().length)
  .map((e) => [e.textContent, e.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([text, box]) => text + ' ' + box.width + ' x ' + box.height)"""


def assert_good(page: Page, least_px: int, scrolling: str = ".nothing") -> None:
    page.evaluate("document.fonts.ready")
    found = Axe().run(page, options=AXE)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(CUT_OFF, scrolling) == []
    assert page.evaluate(SMALL, least_px) == []
