// The page "Study": raters' links, how far they are, and the report.

import { at, button, link, make } from "./dom.js";
import { act, begin, say } from "./frame.js";
import { frame, redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/study.js";

let studies = [];
let busy = null; // the study that is being analysed
let chosen = null; // the study whose report is shown

function raterRow(rater) {
  const w = words(), address = `${location.origin}${rater.link}`;
  const field = make("input", { type: "text", readOnly: true, value: address, "aria-label": `${w.link}: ${rater.name}`, onfocus: () => field.select() });
  const copy = button("copy", async () => {
    field.select();
    await navigator.clipboard?.writeText(address).then(() => say(w.copied), () => {});
  }, rater.name, { "data-at": `copy ${rater.link}` });
  return make("tr", {},
    make("th", { scope: "row", textContent: rater.name }),
    make("td", { textContent: w.of(rater.answered, rater.clips) }),
    make("td", { textContent: w.of(rater.rounds_submitted, rater.rounds) }),
    make("td", {}, field), make("td", {}, copy));
}

function studyItem(study) {
  const w = words(), heads = [w.rater, w.rated, w.rounds, w.link, ""];
  const api = `/api/studies/${study.id}`;
  return make("li", {},
    make("h3", { textContent: study.title }),
    make("p", { textContent: w.facts(study.pairs, study.repeats, study.washout_days, study.seed) }),
    make("p", { textContent: w.asked + study.items.join(" · ") }),
    study.power ? make("p", { className: "note", textContent: study.power }) : null,
    make("div", { className: "wide" }, make("table", {},
      make("thead", {}, make("tr", {}, ...heads.map((textContent) => make("th", { scope: "col", textContent })))),
      make("tbody", {}, ...study.raters.map(raterRow)))),
    make("p", { className: "row" },
      button("analyse", () => analyse(study), study.title, { className: "main", disabled: busy !== null, "data-at": `analyse ${study.id}` }),
      busy === study.id ? make("span", { className: "state", textContent: w.analysing }) : null,
      study.reported ? link("open", `${api}/report`, study.title, { target: "_blank", rel: "noopener", "data-at": `open ${study.id}` }) : null,
      link("csv", `${api}/ratings.csv`, study.title, { download: "ratings.csv", "data-at": `csv ${study.id}` }),
      link("parquet", `${api}/ratings.parquet`, study.title, { download: "ratings.parquet", "data-at": `parquet ${study.id}` })),
    make("p", { className: "note", textContent: w.key }));
}

async function analyse(study) {
  busy = study.id;
  show();
  const made = await act(`studies/${study.id}/report`, "POST");
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
  redraw(at("studies"), [studies, busy], () => studies.map(studyItem));
  const reported = studies.find((each) => each.id === chosen && each.reported) ?? studies.find((each) => each.reported);
  at("report").hidden = !reported;
  frame("frame", reported ? `/api/studies/${reported.id}/report?at=${reported.reported}` : "", words().report);
}

async function look() {
  studies = await ask("studies");
  show();
  return false;
}

begin({ words: WORDS, look, show });
