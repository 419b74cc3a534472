// One clip of the queue: how far it is, what became of it, and what can be done with it.

import { edit } from "./deidentify-edit.js";
import { named as faceNamed } from "./deidentify-faces.js";
import { patient } from "./deidentify-patient.js";
import { button, inFocus, link, make, write } from "./dom.js";
import { traits } from "./engines.js";
import { act } from "./frame.js";
import { mayWork } from "./me.js";
import { moment } from "./moment.js";
import { over } from "./server.js";
import { duration, number, progressLine, tenths, words } from "./words.js";

const MOMENTS = 4; // that are named
const SAME_LATER = ["stopped_twice", "unexpected", "no_worker", "unwritable-output", "disk_full", "linked-place", "output-withheld", "recovered"]; // failures that another try may not have
const open = new Map(); // whether details are shown, by clip, where somebody said so

let surrogates = [];

/** Take what is known of faces. */
export function know(found) {
  surrogates = found;
}

/** Focus what is called as what held the focus; not another button that is now in its place. */
function refocus(element, held) {
  const same = [...element.querySelectorAll("button, a")].find((each) => each.textContent === held.textContent);
  (same ?? element).focus({ preventScroll: true });
}

/** Draw a clip if something in it has changed. */
export function update(item, clip, context) {
  const shape = JSON.stringify([
    ...[clip.status, clip.cancelling, clip.original, clip.preview, clip.compare, clip.readers, clip.found?.ledger.covered, context.rows.get(clip.id)],
    ...[clip.name, clip.file, clip.note, clip.family, clip.alike, clip.uncover, clip.leaves == null, clip.wanted, clip.after, context.heading],
    ...[mayWork(), context.clips.length < 2, shownWhole(clip, context), alikeNames(clip, context), document.documentElement.lang],
    ...[clip.status === "queued" && [context.waiting[0]?.id === clip.id, context.waiting.at(-1)?.id === clip.id]],
  ]);
  if (item.shape !== shape) {
    const held = inFocus(item.element);
    fill(item, clip, context);
    if (held) refocus(item.element, held);
    item.shape = shape;
  }
  if (clip.leaves != null) write(item.state, words().leaves(duration(clip.leaves)));
  else if (clip.status === "queued" && !clip.cancelling) write(item.state, `${words().queued}: ${words().place(context.waiting.indexOf(clip) + 1)}`);
  else write(item.state, progressLine(clip));
  if (item.bar && clip.total) Object.assign(item.bar, { max: clip.total, value: Math.min(clip.done, clip.total) });
  else item.bar?.removeAttribute("value");
  refresh(item, clip);
}

const shownWhole = (clip, context) => clip.leaves == null && (open.get(clip.id) ?? context.few);

/** Show the newest picture, once the last one is there. */
function refresh(item, clip) {
  if (!item.image) return;
  const address = `/api/clips/${clip.id}/preview?n=${clip.status === "done" ? `done${clip.found?.ledger.covered ?? 0}` : `${clip.stage}${clip.done}`}`;
  if (item.address !== address && (item.image.complete || !item.address)) {
    item.address = item.image.src = address;
  }
}

function fill(item, clip, context) {
  const w = words(), whole = shownWhole(clip, context), leaving = clip.leaves != null;
  item.element.className = `job ${clip.status}${whole ? "" : " brief"}${leaving ? " leaving" : ""}`;
  item.state = make("p", { className: "state" });
  item.bar = clip.status === "running" ? make("progress", { "aria-label": clip.name }) : null;
  item.image = clip.preview && !leaving ? frame(clip) : null;
  item.address = null;
  item.tick = leaving || context.clips.length < 2 ? null : make("input", { type: "checkbox", className: "pick", "aria-label": w.pick(clip.name) });
  item.tick?.addEventListener("change", () => context.pick(clip, item.tick.checked));
  const heading = context.heading ? make("h3", { className: "group", textContent: context.heading }) : null;
  const name = make("div", { className: "top" }, item.tick, make("p", { className: "name", textContent: clip.name }),
    clip.file && clip.file !== clip.name ? make("span", { className: "note file", textContent: clip.file, title: w.fileStays }) : null);
  const parts = leaving
    ? [heading, name, item.state, make("p", { className: "row" }, button("undo", () => act(`clips/${clip.id}/restore`, "POST"), clip.name))]
    : whole ? [heading, name, ...details(item, clip, context)] : [heading, name, item.bar, item.state, make("p", { className: `note verdict${shownIn(clip, context) ? " fails" : ""}`, textContent: verdict(clip, context) }), brief(clip, context), item.image];
  item.element.replaceChildren(...parts.filter(Boolean));
}

