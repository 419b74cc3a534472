// The page "Compare": original and result beside each other, and covering by hand.

import { wireLens } from "./compare-lens.js";
import { listCovered, listMoments } from "./compare-lists.js";
import { Marks } from "./compare-marks.js";
import { Player } from "./compare-player.js";
import { sound } from "./compare-sound.js";
import { seconds, Timeline } from "./compare-timeline.js";
import { at, button, inFocus, link, make } from "./dom.js";
import { act, begin, lookNow, project, say, trouble } from "./frame.js";
import { mayWork } from "./me.js";
import { moment } from "./moment.js";
import { ask, over } from "./server.js";
import { progressLine, words } from "./words.js";
import { WORDS } from "./words/compare.js";

const LIST_MS = 3000; // between two looks at the list of clips
const SPEEDS = [0.25, 0.5, 1], LENGTHS = [0, 60, 10], ZOOMS = [1, 2, 4];
const USUAL = { speed: "1", length: "0", zoom: "1" };
const KEYS = [[",", "keyBack"], [".", "keyOn"], ["Space", "keyPlay"], ["P / N", "keyMoments"], ["I / O", "keyMarks"]];

let chosen = new URLSearchParams(location.search).get("clip");
let clips = null; // of the project, that are done
let listed = { project: null, when: 0 };
let clip = null;
let works = []; // that cover and measure the clip
let frames = null; // {run, times, ledger}
let shown = null; // which state of which clip is loaded
let curves = null;
let wide = null; // curves of the whole clip
let fetched = null; // which measurement the curves are of
let mode = "wipe";
let covering = null; // job whose end is waited for
let covered = null; // job whose end was seen
let broken = false; // whether the browser cannot play the file
const drawn = new Map(); // what was drawn last, so that nothing is redrawn under somebody's hands

const player = new Player(at("video"), at("canvas"), {
  seen: () => {
    position();
    timeline.frame = player.frame;
    marks.showParts();
    if (marks.pending) timeline.marks = marks.drawn;
    hear();
  },
  changed: () => playing(),
  failed: () => unplayable(),
});
const timeline = new Timeline({ go: (frame) => player.go(frame), step: (frames) => player.step(frames) });
const marks = new Marks({
  now: () => player.frame,
  go: (frame) => player.go(frame),
  changed: () => {
    timeline.marks = marks.drawn;
    keep();
    order();
  },
  area: () => {
    const half = player.both && mode === "side" ? 0.5 : 0;
    return { from: half, share: 1 - half, corner: player.corner, zoom: player.zoom };
  },
});

// --- what the server knows ---------------------------------------------------------------------

async function look() {
  const home = project(), now = performance.now();
  if (listed.project !== home || now - listed.when > LIST_MS) {
    const all = await ask(`clips?${new URLSearchParams({ project: home })}`);
    clips = all.filter((each) => each.status === "done");
    if (listed.project !== null && listed.project !== home && !clips.some((each) => each.id === chosen)) choose(null);
    listed = { project: home, when: now };
    if (!chosen && clips.length) choose(clips.reduce((last, each) => (each.finished > last.finished ? each : last)).id);
  }
  if (chosen) await lookAtClip();
  show();
  return works.some((job) => !over(job));
}

async function lookAtClip() {
  const wanted = chosen;
  try {
    [clip, works] = await Promise.all([ask(`clips/${wanted}`), ask(`clips/${wanted}/works`)]);
    if (clip.status !== "done") return;
    const covers = works.filter((job) => job.kind === "cover" && job.status === "done").map((job) => job.id);
    const state = `${clip.id} ${covers.at(-1)} ${clip.compare}`;
    if (state !== shown) await load(state);
    await fetchCurves();
  } catch (problem) {
    if (wanted !== chosen) return;
    if (problem.code !== "no_clip" && problem.code !== "file_gone") throw problem;
    choose(null);
    trouble(problem);
  }
}

async function load(state) {
  const wanted = chosen, same = shown?.startsWith(clip.id);
  const found = await ask(`clips/${clip.id}/frames`);
  if (wanted !== chosen) return;
  [frames, shown, broken] = [found, state, false];
  const query = new URLSearchParams({ run: frames.run });
  player.load({
    source: `/api/clips/${clip.id}/${clip.compare ? "compare" : "watch"}?${query}`,
    both: clip.compare,
    times: frames.times,
    frame: same ? player.frame : 0,
  });
  player.mode = mode;
  timeline.load(frames.times, frames.ledger);
  if (!same || !marks.list.length) marks.load(frames.times, kept());
  drawn.clear();
}

/** Where marks of this state of the clip are kept while this window is open. */
const place = () => `marks ${clip.id} ${frames.run}`;

function keep() {
  if (!frames) return;
  if (marks.list.length) sessionStorage.setItem(place(), JSON.stringify(marks.list));
  else sessionStorage.removeItem(place());
}

