// The queue: how far clips are, and what became of them.

import { describe } from "./deidentify-faces.js";
import { at, button, link, make } from "./dom.js";
import { act, lookNow, project, say, trouble } from "./frame.js";
import { ask, over } from "./server.js";
import { progressLine, words } from "./words.js";

let surrogates = [];
let clips = [];
let shown = null; // the project whose clips they are
const items = new Map(); // by clip

/** Take what is known of faces. */
export function ready(found) {
  surrogates = found;
}

/** Ask for the clips; whether something happens to one. */
export async function look() {
  const home = project();
  const found = await ask(`clips?project=${home}`);
  const before = new Map(home === shown ? clips.map((clip) => [clip.id, clip.status]) : []);
  for (const clip of found) {
    const was = before.get(clip.id);
    if (was && was !== clip.status && (over(clip) || clip.status === "running")) {
      say(words().said(clip.name, words()[clip.status]));
    }
  }
  [clips, shown] = [found, home];
  showClips();
  return clips.some((clip) => !over(clip));
}

/** Take all clips out of the queue that are not worked on yet. */
export async function cancelWaiting() {
  if (!confirm(words().sureWaiting)) return;
  try {
    for (const clip of clips.filter((each) => each.status === "queued").reverse()) {
      await ask(`clips/${clip.id}/cancel`, "POST");
    }
    trouble(null);
  } catch (problem) {
    trouble(problem);
  }
  await lookNow();
}

/** Delete the originals of all clips that are done. */
export function deleteOriginals() {
  if (confirm(words().sureOriginals)) act(`originals?project=${project()}`, "DELETE");
}

/** Draw what has changed. */
export function showClips() {
  const known = new Set(clips.map((clip) => clip.id));
  for (const [id, item] of items) {
    if (known.has(id)) continue;
    const held = item.element.contains(document.activeElement);
    item.element.remove();
    items.delete(id);
    if (held) at("queue-heading").focus();
  }
  const waiting = clips.filter((clip) => clip.status === "queued");
  const finished = clips.filter(over).sort((a, b) => b.finished - a.finished);
  order([...clips.filter((clip) => clip.status === "running"), ...waiting, ...finished]);
  waiting.forEach((clip, index) => write(items.get(clip.id).state, `${words().queued}: ${words().place(index + 1)}`));
  showAll(waiting);
}

function showAll(waiting) {
  const count = (status) => clips.filter((clip) => clip.status === status).length;
  const stored = clips.filter((clip) => clip.status === "done" && clip.original && !clip.needed);
  at("empty").hidden = clips.length > 0;
  at("summary").hidden = clips.length < 2;
  write(at("summary"), words().summary(count("running"), waiting.length, count("done"), count("failed"), count("cancelled")));
  at("cancel-waiting").hidden = waiting.length < 2;
  at("delete-originals").hidden = stored.length < 2;
}

/** What is worked on comes first, then what waits, then what is over; moves only what is elsewhere. */
function order(sorted) {
  let next = at("jobs").firstChild;
  for (const clip of sorted) {
    const item = items.get(clip.id) ?? { element: make("li", { tabIndex: -1 }) };
    items.set(clip.id, item);
    if (item.element === next) {
      next = next.nextSibling;
    } else {
      const held = item.element.contains(document.activeElement) ? document.activeElement : null;
      at("jobs").insertBefore(item.element, next);
      held?.focus({ preventScroll: true });
    }
    update(item, clip);
  }
}

