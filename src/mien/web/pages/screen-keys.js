// Keys of the reviewers' page: everything can be done without a mouse.

const TYPED = "textarea, input, select";

/**
 * Listen to keys.
 * @param {{include: () => void, exclude: () => void, maybe: () => void, reason: (k: number) => void, next: () => void, before: () => void, undo: () => void, note: () => void, label: () => void}} does
 */
export function listen(does) {
  const keys = {
    i: does.include, e: does.exclude, m: does.maybe, u: does.undo, n: does.note, l: does.label,
    j: does.next, arrowright: does.next, k: does.before, arrowleft: does.before,
  };
  addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (target.closest?.(TYPED)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const key = event.key.toLowerCase();
    if (/^[1-9]$/.test(key)) {
      event.preventDefault();
      does.reason(Number(key) - 1);
    } else if (Object.hasOwn(keys, key)) {
      event.preventDefault();
      keys[key]();
    }
  });
}
