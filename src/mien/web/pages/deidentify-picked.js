// Several clips at once: looking for them, picking them, and acting on all that are picked.

import { cancelMeasuring, cancelWaiting, deleteOriginals, each, pickAll, reader, stored, want, whenPicked } from "./deidentify-clips.js";
import { at, make } from "./dom.js";
import { project } from "./frame.js";
import { mayWork } from "./me.js";
import { ask, over } from "./server.js";
import { words } from "./words.js";

const FINDING = { text: "find-text", state: "find-state", sort: "find-sort" };

let removed = []; // ids of clips that were last removed together

/** Make looking for clips and picking them work. */
export function listenToPicked() {
  at("cancel-waiting").addEventListener("click", cancelWaiting);
  at("cancel-measuring").addEventListener("click", cancelMeasuring);
  at("delete-originals").addEventListener("click", deleteOriginals);
  for (const [key, id] of Object.entries(FINDING)) {
    at(id).addEventListener("input", () => want({ [key]: at(id).value }));
  }
  at("find-together").addEventListener("change", () => want({ together: at("find-together").checked }));
  at("pick-all").addEventListener("change", () => pickAll(at("pick-all").checked));
  at("undo-all").addEventListener("click", undoAll);
  whenPicked(show);
}

/** Clips that were removed together and can still come back. */
const leaving = () => stored(project()).filter((clip) => removed.includes(clip.id) && clip.leaves != null);

async function undoAll() {
  at("pick-all").focus();
  await each(leaving(), (clip) => ask(`clips/${clip.id}/restore`, "POST"), "restore");
}

const DOES = {
  begin: {
    fits: (clip) => clip.status === "held",
    does: (clip) => ask(`clips/${clip.id}/again`, "POST"),
  },
  measureNow: {
    fits: (clip) => clip.status === "done" && clip.original && !reader(clip, "evaluate"),
    does: (clip) => ask(`clips/${clip.id}/evaluate`, "POST", { profile: clip.wanted.measure ?? "generic", language: document.documentElement.lang }),
  },
  toFirst: {
    fits: (clip) => clip.status === "queued",
    does: (clip) => ask(`clips/${clip.id}/move?to=first`, "POST"),
    reversed: true,
  },
  cancel: {
    fits: (clip) => !over(clip) && !clip.cancelling,
    does: (clip) => ask(`clips/${clip.id}/cancel`, "POST"),
    reversed: true,
  },
  remove: {
    fits: (clip) => over(clip) && !clip.readers.length && clip.leaves == null,
    does: (clip) => ask(`clips/${clip.id}/remove`, "POST"),
    sure: (n) => words().sureRemoveAll(n),
  },
};

/** Draw what can be done with the clips that are picked. */
function show(list, all) {
  const w = words();
  at("pick-all").checked = all;
  at("pick-all").indeterminate = !all && list.length > 0;
  at("picked").hidden = !list.length;
  at("undo-all").hidden = leaving().length < 2 || !mayWork();
  const done = list.filter((clip) => clip.status === "done");
  const key = JSON.stringify([list.map((clip) => [clip.id, clip.status, clip.readers.length, clip.original, clip.cancelling]), document.documentElement.lang]);
  if (at("picked").dataset.drawn === key) return;
  const held = at("picked").contains(document.activeElement) ? document.activeElement.getAttribute("data-at") : null;
  at("picked").dataset.drawn = key;
  const query = done.map((clip) => `clip=${clip.id}`).join("&");
  const go = (word, href, properties = {}) => make("a", { className: "button", href, textContent: w.withAll(w[word], done.length), "data-at": word, ...properties });
  at("picked-does").replaceChildren(
    make("span", { id: "picked-count", className: "note", textContent: w.picked(list.length) }),
    ...(done.length ? [go("download", `/api/results.zip?${query}`, { download: "", onclick: () => setTimeout(() => pickAll(false)) }), ...(mayWork() ? [go("release", `/release?${query}`)] : [])] : []),
    ...(done.length === 1 && mayWork() ? [go("coverOne", `/compare?clip=${done[0].id}`)] : []),
    ...Object.entries(DOES).map(([word, what]) => doing(word, what, list.filter(what.fits))).filter(Boolean));
  if (held) (at("picked-does").querySelector(`[data-at="${held}"]`) ?? at("pick-all")).focus();
}

function doing(word, what, list) {
  if (!list.length || !mayWork()) return null;
  const w = words();
  const act = async () => {
    if (what.sure && !confirm(what.sure(list.length))) return;
    if (word === "remove") removed = list.map((clip) => clip.id);
    pickAll(false);
    await each(what.reversed ? [...list].reverse() : list, what.does, word in w.did ? word : null);
  };
  return make("button", { type: "button", textContent: w.withAll(w[word], list.length), onclick: act, "data-at": word });
}

