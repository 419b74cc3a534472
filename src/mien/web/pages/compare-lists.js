// Where to look, as text: what was covered, and where a measurement found differences.

import { seconds, span } from "./compare-timeline.js";
import { make } from "./dom.js";
import { words } from "./words.js";

const MOST = 200; // that are listed
const FEW = 8; // that are shown without being asked for

/** List the ranges of a ledger of a method that are not rendered; each goes to its first frame. */
export function listCovered(place, ledger, method, go) {
  const w = words(), found = ledger.filter((range) => range.entry !== "rendered");
  const count = (entry) => found.filter((range) => range.entry === entry).length;
  if (!found.length) {
    place.replaceChildren(make("p", { className: "note", textContent: w.nothingCovered(method) }));
    return;
  }
  place.replaceChildren(folded(w.coveredList(count("covered"), count("interpolated")), found.map((range) => ({
    frame: range.first_frame,
    className: range.entry,
    text: `${w.entries[range.entry]}: ${span(range.from_s, range.to_s)}`,
  })), go));
}

/** List moments that a measurement found, the worst first. */
export function listMoments(place, moments, go) {
  const w = words();
  place.replaceChildren(...(moments.length ? [folded(w.momentList(moments.length), moments.map((moment) => ({
    frame: moment.frame,
    className: "moment",
    text: `${w.momentKinds[moment.kind] ?? moment.words}: ${seconds(moment.time_s)}`,
  })), go)] : []));
}

function folded(title, entries, go) {
  const items = entries.slice(0, MOST).map(({ frame, className, text }) =>
    make("li", {}, make("button", { type: "button", className: `jump ${className}`, textContent: text, onclick: () => go(frame) })));
  if (entries.length > MOST) items.push(make("li", { className: "note", textContent: words().more(entries.length - MOST) }));
  return make("details", { open: entries.length <= FEW },
    make("summary", { textContent: title }), make("ul", { className: "jumps" }, ...items));
}