function update(item, clip) {
  const shape = [clip.status, clip.cancelling, clip.original, clip.preview, clip.compare, clip.needed, clip.found?.ledger.covered, document.documentElement.lang].join();
  if (item.shape !== shape) {
    const held = item.element.contains(document.activeElement);
    fill(item, clip);
    if (held) item.element.focus(); // not the button that is now where the last one was
    item.shape = shape;
  }
  if (clip.status !== "queued" || clip.cancelling) write(item.state, progressLine(clip));
  if (item.bar && clip.total) Object.assign(item.bar, { max: clip.total, value: Math.min(clip.done, clip.total) });
  else item.bar?.removeAttribute("value");
  refresh(item, clip);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Show the newest picture, once the last one is there. */
function refresh(item, clip) {
  if (!item.image) return;
  const address = `/api/clips/${clip.id}/preview?n=${clip.status === "done" ? "done" : `${clip.stage}${clip.done}`}`;
  if (item.address !== address && (item.image.complete || !item.address)) {
    item.address = item.image.src = address;
  }
}

function fill(item, clip) {
  const w = words();
  item.element.className = `job ${clip.status}`;
  item.state = make("p", { className: "state" });
  item.bar = clip.status === "running" ? make("progress", { "aria-label": clip.name }) : null;
  item.image = clip.preview ? frame(clip) : null;
  item.address = null;
  const covered = clip.found?.ledger.covered ?? 0;
  item.element.replaceChildren(
    ...[
      make("p", { className: "name", textContent: clip.name }),
      make("p", { className: "note", textContent: settings(clip) }),
      item.bar,
      item.state,
      clip.found ? make("p", { className: "note", textContent: covered ? w.covered(clip.found.frames, covered) : w.allFrames(clip.found.frames) }) : null,
      clip.status === "done" && clip.needed ? make("p", { className: "note", textContent: w.needed }) : null,
      actions(clip),
      clip.original && over(clip) ? make("p", { className: "note", textContent: w.stored }) : null,
      item.image,
    ].filter(Boolean));
}

function frame(clip) {
  const w = words();
  const text = clip.status === "done" ? w.previewOf(clip.name) : w.drawnOf(clip.name);
  const image = make("img", { className: "frame", alt: text, title: text, loading: clip.status === "done" ? "lazy" : "eager", width: clip.width, height: clip.height });
  image.onerror = () => (image.hidden = true);
  image.onload = () => (image.hidden = false);
  return image;
}

function settings(clip) {
  const w = words(), { engine, surrogate, voice, people, subject, measure } = clip.wanted;
  const parts = [`${w.engine}: ${w.engines[engine]}`];
  if (engine === "mesh") {
    const named = (id) => {
      const face = surrogates.find((each) => each.id === id);
      return face ? describe(face) : id;
    };
    const given = clip.found?.surrogates ?? [];
    if (given.length) parts.push(`${w.given}: ${given.map(named).join("; ")}`);
    else parts.push(`${w.surrogate}: ${surrogate === "auto" ? w.auto : named(surrogate)}`);
  }
  parts.push(`${w.voice}: ${w.voices[voice]}`);
  if (people !== "all") parts.push(w.persons[people]);
  if (subject) parts.push(`${w.subject}: ${subject}`);
  if (measure) parts.push(`${w.measure}: ${w.measures[measure]}`);
  return parts.join(" · ");
}

function actions(clip) {
  const w = words(), base = `/api/clips/${clip.id}`, path = `clips/${clip.id}`;
  const row = make("p", { className: "row" });
  if (!over(clip)) {
    const stop = button("cancel", () => act(`${path}/cancel`, "POST"), clip.name);
    stop.disabled = clip.cancelling;
    row.append(stop);
    return row;
  }
  if (clip.status === "done") {
    row.append(
      link("result", `${base}/result`, clip.name, { className: "button main", download: "" }),
      link("manifest", `${base}/manifest`, clip.name, { download: "" }));
    if (clip.compare) row.append(link("compare", `/compare?clip=${clip.id}`, clip.name));
    row.append(link("evidence", `/evidence?clip=${clip.id}`, clip.name));
  } else if (clip.original) {
    row.append(button("again", () => act(`${path}/again`, "POST"), clip.name, { className: "main" }));
  }
  if (clip.needed) return row;
  if (clip.original) row.append(button("deleteOriginal", () => confirm(w.sureOriginal(clip.name)) && act(`${path}/original`, "DELETE"), clip.name));
  row.append(button("remove", () => confirm(w.sureRemove(clip.name)) && act(path, "DELETE"), clip.name));
  return row;
}
