// The page "Release": choose results, see what goes in, let them be checked and packed.

import { at, button, link, make } from "./dom.js";
import { act, begin, lookNow, project, say } from "./frame.js";
import { traits } from "./engines.js";
import { mayWork } from "./me.js";
import { redraw } from "./redraw.js";
import { moment } from "./moment.js";
import { ask, over } from "./server.js";
import { explain, number, words } from "./words.js";
import { WORDS } from "./words/release.js";

const SIGNS = { pass: "✓", warn: "!", fail: "✗" };
/** @type {[string, number][]} */
const SIZES = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];

let clips = []; // those that are done
let measured = new Map(); // rows of the cohort, by clip
let measuredOf = ""; // what they were asked for
let works = []; // releases, and what is under way about clips
let chosen = new Set();
let contents = null;
let contentsOf = ""; // what they were asked for
let home = null; // the project that is shown
let sending = false;
let asked = new URLSearchParams(location.search).getAll("clip");

// --- what is known ----------------------------------------------------------------------------

const ids = () => clips.filter((clip) => chosen.has(clip.id)).map((clip) => clip.id);
const releases = () => works.filter((job) => job.kind === "release");
const covering = (id) => works.some((job) => job.kind === "cover" && job.clips[0] === id && !over(job));
const nameOf = (id) => clips.find((clip) => clip.id === id)?.name ?? words().removed;
const muted = () => at("form").elements.voice.value === "mute";
const withFigures = () => at("metrics").checked;

function size(bytes) {
  const [unit, one] = SIZES.find(([, least]) => bytes >= least) ?? SIZES.at(-1);
  return `${number(bytes / one)} ${unit}`;
}

/** A sign and words, so that nothing rests on colour. */
function verdict(kind, text) {
  return make("span", { className: `verdict ${kind}` }, make("b", { "aria-hidden": "true", textContent: `${SIGNS[kind]} ` }), text);
}

// --- 1. the results ---------------------------------------------------------------------------

function choose(id, on) {
  if (on) chosen.add(id);
  else chosen.delete(id);
  showClips();
  lookAtContents();
}

function pick(clip) {
  const w = words();
  const box = make("input", { type: "checkbox", checked: chosen.has(clip.id), onchange: () => choose(clip.id, box.checked), "data-at": `clip ${clip.id}` });
  box.disabled = covering(clip.id);
  const notes = [w.methods[clip.wanted.engine] ?? clip.wanted.engine, w.length(number(clip.seconds ?? 0)), moment(clip.created), clip.original ? w.originalHere : w.originalGone];
  if (covering(clip.id)) notes.push(w.beingCovered);
  const known = shownIn(clip.id) ? make("span", { className: "fails", textContent: w.mayBeKnown }) : null;
  return make("li", { className: chosen.has(clip.id) ? "chosen" : "" },
    make("label", {}, box,
      clip.preview && make("img", { src: `/api/clips/${clip.id}/preview`, alt: "" }),
      make("span", { className: "about" },
        make("span", { className: "name", textContent: clip.name }), make("br"),
        make("span", { className: "note", textContent: notes.join(" · ") }), known && make("br"), known)));
}

/** Whether measuring did not show that the person in a clip is hidden. */
function shownIn(id) {
  const found = measured.get(id);
  return Boolean(found && !found.stale && found.hides.held < found.hides.asked);
}

/** Ask what was measured, whenever clips or jobs have changed. */
async function lookAtMeasured(project) {
  const key = JSON.stringify([project, clips.map((clip) => [clip.id, clip.found?.ledger, clip.readers.length])]);
  if (key === measuredOf) return;
  try {
    measured = new Map((await ask(`cohort?project=${project}`)).rows.map((row) => [row.clip, row]));
    measuredOf = key;
  } catch (problem) {
    if (!problem.code) throw problem;
    measured = new Map(); // the next look asks once more
  }
}

function showClips() {
  const w = words();
  at("empty").hidden = clips.length > 0;
  at("form").hidden = !clips.length;
  redraw(at("all"), [clips.length, chosen.size], () => clips.length < 2 ? [] : [
    make("button", { type: "button", textContent: w.chooseAll, onclick: () => chooseAll(true), disabled: chosen.size === clips.length, "data-at": "every" }),
    make("button", { type: "button", textContent: w.chooseNone, onclick: () => chooseAll(false), disabled: !chosen.size, "data-at": "no" }),
    make("span", { className: "note", textContent: w.chosen(chosen.size, clips.length) })]);
  const key = clips.map((clip) => [clip.id, clip.name, clip.preview, clip.original, covering(clip.id), chosen.has(clip.id), shownIn(clip.id)]);
  redraw(at("clips"), key, () => clips.map(pick));
  at("start").textContent = w.start(chosen.size);
  at("start").disabled = !chosen.size;
  at("start").setAttribute("aria-disabled", sending); // keeps the focus
}

