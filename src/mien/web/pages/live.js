// The page "Live": calls are made, their links copied, and how they stand.

import { at, button, make } from "./dom.js";
import { act, begin, say, trouble } from "./frame.js";
import { redraw } from "./redraw.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/live.js";

const ROLES = ["patient", "doctor"];

let found = { available: true, calls: [] };
let local = true;

const address = (path) => new URL(path, location.href).href;

function options(id, entries) {
  const select = at(id), value = select.value || entries[0][0];
  select.replaceChildren(...entries.map(([key, label]) => make("option", { value: key, textContent: label, selected: key === value })));
}

async function copy(path, role) {
  try {
    await navigator.clipboard.writeText(address(path));
    say(words().copied(words()[role]));
  } catch {
    at(`link-${path}`).select();
  }
}

function linkOf(call, role) {
  const w = words(), path = call.links[role];
  const state = call.here[role] ? w.here : call.used[role] ? w.gone : w.unused;
  return make("div", {},
    make("label", {}, `${w[role]}: ${state}`,
      make("input", { type: "text", readOnly: true, value: address(path), id: `link-${path}`, "data-at": `link ${path}`, onfocus: (event) => event.target.select() })),
    button("copy", () => copy(path, role), w[role], { "data-at": `copy ${path}` }));
}

function item(call, number) {
  const w = words();
  const state = call.ended ? w.ended : call.covered === null ? w.shown : `${w.covered}: ${w.because[call.covered] ?? call.covered}`;
  const failed = call.counts.errors.reduce((sum, each) => sum + each.times, 0);
  return make("li", { className: call.ended ? "done" : "" },
    make("h3", { textContent: w.call(number) }),
    make("p", { className: "state", textContent: [state, w.voices[call.voice], call.counts.in ? w.pictures(call.counts.in, call.counts.shown) : "", failed ? w.failedTimes(failed) : ""].filter(Boolean).join(" · ") }),
    call.ended ? null : make("div", { className: "links" }, ...ROLES.map((role) => linkOf(call, role))),
    call.ended ? null : make("p", { className: "row" }, button("end", () => act(`live/${call.id}`, "DELETE"), w.call(number), { "data-at": `end ${call.id}` })));
}

function show() {
  const w = words();
  at("form").hidden = !found.available;
  at("lacking").hidden = found.available;
  at("none").hidden = found.calls.length > 0;
  options("match", ["age", "sex", "tone", "none"].map((key) => [key, w.matches[key]]));
  options("voice", ["changed", "muted", "kept"].map((key) => [key, w.voices[key]]));
  const secure = location.protocol === "https:";
  at("reach").hidden = !local && secure;
  at("reach").textContent = local ? w.onlyHere : w.insecure;
  redraw(at("calls"), found.calls, () => found.calls.map((call, k) => item(call, found.calls.length - k)));
}

async function look() {
  found = await ask("live");
  show();
  return found.calls.some((call) => !call.ended);
}

async function start(event) {
  event.preventDefault();
  const subject = at("subject").value.trim();
  const made = await act("live", "POST", { subject: subject || null, match: at("match").value, voice: at("voice").value });
  if (!made) return;
  say(words().made);
  trouble(null);
  at("list-heading").focus();
}

at("form").addEventListener("submit", start);
begin({ words: WORDS, look, show, ready: async (options) => { local = options.local; } });
