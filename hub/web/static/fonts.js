/**
 * Fonts come in pieces, fetched when a character of theirs is first shown. What a page says when the hub is away
 * must be there before that.
 */

const FAMILY = "'Noto Sans SC Variable'";

/** Fetch the pieces that `text` needs, now. Failing is no harm: the system's font stands in. */
export function fetchFor(text) {
  if (document.fonts) document.fonts.load("16px " + FAMILY, text).catch(() => undefined);
}
