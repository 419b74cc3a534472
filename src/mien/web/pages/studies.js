// The page of included studies: data and risk of bias, each answer stored at once.

import { at, inFocus, make } from "./dom.js";
import { place, placeKey } from "./studies-fields.js";
import { explain, switchLanguage, translate, use, words } from "./words.js";
import { WORDS } from "./words/studies.js";

const AGAIN_MS = 3000; // until what could not be sent is sent again
const DATA = "data";
const NOTHING = { answer: "", support: "", quote: "", page: "", version: 0 };

let state = null; // of the review: forms and studies
let study = null; // that is shown
let mine = new Map(); // answers to it, by place
const wrong = new Map(); // why an answer was refused, by place
let shown = DATA; // the form
let onlyDiffering = false;
const waiting = new Map(); // what is not stored yet, by study and place
let sending = null;

/** Ask the server; throws {error, code} where it says no, another error where it does not answer. */
async function ask(path, method = "GET", body = undefined) {
  /** @type {RequestInit} */
  const request = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(`${location.pathname}${path}`, request);
  const content = await answer.json();
  if (!answer.ok) throw content;
  return content;
}

function trouble(problem) {
  at("trouble").hidden = !problem;
  at("trouble").textContent = problem ? (problem.error ? explain(problem) : words().lostHere) : "";
}

// --- storing ----------------------------------------------------------------------------------

async function send() {
  while (waiting.size) {
    const [about, entry] = waiting.entries().next().value;
    const key = placeKey(entry.form, entry.domain, entry.item);
    const here = study?.id === entry.record;
    const known = here ? mine.get(key) : null;
    try {
      const answer = await ask("answer", "PUT", { ...entry, seen: known?.version ?? entry.seen });
      if (waiting.get(about) === entry) waiting.delete(about);
      if (known) Object.assign(known, { version: answer.version }, known.answer === entry.answer ? { answer: answer.answer } : {});
      wrong.delete(key);
      trouble(null);
      at("said").textContent = words().stored;
    } catch (problem) {
      if (!problem.code) {
        trouble(problem);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        continue;
      }
      if (waiting.get(about) === entry) waiting.delete(about); // sending it again changes nothing
      if (here && problem.code === "no_answer") wrong.set(key, explain(problem));
      else {
        if (here) await open(entry.record, false);
        trouble(problem);
      }
    }
  }
  sending = null;
  state.studies = await ask("list").catch(() => state.studies);
  draw();
}

function give(asked, said) {
  const key = placeKey(asked.form, asked.domain, asked.item);
  const before = mine.get(key) ?? { ...NOTHING };
  const { answer, support, quote, page } = said;
  mine.set(key, { ...before, answer, support, quote, page });
  waiting.set(`${study.id}\n${key}`, { record: study.id, form: asked.form, domain: asked.domain, item: asked.item, answer, support, quote, page, seen: before.version });
  draw();
  sending ??= send();
}

// --- moving -----------------------------------------------------------------------------------

async function open(number, focus = true) {
  try {
    study = await ask(`study/${number}`);
  } catch (problem) {
    trouble(problem);
    return;
  }
  mine = new Map(study.answers.map((one) => [placeKey(one.form, one.domain, one.item), one]));
  wrong.clear();
  draw();
  if (focus) at("heading").focus();
}

// --- drawing ----------------------------------------------------------------------------------

/** Everything that a form asks, in groups: [title, places]. */
function groups(form) {
  const w = words();
  if (form.key === DATA) return [["", form.fields.map((one) => ({ ...one, form: DATA, domain: "", item: one.key }))]];
  const of = (domain, item, title, kind, options) => ({ form: form.key, domain, item, title, kind, options, help: "", required: false });
  return [
    ...form.domains.map((one) => [one.title, [
      ...Object.entries(one.questions).map(([key, asked]) => of(one.key, key, asked, "question", form.answers)),
      of(one.key, "judgement", w.judgement, "level", form.levels),
      ...(one.applicability ? [of(one.key, "applicability", `${w.applicability}: ${one.applicability}`, "level", form.levels)] : []),
    ]]),
    [w.overall, [of("overall", "judgement", w.judgement, "level", form.levels)]],
  ];
}

const differing = (key) => study.differ.some((one) => placeKey(...one) === key);