function chooseAll(on) {
  chosen = new Set(on ? clips.filter((clip) => !covering(clip.id)).map((clip) => clip.id) : []);
  showClips();
  lookAtContents();
}

// --- 2. what goes in --------------------------------------------------------------------------

async function lookAtContents() {
  if (!mayWork()) return;
  const wanted = ids();
  const key = JSON.stringify([wanted, works.filter((job) => job.kind !== "release").map((job) => [job.id, job.status])]);
  if (!wanted.length) contents = null;
  if (key !== contentsOf && wanted.length) {
    contentsOf = key;
    try {
      const found = await ask(`releases/contents?${new URLSearchParams(wanted.map((id) => ["clips", id]))}`);
      if (key === contentsOf) contents = found;
    } catch (problem) {
      contents = { problem };
    }
  }
  showContents();
}

function saidOf(clip) {
  const w = words(), notes = [w.methods[clip.method] ?? clip.method];
  if (!traits(clip.method).hides_face) notes.push(w.weak);
  if (clip.sound) notes.push(muted() ? w.soundOut : w.soundIn);
  else notes.push(w.noSound);
  if (clip.frames && clip.covered) notes.push(w.coveredShare(number((100 * clip.covered) / clip.frames)));
  if (withFigures() && !clip.measured) notes.push(w.notMeasured);
  if (withFigures() && clip.stale) notes.push(w.figuresOld);
  return notes.join(" · ");
}

function showContents() {
  if (!contents && ids().length) return; // they are on their way
  const w = words();
  redraw(at("contents"), [contents, muted(), withFigures()], () => {
    if (!contents) return [make("p", { className: "note", textContent: w.chooseFirst })];
    if (contents.problem) return [make("p", { className: "note", textContent: contents.problem.error ? explain(contents.problem) : w.lost })];
    const row = (file, said, bytes) => make("tr", {},
      make("th", { scope: "row", textContent: file }), make("td", { className: "of", textContent: said[0] }),
      make("td", { className: "said note", textContent: said[1] }), make("td", { className: "size", textContent: bytes }));
    const rows = contents.clips.flatMap((clip) => {
      const stem = clip.file.replace(/\.mp4$/, "");
      const figures = withFigures() && clip.measured && !clip.stale;
      return [
        row(clip.file, [clip.name, saidOf(clip)], size(clip.bytes)),
        row(`${stem}.json`, [w.manifestIs, ""], ""),
        figures && row(`${stem}-metrics.json`, [w.figuresAre, ""], "")].filter(Boolean);
    });
    return [
      make("p", { className: "note", textContent: w.namesStay }),
      make("table", { className: "contents" },
        make("thead", {}, make("tr", {}, ...[["file", w.file], ["of", w.whatItIs], ["said", w.remarks], ["size", w.sized]].map(([className, textContent]) => make("th", { scope: "col", className, textContent })))),
        make("tbody", {}, row("DATA_CARD.md", [w.cardIs, ""], ""), row("README.txt", [w.readmeIs, ""], ""), row("manifest.json", [w.listIs, ""], ""), ...rows)),
      make("p", { className: "note", textContent: w.about(size(contents.bytes)) })];
  });
}

async function start(event) {
  event.preventDefault();
  if (sending) return;
  sending = true;
  showClips();
  const fields = Object.fromEntries(["title", "consent", "licence", "contact"].map((key) => [key, at("form").elements[key].value]));
  const made = await act("releases", "POST", { clips: ids(), mute: muted(), include_metrics: withFigures(), language: document.documentElement.lang, ...fields });
  sending = false;
  showClips();
  if (made) at("releases-heading").focus();
}

// --- 3. checks and packages -------------------------------------------------------------------

function stateOf(job) {
  const w = words();
  if (job.status === "failed") return `${w.failed}. ${explain(job)}`;
  if (job.cancelling) return w.cancelling;
  if (job.status !== "running") return w[job.status];
  if (!job.stage) return w.running;
  const [, clip, stage] = job.stage.match(/^clip-(\d+), (.*)$/) ?? [null, null, job.stage];
  const parts = [w.stages[stage] ?? stage];
  if (clip) parts.unshift(w.clipOf(Number(clip), job.clips.length));
  if (job.done && clip) parts.push(w.frames(job.done, job.total));
  return parts.join(" · ");
}

function sentence(check) {
  const w = words();
  return w.says[check.code]?.(check.values) ?? check.sentence;
}

function checkItem(check, where = "") {
  const w = words();
  return make("li", {}, verdict(check.verdict, w.verdicts[check.verdict]),
    make("span", {},
      where && make("span", { className: "note", textContent: where }), where && make("br"),
      make("span", { className: "what", textContent: `${w.names[check.name] ?? check.name}: ` }), sentence(check)));
}

const whereOf = (check) => check.clip ? words().clipCalled(check.clip, nameOf(check.of)) : words().together;

