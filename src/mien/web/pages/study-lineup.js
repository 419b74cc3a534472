// The form of a new line-up: who looks for the patient, among whom, and who knows them.

import { choice, make } from "./dom.js";
import { called } from "./called.js";
import { act, trouble } from "./frame.js";
import { boxes, listed, typed } from "./study-fields.js";
import { words } from "./words.js";

const wanted = { clips: new Set(), arms: new Set(["inner"]), judges: "", acquaintances: "", controls: "surrogates", title: "", seed: "0" };
const names = {}; // of who is shown, by clip

/** What is drawn depends on this. */
export const lineupKey = () => [[...wanted.clips]];

/** Everything in the form. */
export function lineupForm(clips, under, changed) {
  const w = words(), shown = clips.filter((clip) => wanted.clips.has(clip.id));
  const known = make("fieldset", { hidden: !listed(wanted.acquaintances).length },
    make("legend", { textContent: w.whoIs }), make("p", { className: "note", textContent: w.whoIsHow }),
    make("div", { className: "fields" }, ...shown.map((clip) => make("label", {}, called(clip, clips), make("input", { type: "text", maxLength: 1000, autocomplete: "off", value: names[clip.id] ?? "", "data-at": `name ${clip.id}`, oninput: (event) => {
      names[clip.id] = event.target.value;
    } })))));
  const controls = choice("others", wanted.controls, ["surrogates", "cohort"].map((key) => [key, w.controls[key]]), (value) => {
    wanted.controls = value;
  });
  controls.querySelector("select").setAttribute("data-at", "controls");
  return [
    boxes("whoseClips", clips.map((clip) => [clip.id, called(clip, clips)]), wanted.clips, changed),
    boxes("armsSeen", [["inner", w.arms.inner], ["whole", w.arms.whole]], wanted.arms),
    make("div", { className: "fields" },
      typed("judges", wanted, "judges", { type: "text", maxLength: 2000, autocomplete: "off" }),
      controls,
      typed("acquaintances", wanted, "acquaintances", { type: "text", maxLength: 2000, autocomplete: "off", typing: () => {
        known.hidden = !listed(wanted.acquaintances).length;
      } })),
    known,
    make("div", { className: "fields" },
      typed("lineupTitle", wanted, "title", { type: "text", maxLength: 200, placeholder: w.usualLineup, "data-at": "lineup title" }),
      typed("lineupSeed", wanted, "seed", { type: "number", min: "0", "data-at": "lineup seed" })),
    make("p", { className: "row" }, make("button", { type: "submit", className: "main", id: "make-lineup", textContent: w.makeLineup, disabled: under, "data-at": "make lineup" })),
  ];
}

/** Order the line-up; whether it is begun. */
export async function orderLineup(clips) {
  const judges = listed(wanted.judges), acquaintances = listed(wanted.acquaintances);
  const ids = clips.map((clip) => clip.id).filter((id) => wanted.clips.has(id));
  if (!ids.length || (!judges.length && !acquaintances.length)) {
    trouble({ code: "incomplete", error: words().chooseLineup });
    return false;
  }
  return Boolean(await act("lineups", "POST", {
    clips: ids, judges, acquaintances, arms: [...wanted.arms], controls: wanted.controls,
    names: acquaintances.length ? Object.fromEntries(ids.map((id) => [id, listed(names[id] ?? "")])) : {},
    title: wanted.title.trim() || words().usualLineup, seed: Number(wanted.seed) || 0,
  }));
}