function kept() {
  return JSON.parse(sessionStorage.getItem(place()) ?? "[]");
}

/** The curves of the newest measurement; of a long clip those of the seconds that are shown. */
async function fetchCurves() {
  const measured = works.filter((job) => job.kind === "evaluate" && job.status === "done").at(-1);
  const [from, to] = timeline.window;
  const part = wide?.thinned ? ` ${from} ${to}` : "";
  const wanted = measured ? `${measured.id} ${shown}${part}` : null;
  if (wanted === fetched) return;
  if (!measured) {
    [curves, wide, fetched] = [null, null, null];
    timeline.measured(null);
    return;
  }
  const whole = !fetched?.startsWith(`${measured.id} ${shown}`);
  const query = whole ? "" : `?${new URLSearchParams({ from_s: `${Math.max(0, from)}`, to_s: `${to}` })}`;
  const state = whole ? `${measured.id} ${shown}` : wanted;
  try {
    curves = await ask(`clips/${clip.id}/curves${query}`);
    if (whole) wide = curves;
    fetched = state;
    timeline.measured(curves.curves, { whole, thinned: curves.thinned });
  } catch (problem) {
    if (!problem.code) throw problem;
    [curves, wide, fetched] = [null, null, state];
    timeline.measured(null);
  }
}

/** The player failed: the result was made anew meanwhile, or the server says why not, or the browser cannot. */
async function unplayable() {
  const run = frames?.run;
  try {
    const now = await ask(`clips/${chosen}/frames`);
    if (now.run !== run) return; // the next look loads it
    broken = true;
    show();
  } catch (problem) {
    trouble(problem);
  }
}

function choose(id) {
  [chosen, clip, frames, shown, curves, wide, fetched, works, covering, covered] = [id, null, null, null, null, null, null, [], null, null];
  player.unload();
  player.centre = [0.5, 0.5];
  timeline.measured(null);
  history.replaceState(null, "", id ? `?${new URLSearchParams({ clip: id })}` : location.pathname);
  drawn.clear();
}

// --- drawing it --------------------------------------------------------------------------------

/** Put parts into a place without taking the focus from a button that is put there again. */
function put(id, parts) {
  const place = at(id), buttons = () => [...place.querySelectorAll("button, a")];
  const focused = buttons().indexOf(document.activeElement);
  place.replaceChildren(...parts.filter(Boolean));
  if (focused >= 0) buttons()[focused]?.focus();
}

/** Draw something again only if it would be different. */
function redraw(id, state, draw) {
  const now = JSON.stringify([document.documentElement.lang, state]);
  if (drawn.get(id) === now) return;
  drawn.set(id, now);
  draw();
}

function show() {
  const w = words(), ready = clip?.status === "done" && frames !== null;
  at("empty").hidden = clips === null || clips.length > 0 || clip !== null;
  const others = clips ?? [];
  const all = clip && !others.some((each) => each.id === clip.id) ? [clip, ...others] : others;
  at("choose").hidden = !all.length;
  redraw("clips", [chosen, all.map((each) => [each.id, each.name])], () => {
    const twice = (name) => all.filter((each) => each.name === name).length > 1;
    const called = (each) => (twice(each.name) ? `${each.name} · ${facts(each)}` : each.name);
    at("clips").replaceChildren(
      make("option", { value: "", textContent: w.chooseClip, disabled: true, selected: !chosen }),
      ...all.map((each) => make("option", { value: each.id, textContent: called(each), selected: each.id === chosen })));
  });
  at("clip").hidden = !clip;
  at("seen").hidden = !ready;
  if (!clip) return;
  at("name").textContent = clip.name;
  at("facts").textContent = facts(clip);
  at("unready").hidden = ready && !broken;
  if (broken) at("unready").textContent = w.unplayable;
  if (!ready) {
    at("shows").hidden = true;
    at("unready").textContent = clip.status === "done" ? w.loading : w.notDone(progressLine(clip));
    return;
  }
  redraw("fixed", [clip.compare, clip.original, clip.wanted.compare, mode], fixed);
  redraw("covered", [shown], () => {
    position();
    listCovered(at("covered"), frames.ledger, clip.wanted.engine, (frame) => player.go(frame));
  });
  redraw("moments", [fetched], () => listMoments(at("moments"), curves?.moments ?? [], (frame) => player.go(frame)));
  redraw("measuring", [works.filter((job) => job.kind === "evaluate").at(-1), clip.original, curves?.stale, curves === null], measuring);
  redraw("covering", works.filter((job) => job.kind === "cover").at(-1), progressOfCover);
  redraw("language", [], () => {
    marks.show();
    timeline.draw();
    playing();
  });
}

/** What tells clips of one name apart. */
const facts = (one) => `${words().methods[one.wanted.engine] ?? one.wanted.engine} · ${moment(one.created)}`;

