// The reviewers' page: one record after the other, and what is decided is stored at once.

import { at, make } from "./dom.js";
import { ask, trouble } from "./personal.js";
import { listen } from "./screen-keys.js";
import { finder, marked } from "./screen-marks.js";
import { switchLanguage, translate, use, words } from "./words.js";
import { WORDS } from "./words/screen.js";

const AGAIN_MS = 3000; // until what could not be sent is sent again
const PER_PAGE = 50;
const SIGNS = { include: "✓", exclude: "✗", maybe: "?", unavailable: "∅", "": "" };

let state = null; // of the review
let stage = "title";
let which = "todo";
let offset = 0;
let lines = []; // of the list that is shown
let asked = 0; // lists, so far
let opened = 0; // records that were asked for, so far
let shown = 0; // which of these is shown: another is on its way while the two differ
let total = 0;
let record = null; // that is shown
let found = null; // what marks words
const before = []; // numbers of records that were shown
const waiting = new Map(); // what is not stored yet, by what it is about
let sending = null;

const here = location.pathname;

const say = (text) => {
  at("said").textContent = text;
};

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
      const answer = await ask(entry[0], "PUT", entry[1]);
      if (waiting.get(about) === entry) waiting.delete(about);
      trouble(null);
      say(words().stored);
      if (answer?.counts) {
        state.counts = answer.counts;
        state.included = answer.included;
        if (record?.id === entry[1].record && record.stage === entry[1].stage) record.version = answer.version;
        drawFar();
      }
    } catch (problem) {
      trouble(problem);
      if (!problem.code) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        continue;
      }
      waiting.delete(about); // it was refused: sending it again changes nothing
      if (entry[0] === "decision") {
        await open(entry[1].record, false);
        trouble(problem);
      }
    }
  }
  sending = null;
}

function decide(decision, reason = "") {
  if (!record || opened !== shown || (state.settles && decision === "maybe")) return;
  if (decision === "exclude" && !reason && stage === "full") {
    say(words().chooseReason);
    at("reasons").querySelector("button")?.focus();
    return;
  }
  const same = record.decision === decision && record.reason === reason;
  const taken = same ? "" : decision;
  if (same && state.settles) return;
  record.decision = taken;
  record.reason = taken ? reason : "";
  const line = lines.find((one) => one.id === record.id);
  if (line) line.decision = taken;
  store(`decision ${record.id} ${stage}`, "decision", { record: record.id, stage, decision: taken, reason: record.reason, seen: record.version });
  drawLines();
  if (taken) next();
  else drawRecord();
}

// --- moving -----------------------------------------------------------------------------------

async function open(number, remember = true) {
  const own = ++opened;
  keepNote();
  try {
    await sending;
    const answer = await ask(`record/${number}?stage=${stage}`);
    if (own !== opened) return; // another record was asked for meanwhile
    shown = own;
    if (remember && record) before.push(record.id);
    record = answer;
  } catch (problem) {
    if (own !== opened) return;
    shown = own; // the one of before
    trouble(problem);
    return;
  }
  drawRecord();
  drawLines();
  if (remember) at("heading").focus();
  if (remember) scrollTo(0, 0);
}

function turn(to) {
  stage = to;
  before.length = 0;
  list(0, true);
}

async function next() {
  const place = lines.findIndex((one) => one.id === record?.id);
  const rest = lines.slice(place + 1);
  const wanted = which === "todo" ? rest.find((one) => !one.decision) ?? lines.find((one) => !one.decision && one.id !== record?.id) : rest[0];
  if (wanted) await open(wanted.id);
  else if (which === "todo") await list(0, true);
  else if (offset + PER_PAGE < total) await list(offset + PER_PAGE, true);
  else drawRecord(); // it is the last of its list
}

function back() {
  const number = before.pop();
  if (number !== undefined) open(number, false);
}

/** Fetch a list, and open its first record if asked. */
async function list(from = 0, first = false) {
  const number = ++asked;
  await sending;
  const query = new URLSearchParams({ stage, which, search: at("search").value, offset: String(Math.max(0, from)), limit: String(PER_PAGE) });
  try {
    const answer = await ask(`list?${query}`);
    if (number !== asked) return; // another list was asked for meanwhile
    offset = Math.max(0, from);
    lines = answer.records;
    total = answer.total;
  } catch (problem) {
    trouble(problem);
    return;
  }
  if (first) {
    if (lines.length) await open(lines[0].id);
    else record = null;
  }
  draw();
}

