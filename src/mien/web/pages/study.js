// The page "Study": links of raters and judges, how far they are, and the report.

import { at, button, link, make } from "./dom.js";
import { act, begin, project, say, trouble } from "./frame.js";
import { frame, redraw } from "./redraw.js";
import { ask } from "./server.js";
import { lineupForm, lineupKey, orderLineup } from "./study-lineup.js";
import { titled } from "./study-fields.js";
import { orderRating, ratingForm, ratingKey } from "./study-rating.js";
import { explain, words } from "./words.js";
import { WORDS } from "./words/study.js";

let studies = []; // of ratings and line-ups
let busy = null; // the one that is being analysed
let chosen = null; // the one whose report is shown
let clips = []; // that can be rated
let items = []; // that can be asked
let making = null; // a study that is being made, or could not be
let under = false; // whether a study is being made

// --- new ones ---------------------------------------------------------------------------------

function showForms() {
  const w = words();
  at("no-clips").hidden = clips.length > 0;
  at("form").hidden = clips.length === 0;
  at("new-lineup").hidden = clips.length === 0;
  at("making").hidden = !making;
  at("making").textContent = making ? (making.error ? w.failedHere(explain(making)) : w.making(making.stage, making.frames)) : "";
  under = Boolean(making && !making.error);
  const names = clips.map((clip) => [clip.id, clip.name]);
  redraw(at("form"), [names, items, under, ratingKey()], () => ratingForm(clips, items, under, showForms));
  redraw(at("lineup-form"), [names, under, lineupKey()], () => lineupForm(clips, under, showForms));
}

async function start(event, order) {
  event.preventDefault();
  if (await order) at("new-heading").focus();
}

// --- studies ----------------------------------------------------------------------------------

/** A question of mien's in the language of the page; one's own as it is. */
const asking = (title) => titled(items.find((item) => item.title === title) ?? { title });

/** A rating study as it is shown. */
const ofRatings = (one) => ({
  ...one, api: `studies/${one.id}`, facts: words().facts(one.pairs, one.repeats, one.washout_days, one.seed),
  more: [words().asked + one.items.map(asking).join(" · "), one.power],
  heads: [words().rater, words().rated, words().rounds],
  people: one.raters.map((each) => ({ ...each, cells: [words().of(each.answered, each.clips), words().of(each.rounds_submitted, each.rounds)] })),
  files: [["csv", "ratings.csv"], ["parquet", "ratings.parquet"]],
});

/** A line-up as it is shown. */
const ofFaces = (one) => ({
  ...one, api: `lineups/${one.id}`, facts: words().lineup(one.clips, words().controls[one.controls], one.seed),
  more: one.left_out, heads: [words().judge, words().answered],
  people: one.judges.map((each) => ({ ...each, cells: [words().of(each.answered, each.trials)] })),
  files: [["trials", "trials.csv"]],
});

const shown = (one) => (one.raters ? ofRatings(one) : ofFaces(one));

function personRow(person) {
  const w = words(), address = `${location.origin}${person.link}`;
  const field = make("input", { type: "text", readOnly: true, value: address, "aria-label": `${w.link}: ${person.name}`, onfocus: () => field.select() });
  const copy = button("copyLink", async () => {
    field.select();
    await navigator.clipboard?.writeText(address).then(() => say(w.copied), () => {});
  }, person.name, { "data-at": `copy ${person.link}` });
  return make("tr", {},
    make("th", { scope: "row", textContent: person.name }),
    ...person.cells.map((textContent) => make("td", { textContent })),
    make("td", {}, field), make("td", {}, copy));
}

function studyItem(study) {
  const w = words(), api = `/api/${study.api}`;
  return make("li", {},
    make("h3", { textContent: study.title }),
    make("p", { textContent: study.facts }),
    ...study.more.filter(Boolean).map((textContent) => make("p", { className: "note", textContent })),
    make("div", { className: "wide" }, make("table", {},
      make("thead", {}, make("tr", {}, ...[...study.heads, w.link, ""].map((textContent) => make("th", { scope: "col", textContent })))),
      make("tbody", {}, ...study.people.map(personRow)))),
    make("p", { className: "row" },
      button("analyse", () => analyse(study), study.title, { className: "main", disabled: busy !== null, "data-at": `analyse ${study.id}` }),
      busy === study.id ? make("span", { className: "state", textContent: w.analysing }) : null,
      study.reported ? link("open", `${api}/report`, study.title, { target: "_blank", rel: "noopener", "data-at": `open ${study.id}` }) : null,
      ...study.files.map(([word, file]) => link(word, `${api}/${file}`, study.title, { download: file, "data-at": `${word} ${study.id}` }))),
    make("p", { className: "note", textContent: w.key }));
}

async function analyse(study) {
  busy = study.id;
  show();
  const made = await act(`${study.api}/report?language=${document.documentElement.lang}`, "POST");
  busy = null;
  if (made) {
    chosen = study.id;
    say(words().analysed);
  }
  show();
  if (made) at("report-heading").focus();
}

function show() {
  showForms();
  at("list-heading").hidden = studies.length === 0;
  redraw(at("studies"), [studies, busy], () => studies.map(shown).map(studyItem));
  const reported = studies.find((each) => each.id === chosen && each.reported) ?? studies.find((each) => each.reported);
  at("report").hidden = !reported;
  frame("frame", reported ? `/api/${shown(reported).api}/report?at=${reported.reported}` : "", words().report);
}

async function look() {
  const query = new URLSearchParams({ project: project() });
  const [ratings, lineups, made, found] = await Promise.all([ask("studies"), ask("lineups"), ask("studies/making"), ask(`clips?${query}`)]);
  studies = [...ratings, ...lineups];
  making = made[0] ?? null;
  clips = found.filter((clip) => clip.status === "done" && clip.original);
  if (!items.length) items = await ask("studies/items");
  show();
  return Boolean(making && !making.error);
}

at("form").addEventListener("submit", (event) => start(event, orderRating(clips, items)));
at("lineup-form").addEventListener("submit", (event) => start(event, orderLineup(clips)));
begin({ words: WORDS, look, show });