function drawFields() {
  const form = state.forms.find((one) => one.key === shown) ?? state.forms[0];
  const wanted = study.differ.filter((one) => one[0] === form.key).length;
  at("source").textContent = form.source ?? "";
  at("differing").replaceChildren(...(state.settles ? [
    make("button", { type: "button", textContent: words().onlyDiffering(wanted), "aria-pressed": String(onlyDiffering), onclick: () => (onlyDiffering = true, draw()) }),
    make("button", { type: "button", textContent: words().all, "aria-pressed": String(!onlyDiffering), onclick: () => (onlyDiffering = false, draw()) }),
  ] : []));
  const drawn = groups(form).flatMap(([title, places]) => {
    const rows = places.flatMap((asked) => {
      const key = placeKey(asked.form, asked.domain, asked.item);
      const differs = differing(key);
      if (state.settles && onlyDiffering && !differs) return [];
      const others = study.others.flatMap((one) => one.answers.filter((said) => placeKey(said.form, said.domain, said.item) === key).map((said) => ({ ...said, name: one.name })));
      const row = place(asked, mine.get(key) ?? NOTHING, others, differs, wrong.get(key) ?? "", (said) => give(asked, said));
      if (state.settles && !differs) for (const one of row.querySelectorAll(".levels, select, textarea, .where, input")) one.remove();
      return [row];
    });
    return rows.length ? [make("fieldset", {}, title ? make("legend", { textContent: title }) : null, ...rows)] : [];
  });
  at("fields").replaceChildren(...(drawn.length ? drawn : [make("p", { className: "note", textContent: words().nothingDiffers })]));
}

function drawStudies() {
  const w = words();
  const named = (keys) => keys.map((key) => state.forms.find((one) => one.key === key)?.title ?? key).join(", ");
  at("none").hidden = state.studies.length > 0;
  at("studies").replaceChildren(...state.studies.map((one) => {
    const far = state.settles ? w.differ(one.differ) : `${one.data ? w.dataDone : w.dataOpen} · ${w.judged(named(one.judged))}`;
    const button = make("button", { type: "button", "data-study": String(one.id), onclick: () => open(one.id) },
      make("b", { textContent: one.name }), make("span", { textContent: one.title }), make("span", { className: "state", textContent: far }));
    if (one.id === study?.id) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }));
}

/** Draw all of it; what is being written keeps its focus and its text. */
function draw() {
  const w = words();
  document.title = state.title;
  at("title").textContent = state.title;
  at("who").textContent = state.settles ? w.settles(state.name) : state.name;
  at("stays").textContent = state.settles ? w.staysSettles : w.stays;
  drawStudies();
  at("study").hidden = !study;
  if (!study) return;
  const about = state.studies.find((one) => one.id === study.id);
  at("heading").textContent = about ? about.name : study.title;
  at("facts").replaceChildren(study.title);
  if (study.pdf) at("facts").append(" · ", make("a", { href: `../pdf/${study.id}`, download: "", textContent: w.pdf }));
  at("abstract").textContent = study.abstract;
  at("forms").replaceChildren(...state.forms.map((one) => make("button", {
    type: "button", textContent: `${one.title || w.dataForm}${state.settles ? ` (${study.differ.filter((each) => each[0] === one.key).length})` : ""}`,
    "aria-pressed": String(one.key === shown), "data-form": one.key,
    onclick: () => {
      shown = one.key;
      draw();
    },
  })));
  const held = inFocus(at("fields"));
  const where = held && [held.closest("[data-place]")?.dataset.place, held.getAttribute("aria-label"), held.value, held.dataset.level];
  drawFields();
  if (where) {
    const row = [...at("fields").querySelectorAll("[data-place]")].find((one) => one.dataset.place === where[0]);
    const again = [...(row?.querySelectorAll("input, textarea, select, button") ?? [])].find((one) => one.getAttribute("aria-label") === where[1] && one.dataset.level === where[3]);
    if (again && again.tagName !== "BUTTON" && again.tagName !== "SELECT") again.value = where[2];
    again?.focus();
  }
  const next = state.studies[state.studies.findIndex((one) => one.id === study.id) + 1];
  at("steps").replaceChildren(...(next ? [make("button", { type: "button", textContent: w.next, onclick: () => open(next.id) })] : []));
}

use(WORDS);
translate();
at("listing").open = innerWidth > 700; // on a telephone the study comes first
at("language").addEventListener("click", () => {
  switchLanguage();
  translate();
  if (state) draw();
});
try {
  state = await ask("state");
  onlyDiffering = state.settles;
  draw();
  if (state.studies.length) await open(state.studies[0].id, false);
} catch (problem) {
  trouble(problem);
}
