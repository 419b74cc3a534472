// The page "Review": personal links, how far everybody is, how far they agree.

import { at, button, link, make } from "./dom.js";
import { act, begin, lookNow, say, trouble } from "./frame.js";
import { frame, redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/review.js";

let reviews = [];
let exports = []; // that the next review is made of
let working = ""; // what is being done to them
let alike = null; // duplicates among the exports, once somebody looked
let protocol = null; // by which a review begun now would go
let protocolOf = null; // exports that it was asked with
let busy = null; // the review that is reported on
let chosen = null; // the review whose report is shown

const digits = (value, many) => new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: many, maximumFractionDigits: many }).format(value);
const two = (value) => (value === null ? "–" : digits(value, 2));

function table(heads, rows) {
  return make("div", { className: "wide" }, make("table", {},
    make("thead", {}, make("tr", {}, ...heads.map((textContent) => make("th", { scope: "col", textContent })))),
    make("tbody", {}, ...rows)));
}

function personRow(person) {
  const w = words(), address = `${location.origin}${person.link}`;
  const field = make("input", { type: "text", readOnly: true, value: address, "aria-label": `${w.link}: ${person.name}`, onfocus: () => field.select() });
  const copy = button("copy", async () => {
    field.select();
    await navigator.clipboard?.writeText(address).then(() => say(w.copied), () => {});
  }, person.name, { "data-at": `copy ${person.link}` });
  return make("tr", {},
    make("th", { scope: "row" }, make("a", { href: person.link, target: "_blank", rel: "noopener", textContent: person.name, "aria-label": `${w.openLink}: ${person.name}` })),
    make("td", { textContent: w[person.role] }),
    make("td", { textContent: w.of(person.title.done, person.title.all) }),
    make("td", { textContent: w.of(person.full.done, person.full.all) }),
    make("td", { textContent: person.role === "arbiter" ? "–" : w.of(person.data.done, person.data.all) }),
    make("td", { textContent: person.role === "arbiter" ? "–" : w.of(person.judged.done, person.judged.all) }),
    make("td", { textContent: person.at_least === null ? "–" : w.recall(two(person.at_least), person.stop) }),
    make("td", {}, field), make("td", {}, copy));
}

function agreementRow(one) {
  const w = words();
  return make("tr", {},
    make("th", { scope: "row", textContent: one.people.join(" – ") }),
    make("td", { textContent: one.pilot ? w.pilot : one.stage === "title" ? w.titles : w.full }),
    make("td", { textContent: String(one.n) }),
    make("td", { textContent: one.share === null ? "–" : `${digits(100 * one.share, 1)} %` }),
    make("td", { textContent: two(one.kappa) }),
    make("td", { textContent: two(one.pabak) }));
}

function reviewItem(review) {
  const w = words();
  return make("li", {},
    make("h3", { textContent: review.title }),
    make("p", { textContent: (review.version > 1 ? w.version(review.version) : "") + w.facts(review.identified, review.duplicates, review.records, review.included) }),
    make("p", { textContent: w.conflicts(review.conflicts.title, review.conflicts.full) }),
    table([w.person, w.role, w.titles, w.full, w.data, w.judged, w.recallHead, w.link, ""], review.people.map(personRow)),
    review.agreement.length ? make("h4", { textContent: w.agreement }) : null,
    review.agreement.length ? table([w.pair, w.where, w.n, w.alike, "κ", w.adjusted], review.agreement.map(agreementRow)) : null,
    make("p", { className: "row" },
      exports.some((one) => one.records > 0) ? button("update", () => update(review), review.title, { disabled: working !== "", "data-at": `update ${review.id}` }) : null,
      button("write", () => write(review), review.title, { className: "main", disabled: busy !== null, "data-at": `write ${review.id}` }),
      busy === review.id ? make("span", { className: "state", textContent: w.writing }) : null,
      review.reported ? link("open", `/api/reviews/${review.id}/report`, review.title, { target: "_blank", rel: "noopener", "data-at": `open ${review.id}` }) : null,
      review.reported ? link("files", `/api/reviews/${review.id}/report.zip`, review.title, { download: "report.zip", "data-at": `files ${review.id}` }) : null,
      link("text", `/api/reviews/${review.id}/text.zip`, review.title, { download: "screening.zip", "data-at": `text ${review.id}` })),
    make("p", { className: "note", textContent: `${w.steps} ${w.key}` }));
}

