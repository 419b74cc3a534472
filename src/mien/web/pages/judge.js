// The judges' page: six faces of which two may be one person, or one that may be known.

import { at, make } from "./dom.js";
import { ask, trouble } from "./personal.js";
import { switchLanguage, translate, use, words } from "./words.js";
import { WORDS } from "./words/judge.js";

const here = location.pathname;

let state = null;
let place = 0;
let chosen = []; // numbers of faces, until two are stored

const trial = () => state?.trials[place];

/** Store an answer; whether the server has it. */
async function store(answer) {
  const one = trial();
  try {
    await ask("answer", "PUT", { trial: one.id, answer });
  } catch (problem) {
    trouble(problem);
    return false;
  }
  trouble(null);
  one.answer = answer;
  at("said").textContent = words().stored;
  draw();
  return true;
}

async function pick(number) {
  const one = trial();
  if (number >= one.faces) return;
  if (chosen.length === 2 || chosen.includes(number)) chosen = chosen.includes(number) ? chosen.filter((k) => k !== number) : [number];
  else chosen = [...chosen, number].sort();
  if (chosen.length === 2) await store(chosen);
  else {
    one.answer = one.answer?.length === 0 ? null : one.answer;
    draw();
  }
}

async function none() {
  chosen = [];
  at("named").value = "";
  if (await store(trial().asks === "pair" ? [] : "")) go(place + 1);
}

async function next() {
  const one = trial();
  if (one.asks === "name" && at("named").value.trim()) {
    if (!(await store(at("named").value.trim()))) return;
  } else if (one.asks === "pair" && chosen.length === 1) {
    at("said").textContent = words().chooseTwo;
    return;
  }
  if (one.answer !== null) go(place + 1);
}

function go(to) {
  if (to < 0) return;
  place = to;
  const one = trial();
  chosen = Array.isArray(one?.answer) ? one.answer : [];
  at("named").value = typeof one?.answer === "string" ? one.answer : "";
  draw(true);
  at(one ? "which" : "end-heading").focus();
}

function draw(moved = false) {
  const w = words(), one = trial();
  document.title = state.title;
  at("title").textContent = state.title;
  at("trial").hidden = !one;
  at("end").hidden = Boolean(one);
  if (!one) return;
  const pair = one.asks === "pair";
  at("which").textContent = w.trial(place + 1, state.trials.length);
  at("question").textContent = pair ? w.pair : w.who;
  at("keys").textContent = pair ? w.pairKeys : w.nameKeys;
  at("name").hidden = pair;
  const faces = at("faces");
  faces.className = one.faces === 1 ? "one" : "";
  if (moved || faces.dataset.trial !== one.id) {
    faces.dataset.trial = one.id;
    faces.replaceChildren(...Array.from({ length: one.faces }, (_, k) => {
      const picture = make("img", { src: `${here}face/${one.id}/${k}`, alt: "", draggable: false });
      return pair ? make("button", { type: "button", onclick: () => pick(k) }, picture, make("span", {})) : make("figure", {}, picture);
    }));
  }
  if (pair) {
    for (const [k, face] of [...faces.children].entries()) {
      face.setAttribute("aria-pressed", String(chosen.includes(k)));
      face.querySelector("span").textContent = w.face(k + 1);
    }
  }
  const said = pair ? one.answer?.length === 0 : one.answer === "";
  at("steps").replaceChildren(
    make("button", { type: "button", textContent: w.before, disabled: place === 0, onclick: () => go(place - 1), id: "before" }),
    make("button", { type: "button", textContent: pair ? w.none : w.unknown, onclick: none, id: "none", "aria-pressed": String(said) }),
    make("button", { type: "button", textContent: w.next, onclick: next, id: "next", className: one.answer !== null ? "main" : "" }));
}

function press(event) {
  const target = /** @type {Element} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || !trial()) return;
  if (target.closest?.("input")) {
    if (event.key === "Enter") next();
    return;
  }
  const key = event.key.toLowerCase();
  if (key === "enter" && !target.closest?.("button, a")) next();
  else if (key === "b") go(place - 1);
  else if (trial().asks === "pair" && /^[0-9]$/.test(key)) {
    if (key === "0") none();
    else pick(Number(key) - 1);
  }
}

use(WORDS);
translate();
at("language").addEventListener("click", () => {
  switchLanguage();
  translate();
  if (state) draw();
});
at("look").addEventListener("click", () => go(0));
addEventListener("keydown", press);
addEventListener("contextmenu", (event) => event.preventDefault());
try {
  state = await ask("state");
  const open = state.trials.findIndex((one) => one.answer === null);
  go(open < 0 ? state.trials.length : open);
} catch (problem) {
  trouble(problem);
}
