// How a video is changed: the settings, each with a sentence on what it means.

import { chooseFace, named, picture } from "./deidentify-faces.js";
import { choice, inFocus, make } from "./dom.js";
import { traits, weak } from "./engines.js";
import { help } from "./help.js";
import { words } from "./words.js";

export const DEFAULTS = { engine: "mesh", surrogate: "auto", match: "age", people: "all", subject: "", visit: "", voice: "mute", surroundings: "keep", hands: "keep", withhold: "over 10%", audit: "sample", after: "ask", measure: "generic", hold: false };

let options = null;
let surrogates = [];

/** Take what can be chosen. */
export function know(foundOptions, foundSurrogates) {
  [options, surrogates] = [foundOptions, foundSurrogates];
}

/** Whether such a video is given somebody else's face. */
export const given = (settings) => traits(settings.engine).needs_surrogate;

let hints = 0;

/** A labelled control with a sentence on what it means. */
export function field(label, hint, warns = false) {
  if (!hint) return make("div", {}, label);
  const id = `hint-${hints++}`;
  label.querySelector("select, input, button, textarea").setAttribute("aria-describedby", id);
  return make("div", {}, label, make("p", { id, className: warns ? "hint warns" : "hint", textContent: hint }));
}

/** A line of text; Enter would start before the rest is set. */
export function line(word, value, change, properties = {}) {
  const input = make("input", { type: "text", maxLength: 100, autocomplete: "off", value, "data-key": word, ...properties });
  input.addEventListener("input", () => change(input.value));
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  return make("label", {}, words()[word], input);
}

/**
 * Draw settings, and again whenever one is changed. With `begins` it can be chosen that a video waits
 * for somebody to choose people, and whom it shows; `own` offers a picture of one's own.
 */
export function drawPanel(place, settings, { changed = () => {}, begins = false, own = null }) {
  const w = words();
  const held = inFocus(place)?.dataset.key ?? null;
  const open = Boolean(place.querySelector("details")?.open || settings.subject || settings.visit);
  const set = (key, value) => {
    settings[key] = value;
    changed();
    drawPanel(place, settings, { changed, begins, own });
  };
  const pick = (key, values, names, hint = {}, warns = []) => {
    const label = choice(key, settings[key], values.map((each) => [each, names[each] ?? each]), (value) => set(key, value));
    label.querySelector("select").dataset.key = key;
    return helped(key, field(label, hint[settings[key]], warns.includes(settings[key])));
  };
  const text = (key, hint) => field(line(key, settings[key], (value) => {
    settings[key] = value;
    changed();
  }), hint);
  const face = given(settings), measured = face && settings.surrogate === "auto";
  const alike = { none: w.matchHint, sex: w.matchHint, age: w.matchHint, tone: w.matchHint };
  const more = make("details", { open },
    make("summary", { textContent: w.more, "data-key": "more" }),
    make("div", { className: "settings" },
      measured ? pick("match", options.matches, w.matches, alike) : null,
      begins ? pick("people", options.people, w.persons, face ? w.personHints : w.hiddenHints) : null,
      begins ? text("subject", w.subjectHint) : null,
      begins ? text("visit", w.visitHint) : null,
      pick("surroundings", options.surroundings, w.rooms, w.roomHints),
      traits(settings.engine).shows_face ? pick("hands", options.hands, w.handsKinds, w.handsHints) : null,
      pick("withhold", options.withholds, w.withholds, w.withholdHints),
      pick("audit", options.audits, w.audits, w.auditHints),
      pick("measure", options.measures, w.measures, w.measureHints)));
  place.replaceChildren(...[
    make("div", { className: "settings" },
      pick("engine", options.engines, w.engines, w.engineHints, weak()),
      face ? faceField(settings, set, own) : null,
      pick("voice", options.voices, w.voices, w.voiceHints, ["keep"]),
      pick("after", ["ask", "delete"], w.afters, w.afterHints)),
    begins ? holdTick(settings, set) : null,
    more].filter(Boolean));
  if (held) place.querySelector(`[data-key="${held}"]`)?.focus();
}

const HELPED = ["engine", "surrogate", "voice", "hands", "withhold", "measure"];

/** A field with a "?" where there is more to say. */
function helped(key, place) {
  if (!HELPED.includes(key)) return place;
  place.classList.add("helped");
  place.append(help(key));
  return place;
}

function holdTick(settings, set) {
  const tick = make("input", { type: "checkbox", checked: settings.hold, "data-key": "hold" });
  tick.addEventListener("change", () => set("hold", tick.checked));
  return field(make("label", { className: "tick" }, tick, " ", words().hold), words().holdHint);
}

function faceField(settings, set, own) {
  const w = words();
  const mine = settings.surrogate === "own";
  const face = surrogates.find((each) => each.id === settings.surrogate);
  const text = mine ? w.own : face ? named(face) : w.auto;
  const open = make("button", { type: "button", className: "chosen-face", "data-key": "surrogate", "aria-haspopup": "dialog", "aria-label": `${w.surrogate}: ${text}` },
    face ? make("img", { src: picture(face.id), alt: "", width: 200, height: 200 }) : null, make("span", {}, text));
  open.addEventListener("click", () => chooseFace(mine ? "auto" : settings.surrogate, (id) => set("surrogate", id)));
  const hint = mine ? w.ownHint : face ? w.faceHint(settings.people) : w.autoShort;
  return make("div", {}, helped("surrogate", field(make("div", { className: "label" }, w.surrogate, open), hint)), own ? own(settings, set) : null);
}
