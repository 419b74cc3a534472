// A "?" beside a part of a page, and the few sentences that it shows. Markup asks for one with
// `<button type="button" class="help" data-help="…">`, scripts with `help("…")`.

import { make } from "./dom.js";
import { HELP } from "./words/help.js";

const GAP = 8; // pixels between a button and what it shows, and to the window's edge

let open = null; // the button whose help is shown
const box = make("div", { id: "help", popover: "manual", tabIndex: -1, role: "note" });

const said = () => HELP[document.documentElement.lang] ?? HELP.en;

/** A button that shows the help of a part of the page. */
export function help(key) {
  return dress(make("button", { type: "button", className: "help", "data-help": key }));
}

/** Name every such button of the page in the language that is shown; what was open is closed. */
export function dressHelp() {
  hide();
  for (const each of document.querySelectorAll("[data-help]")) dress(each);
}

function dress(button) {
  button.textContent = "?";
  button.setAttribute("aria-label", said().named(said()[button.dataset.help][0]));
  button.setAttribute("aria-expanded", "false");
  return button;
}

function show(button) {
  hide();
  const [title, text] = said()[button.dataset.help];
  box.replaceChildren(make("strong", { textContent: title }), make("p", { textContent: text }));
  (button.closest("dialog") ?? document.body).append(box); // outside an open dialog nothing can be read
  box.showPopover();
  place(button);
  button.setAttribute("aria-expanded", "true");
  open = button;
  box.focus({ preventScroll: true }); // so that it is read out
}

/** Below the button, or above where there is no room; never over the edge. */
function place(button) {
  const at = button.getBoundingClientRect(), size = box.getBoundingClientRect();
  const most = document.documentElement.clientWidth - size.width - GAP;
  const below = at.bottom + GAP, above = at.top - size.height - GAP;
  box.style.left = `${Math.max(GAP, Math.min(at.left, most))}px`;
  box.style.top = `${below + size.height < innerHeight || above < GAP ? below : above}px`;
}

function hide(back = false) {
  if (!open) return;
  const button = open;
  open = null;
  box.hidePopover();
  button.setAttribute("aria-expanded", "false");
  if (back) button.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const pressed = event.target instanceof Element ? event.target : null;
  const button = pressed?.closest("[data-help]");
  if (button) {
    event.preventDefault();
    if (button === open) hide(true);
    else show(button);
  } else if (!pressed?.closest("#help")) {
    hide();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !open) return;
  event.preventDefault(); // the dialog around it stays
  event.stopImmediatePropagation();
  hide(true);
}, true);
box.addEventListener("focusout", (event) => {
  if (event.relatedTarget !== open) hide(); // Tab goes on in the page
});
window.addEventListener("resize", () => hide());