function exportItem(one) {
  const w = words();
  return make("li", { className: "row" },
    make("span", { className: "name", textContent: one.name }),
    make("span", { textContent: one.protocol ? w.protocol : w.holds(one.records) }),
    button("remove", () => act(`reviews/exports/${one.id}`, "DELETE"), one.name, { "data-at": `remove ${one.id}` }),
    one.protocol ? null : describing(one));
}

/** Where an export is from, how it was searched and when: what PRISMA counts it under. */
function describing(one) {
  const w = words();
  const say = (part) => (event) => act(`reviews/exports/${one.id}`, "PUT", { source: one.source, kind: one.kind, date: one.date, [part]: event.target.value });
  return make("div", { className: "settings described" },
    make("label", {}, w.source, make("input", { type: "text", maxLength: 200, value: one.source, onchange: say("source"), "data-at": `source ${one.id}` })),
    make("label", {}, w.kind, make("select", { onchange: say("kind"), "data-at": `kind ${one.id}` },
      ...Object.entries(w.kinds).map(([value, textContent]) => make("option", { value, textContent, selected: value === one.kind })))),
    make("label", {}, w.searched, make("input", { type: "date", value: one.date || new Date().toISOString().slice(0, 10), onchange: say("date"), "data-at": `date ${one.id}` })));
}

function drawProtocol() {
  if (!protocol) return [];
  const w = words();
  const list = (title, found) => [make("h4", { textContent: title }), make("dl", {}, ...found.flatMap((one) => [make("dt", { textContent: one.title }), make("dd", { textContent: one.words })]))];
  return [
    make("p", {}, make("b", { textContent: protocol.title })),
    make("h4", { textContent: w.question }), make("p", { textContent: protocol.question }),
    ...list(w.belongs, protocol.include), ...list(w.excluded, protocol.exclude),
    make("h4", { textContent: w.strings }),
    ...protocol.strings.flatMap((one) => [make("p", {}, make("b", { textContent: one.database })), make("pre", { textContent: one.text }), ...one.notes.map((textContent) => make("p", { className: "note", textContent }))]),
    make("p", {}, link("ownProtocol", "/api/reviews/protocol.toml", "", { download: "protocol.toml", "data-at": "protocol" })),
  ];
}

/** Two records side by side, and what is decided about them. */
function pairItem(pair) {
  const w = words();
  const one = pair.decided ?? pair.merged;
  const told = (record) => make("div", {},
    make("b", { textContent: record.title || w.noTitle }),
    make("p", { className: "note", textContent: [record.authors, record.where, record.doi, record.source].filter(Boolean).join(" · ") }));
  const choose = (together) => decidePair(pair, pair.decided === together ? null : together);
  return make("li", {},
    make("div", { className: "pair" }, told(pair.records[0]), told(pair.records[1])),
    make("p", { className: "note", textContent: `${two(pair.score)} · ${pair.reasons.join(", ")}` }),
    make("p", { className: "row" },
      make("button", { type: "button", textContent: w.together, "data-at": `together ${pair.a} ${pair.b}`, "aria-pressed": String(one), onclick: () => choose(true) }),
      make("button", { type: "button", textContent: w.apart, "data-at": `apart ${pair.a} ${pair.b}`, "aria-pressed": String(!one), onclick: () => choose(false) }),
      make("span", { className: "note", textContent: pair.decided === null ? (pair.merged ? w.mergedItself : w.apartItself) : w.decided })));
}

async function decidePair(pair, together) {
  if (!(await act("reviews/exports/duplicates", "PUT", { a: pair.a, b: pair.b, together }))) return;
  pair.decided = together;
  alike = { ...alike };
  show();
}

