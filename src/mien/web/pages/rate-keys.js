// Keys of the raters' page: everything can be done without a mouse.

import { frames, fullScreen, slower, toggle } from "./rate-player.js";

const TYPED = "textarea, input[type=number]";
const PRESSED = "button, summary, a";

/**
 * Listen to keys; `does` has `score(text)`, `notSure()`, `next()` and `before()`.
 * @param {{score: (digit: number) => void, notSure: () => void, next: () => void, before: () => void}} does
 */
export function listen(does) {
  const keys = {
    n: does.notSure, b: does.before, f: fullScreen, s: slower,
    ",": () => frames(-1), ".": () => frames(1),
  };
  addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest?.(TYPED)) return;
    const key = event.key.toLowerCase();
    if (key === " " || key === "enter") {
      if (target.closest?.(PRESSED)) return; // it presses what has the focus
      event.preventDefault();
      if (key === " ") toggle();
      else does.next();
      return;
    }
    if (/^[0-9]$/.test(key)) {
      event.preventDefault();
      does.score(Number(key));
    } else if (keys[key]) {
      event.preventDefault();
      keys[key]();
    }
  });
}