function fixed() {
  const w = words();
  at("shows").hidden = !mayWork();
  const why = clip.compare ? w.showsPatient : clip.wanted.compare && !clip.original ? w.goneOriginal : clip.wanted.compare ? w.goneCopy : w.neverKept;
  at("shows").textContent = why;
  at("shows").classList.toggle("patient", clip.compare);
  at("modes").hidden = !clip.compare;
  at("modes").replaceChildren(at("modes").firstElementChild, ...["wipe", "side", "result"].map((value) =>
    make("label", {}, make("input", {
      type: "radio", name: "mode", value, checked: value === mode, onchange: () => view(value),
    }), " ", w.modes[value])));
  at("stage").dataset.mode = clip.compare ? mode : "result";
  at("canvas").setAttribute("aria-label", clip.compare ? w.modes[mode] : w.modes.result);
  at("wipe").setAttribute("aria-label", w.wipe);
  at("track").setAttribute("aria-label", w.track);
  for (const [id, word] of Object.entries({ before: w.keyBefore, back: w.keyBack, on: w.keyOn, after: w.keyAfter })) {
    at(id).setAttribute("aria-label", word);
    at(id).title = word;
  }
  fill("speed", SPEEDS.map((value) => [value, w.speeds[value]]));
  fill("zoom", ZOOMS.map((value) => [value, `${value} ×`]));
  fill("length", LENGTHS.map((value) => [value, value ? `${value} ${w.seconds}` : w.whole]));
  at("key-list").replaceChildren(...KEYS.flatMap(([key, word]) => [
    make("dt", {}, make("kbd", { textContent: key === "Space" ? w.space : key })), make("dd", { textContent: w[word] }),
  ]));
  wiped();
}

/** Put entries into a choice and keep what is chosen. */
function fill(id, entries) {
  const select = at(id), value = select.value || USUAL[id];
  select.replaceChildren(...entries.map(([key, label]) => make("option", { value: String(key), textContent: label })));
  select.value = value;
}

function view(value) {
  const focused = inFocus()?.name === "mode";
  mode = player.mode = value;
  player.draw();
  show();
  if (focused) at("modes").querySelector(`[value="${value}"]`).focus();
  marks.showParts();
}

function wiped() {
  at("stage").style.setProperty("--wipe", `${100 * player.wipe}%`);
  at("wipe").setAttribute("aria-valuenow", String(Math.round(100 * player.wipe)));
  at("wipe").setAttribute("aria-valuetext", words().wiped(Math.round(100 * player.wipe)));
}

function wipeTo(share) {
  player.wipe = Math.min(1, Math.max(0, share));
  player.draw();
  wiped();
}

function playing() {
  at("play").textContent = player.playing ? words().pause : words().play;
  hear();
}

/** Have the sound follow the picture. */
function hear() {
  if (clip && frames) sound(clip, frames.run, { playing: player.playing, time: frames.times[player.frame], speed: Number(at("speed").value) });
}

function position() {
  if (!frames) return;
  at("position").textContent = `${words().frameOf(player.frame + 1, frames.times.length)} · ${seconds(frames.times[player.frame])}`;
  at("stage").style.setProperty("--shape", String(player.shape));
}

function measuring() {
  const w = words(), job = works.filter((each) => each.kind === "evaluate").at(-1);
  const parts = [];
  const again = () => button("measure", () => act(`clips/${clip.id}/evaluate`, "POST", { profile: job?.wanted.profile ?? "generic", language: document.documentElement.lang }), clip.name);
  if (job && !over(job)) {
    parts.push(make("p", { className: "state", textContent: waits(job) ? w.measuringWaits : `${w.measuringNow} ${progressLine(job)}` }), bar(job),
      button("cancel", () => act(`works/${job.id}/cancel`, "POST"), w.measuringNow));
  } else if (!clip.original && !curves) {
    parts.push(make("p", { className: "note", textContent: w.cannotMeasure }));
  } else {
    if (job?.status === "failed") parts.push(make("p", { className: "problem", textContent: progressLine(job) }));
    if (!curves) parts.push(make("p", { className: "note", textContent: job?.status === "done" ? w.noCurves : w.notMeasured }));
    if (curves?.stale) parts.push(make("p", { className: "warning", textContent: w.stale }));
    const evidence = curves ? link("evidence", `/evidence?${new URLSearchParams({ clip: clip.id })}`, clip.name) : null;
    parts.push(make("p", { className: "row" }, clip.original && (!curves || curves.stale) ? again() : null, evidence));
  }
  put("measuring", parts);
  at("lines").hidden = !curves;
}

const waits = (job) => job.status === "queued";

function bar(job) {
  if (waits(job)) return null;
  const element = make("progress", { max: job.total ?? 1, "aria-label": progressLine(job) });
  if (job.total) element.value = job.done;
  return element;
}