function keepNote() {
  if (!record) return;
  const text = at("note").value;
  if (text === record.note) return;
  record.note = text;
  store(`note ${record.id}`, "note", { record: record.id, text });
}

/** Keep a full text beside the record; the server looks whether it is one. */
async function attach() {
  const [file] = at("pdf").files, number = record?.id;
  if (!file || !number) return;
  try {
    const answer = await fetch(`${here}pdf/${number}`, { method: "PUT", body: file });
    if (!answer.ok) throw await answer.json();
    trouble(null);
    say(words().attached);
    await open(number, false);
  } catch (problem) {
    trouble(problem);
  }
  at("pdf").value = "";
}

function setLabel(label, on) {
  if (!record || !label) return;
  record.labels = on ? [...new Set([...record.labels, label])].sort() : record.labels.filter((one) => one !== label);
  store(`label ${record.id} ${label}`, "label", { record: record.id, label, on });
  drawLabels();
}

// --- drawing ----------------------------------------------------------------------------------

function drawFar() {
  const counts = state.counts[stage];
  at("progress").value = counts.all ? counts.done / counts.all : 0;
  at("far").textContent = words().far(counts.done, counts.all);
  at("studies").hidden = !state.included;
  at("studies").textContent = words().studies(state.included);
  at("stages").replaceChildren(...["title", "full"].map((one) => make("button", {
    type: "button", textContent: words().stage(one, state.counts[one].todo), "aria-pressed": String(one === stage),
    onclick: () => turn(one),
  })));
}

function drawLabels() {
  at("labelled").replaceChildren(...record.labels.map((label) => make("button", {
    type: "button", textContent: `${label} ×`, "aria-label": words().unlabel(label), onclick: () => setLabel(label, false),
  })));
}

function drawReasons() {
  const offered = stage === "full" || record.decision === "exclude" || record.decision === "" ? state.reasons : [];
  at("reasons").setAttribute("aria-label", words().reasons);
  at("reasons").replaceChildren(...offered.map((reason, k) => make("button", {
    type: "button", textContent: `${k < 9 ? `${k + 1} ` : ""}${reason.title}`, title: reason.words,
    "aria-pressed": String(record.decision === "exclude" && record.reason === reason.key),
    onclick: () => decide("exclude", reason.key),
  })));
}

function drawOthers() {
  const w = words();
  at("others").replaceChildren(...(record.others.length ? [make("table", {},
    make("tbody", {}, ...record.others.map((one) => make("tr", {},
      make("th", { scope: "row", textContent: one.name }),
      make("td", { textContent: w[one.decision] ?? "–" }),
      make("td", { textContent: state.reasons.find((each) => each.key === one.reason)?.title ?? "" }),
      make("td", { textContent: [one.note, ...one.labels].filter(Boolean).join(" · ") })))))] : []));
}

function drawRecord() {
  const w = words();
  at("record").hidden = !record;
  at("none").hidden = Boolean(record);
  if (!record) {
    const counts = state.counts[stage], other = stage === "title" ? "full" : "title", done = which === "todo" && counts.all > 0 && counts.todo === 0;
    at("none-heading").textContent = done ? w.done : w.nothing;
    at("none-words").textContent = state.settles ? w.nothingToSettle : done ? w.doneWords : w.nothingWords;
    at("onward").replaceChildren(...(state.counts[other].todo ? [make("button", { type: "button", className: "main", textContent: w.stage(other, state.counts[other].todo), onclick: () => turn(other) })]
      : state.included ? [make("a", { className: "button main", href: "studies/", textContent: w.studies(state.included) })] : []));
    return;
  }
  at("flag").hidden = !record.retracted;
  at("flag").textContent = w.retracted;
  at("heading").replaceChildren(...marked(record.title || w.noTitle, found));
  const names = record.authors.length > 6 ? `${record.authors.slice(0, 6).join("; ")} …` : record.authors.join("; ");
  const facts = [names, record.journal, record.year, record.language, record.source].filter(Boolean).join(" · ");
  at("facts").replaceChildren(document.createTextNode(facts));
  if (record.doi) {
    at("facts").append(" · ", make("a", { href: record.address, target: "_blank", rel: "noopener noreferrer", textContent: record.doi }));
  }
  if (record.pdf) at("facts").append(" · ", make("a", { href: `${here}pdf/${record.id}`, download: "", textContent: w.pdf }));
  at("abstract").replaceChildren(...marked(record.abstract || w.noAbstract, found));
  at("attaching").hidden = stage !== "full";
  at("keywords").textContent = record.keywords.join(" · ");
  at("note").value = record.note;
  const options = ["include", ...(state.settles ? [] : ["maybe"]), "exclude", ...(stage === "full" ? ["unavailable"] : [])];
  at("buttons").replaceChildren(...options.map((one) => make("button", {
    type: "button", className: one, textContent: `${SIGNS[one]} ${w[one]}`, "aria-pressed": String(record.decision === one), "data-decision": one,
    onclick: () => decide(one, one === "exclude" && record.decision !== "exclude" ? "" : record.reason),
  })));
  drawReasons();
  drawOthers();
  drawLabels();
  at("steps").replaceChildren(
    make("button", { type: "button", textContent: w.before, disabled: !before.length, onclick: back }),
    make("button", { type: "button", textContent: w.next, onclick: next }));
}

