// The page "De-identify": choose videos, watch them being made, download results.

import { at } from "./dom.js";
import { add, ready as readyToChoose, showChosen } from "./deidentify-chosen.js";
import { look, showClips, stored } from "./deidentify-clips.js";
import { draw as drawEdit, listenToEdit } from "./deidentify-edit.js";
import { listen as listenToFaces } from "./deidentify-faces.js";
import { fromDrop, fromInput } from "./deidentify-files.js";
import { listenToKeys, showKeys } from "./deidentify-patient.js";
import { listenToPicked } from "./deidentify-picked.js";
import { know as readyToShow } from "./deidentify-row.js";
import { begin, project, trouble } from "./frame.js";
import { mayWork } from "./me.js";
import { ask } from "./server.js";
import { hostTour, offer } from "./tour.js";
import { number, use, words } from "./words.js";
import { WORDS } from "./words/deidentify.js";
import { WORDS as OF_CLIPS } from "./words/deidentify-clips.js";

const USE_MS = 10_000; // between two looks at how much is stored

let used = null; // {home, when, found}
let recovery = { clips: 0, unlisted: [] };
/** @type {(value?: any) => void} */
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

let touring = false; // whether the tour knows this page

/** Put the phantom that comes with mien on the list, as if somebody had chosen it. */
async function putPhantom(name) {
  const answer = await fetch("/static/phantom.mp4");
  const file = new File([await answer.blob()], name, { type: "video/mp4", lastModified: 0 });
  await take(Promise.resolve({ videos: [{ file, name }], others: [] }));
}

/** Say what was found in the folder that was on no list. */
function showRecovery() {
  const w = words(), { clips, unlisted } = recovery;
  at("recovered").hidden = !clips;
  at("recovered").textContent = clips ? w.recoveredClips(clips) : "";
  at("unlisted").hidden = !unlisted.length;
  at("unlisted").textContent = unlisted.length ? w.unlisted(unlisted[0], unlisted.length - 1) : "";
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
  at("find").addEventListener("submit", (event) => event.preventDefault());
  listenToPicked();
  listenToKeys();
  listenToEdit();
}

/** Say how much may be stored, and how long it is kept; asked for now and then. */
async function lookAtUse(home) {
  if (!home || (used?.home === home && performance.now() - used.when < USE_MS)) return;
  used = { home, when: performance.now(), found: await ask(`use?project=${home}`) };
  showUse();
}

/** Who may only see results has no first step. */
function showHeading() {
  at("queue-heading").textContent = mayWork() ? words().queue : words().results;
}

function showUse() {
  const w = words(), found = used?.found, said = [];
  if (found?.originals_days) said.push(w.originalsGo(found.originals_days));
  if (found?.results_days) said.push(w.resultsGo(found.results_days));
  if (found && found.quota !== null) said.push(w.usedOf(number(found.used / 1e9), number(found.quota / 1e9), number(found.left / 1e9)));
  at("use").hidden = !said.length;
  at("use").textContent = said.join(" ");
}

/** Ask for clips, and show what belongs to all of them. */
async function lookAtClips() {
  const [busy] = await Promise.all([look(), lookAtUse(project())]);
  showKeys(stored(project()).length > 0);
  showHeading();
  if (!touring) {
    hostTour({ put: putPhantom, home: project, may: mayWork, empty: () => !stored(project()).length });
    touring = true;
  }
  offer();
  return busy;
}

listen();
use(OF_CLIPS);
begin({
  words: WORDS,
  look: lookAtClips,
  show() {
    drawEdit();
    showRecovery();
    showUse();
    showHeading();
    showChosen();
    showClips();
  },
  async ready(options) {
    const [surrogates, found] = await Promise.all([ask("surrogates"), ask("recovery")]);
    recovery = found;
    showRecovery();
    readyToShow(surrogates);
    listenToFaces(surrogates);
    readyToChoose(options, surrogates);
    isReady();
  },
});
