// The page "Study": links of raters and judges, how far they are, and the report.

import { at, button, link, make } from "./dom.js";
import { act, begin, say } from "./frame.js";
import { frame, redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/study.js";

let studies = []; // of ratings and line-ups
let busy = null; // the one that is being analysed
let chosen = null; // the one whose report is shown

/** A rating study as it is shown. */
const ofRatings = (one) => ({
  ...one, api: `studies/${one.id}`, facts: words().facts(one.pairs, one.repeats, one.washout_days, one.seed),
  more: [words().asked + one.items.join(" · "), one.power],
  heads: [words().rater, words().rated, words().rounds],
  people: one.raters.map((each) => ({ ...each, cells: [words().of(each.answered, each.clips), words().of(each.rounds_submitted, each.rounds)] })),
  files: [["csv", "ratings.csv"], ["parquet", "ratings.parquet"]],
});

/** A line-up as it is shown. */
const ofFaces = (one) => ({
  ...one, api: `lineups/${one.id}`, facts: words().lineup(one.clips, words().controls[one.controls], one.seed),
  more: [], heads: [words().judge, words().answered],
  people: one.judges.map((each) => ({ ...each, cells: [words().of(each.answered, each.trials)] })),
  files: [["trials", "trials.csv"]],
});

const shown = (one) => (one.raters ? ofRatings(one) : ofFaces(one));

function personRow(person) {
  const w = words(), address = `${location.origin}${person.link}`;
  const field = make("input", { type: "text", readOnly: true, value: address, "aria-label": `${w.link}: ${person.name}`, onfocus: () => field.select() });
  const copy = button("copy", async () => {
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
  const made = await act(`${study.api}/report`, "POST");
  busy = null;
  if (made) {
    chosen = study.id;
    say(words().analysed);
  }
  show();
  if (made) at("report-heading").focus();
}

function show() {
  at("empty").hidden = studies.length > 0;
  at("list-heading").hidden = studies.length === 0;
  redraw(at("studies"), [studies, busy], () => studies.map(shown).map(studyItem));
  const reported = studies.find((each) => each.id === chosen && each.reported) ?? studies.find((each) => each.reported);
  at("report").hidden = !reported;
  frame("frame", reported ? `/api/${shown(reported).api}/report?at=${reported.reported}` : "", words().report);
}

async function look() {
  studies = (await Promise.all([ask("studies"), ask("lineups")])).flat();
  show();
  return false;
}

begin({ words: WORDS, look, show });