const hidesLittle = (clip) => !traits(clip.wanted.engine).hides_face;
const note = (text) => make("p", { className: "note", textContent: text });
const warn = (text) => make("p", { className: "hint warns", textContent: text });
const row = (...children) => make("p", { className: "row" }, ...children);

function alikeNames(clip, context) {
  const others = (clip.alike ?? []).map((id) => context.clips.find((each) => each.id === id));
  return others.filter((each) => each && each.leaves == null && (!clip.family || each.family !== clip.family)).map((each) => each.name);
}

/** Others that were made of the same original. */
const family = (clip, context) => context.clips.filter((each) => clip.family && each.family === clip.family && each.id !== clip.id && each.leaves == null);

/** Whether measuring did not show that the person is hidden. */
const shownIn = (clip, context) => {
  const found = context.rows.get(clip.id);
  return Boolean(found && !found.stale && found.hides.held < found.hides.asked);
};

/** What is most worth knowing of a clip, in a few words. */
function verdict(clip, context) {
  const w = words(), found = context.rows.get(clip.id), said = [];
  if (alikeNames(clip, context).length) said.push(w.briefAlike);
  if (family(clip, context).length) said.push(...how(clip), w.briefFamily);
  if (clip.found?.missing) said.push(w.briefMissing);
  if (clip.found?.conceded?.frames) said.push(w.briefCovered(number(100 * clip.found.conceded.share)));
  if (clip.found?.judges?.some((each) => each.share_under)) said.push(w.briefKnown);
  if (found && !found.stale) {
    if (shownIn(clip, context)) said.push(w.briefShown);
    said.push(w.briefMeasured(found.held, found.asked));
  }
  if (clip.status === "done" && !found) said.push(context.reader(clip, "evaluate") ? w.briefMeasuring : w.briefUnmeasured);
  if (clip.note) said.push(clip.note.split("\n")[0]);
  return said.join(" · ");
}

const PLACES = { toFirst: "first", earlier: "earlier", later: "later", toLast: "last" };

/** Buttons that give a clip that waits another place in the queue. */
function moves(clip, context, which) {
  if (clip.status !== "queued" || context.waiting.length < 2 || !mayWork()) return [];
  const at = context.waiting.findIndex((each) => each.id === clip.id), end = context.waiting.length - 1;
  const off = (word) => at === (["toFirst", "earlier"].includes(word) ? 0 : end);
  return which.map((word) => button(word, () => act(`clips/${clip.id}/move?to=${PLACES[word]}`, "POST"), clip.name, { disabled: off(word) }));
}

/** The buttons of a clip that is shown in one line. */
function brief(clip, context) {
  const base = `/api/clips/${clip.id}`;
  const more = button("details", () => toggle(clip, context, true), clip.name, { className: "plain" });
  more.setAttribute("aria-expanded", "false");
  return row(
    clip.status === "done" ? link("download", `${base}/result`, clip.name, { download: "" }) : null,
    clip.status === "done" ? link("compare", `/compare?clip=${clip.id}`, clip.name) : null,
    over(clip) ? null : button("cancel", () => act(`clips/${clip.id}/cancel`, "POST"), clip.name, { disabled: clip.cancelling }),
    ...moves(clip, context, ["toFirst", "earlier", "later"]),
    clip.status === "held" ? button("begin", () => act(`clips/${clip.id}/again`, "POST"), clip.name) : null,
    ["failed", "cancelled", "held"].includes(clip.status) && clip.original ? button("edit", () => edit(clip), clip.name) : null,
    more);
}

function toggle(clip, context, whole) {
  open.set(clip.id, whole);
  context.again();
}