/** The checks of each clip, and of all together. */
function checksOf(job) {
  const groups = new Map();
  for (const check of job.found.checks) {
    const key = check.clip ?? 0;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  return [...groups.values()].flatMap((checks) => [
    make("h4", { textContent: whereOf(checks[0]) }),
    make("ul", { className: "checks" }, ...checks.map((check) => checkItem(check)))]);
}

function result(job) {
  const w = words(), found = job.found;
  const count = (kind) => found.checks.filter((check) => check.verdict === kind).length;
  const rank = { fail: 0, warn: 1 };
  const wrong = found.checks.filter((check) => check.verdict in rank).sort((a, b) => rank[a.verdict] - rank[b.verdict]);
  const kind = found.passed ? (wrong.length ? "warn" : "pass") : "fail";
  const all = make("details", { "data-at": `all ${job.id}` },
    make("summary", { textContent: w.allChecks(found.checks.length), "data-at": `open ${job.id}` }), ...checksOf(job));
  const line = make("p", { className: "state" }, verdict(kind, found.passed ? w.passed(count("warn")) : w.withheld(count("fail"))));
  const first = wrong.length ? make("ul", { className: "checks" }, ...wrong.map((check) => checkItem(check, whereOf(check)))) : null;
  if (!found.passed) return [line, first, make("p", { textContent: w.withheldThen }), all];
  return [line, first,
    make("p", { className: "row" }, link("download", `/api/works/${job.id}/release`, job.name, { className: "button main", download: "", "data-at": `get ${job.id}` }),
      make("span", { className: "note", textContent: w.packed(found.files.length, size(found.bytes)) })),
    make("p", { className: "note", textContent: w.lookFirst }), all];
}

function release(job) {
  const w = words();
  const facts = [moment(job.created), w.clips(job.clips.length), job.wanted.mute ? w.mutedShort : w.soundShort];
  const stop = !over(job) && button("cancel", () => act(`works/${job.id}/cancel`, "POST"), job.name, { "data-at": `stop ${job.id}`, disabled: job.cancelling });
  const remove = over(job) && button("delete", () => confirm(w.sureDelete(job.name)) && act(`works/${job.id}`, "DELETE"), job.name, { "data-at": `delete ${job.id}` });
  const done = job.status === "done" && job.found;
  return make("li", { className: `release ${job.status}`, "data-id": job.id },
    make("div", { className: "head" }, make("p", { className: "name", textContent: job.wanted.title?.trim() || w.clips(job.clips.length) }), stop || remove),
    make("p", { className: "note", textContent: facts.join(" · ") }),
    job.status === "running" ? make("progress", { "aria-label": job.name }) : null,
    done ? null : make("p", { className: `state ${job.status === "failed" ? "fail" : ""}` }),
    done && job.outdated ? make("p", { className: "state fail", textContent: w.outdated }) : null,
    ...(done ? result(job) : []));
}

function showReleases() {
  const found = releases().toReversed();
  at("none").hidden = found.length > 0;
  redraw(at("releases"), [found.map((job) => [job.id, job.status, job.cancelling, job.name, job.outdated]), clips.map((clip) => clip.name)], () => found.map(release));
  for (const job of found.filter((each) => each.status !== "done")) {
    const item = at("releases").querySelector(`[data-id="${job.id}"]`), bar = item.querySelector("progress");
    item.querySelector(".state").textContent = stateOf(job);
    if (bar && job.total) Object.assign(bar, { max: job.total, value: Math.min(job.done, job.total) });
    else bar?.removeAttribute("value");
  }
}

// --- beginning --------------------------------------------------------------------------------

async function look() {
  if (home !== project()) {
    home = project();
    chosen = new Set();
    contents = null;
  }
  const query = new URLSearchParams({ project: home });
  const [found, jobs] = await Promise.all([ask(`clips?${query}`), ask(`works?${query}`)]);
  for (const job of jobs.filter((each) => each.kind === "release")) {
    const before = works.find((each) => each.id === job.id);
    if (before && before.status !== job.status) say(words().said(job.name, job.status === "done" && !job.found?.passed ? words().withheldShort : words()[job.status]));
  }
  clips = found.filter((clip) => clip.status === "done");
  works = jobs;
  await lookAtMeasured(home);
  if (asked.length) {
    for (const id of asked) if (clips.some((clip) => clip.id === id)) chosen.add(id);
    asked = [];
  }
  for (const id of [...chosen]) {
    if (!clips.some((clip) => clip.id === id)) chosen.delete(id);
  }
  show();
  return jobs.some((job) => !over(job));
}

function show() {
  showClips();
  lookAtContents();
  showReleases();
}

begin({
  words: WORDS,
  look,
  show,
  ready: () => {
    at("form").addEventListener("submit", start);
    at("form").addEventListener("change", showContents);
  },
});
