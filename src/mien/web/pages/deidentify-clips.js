// The queue: how far clips are, and what became of them.

import { describe } from "./deidentify-faces.js";
import { at, button, inFocus, link, make } from "./dom.js";
import { traits } from "./engines.js";
import { act, lookNow, project, say, trouble } from "./frame.js";
import { ask, over } from "./server.js";
import { number, progressLine, tenths, words } from "./words.js";

const MOMENTS = 4; // that are named

let surrogates = [];
let clips = [];
let shown = null; // the project whose clips they are
let rows = new Map(); // what was measured, by clip
let rowsOf = ""; // what it was asked for
let deleted = null; // {home, answer}: what became of the originals when they were last deleted
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
  if (deleted?.home !== home) deleted = null;
  await lookAtMeasured(home);
  showClips();
  return clips.some((clip) => !over(clip));
}

/** Ask what was measured, whenever something may have been. */
async function lookAtMeasured(home) {
  const measured = clips.map((clip) => [clip.id, clip.finished, clip.found?.ledger, clip.readers.length]);
  const wanted = JSON.stringify([home, measured]);
  if (wanted === rowsOf) return;
  try {
    const found = await ask(`cohort?project=${home}`);
    [rows, rowsOf] = [new Map(found.rows.map((row) => [row.clip, row])), wanted];
  } catch (problem) {
    if (!problem.code) throw problem;
    rows = new Map(); // the next look asks once more
  }
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

/** Delete the originals of all clips that are over and that nothing is still to read. */
export async function deleteOriginals() {
  const w = words(), home = shown, stored = clips.filter((clip) => clip.original);
  const due = stored.filter((clip) => over(clip) && !clip.readers.length);
  const undone = due.filter((clip) => clip.status !== "done").length;
  if (due.length && !confirm(w.sureOriginals(due.length, undone, stored.length - due.length))) return;
  const answer = due.length ? await act(`originals?project=${home}`, "DELETE") : { deleted: 0, kept: stored.length };
  if (!answer) return;
  deleted = { home, answer };
  showClips();
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
  const measured = (running) => clips.filter((clip) => reader(clip, "evaluate")?.running === running).length;
  at("empty").hidden = clips.length > 0;
  at("summary").hidden = clips.length < 2;
  write(at("summary"), words().summary(count("running"), waiting.length, count("done"), count("failed"), count("cancelled"), measured(true), measured(false)));
  at("cancel-waiting").hidden = waiting.length < 2;
  at("delete-originals").hidden = !clips.some((clip) => clip.original && over(clip));
  write(at("deleted"), deleted ? words().deleted(deleted.answer.deleted, deleted.answer.kept) : "");
}

/** The job of a kind that is still to read a clip; one that runs before one that waits. */
function reader(clip, kind) {
  const found = clip.readers.filter((each) => each.kind === kind);
  return found.find((each) => each.running) ?? found[0];
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
      const held = inFocus(item.element);
      at("jobs").insertBefore(item.element, next);
      held?.focus({ preventScroll: true });
    }
    update(item, clip);
  }
}

/** Focus what is called as what held the focus; not another button that is now in its place. */
function refocus(element, held) {
  const same = [...element.querySelectorAll("button, a")].find((each) => each.textContent === held.textContent);
  (same ?? element).focus({ preventScroll: true });
}

