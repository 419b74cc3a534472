// Small pieces of page.

import { words } from "./words.js";

/**
 * The element with an id, of whatever kind the page made it.
 * @param {string} id
 * @returns {any}
 */
export const at = (id) => document.getElementById(id);

/**
 * What has the focus within a part of the page, or null.
 * @param {Node} part
 * @returns {any}
 */
export const inFocus = (part = document) => (part.contains(document.activeElement) ? document.activeElement : null);

/** A new element with properties, attributes (`aria-…`, `data-…`, `role`) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const OF_WORKERS = new Set([
  ...["cancel", "remove", "delete", "edit", "again", "begin", "measure", "measureAgain", "removeReport", "redo", "deleteOriginal"],
  ...["uncover", "chooseThis", "cancelMeasuring", "toFirst", "earlier", "later", "toLast", "undo"],
]); // what buttons do that is not there for those who may only see results

/** A button; `about` says for whom cannot see it which thing it acts on. */
export function button(word, does, about, properties = {}) {
  const element = make("button", { type: "button", textContent: words()[word], onclick: does, ...properties });
  if (about) element.setAttribute("aria-label", `${words()[word]}: ${about}`);
  if (OF_WORKERS.has(word)) element.dataset.needs = "work";
  return element;
}

/** A link that looks like a button. */
export function link(word, href, about, properties = {}) {
  const element = make("a", { className: "button", href, textContent: words()[word], ...properties });
  if (about) element.setAttribute("aria-label", `${words()[word]}: ${about}`);
  return element;
}

/** A labelled choice; entries are [value, label]. */
export function choice(word, value, entries, change) {
  const select = make("select", { onchange: () => change(select.value) });
  for (const [key, label] of entries) {
    select.append(make("option", { value: key, textContent: label, selected: key === value }));
  }
  return make("label", {}, words()[word], select);
}

/** Write a text where it is another: what is written anew is read out anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