/** Everything that is known of a clip. */
function details(item, clip, context) {
  const w = words();
  const others = family(clip, context), same = alikeNames(clip, context);
  const judges = (clip.found?.judges ?? []).map((each) => {
    const knows = w.judged(each.recogniser, each.person + 1, each.share_under, each.frames);
    return each.share_under || each.decided ? warn(each.decided ? `${knows} ${w.decided}` : knows) : note(knows);
  });
  return [
    note(settings(clip)),
    clip.note ? make("p", { className: "note remark", textContent: clip.note }) : null,
    same.length && mayWork() ? warn(w.alike(same)) : null,
    others.length && mayWork() ? warn(w.family(others.map((each) => each.name), others.length)) : null,
    clip.found?.missing ? warn(w.incomplete(clip.found.missing.frames, clip.found.missing.of, clip.found.missing.same_time ?? 0)) : null,
    clip.found?.conceded?.frames ? warn(conceded(clip.found.conceded)) : null,
    ...judges,
    ...(clip.found?.notes ?? []).map((each) => note(w.storedAs[each.kind] ?? each.words)),
    item.bar,
    item.state,
    hidesLittle(clip) ? warn(w.engineHints[clip.wanted.engine] ?? traits(clip.wanted.engine).words) : null,
    clip.found ? note([w.made(clip.wanted.engine, clip.found.frames, clip.found.ledger.covered ?? 0), ...answers(clip, context)].join(" ")) : null,
    ...clip.readers.map((each) => note(w.readers[each.kind][each.running ? 1 : 0])),
    ...actions(clip, context, others),
    original(clip, context),
    mayWork() ? patient(clip) : null,
    kept(clip),
    context.few ? null : lessButton(clip, context),
    item.image,
  ];
}

function lessButton(clip, context) {
  const less = button("less", () => toggle(clip, context, false), clip.name, { className: "plain" });
  less.setAttribute("aria-expanded", "true");
  return row(less);
}

/** What was covered so that the rest passes, and why. */
function conceded({ frames, share, moments }) {
  const w = words();
  const why = (each) => [w.concededFor[each.reason](each.person + 1), each.by?.length ? w.by(each.by) : ""].filter(Boolean).join(" ");
  const listed = moments.slice(0, MOMENTS).map((each) => `${tenths(each.from_s)}–${tenths(each.to_s)} s, ${why(each)}`);
  return w.conceded(frames, number(100 * share), listed, moments.length - listed.length);
}

/** What measuring said of a clip: whether the person is hidden, and what is left of the movements. */
function answers(clip, context) {
  const w = words(), found = context.rows.get(clip.id);
  if (!found) return [];
  if (found.stale) return [w.stale, clip.original ? w.measureAgain : ""].filter(Boolean);
  const said = [];
  if (found.hides.asked) said.push((hidesLittle(clip) ? w.hidesLittle : w.hides)(found.hides.held, found.hides.asked));
  if (!traits(clip.wanted.engine).keeps_motion) said.push(w.keepsNone);
  else if (found.keeps.asked) said.push(w.keeps(found.keeps.held, found.keeps.asked, found.keeps.unknown));
  return said;
}

/** When the original and the whole clip go by themselves. */
function kept(clip) {
  const w = words(), said = [];
  if (clip.original_until) said.push(w.originalUntil(moment(clip.original_until)));
  if (clip.result_until) said.push(w.resultUntil(moment(clip.result_until)));
  return said.length ? note(said.join(" ")) : null;
}

