// The page "De-identify": choose videos, watch them being made, download results.

import { at } from "./dom.js";
import { add, ready as readyToChoose, showChosen } from "./deidentify-chosen.js";
import { cancelWaiting, deleteOriginals, look, ready as readyToShow, showClips } from "./deidentify-clips.js";
import { listen as listenToFaces } from "./deidentify-faces.js";
import { fromDrop, fromInput } from "./deidentify-files.js";
import { begin, trouble } from "./frame.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/deidentify.js";

let isReady = () => {};
const readied = new Promise((resolve) => (isReady = resolve));

async function take(finding) {
  let found = null;
  try {
    found = await finding;
  } catch {
    trouble({ error: words().unreadable });
    return;
  }
  await readied; // somebody may be faster than the server
  trouble(null);
  add(found);
}

function listen() {
  for (const id of ["files", "folder"]) {
    at(id).addEventListener("change", (event) => {
      take(fromInput(event.target.files));
      event.target.value = "";
    });
  }
  const drop = at("drop");
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => event.preventDefault());
  }
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  window.addEventListener("drop", (event) => take(fromDrop(event.dataTransfer)));
  at("cancel-waiting").addEventListener("click", cancelWaiting);
  at("delete-originals").addEventListener("click", deleteOriginals);
}

listen();
begin({
  words: WORDS,
  look,
  show() {
    showChosen();
    showClips();
  },
  async ready(options) {
    const surrogates = await ask("surrogates");
    readyToShow(surrogates);
    listenToFaces(surrogates);
    readyToChoose(options, surrogates);
    isReady();
  },
});