function drawLines() {
  const w = words();
  at("lines").replaceChildren(...lines.map((line) => {
    const button = make("button", { type: "button", onclick: () => open(line.id) },
      make("span", { className: "mark", textContent: SIGNS[line.decision] ?? "", "aria-label": w[line.decision] ?? "" }),
      `${line.title || w.noTitle}${line.year ? ` (${line.year})` : ""}${line.retracted ? ` – ${w.retracted}` : ""}`);
    if (line.id === record?.id) button.setAttribute("aria-current", "true");
    return make("li", {}, button);
  }));
  at("range").textContent = total ? w.range(offset + 1, Math.min(offset + lines.length, total), total) : w.nothing;
  at("earlier").disabled = offset === 0;
  at("later").disabled = offset + PER_PAGE >= total;
}

function draw() {
  const w = words();
  document.title = state.title;
  at("title").textContent = state.title;
  at("who").textContent = state.settles ? w.settles(state.name) : state.name;
  at("search").placeholder = w.search;
  at("search").setAttribute("aria-label", w.search);
  at("which").setAttribute("aria-label", w.list);
  const lists = state.settles ? ["todo", "done", "all"] : ["todo", "include", "maybe", "exclude", "unavailable", "done", "all"];
  at("which").replaceChildren(...lists.map((one) => make("option", { value: one, textContent: w.lists[one], selected: one === which })));
  at("criterialist").replaceChildren(...state.criteria.flatMap((one) => [make("dt", { textContent: one.title }), make("dd", { textContent: one.words })]));
  at("keylist").replaceChildren(...w.keyList.flatMap(([key, does]) => [make("dt", { textContent: key }), make("dd", { textContent: does })]));
  drawFar();
  drawRecord();
  drawLines();
}

use(WORDS);
translate();
at("listing").open = innerWidth > 700; // on a telephone the record comes first
at("language").addEventListener("click", () => {
  switchLanguage();
  translate();
  if (state) draw();
});
at("which").addEventListener("change", () => {
  which = at("which").value;
  list(0);
});
at("search").addEventListener("change", () => list(0));
at("earlier").addEventListener("click", () => list(offset - PER_PAGE));
at("later").addEventListener("click", () => list(offset + PER_PAGE));
at("note").addEventListener("change", keepNote);
at("label").addEventListener("change", () => {
  setLabel(at("label").value.trim(), true);
  at("label").value = "";
});
at("pdf").addEventListener("change", attach);
addEventListener("pagehide", keepNote);
listen({
  include: () => decide("include"),
  exclude: () => decide("exclude"),
  maybe: () => decide("maybe"),
  reason: (k) => record && state.reasons[k] && decide("exclude", state.reasons[k].key),
  next: () => record && next(),
  before: back,
  undo: back,
  note: () => record && at("note").focus(),
  label: () => record && at("label").focus(),
});
try {
  state = await ask("state");
  found = finder(state.terms);
  if (!state.counts.title.todo && state.counts.full.todo) stage = "full";
  await list(0, true);
} catch (problem) {
  trouble(problem);
}
