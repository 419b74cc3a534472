// The raters' page: one clip after the other, and what is answered is stored at once.

import { at, make } from "./dom.js";
import { ask, trouble } from "./personal.js";
import { listen } from "./rate-keys.js";
import { begin as beginPlayer, draw as drawControls, load, unload } from "./rate-player.js";
import { switchLanguage, translate, use, words } from "./words.js";
import { WORDS } from "./words/rate.js";

const AGAIN_MS = 3000; // until what could not be sent is sent again
const MOST_RADIOS = 12;

let state = null;
let place = 0; // of the clip that is shown
let framed = 0; // of the item that digits answer
const waiting = new Map(); // what is not stored yet, by what it is about
let sending = null;

const here = location.pathname;
const show = () => state.shows[place];
const complete = (one) => state.items.every((item) => item.key in one.answers);

// --- storing ----------------------------------------------------------------------------------

/** Store something; it is sent until the server has it. */
function store(about, path, body) {
  waiting.set(about, [path, body]);
  sending ??= send();
  return sending;
}

async function send() {
  while (waiting.size) {
    const [about, entry] = waiting.entries().next().value;
    try {
      await ask(entry[0], "PUT", entry[1]);
      if (waiting.get(about) === entry) waiting.delete(about);
      trouble(null);
      at("said").textContent = words().stored;
    } catch (problem) {
      trouble(problem);
      if (problem.status < 500) waiting.delete(about); // refused: sending it again changes nothing
      else await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  sending = null;
}

async function answer(item, score) {
  const one = show();
  one.answers[item.key] = score;
  framed = Math.max(0, state.items.findIndex((each) => !(each.key in one.answers)));
  if (complete(one)) framed = state.items.indexOf(item);
  drawItems();
  drawSteps();
  await store(`${one.id} ${item.key}`, "answer", { show: one.id, item: item.key, score });
  if (state.phase === "training" && complete(one) && !one.reference) await refresh();
}

/** Fetch what is known now, and stay at the clip that is shown. */
async function refresh() {
  const held = state?.shows[place]?.id;
  try {
    state = await ask("state");
    trouble(null);
  } catch (problem) {
    trouble(problem);
    return;
  }
  const same = state.shows.findIndex((one) => one.id === held);
  const first = state.shows.findIndex((one) => !complete(one));
  const moved = same < 0;
  place = moved ? Math.max(0, first) : same;
  drawAll(moved);
}

// --- drawing ----------------------------------------------------------------------------------

function scoresOf(item) {
  const count = item.step ? Math.round((item.highest - item.lowest) / item.step) + 1 : Infinity;
  return count > MOST_RADIOS ? null : Array.from({ length: count }, (_, k) => item.lowest + k * item.step);
}

/** What an item says in the language of the page. */
function said(item) {
  const own = item.translations?.[document.documentElement.lang] ?? {};
  return { title: own.title || item.title, question: own.question || item.question, anchors: { ...item.anchors, ...own.anchors } };
}

function radio(item, value, checked, label) {
  return make("label", {},
    make("input", { type: "radio", name: item.key, checked, value: String(value), onchange: () => answer(item, value) }), ...label);
}

function drawItem(item, number) {
  const w = words(), wording = said(item), given = show().answers[item.key], answered = item.key in show().answers;
  const scores = scoresOf(item);
  const parts = scores
    ? scores.map((score) => radio(item, score, answered && given === score, [make("b", { textContent: String(score) }), make("span", { textContent: wording.anchors[String(score)] ?? "" })]))
    : [make("label", {}, `${w.from(item.lowest, item.highest)} `, make("input", {
      type: "number", min: String(item.lowest), max: String(item.highest), step: item.step ? String(item.step) : "any",
      value: answered && given !== null ? String(given) : "",
      onchange: (event) => {
        if (event.target.value !== "" && event.target.checkValidity()) answer(item, Number(event.target.value));
        else event.target.reportValidity();
      },
    }))];
  parts.push(radio(item, null, answered && given === null, [make("span", { textContent: w.notSure })]));
  const reference = show().reference;
  const known = reference && item.key in reference ? reference[item.key] : undefined;
  return make("fieldset", { className: number === framed ? "now" : "", "data-item": item.key, onfocusin: () => {
    framed = number;
    for (const [k, each] of [...at("items").children].entries()) each.classList.toggle("now", k === framed);
  } },
  make("legend", { textContent: wording.title }),
  make("p", { textContent: wording.question }),
  make("div", { className: "scores" }, ...parts),
  known === undefined ? null : make("p", { className: "reference", textContent: w.reference(known === null ? w.notSure : known) }));
}

function drawItems() {
  const active = document.activeElement;
  const held = active instanceof HTMLInputElement ? [active.name, active.value] : null;
  at("items").replaceChildren(...state.items.map(drawItem));
  if (held?.[0]) at("items").querySelector(`input[name="${CSS.escape(held[0])}"][value="${CSS.escape(held[1])}"]`)?.focus();
}

function drawSteps() {
  const w = words(), left = state.shows.filter((one) => !complete(one)).length;
  const end = place === state.shows.length - 1;
  at("steps").replaceChildren(
    make("button", { type: "button", textContent: w.before, disabled: place === 0, onclick: before, id: "before" }),
    make("button", { type: "button", textContent: w.next, disabled: end, onclick: next, id: "next", className: complete(show()) && !end ? "main" : "" }),
    make("button", { type: "button", textContent: w.submit, disabled: left > 0, onclick: submit, id: "submit", className: left ? "" : "main" }),
    make("span", { className: "note", textContent: left ? w.missing(left) : w.submitNote }));
  at("clips").replaceChildren(...state.shows.map((one, k) => {
    const done = complete(one);
    const button = make("button", { type: "button", textContent: String(k + 1), className: done ? "complete" : "", onclick: () => go(k), "aria-label": `${w.clip(k + 1, state.shows.length)}, ${done ? w.done1 : w.open1}` });
    if (k === place) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }));
}

function drawAll(moved = false) {
  const w = words(), rating = state.phase === "rating" || state.phase === "training";
  document.title = state.title;
  at("title").textContent = state.title;
  at("rating").hidden = !rating;
  at("other").hidden = rating;
  at("place").textContent = state.phase === "rating" || state.phase === "waiting" ? w.round(state.round + 1, state.rounds) : "";
  if (!rating) {
    unload();
    const day = state.until && new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" }).format(new Date(1000 * state.until));
    at("other-heading").textContent = w[state.phase];
    at("other-words").textContent = state.phase === "waiting" ? w.waitingWords(day) : w.doneWords;
    return;
  }
  at("which").textContent = w.clip(place + 1, state.shows.length) + (state.phase === "training" ? ` – ${w.training}` : "");
  at("remark").value = show().remark;
  at("keylist").replaceChildren(...w.keyList.flatMap(([key, does]) => [make("dt", { textContent: key }), make("dd", { textContent: does })]));
  drawItems();
  drawSteps();
  drawControls();
  if (moved) load(`${here}clip/${show().id}`, state.sound);
}

// --- moving -----------------------------------------------------------------------------------

function go(to) {
  if (to < 0 || to >= state.shows.length || to === place) return;
  keepRemark();
  place = to;
  framed = Math.max(0, state.items.findIndex((item) => !(item.key in show().answers)));
  drawAll(true);
  at("which").focus();
}

const next = () => go(place + 1);
const before = () => go(place - 1);

function keepRemark() {
  if (!state.shows.length) return;
  const text = at("remark").value, one = show();
  if (text === one.remark) return;
  one.remark = text;
  store(`${one.id} remark`, "remark", { show: one.id, text });
}

async function submit() {
  keepRemark();
  await sending;
  if (!confirm(words().sure)) return;
  try {
    await ask("submit", "POST", { round: state.round });
  } catch (problem) {
    if (problem.code) await refresh(); // it may have arrived before, or from another tab
    trouble(problem);
    return;
  }
  state.shows = [];
  framed = 0;
  await refresh();
}

/** Whoever comes back to this tab sees what was answered in another one, or on another computer. */
async function comeBack() {
  if (document.visibilityState !== "visible" || !state || sending) return;
  keepRemark();
  await sending;
  await refresh();
}

use(WORDS);
translate();
at("language").addEventListener("click", () => {
  switchLanguage();
  translate();
  if (state) drawAll();
});
at("remark").addEventListener("change", keepRemark);
addEventListener("pagehide", () => state && keepRemark());
document.addEventListener("visibilitychange", comeBack);
listen({
  score: (digit) => {
    const item = state?.shows.length ? state.items[framed] : null;
    if (item && scoresOf(item)?.includes(digit)) answer(item, digit);
  },
  notSure: () => state?.shows.length && answer(state.items[framed], null),
  next: () => state?.shows.length && next(),
  before: () => state?.shows.length && before(),
});
beginPlayer();
await refresh();
