// The queue: asking for clips, and showing those that are looked for, in the order that is wanted.

import { update } from "./deidentify-row.js";
import { at, inFocus, make, write } from "./dom.js";
import { act, lookNow, project, say, trouble } from "./frame.js";
import { ask, over } from "./server.js";
import { duration, words } from "./words.js";

const FEW = 4; // clips that are shown in full

let clips = [];
let shown = null; // the project whose clips they are
let rows = new Map(); // what was measured, by clip
let rowsOf = ""; // what it was asked for
let deleted = null; // {home, answer}: what became of the originals when they were last deleted
let left = null; // how long the queue takes, as the server says
const items = new Map(); // by clip
const wanted = { text: "", state: "", sort: "queue", together: false };
const picked = new Set(); // ids

/** Clips of a project, as they were when it was last looked at. */
export const stored = (home) => (home === shown ? clips : []);

/** Ask for the clips; whether something happens to one. */
export async function look() {
  const home = project();
  const [found, queue] = await Promise.all([ask(`clips?project=${home}&leaving=true`), ask("queue").catch(() => null)]);
  const before = new Map(home === shown ? clips.map((clip) => [clip.id, clip.status]) : []);
  for (const clip of found) {
    const was = before.get(clip.id);
    if (was && was !== clip.status && (over(clip) || clip.status === "running")) {
      say(words().said(clip.name, words()[clip.status]));
    }
  }
  if (home !== shown) picked.clear();
  [clips, shown, left] = [found, home, queue];
  if (deleted?.home !== home) deleted = null;
  await lookAtMeasured(home);
  showClips();
  return clips.some((clip) => !over(clip) || clip.leaves != null);
}

/** Ask what was measured, whenever something may have been. */
async function lookAtMeasured(home) {
  const measured = clips.map((clip) => [clip.id, clip.finished, clip.found?.ledger, clip.readers.length, clip.uncover]);
  const key = JSON.stringify([home, measured]);
  if (key === rowsOf) return;
  try {
    const found = await ask(`cohort?project=${home}`);
    [rows, rowsOf] = [new Map(found.rows.map((row) => [row.clip, row])), key];
  } catch (problem) {
    if (!problem.code) throw problem;
    rows = new Map(); // the next look asks once more
  }
}

/** Do something with several clips, one after the other; says what became of how many of them. */
export async function each(list, does, said = null) {
  let done = 0, problem = null;
  for (const clip of list) {
    try {
      await does(clip);
      done += 1;
    } catch (found) {
      problem ??= found;
    }
  }
  trouble(problem);
  const line = said && done === list.length ? words().did[said](done) : words().doneWith(done, list.length);
  if (said || list.length > 1 || problem) say(line);
  if (said || list.length > 1) at("picked-said").textContent = line;
  await lookNow();
}

/** Take all clips out of the queue that are not worked on yet. */
export async function cancelWaiting() {
  if (!confirm(words().sureWaiting)) return;
  await each(clips.filter((clip) => clip.status === "queued").reverse(), (clip) => ask(`clips/${clip.id}/cancel`, "POST"), "cancel");
}

/** Cancel every measurement that waits or is under way. */
export async function cancelMeasuring() {
  const measured = clips.filter((clip) => reader(clip, "evaluate"));
  const going = measured.filter((clip) => clip.after === "delete").length;
  if (!confirm(words().sureCancelAllMeasuring(measured.length, going))) return;
  await each(measured, (clip) => ask(`works/${reader(clip, "evaluate").work}/cancel`, "POST"));
}

/** Delete the originals of all clips that are over and that nothing is still to read. */
export async function deleteOriginals() {
  const w = words(), home = shown, stored = staying().filter((clip) => clip.original);
  const due = stored.filter((clip) => over(clip) && !clip.readers.length);
  const undone = due.filter((clip) => clip.status !== "done").length;
  if (due.length && !confirm(w.sureOriginals(due.length, undone, stored.length - due.length))) return;
  const answer = due.length ? await act(`originals?project=${home}`, "DELETE") : { deleted: 0, kept: stored.length };
  if (!answer) return;
  deleted = { home, answer };
  showClips();
}

const staying = () => clips.filter((clip) => clip.leaves == null);

/** The job of a kind that is still to read a clip; one that runs before one that waits. */
export function reader(clip, kind) {
  const found = clip.readers.filter((one) => one.kind === kind);
  return found.find((one) => one.running) ?? found[0];
}

/** Clips that are picked, in the order in which they are shown. */
export const chosen = () => arranged().filter((clip) => picked.has(clip.id));

/** Look for other clips, or show them in another order. */
export function want(values) {
  Object.assign(wanted, values);
  showClips();
}

/** Pick all clips that are shown, or none. */
export function pickAll(all) {
  picked.clear();
  if (all) for (const clip of arranged()) if (clip.leaves == null) picked.add(clip.id);
  showClips();
}

