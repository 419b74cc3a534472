// Pieces of the forms of the page "Study".

import { make } from "./dom.js";
import { words } from "./words.js";

/** What an item is called in the language of the page. */
export const titled = (item) => item.translations?.[document.documentElement.lang]?.title || item.title;

/** What a score of an item stands for, or nothing. */
export const anchored = (item, score) =>
  item.translations?.[document.documentElement.lang]?.anchors?.[String(score)] ?? item.anchors[String(score)] ?? "";

/** All scores that can be given; null if there are too many to choose from. */
export function scoresOf(item) {
  const named = Object.keys(item.anchors).map(Number);
  const lowest = item.lowest ?? Math.min(0, ...named), highest = item.highest ?? (named.length ? Math.max(...named) : 4);
  const step = item.step ?? 1;
  const count = step ? Math.round((highest - lowest) / step) + 1 : Infinity;
  return count > 20 ? null : Array.from({ length: count }, (_, k) => lowest + k * step);
}

/** Boxes to be ticked; entries are [key, label]. */
export function boxes(word, entries, of, changed = () => {}) {
  return make("fieldset", {}, make("legend", { textContent: words()[word] }), ...entries.map(([key, label]) => make("label", {},
    make("input", { type: "checkbox", checked: of.has(key), "data-at": `${word} ${key}`, onchange: (event) => {
      if (event.target.checked) of.add(key);
      else of.delete(key);
      changed();
    } }), make("span", { textContent: label }))));
}

/** A field whose text is kept in `wanted`. */
export function typed(word, wanted, key, properties = {}) {
  const { kind = "input", typing = () => {}, ...rest } = properties;
  return make("label", {}, words()[word], make(kind, { value: wanted[key], "data-at": key, oninput: (event) => {
    wanted[key] = event.target.value;
    typing();
  }, ...rest }));
}

/** Names that are separated by commas. */
export const listed = (text) => text.split(",").map((name) => name.trim()).filter(Boolean);