/** What is stored of the original, and what becomes of it. */
function original(clip, context) {
  const w = words(), goes = clip.after === "delete";
  if (!mayWork()) return null; // it is nothing to them
  if (!clip.original) return note(w.originalGone);
  if (!over(clip)) return goes ? note(clip.wanted.measure ? w.goesMeasured : w.goesDone) : null;
  if (clip.status === "done" && goes) return note(context.reader(clip, "evaluate") ? w.goesMeasured : w.goesSoon);
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

/** By what method a result was made, and with which faces: the results of one original differ by these. */
function how(clip) {
  const w = words(), { engine, surrogate } = clip.wanted;
  const parts = [`${w.engine}: ${w.engines[engine] ?? engine}`];
  if (traits(engine).needs_surrogate) {
    const named = (id) => {
      const face = surrogates.find((each) => each.id === id);
      return face ? faceNamed(face) : id === "own" || id === "image" ? w.own : id;
    };
    const faces = clip.found?.surrogates ?? [];
    const who = (id) => (id === surrogate || surrogate === "own" ? named(id) : `${named(id)} (${w.byMeasuring})`);
    if (faces.length) parts.push(`${w.surrogate}: ${faces.map(who).join("; ")}`);
    else parts.push(`${w.surrogate}: ${surrogate === "auto" ? w.auto : named(surrogate)}`);
  }
  return parts;
}

function settings(clip) {
  const w = words(), { engine, voice, surroundings, hands, withhold, audit, people, subject, measure, leave, reason } = clip.wanted;
  const parts = how(clip);
  parts.push(`${w.voice}: ${w.voices[voice]}`);
  if (surroundings !== "keep") parts.push(`${w.surroundings}: ${w.rooms[surroundings]}`);
  if (hands === "cover" && traits(engine).shows_face) parts.push(`${w.hands}: ${w.handsKinds[hands]}`);
  if (people !== "all") parts.push(w.persons[people] ?? w.personsOnly(people));
  if (leave?.length) parts.push(w.leftAlone(leave.length, reason));
  if (subject && subject !== clip.subject) parts.push(`${w.subject}: ${subject}`);
  if (withhold !== "over 10%") parts.push(`${w.withhold}: ${w.withholds[withhold] ?? withhold}`);
  if (audit === "all") parts.push(`${w.audit}: ${w.audits[audit]}`);
  if (measure) parts.push(`${w.measure}: ${w.measures[measure]}`);
  return parts.join(" · ");
}

/** Rows of buttons: what there is, what comes next, what takes something away. */
function actions(clip, context, others) {
  const w = words(), base = `/api/clips/${clip.id}`, path = `clips/${clip.id}`;
  if (!over(clip)) {
    return [row(
      button("cancel", () => act(`${path}/cancel`, "POST"), clip.name, { disabled: clip.cancelling }),
      clip.status === "queued" ? button("edit", () => edit(clip), clip.name) : null,
      ...moves(clip, context, ["toFirst", "earlier", "later", "toLast"]))];
  }
  const away = [], measuring = context.reader(clip, "evaluate");
  if (measuring) {
    const sure = () => clip.after !== "delete" || confirm(w.sureCancelMeasuring(clip.name));
    away.push(button("cancelMeasuring", () => sure() && act(`works/${measuring.work}/cancel`, "POST"), clip.name));
  }
  if (!clip.readers.length) {
    const sure = clip.status === "done" ? w.sureOriginal : w.sureOriginalUndone;
    if (clip.uncover) away.push(button("uncover", () => confirm(w.sureUncover(clip.name)) && act(`${path}/uncover`, "POST"), clip.name));
    if (clip.original) away.push(button("deleteOriginal", () => confirm(sure(clip.name)) && act(`${path}/original`, "DELETE"), clip.name));
    away.push(button("remove", () => act(`${path}/remove`, "POST"), clip.name));
  }
  if (clip.status !== "done") return [row(...mend(clip, path), ...away)];
  const rows = [
    row(
      link("result", `${base}/result`, clip.name, { className: "button main", download: "" }),
      link("manifest", `${base}/manifest`, clip.name, { download: "" })),
    row(
      make("span", { className: "note", textContent: w.next }),
      link(clip.compare ? "compare" : "lookAt", `/compare?clip=${clip.id}`, clip.name),
      link("evidence", `/evidence?clip=${clip.id}`, clip.name),
      mayWork() ? link("release", `/release?clip=${clip.id}`, clip.name) : null)];
  const anew = [
    clip.original ? button("redo", () => edit(clip), clip.name) : null,
    others.length ? button("chooseThis", () => confirm(w.sureChoose(clip.name, others.length)) && act(`${path}/choose`, "POST"), clip.name) : null,
  ].filter(Boolean);
  return [...rows, ...(away.length || anew.length ? [row(...anew, ...away)] : [])];
}

/** What helps a clip that has no result: other settings first, the same ones where these may do. */
function mend(clip, path) {
  if (!clip.original) return [];
  const again = (word, main) => button(word, () => act(`${path}/again`, "POST"), clip.name, { className: main ? "main" : "" });
  const change = (main) => button("edit", () => edit(clip), clip.name, { className: main ? "main" : "" });
  if (clip.status === "held") return [again("begin", true), change(false)];
  if (clip.status === "cancelled") return [again("again", true), change(false)];
  return [change(true), SAME_LATER.includes(clip.code) ? again("again", false) : null].filter(Boolean);
}
