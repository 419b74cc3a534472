// One place of a form on the page of included studies: what is asked, the answer, where it stands.

import { make } from "./dom.js";
import { words } from "./words.js";

/** By which an answer is known: form, domain and item. */
export const placeKey = (form, domain, item) => [form, domain, item].join("\n");

function select(value, entries, change, label) {
  const box = make("select", { "aria-label": label, onchange: () => change(box.value) });
  for (const [key, text] of [["", words().say], ...entries]) box.append(make("option", { value: key, textContent: text, selected: key === value }));
  return box;
}

function levels(value, keys, change, label) {
  return make("div", { className: "levels", role: "group", "aria-label": label }, ...keys.map((key) => make("button", {
    type: "button", className: key, textContent: words().levels[key] ?? key, "aria-pressed": String(key === value), "data-level": key,
    onclick: () => change(key === value ? "" : key),
  })));
}

function line(value, change, label, properties = {}) {
  const field = make("input", { type: "text", value, autocomplete: "off", "aria-label": label, placeholder: label, onchange: () => change(field.value), ...properties });
  return field;
}

function control(asked, value, change) {
  const w = words();
  if (asked.kind === "level") return levels(value, asked.options, change, asked.title);
  if (asked.kind === "question") return select(value, asked.options.map((key) => [key, w.answers[key] ?? key]), change, asked.title);
  if (asked.kind === "choice") return select(value, asked.options.map((key) => [key, key]), change, asked.title);
  if (asked.kind === "yesno") return select(value, [["yes", w.answers.yes], ["no", w.answers.no]], change, asked.title);
  const field = make("textarea", { value, rows: asked.kind === "text" ? 2 : 1, maxLength: 10000, "aria-label": asked.title, onchange: () => change(field.value) });
  return field;
}

/**
 * A place of a form.
 * @param {any} asked what is asked: form, domain, item, title, kind, options, help, required
 * @param {any} own what was answered: answer, support, quote, page
 * @param {any[]} others what others answered, with their names; empty for who may not see it
 * @param {boolean} differs whether theirs differ
 * @param {string} wrong why the last answer was refused
 * @param {(said: any) => void} give takes what is answered now
 */
export function place(asked, own, others, differs, wrong, give) {
  const w = words();
  const change = (part) => (value) => give({ ...own, [part]: value.trim() });
  const hint = asked.help || w.kinds[asked.kind] || "";
  const held = asked.kind !== "question"; // questions have no quote of their own
  return make("div", { className: `place${differs ? " differs" : ""}`, "data-place": placeKey(asked.form, asked.domain, asked.item).replaceAll("\n", " ") },
    make("div", { className: "asked" }, asked.title, asked.required ? make("span", { className: "needed", textContent: ` (${w.needed})` }) : null, hint ? make("small", { textContent: hint }) : null),
    make("div", {},
      control(asked, own.answer, change("answer")),
      wrong ? make("p", { className: "wrong", role: "alert", textContent: wrong }) : null,
      held ? make("div", { className: "where" },
        line(own.quote, change("quote"), w.quote, { maxLength: 4000 }),
        line(own.page, change("page"), w.page, { maxLength: 200 })) : null,
      asked.kind === "level" ? line(own.support, change("support"), w.support, { maxLength: 4000 }) : null,
      others.length ? make("ul", { className: "said" }, ...others.map((one) => make("li", {},
        make("b", { textContent: one.name }),
        make("span", { textContent: w.levels[one.answer] ?? w.answers[one.answer] ?? (one.answer || w.nothing) }),
        one.quote || one.page || one.support ? make("q", { textContent: [one.support, one.quote, one.page].filter(Boolean).join(" · ") }) : null,
        differs && one.answer ? make("button", { type: "button", textContent: w.take, "aria-label": `${w.take}: ${one.name}, ${asked.title}`, onclick: () => give({ answer: one.answer, support: one.support, quote: one.quote, page: one.page }) }) : null))) : null));
}