function progressOfCover() {
  const w = words(), job = works.filter((each) => each.kind === "cover").at(-1);
  const running = job && !over(job);
  marks.locked = Boolean(running);
  if (covering && job?.id === covering && over(job)) {
    covering = null;
    if (job.status === "done") {
      covered = job.id;
      marks.load(frames.times);
      say(w.coveredDone);
    }
  }
  if (running) covering = job.id;
  const parts = [];
  if (running) {
    parts.push(make("p", { className: "state", textContent: waits(job) ? w.coveringWaits : `${w.coveringNow} ${progressLine(job)}` }), bar(job),
      button("cancel", () => act(`works/${job.id}/cancel`, "POST"), w.coveringNow));
  } else if (job?.status === "failed") {
    parts.push(make("p", { className: "problem", textContent: progressLine(job) }));
  } else if (job && job.id === covered) {
    parts.push(make("p", { className: "note", textContent: w.coveredDone }));
  }
  put("covering", parts);
  order();
}

function order() {
  at("order").hidden = !marks.list.length;
  at("cover").disabled = !marks.valid || works.some((job) => job.kind === "cover" && !over(job));
}

// --- what people do ------------------------------------------------------------------------------

/** First frames of what is worth a look: not rendered, or found by measuring. */
function moments() {
  const ledger = (frames?.ledger ?? []).filter((range) => range.entry !== "rendered").map((range) => range.first_frame);
  return [...new Set([...ledger, ...(curves?.moments ?? []).map((moment) => moment.frame)])].sort((a, b) => a - b);
}

function jump(direction) {
  const all = direction > 0 ? moments() : moments().reverse();
  const next = all.find((frame) => direction * (frame - player.frame) > 0);
  if (next === undefined) say(words().noMoment);
  else player.go(next);
}

function press(event) {
  if (!frames || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !at("use-keys").checked) return;
  const target = event.target;
  if (target.closest("input:not([type=checkbox]):not([type=radio]), #clips, textarea, dialog")) return;
  if (target.closest("select") && ![",", "."].includes(event.key)) return; // the others choose in it
  if (event.key === " " && target.closest("button, a, input, summary")) return;
  const does = {
    ",": () => player.step(-1), ".": () => player.step(1), " ": () => player.toggle(),
    i: () => marks.begin(), o: () => marks.end(), n: () => jump(1), p: () => jump(-1),
  }[event.key.toLowerCase()];
  const arrows = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (arrows && !target.closest("[type=radio], [role=slider]")) player.step(arrows);
  else if (does) does();
  else return;
  event.preventDefault();
}

async function cover() {
  if (!confirm(words().sureCover(marks.list.length))) return;
  const ordered = await act(`clips/${clip.id}/cover`, "POST", { ranges: marks.ranges });
  if (ordered) at("covering").focus(); // the button is gone
}

function wire() {
  at("clips").addEventListener("change", async () => {
    choose(at("clips").value);
    await lookNow();
    at("name").focus();
  });
  const does = {
    play: () => player.toggle(), back: () => player.step(-1), on: () => player.step(1),
    before: () => jump(-1), after: () => jump(1), cover,
  };
  for (const [id, act] of Object.entries(does)) at(id).addEventListener("click", act);
  at("speed").addEventListener("change", () => {
    player.speed = Number(at("speed").value);
  });
  at("length").addEventListener("change", () => {
    timeline.length = Number(at("length").value);
  });
  timeline.moved = () => {
    if (wide?.thinned) fetchCurves().catch(trouble);
  };
  at("use-keys").checked = localStorage.getItem("keys") !== "no";
  at("use-keys").addEventListener("change", () => localStorage.setItem("keys", at("use-keys").checked ? "yes" : "no"));
  at("hear").addEventListener("change", hear);
  document.addEventListener("keydown", press);
  wireWipe();
  wireLens(player, () => marks.showParts());
}

function wireWipe() {
  const handle = at("wipe"), stage = at("stage");
  handle.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1 }[event.key];
    const to = { Home: 0, End: 1 }[event.key] ?? (by && player.wipe + by);
    if (to === undefined) return;
    event.preventDefault();
    wipeTo(to);
  });
  let held = false;
  const move = (event) => {
    const { left, width } = at("canvas").getBoundingClientRect();
    wipeTo((event.clientX - left) / width);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stage.dataset.mode !== "wipe") return;
    const other = stage.classList.contains("drawing") || stage.classList.contains("zoomed");
    if (other && !handle.contains(event.target)) return;
    held = true;
    stage.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    move(event);
    event.preventDefault();
  });
  stage.addEventListener("pointermove", (event) => {
    if (held) move(event);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    stage.addEventListener(kind, () => {
      held = false;
    });
  }
}

wire();
begin({ words: WORDS, look, show });