async function lookAlike() {
  working = words().beginning;
  show();
  try {
    alike = await ask("reviews/exports/duplicates");
    trouble(null);
  } catch (problem) {
    trouble(problem);
  }
  working = "";
  show();
}

async function update(review) {
  working = words().beginning;
  show();
  const made = await act(`reviews/${review.id}/update`, "POST");
  working = "";
  show();
  if (made) say(words().updated);
}

/** Send exports to the server, one after the other. */
async function take(files) {
  for (const file of files) {
    working = words().reading(file.name);
    show();
    try {
      const answer = await fetch(`/api/reviews/exports?${new URLSearchParams({ name: file.name })}`, { method: "POST", body: file });
      if (!answer.ok) throw await answer.json();
      trouble(null);
    } catch (problem) {
      trouble(problem);
      working = "";
      await lookNow();
      trouble(problem);
      return;
    }
  }
  working = "";
  await lookNow();
}

async function start(event) {
  event.preventDefault();
  const names = at("reviewers").value.split(/[,;]/).map((name) => name.trim()).filter(Boolean);
  working = words().beginning;
  show();
  const made = await act("reviews", "POST", { reviewers: names, arbiter: at("third").value.trim(), pilot: Number(at("pilots").value) || 0 });
  working = "";
  show();
  if (made) {
    say(words().begun);
    at("list-heading").focus();
  }
}

async function write(review) {
  busy = review.id;
  show();
  const made = await act(`reviews/${review.id}/report?language=${document.documentElement.lang}`, "POST");
  busy = null;
  if (made) {
    chosen = review.id;
    say(words().written);
  }
  show();
  if (made) at("report-heading").focus();
}

function show() {
  redraw(at("exports"), exports, () => exports.map(exportItem));
  const known = exports.map((one) => one.id).join();
  if (alike && alike.of !== known) alike = alike.of === undefined ? { ...alike, of: known } : null;
  redraw(at("protocol-says"), protocol, () => drawProtocol());
  at("look").hidden = !exports.some((one) => one.records > 0);
  at("look").disabled = working !== "";
  at("looked").textContent = alike ? words().found(alike.total, alike.total - alike.unique, alike.doubtful) : "";
  redraw(at("pairs"), alike?.pairs ?? [], () => drawPairs());
  at("beginning").textContent = working;
  at("start").disabled = working !== "" || !exports.some((one) => one.records > 0);
  at("list-heading").hidden = reviews.length === 0;
  redraw(at("reviews"), [reviews, busy, working, exports.length], () => reviews.map(reviewItem));
  const reported = reviews.find((each) => each.id === chosen && each.reported) ?? reviews.find((each) => each.reported);
  at("report").hidden = !reported;
  frame("frame", reported ? `/api/reviews/${reported.id}/report?at=${reported.reported}` : "", words().report);
}

function drawPairs() {
  if (!alike?.pairs.length) return [];
  const w = words();
  const part = (merged) => alike.pairs.filter((one) => one.merged === merged);
  const list = (pairs, title, open) => pairs.length ? [make("details", { open, className: "pairs", "data-at": `pairs ${title}` }, make("summary", { textContent: `${title} (${pairs.length})` }), make("ul", {}, ...pairs.map(pairItem)))] : [];
  return [...list(part(false), w.doubtful, true), ...list(part(true), w.merged, false), ...(alike.left_out ? [make("p", { className: "note", textContent: w.leftOut(alike.left_out) })] : [])];
}

async function look() {
  reviews = await ask("reviews");
  exports = await ask("reviews/exports");
  const known = exports.filter((one) => one.protocol).map((one) => one.id).join();
  if (protocolOf !== known) {
    protocol = await ask("reviews/protocol");
    protocolOf = known;
  }
  show();
  return false;
}

begin({ words: WORDS, look, show });
at("files").addEventListener("change", async () => {
  await take([...at("files").files]);
  at("files").value = "";
});
at("look").addEventListener("click", lookAlike);
at("people").addEventListener("submit", start);
