// The gallery: choosing the new face by its picture.

import { at, choice, make } from "./dom.js";
import { words } from "./words.js";

let surrogates = [];
/** @type {(id: string) => void} */
let taken = () => {};
const wanted = { sex: "", age: "", tone: "" };

/** A face in words, such as "woman, older, fair skin". */
function describe(face) {
  const w = words();
  const parts = [w.sexes[face.apparent_sex], w.ages[face.apparent_age], w.tones[face.apparent_tone]];
  return parts.filter(Boolean).join(", ");
}

/** The same with its id: many faces are alike in words. */
export const named = (face) => `${describe(face)}, ${face.id}`;

/** Address of a face's picture. */
export const picture = (id) => `/api/surrogates/${id}/picture`;

/** Let somebody choose; `done` is told the id of a face, or "auto". */
export function chooseFace(chosen, done) {
  taken = done;
  show(chosen);
  at("faces").returnValue = "";
  at("faces").showModal();
  at("faces-list").querySelector("input:checked").focus();
}

/** Make the gallery work. */
export function listen(found) {
  surrogates = found;
  at("faces-back").addEventListener("click", () => at("faces").close());
  // not when it is submitted: by now what opened the gallery has the focus again
  at("faces").addEventListener("close", () => at("faces").returnValue === "take" && taken(selected()));
  at("faces-list").addEventListener("change", () => {
    filter();
    showTake();
  });
}

const selected = () => at("faces-list").querySelector("input:checked").value;

function show(chosen) {
  const w = words();
  const any = (names) => [["", w.any], ...Object.entries(names)];
  const set = (key) => (value) => {
    wanted[key] = value;
    filter();
  };
  at("faces-filters").replaceChildren(
    choice("sex", wanted.sex, any(w.sexes), set("sex")),
    choice("age", wanted.age, any(w.ages), set("age")),
    choice("tone", wanted.tone, any(w.tones), set("tone")));
  const measured = card("auto", chosen, w.auto, make("span", { className: "note", textContent: w.autoHint }));
  measured.className = "face auto";
  const legend = at("faces-list").querySelector("legend");
  at("faces-list").replaceChildren(legend, measured, ...surrogates.map((face) => card(face.id, chosen, describe(face), make("span", { className: "note", textContent: face.id }))));
  filter();
  showTake();
}

/** Say on the button what it does: "measured" is no face. */
function showTake() {
  const take = at("faces-form").querySelector("[value=take]");
  take.dataset.word = selected() === "auto" ? "auto" : "takeFace";
  take.textContent = words()[take.dataset.word];
}

function card(id, chosen, text, note) {
  const input = make("input", { type: "radio", name: "face", value: id, checked: id === chosen });
  const image = id === "auto" ? null : make("img", { src: picture(id), alt: "", width: 200, height: 200 });
  return make("label", { className: "face" }, input, image, make("span", {}, text), note);
}

function filter() {
  let shown = 0;
  for (const face of surrogates) {
    const input = at("faces-list").querySelector(`input[value="${face.id}"]`);
    const fits = (key) => !wanted[key] || !face[`apparent_${key}`] || face[`apparent_${key}`] === wanted[key];
    const seen = input.checked || ["sex", "age", "tone"].every(fits);
    input.parentElement.hidden = !seen;
    shown += seen;
  }
  at("faces-none").hidden = shown > 0;
  at("faces-count").textContent = shown ? words().facesShown(shown, surrogates.length) : words().noFace;
}