function pick(clip, on) {
  if (on) picked.add(clip.id);
  else picked.delete(clip.id);
  showPicked();
}

/** Draw what has changed. */
export function showClips() {
  const known = new Set(clips.map((clip) => clip.id)), list = arranged(), seen = new Set(list.map((clip) => clip.id));
  for (const id of picked) if (!seen.has(id)) picked.delete(id);
  for (const [id, item] of items) {
    if (known.has(id) && seen.has(id)) continue;
    const held = item.element.contains(document.activeElement);
    item.element.remove();
    items.delete(id);
    if (held) at("queue-heading").focus();
  }
  place(list);
  showAll(list);
  showPicked();
}

const STATES = {
  busy: (clip) => !over(clip),
  held: (clip) => clip.status === "held",
  done: (clip) => clip.status === "done",
  failed: (clip) => ["failed", "cancelled"].includes(clip.status),
  look: (clip) => Boolean(clip.found?.conceded?.frames || clip.found?.missing || clip.found?.judges?.some((one) => one.share_under) || rows.get(clip.id)?.passed === false),
  unmeasured: (clip) => clip.status === "done" && !rows.has(clip.id),
};

/** What is worked on comes first, then what waits, then what is over, unless another order is wanted. */
function arranged() {
  const text = wanted.text.trim().toLowerCase();
  const fits = (clip) => (!text || [clip.name, clip.file, clip.note, clip.subject, clip.visit].some((part) => part?.toLowerCase().includes(text)))
    && (!wanted.state || STATES[wanted.state](clip));
  const list = clips.filter(fits);
  const stage = (clip) => (clip.status === "running" ? 0 : clip.status === "queued" ? 1 : clip.status === "held" ? 2 : 3);
  const by = {
    queue: (a, b) => stage(a) - stage(b) || (stage(a) === 3 ? (b.finished ?? b.created) - (a.finished ?? a.created) : 0),
    name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
    came: (a, b) => b.created - a.created,
    length: (a, b) => (b.seconds ?? 0) - (a.seconds ?? 0),
  };
  list.sort(by[wanted.sort]);
  const whose = (clip) => [clip.subject ?? "\uffff", clip.visit ?? ""].join("\0");
  if (wanted.together) list.sort((a, b) => whose(a).localeCompare(whose(b), undefined, { numeric: true }));
  return list;
}

function showAll(list) {
  const w = words(), count = (status) => clips.filter((clip) => clip.status === status).length;
  const measured = (running) => clips.filter((clip) => reader(clip, "evaluate")?.running === running).length;
  const waiting = clips.filter((clip) => clip.status === "queued");
  at("empty").hidden = clips.length > 0;
  at("none").hidden = !clips.length || list.length > 0;
  at("find").hidden = clips.length < 2;
  at("summary").hidden = clips.length < 2;
  const said = w.summary(count("running"), waiting.length, count("done"), count("failed"), count("cancelled"), measured(true), measured(false), count("held"));
  const time = left?.jobs ? (left.seconds_left == null ? w.leftUnknown : w.leftAll(duration(left.seconds_left))) : "";
  write(at("summary"), [said, time].filter(Boolean).join(" · "));
  at("cancel-waiting").hidden = waiting.length < 2;
  at("cancel-measuring").hidden = clips.filter((clip) => reader(clip, "evaluate")).length < 2;
  at("delete-originals").hidden = !staying().some((clip) => clip.original && over(clip));
  write(at("deleted"), deleted ? w.deleted(deleted.answer.deleted, deleted.answer.kept) : "");
}

/** Draw what can be done with clips that are picked, set by `whenPicked`. */
function showPicked() {
  for (const [id, item] of items) if (item.tick) item.tick.checked = picked.has(id);
  const list = arranged().filter((clip) => clip.leaves == null);
  drawPicked(chosen(), list.length > 0 && list.every((clip) => picked.has(clip.id)));
}

/** @type {(list: any[], all: boolean) => void} */
let drawPicked = () => {};

/** Have what can be done with picked clips drawn by somebody else. */
export function whenPicked(draw) {
  drawPicked = draw;
}

/** Put clips into their places; moves only what is elsewhere. */
function place(list) {
  let next = at("jobs").firstChild, whose = null;
  const waiting = clips.filter((clip) => clip.status === "queued");
  const context = { clips, rows, few: clips.length <= FEW, waiting, pick, reader, again: showClips };
  for (const clip of list) {
    const item = items.get(clip.id) ?? { element: make("li", { tabIndex: -1 }) };
    items.set(clip.id, item);
    if (item.element === next) {
      next = next.nextSibling;
    } else {
      const held = inFocus(item.element);
      at("jobs").insertBefore(item.element, next);
      held?.focus({ preventScroll: true });
    }
    const group = [clip.subject, clip.visit].filter(Boolean).join(" · ") || words().nobodyYet;
    update(item, clip, { ...context, heading: wanted.together && group !== whose ? group : null });
    whose = group;
  }
}
