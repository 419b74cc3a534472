// The page "Review": personal links, how far everybody is, how far they agree.

import { at, button, link, make } from "./dom.js";
import { act, begin, say } from "./frame.js";
import { frame, redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/review.js";

let reviews = [];
let busy = null; // the review that is reported on
let chosen = null; // the review whose report is shown

const two = (value) => (value === null ? "–" : value.toFixed(2));

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
    make("th", { scope: "row", textContent: person.name }),
    make("td", { textContent: w[person.role] }),
    make("td", { textContent: w.of(person.title.done, person.title.all) }),
    make("td", { textContent: w.of(person.full.done, person.full.all) }),
    make("td", { textContent: person.at_least === null ? "–" : w.recall(person.at_least, person.stop) }),
    make("td", {}, field), make("td", {}, copy));
}

function agreementRow(one) {
  const w = words();
  return make("tr", {},
    make("th", { scope: "row", textContent: one.people.join(" – ") }),
    make("td", { textContent: one.pilot ? w.pilot : one.stage === "title" ? w.titles : w.full }),
    make("td", { textContent: String(one.n) }),
    make("td", { textContent: one.share === null ? "–" : `${(100 * one.share).toFixed(1)} %` }),
    make("td", { textContent: two(one.kappa) }),
    make("td", { textContent: two(one.pabak) }));
}

function reviewItem(review) {
  const w = words();
  return make("li", {},
    make("h3", { textContent: review.title }),
    make("p", { textContent: w.facts(review.identified, review.duplicates, review.records, review.included) }),
    make("p", { textContent: w.conflicts(review.conflicts.title, review.conflicts.full) }),
    table([w.person, w.role, w.titles, w.full, w.recallHead, w.link, ""], review.people.map(personRow)),
    review.agreement.length ? make("h4", { textContent: w.agreement }) : null,
    review.agreement.length ? table([w.pair, w.where, w.n, w.alike, "κ", w.adjusted], review.agreement.map(agreementRow)) : null,
    make("p", { className: "row" },
      button("write", () => write(review), review.title, { className: "main", disabled: busy !== null, "data-at": `write ${review.id}` }),
      busy === review.id ? make("span", { className: "state", textContent: w.writing }) : null,
      review.reported ? link("open", `/api/reviews/${review.id}/report`, review.title, { target: "_blank", rel: "noopener", "data-at": `open ${review.id}` }) : null,
      link("text", `/api/reviews/${review.id}/text.zip`, review.title, { download: "screening.zip", "data-at": `text ${review.id}` })),
    make("p", { className: "note", textContent: w.key }));
}

async function write(review) {
  busy = review.id;
  show();
  const made = await act(`reviews/${review.id}/report`, "POST");
  busy = null;
  if (made) {
    chosen = review.id;
    say(words().written);
  }
  show();
  if (made) at("report-heading").focus();
}

function show() {
  at("empty").hidden = reviews.length > 0;
  at("list-heading").hidden = reviews.length === 0;
  redraw(at("reviews"), [reviews, busy], () => reviews.map(reviewItem));
  const reported = reviews.find((each) => each.id === chosen && each.reported) ?? reviews.find((each) => each.reported);
  at("report").hidden = !reported;
  frame("frame", reported ? `/api/reviews/${reported.id}/report?at=${reported.reported}` : "", words().report);
}

async function look() {
  reviews = await ask("reviews");
  show();
  return false;
}

begin({ words: WORDS, look, show });