function update(item, clip) {
  const shape = JSON.stringify([clip.status, clip.cancelling, clip.original, clip.preview, clip.compare, clip.readers, clip.found?.ledger.covered, rows.get(clip.id), document.documentElement.lang]);
  if (item.shape !== shape) {
    const held = inFocus(item.element);
    fill(item, clip);
    if (held) refocus(item.element, held);
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
  item.element.replaceChildren(
    ...[
      make("p", { className: "name", textContent: clip.name }),
      make("p", { className: "note", textContent: settings(clip) }),
      clip.found?.missing ? make("p", { className: "hint warns", textContent: w.incomplete(clip.found.missing.frames, clip.found.missing.of) }) : null,
      clip.found?.conceded?.frames ? make("p", { className: "hint warns", textContent: conceded(clip.found.conceded) }) : null,
      ...(clip.found?.judges ?? []).map((each) => make("p", {
        className: each.share_under ? "hint warns" : "note",
        textContent: w.judged(each.recogniser, each.person + 1, each.share_under, each.frames),
      })),
      ...(clip.found?.notes ?? []).map((each) => note(w.storedAs[each.kind] ?? each.words)),
      item.bar,
      item.state,
      hidesLittle(clip) ? make("p", { className: "hint warns", textContent: w.engineHints[clip.wanted.engine] ?? traits(clip.wanted.engine).words }) : null,
      clip.found ? note([w.made(clip.wanted.engine, clip.found.frames, clip.found.ledger.covered ?? 0), ...answers(clip)].join(" ")) : null,
      ...clip.readers.map((each) => note(w.readers[each.kind][each.running ? 1 : 0])),
      ...actions(clip),
      original(clip),
      item.image,
    ].filter(Boolean));
}

/** What was covered so that the rest passes, and why. */
function conceded({ frames, share, moments }) {
  const w = words();
  const listed = moments.slice(0, MOMENTS).map((each) => `${tenths(each.from_s)}–${tenths(each.to_s)} s, ${w.concededFor[each.reason](each.person + 1)}`);
  return w.conceded(frames, number(100 * share), listed, moments.length - listed.length);
}

const hidesLittle = (clip) => !traits(clip.wanted.engine).hides_face;
const note = (text) => make("p", { className: "note", textContent: text });

/** What measuring said of a clip: whether the person is hidden, and what is left of the movements. */
function answers(clip) {
  const w = words(), row = rows.get(clip.id);
  if (!row) return [];
  if (row.stale) return [w.stale, clip.original ? w.measureAgain : ""].filter(Boolean);
  const said = [];
  if (row.hides.asked) said.push((hidesLittle(clip) ? w.hidesLittle : w.hides)(row.hides.held, row.hides.asked));
  if (!traits(clip.wanted.engine).keeps_motion) said.push(w.keepsNone);
  else if (row.keeps.asked) said.push(w.keeps(row.keeps.held, row.keeps.asked, row.keeps.unknown));
  return said;
}

/** What is stored of the original, and what becomes of it. */
function original(clip) {
  const w = words(), goes = clip.after === "delete";
  if (!clip.original) return note(w.originalGone);
  if (!over(clip)) return goes ? note(clip.wanted.measure ? w.goesMeasured : w.goesDone) : null;
  if (clip.status === "done" && goes) return note(reader(clip, "evaluate") ? w.goesMeasured : w.goesSoon);
  return note(w.stored);
}

function frame(clip) {
  const w = words();
  const text = clip.status === "done" ? w.previewOf(clip.name) : w.drawnOf(clip.name);
  const image = make("img", { className: "frame", alt: text, title: text, loading: clip.status === "done" ? "lazy" : "eager" });
  if (clip.width) Object.assign(image, { width: clip.width, height: clip.height });
  image.onerror = () => (image.hidden = true);
  image.onload = () => (image.hidden = false);
  return image;
}

function settings(clip) {
  const w = words(), { engine, surrogate, voice, surroundings, people, subject, measure } = clip.wanted;
  const parts = [`${w.engine}: ${w.engines[engine] ?? engine}`];
  if (traits(engine).needs_surrogate) {
    const named = (id) => {
      const face = surrogates.find((each) => each.id === id);
      return face ? describe(face) : id;
    };
    const given = clip.found?.surrogates ?? [];
    const how = (id) => (id === surrogate ? named(id) : `${named(id)} (${w.byMeasuring})`);
    if (given.length) parts.push(`${w.surrogate}: ${given.map(how).join("; ")}`);
    else parts.push(`${w.surrogate}: ${surrogate === "auto" ? w.auto : named(surrogate)}`);
  }
  parts.push(`${w.voice}: ${w.voices[voice]}`);
  if (surroundings !== "keep") parts.push(`${w.surroundings}: ${w.rooms[surroundings]}`);
  if (people !== "all") parts.push(w.persons[people]);
  if (subject) parts.push(`${w.subject}: ${subject}`);
  if (measure) parts.push(`${w.measure}: ${w.measures[measure]}`);
  return parts.join(" · ");
}

/** Rows of buttons: what there is, what comes next, what takes something away. */
function actions(clip) {
  const w = words(), base = `/api/clips/${clip.id}`, path = `clips/${clip.id}`;
  const row = (...children) => make("p", { className: "row" }, ...children);
  if (!over(clip)) {
    return [row(button("cancel", () => act(`${path}/cancel`, "POST"), clip.name, { disabled: clip.cancelling }))];
  }
  const away = [];
  const measuring = reader(clip, "evaluate");
  if (measuring) {
    const sure = () => clip.after !== "delete" || confirm(w.sureCancelMeasuring(clip.name));
    away.push(button("cancelMeasuring", () => sure() && act(`works/${measuring.work}/cancel`, "POST"), clip.name));
  }
  if (!clip.readers.length) {
    const sure = clip.status === "done" ? w.sureOriginal : w.sureOriginalUndone;
    if (clip.original) away.push(button("deleteOriginal", () => confirm(sure(clip.name)) && act(`${path}/original`, "DELETE"), clip.name));
    away.push(button("remove", () => confirm(w.sureRemove(clip.name)) && act(path, "DELETE"), clip.name));
  }
  if (clip.status !== "done") {
    if (clip.original) away.unshift(button("again", () => act(`${path}/again`, "POST"), clip.name, { className: "main" }));
    return [row(...away)];
  }
  const rows = [
    row(
      link("result", `${base}/result`, clip.name, { className: "button main", download: "" }),
      link("manifest", `${base}/manifest`, clip.name, { download: "" })),
    row(
      make("span", { className: "note", textContent: w.next }),
      link(clip.compare ? "compare" : "lookAt", `/compare?clip=${clip.id}`, clip.name),
      link("evidence", `/evidence?clip=${clip.id}`, clip.name),
      link("release", `/release?clip=${clip.id}`, clip.name))];
  return away.length ? [...rows, row(...away)] : rows;
}
