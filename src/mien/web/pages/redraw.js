// Drawing a part of the page again only when something in it changed, without losing the focus.

import { at, inFocus } from "./dom.js";

/**
 * Show a report in a frame, or none. Every report gets a frame of its own: whoever lets a frame go
 * to another address leaves an entry in the history, and "back" then changes the frame only.
 */
export function frame(id, address, title) {
  let shown = at(id);
  if (shown.getAttribute("src") !== address) {
    const fresh = shown.cloneNode();
    if (address) fresh.src = address;
    else fresh.removeAttribute("src");
    shown.replaceWith(fresh);
    shown = fresh;
  }
  shown.title = title;
}

/**
 * Let `build` fill a part of the page if `key` is another than last time. Whoever had the focus has
 * it again: elements are known by their `data-at`. Where that one is gone, the section's heading gets
 * it.
 */
export function redraw(part, key, build) {
  const known = `${document.documentElement.lang} ${JSON.stringify(key)}`;
  if (part.drawn === known) return;
  part.drawn = known;
  const held = part.contains(document.activeElement) ? inFocus(part).dataset.at ?? "" : null;
  const open = new Set([...part.querySelectorAll("details[open]")].map((each) => each.dataset.at));
  part.replaceChildren(...build().filter(Boolean));
  for (const each of part.querySelectorAll("details")) if (open.has(each.dataset.at)) each.open = true;
  if (held === null) return;
  const again = [...part.querySelectorAll("[data-at]")].find((each) => each.dataset.at === held && !each.disabled);
  (again ?? part.closest("section").querySelector("h2")).focus();
}
