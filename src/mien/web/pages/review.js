// The page "Review": personal links, how far everybody is, how far they agree.

import { at, button, link, make } from "./dom.js";
import { begin, say } from "./frame.js";
import { redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/review.js";

let reviews = [];

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
    make("p", { className: "row" }, link("text", `/api/reviews/${review.id}/text.zip`, review.title, { download: "screening.zip", "data-at": `text ${review.id}` })),
    make("p", { className: "note", textContent: w.key }));
}

function show() {
  at("empty").hidden = reviews.length > 0;
  at("list-heading").hidden = reviews.length === 0;
  redraw(at("reviews"), reviews, () => reviews.map(reviewItem));
}

async function look() {
  reviews = await ask("reviews");
  show();
  return false;
}

begin({ words: WORDS, look, show });
