// The page "Evidence": measure results against their originals, read the answers, compare clips.

import { at, button, choice, link, make } from "./dom.js";
import { act, begin, lookNow, project, say } from "./frame.js";
import { called, moment } from "./called.js";
import { traits } from "./engines.js";
import { mayWork } from "./me.js";
import { frame, redraw } from "./redraw.js";
import { ask, over } from "./server.js";
import { explain, progressLine, words } from "./words.js";
import { WORDS } from "./words/evidence.js";

const PROFILES = ["generic", "parkinson", "palsy"];
const SIGNS = { pass: "✓", fail: "✗", none: "–", warn: "!" };
const PERCENT = ["face_found", "recognised"];
// requirements whose figure is a share
const SHARES = /share|face_found|held|gain$|precision$|recall$|completeness_ratio$|amplitude_ratio$|over_95$/;
const ALWAYS = "continuity.missing_share"; // the one line about movement that they do promise
const SHORT_S = 1; // clips below it are too short for curves

let clips = []; // those that are done
let works = []; // of all kinds
let cohort = null;
let cohortOf = ""; // what it was asked for
let chosen = new URLSearchParams(location.search).get("clip");
let shown = null; // the measurement that is looked at, where that is not the newest
let profile = null; // that was chosen here
let order = { by: null, up: true };

// --- what is known ----------------------------------------------------------------------------

const ofClip = (id, kind) => works.filter((job) => job.kind === kind && job.clips[0] === id);
const measurements = (id) => ofClip(id, "evaluate").filter((job) => job.status === "done" && job.found);
const underWay = (id) => ofClip(id, "evaluate").find((job) => !over(job));
const row = (id) => cohort?.rows.find((each) => each.clip === id);
const covering = (id) => ofClip(id, "cover").some((job) => !over(job));
const measurable = (clip) => clip.original && !underWay(clip.id) && !covering(clip.id);

/** Whether a measurement that is done is of an older result than the one there is. */
function stale(id, job) {
  const newest = measurements(id).at(-1);
  if (job.found.result_run !== newest.found.result_run) return true;
  return row(id)?.work === newest.id && row(id).stale;
}

const figure = (x, digits = 3) =>
  new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(x);

function written(name, value) {
  if (value === null || value === undefined) return words().unknown;
  return PERCENT.includes(name) ? `${figure(100 * value, 1)} %` : figure(value);
}

/** Sign and words, so that nothing rests on colour. */
function answer(style, text) {
  return make("span", { className: `answer ${style}` }, make("b", { "aria-hidden": "true", textContent: SIGNS[style] }), ` ${text}`);
}

const name = (clip) => called(clip, clips);
const short = (clip) => clip.seconds !== null && clip.seconds < SHORT_S;
const unpromised = (clip, line) => !traits(clip.wanted.engine).keeps_motion && line.kind === "fidelity" && line.key !== ALWAYS;

function tally(found, kind) {
  const asked = found.lines.filter((line) => line.kind === kind && line.passed !== null);
  return {
    held: asked.filter((line) => line.passed).length,
    asked: asked.length,
    unknown: asked.filter((line) => line.value === null).length,
  };
}

/** Whether the person is hidden: [style, words]. What could not be measured does not hold. */
function hides(engine, { held, asked }, brief) {
  const w = words(), counted = w.of(held, asked) + (brief ? "" : w.hold);
  if (!asked) return ["none", w.hidesUnknown];
  if (held < asked) return ["fail", w.hidesNot(counted)];
  if (traits(engine).hides_face) return ["pass", w.hides(counted)];
  return ["warn", brief ? w.hidesPoorly : w.hidesWeakly(counted)];
}

/** Whether the movements are kept: [style, words]. */
function keeps(clip, { held, asked, unknown }, brief) {
  const w = words(), engine = clip.wanted.engine;
  if (!traits(engine).keeps_motion) return ["none", brief ? w.keepsNothing : w.keepsNone[engine] ?? w.keepsNothing];
  if (!asked) return ["none", w.keepsUnknown];
  if (unknown && short(clip)) return ["none", w.keepsShort];
  const style = held + unknown < asked ? "fail" : unknown ? "none" : "pass";
  return [style, w.keeps(w.of(held, asked) + (brief ? "" : w.hold)) + (unknown ? w.keepsRest(unknown) : "")];
}

/** Both answers. */
const verdict = (clip, found, brief = false) => [
  hides(clip.wanted.engine, tally(found, "privacy"), brief),
  keeps(clip, tally(found, "fidelity"), brief),
];

// --- 1. the clips -----------------------------------------------------------------------------

function choose(id) {
  chosen = id;
  shown = null;
  history.pushState(null, "", `/evidence?clip=${id}`);
  showAll();
  at("one-heading").focus();
}

function pick(clip) {
  const w = words(), newest = measurements(clip.id).at(-1);
  const title = make("a", { href: `/evidence?clip=${clip.id}`, textContent: name(clip), "data-at": `clip ${clip.id}` });
  title.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(clip.id);
  });
  if (clip.id === chosen) title.setAttribute("aria-current", "true");
  let said = [answer("none", w.notMeasured)];
  if (newest) said = stale(clip.id, newest) ? [answer("none", w.changed)] : verdict(clip, newest.found, true).map((each) => answer(...each));
  const going = underWay(clip.id);
  if (going) said = [make("span", { className: "answer", textContent: going.status === "queued" ? w.waits : w.measuring })];
  return make("li", { className: clip.id === chosen ? "chosen" : "" }, title, make("span", { className: "said" }, ...said));
}

function unmeasured() {
  return clips.filter((clip) => {
    const newest = measurements(clip.id).at(-1);
    return measurable(clip) && (!newest || stale(clip.id, newest));
  });
}

/** What a clip is likely to be asked for. */
const usual = (clip) => profile ?? measurements(clip.id).at(-1)?.found.profile ?? clip.wanted.measure ?? "generic";

async function measureAll() {
  for (const clip of unmeasured()) {
    if (!(await act(`clips/${clip.id}/evaluate`, "POST", { profile: usual(clip), language: document.documentElement.lang }))) break;
  }
}

function showClips() {
  at("empty").hidden = clips.length > 0;
  const key = clips.map((clip) => {
    const newest = measurements(clip.id).at(-1);
    return [clip.id, name(clip), newest?.id, newest && stale(clip.id, newest), underWay(clip.id)?.status];
  });
  redraw(at("clips"), [chosen, key], () => clips.map(pick));
  const many = unmeasured().length;
  redraw(at("all"), many, () => [many > 1 && make("button", { type: "button", textContent: words().measureAll(many), onclick: measureAll, "data-at": "all" })]);
}

// --- 2. one clip ------------------------------------------------------------------------------

function showOne() {
  const w = words(), clip = clips.find((each) => each.id === chosen);
  at("one").hidden = !clip;
  if (!clip) return;
  const done = measurements(clip.id);
  const job = done.find((each) => each.id === shown) ?? done.at(-1);
  const latest = ofClip(clip.id, "evaluate").at(-1);
  at("one-name").textContent = name(clip);
  redraw(at("verdict"), [clip.id, job?.id, job && stale(clip.id, job)], () => {
    if (!job) return [make("p", {}, answer("none", w.notMeasured))];
    const when = w.when(w.profiles[job.found.profile] ?? job.found.title, moment(job.finished));
    const old = stale(clip.id, job), engine = clip.wanted.engine, covered = clip.found?.ledger.covered;
    return [
      ...verdict(clip, job.found).map(([style, text]) => make("p", { className: "headline" }, answer(old ? "none" : style, text))),
      make("p", { className: "note", textContent: when }),
      old && make("p", { className: "warning", textContent: w.stale }),
      !traits(engine).hides_face && make("p", { className: "warning", textContent: w.weak[engine] ?? traits(engine).words }),
      (job.found.seen ?? job.found.figures.face_found) === 0 && make("p", { className: "note", textContent: w.noFace(job.found.compared) }),
      covered > 0 && !old && make("p", { className: "note", textContent: w.covered(covered, clip.found.frames) }),
    ];
  });
  showState(clip, latest);
  showMeasure(clip, done, job);
  redraw(at("answers"), [clip.id, job?.id], () => (job ? answers(clip, job) : []));
  showReport(clip, job);
}

function showState(clip, latest) {
  const w = words(), part = at("state");
  const going = latest && !over(latest), failed = latest?.status === "failed";
  redraw(part, [latest?.id, latest?.status, latest?.cancelling], () => {
    if (failed) return [make("p", { className: "warning" }, `${w.failed}. ${explain(latest)}`)];
    if (!going) return [];
    const stop = button("cancel", () => act(`works/${latest.id}/cancel`, "POST"), clip.name, { "data-at": "cancel" });
    stop.disabled = latest.cancelling;
    const bar = latest.status === "running" && make("progress", { "aria-label": clip.name });
    return [bar, make("p", { className: "state" }), make("p", { className: "row" }, stop)];
  });
  if (!going) return;
  const bar = part.querySelector("progress");
  if (bar && latest.total) Object.assign(bar, { max: latest.total, value: Math.min(latest.done, latest.total) });
  else bar?.removeAttribute("value");
  // what is left is known of a step only, and there are several
  part.querySelector(".state").textContent = progressLine({ ...latest, seconds_left: null });
}

function showMeasure(clip, done, job) {
  const w = words();
  const key = [clip.id, clip.original, Boolean(underWay(clip.id)), covering(clip.id), done.map((each) => each.id), job?.id];
  redraw(at("measure"), key, () => {
    const parts = [];
    if (done.length > 1) {
      const entries = done.toReversed().map((each, k) => {
        const text = `${w.short[each.found.profile] ?? each.found.title}, ${moment(each.finished)}`;
        return [each.id, k ? text : w.newest(text)];
      });
      const earlier = choice("earlier", job.id, entries, (id) => {
        shown = id;
        showOne();
      });
      earlier.querySelector("select").dataset.at = "earlier";
      parts.push(earlier);
    }
    if (!mayWork()) return parts;
    if (!clip.original) return [...parts, make("p", { className: "note", textContent: w.kept })];
    if (underWay(clip.id)) return parts;
    if (covering(clip.id)) return [...parts, make("p", { className: "note", textContent: w.covering })];
    const choose = choice("profile", usual(clip), PROFILES.map((each) => [each, w.profiles[each]]), (value) => {
      profile = value;
    });
    choose.querySelector("select").dataset.at = "profile";
    const start = () => act(`clips/${clip.id}/evaluate`, "POST", { profile: usual(clip), language: document.documentElement.lang }).then((made) => {
      if (made) shown = null;
      if (made) at("state").querySelector("button")?.focus();
    });
    return [
      ...parts, choose,
      button(job ? "measureAgain" : "measure", start, clip.name, { className: job ? "" : "main", id: "start", "data-at": "start" }),
      make("p", { className: "note", textContent: w.takes }),
    ];
  });
}

function answers(clip, job) {
  const w = words(), engine = clip.wanted.engine;
  // privacy that could not be measured is not there; movement that could not is unknown
  const open = (line) => (line.value === null && line.kind === "fidelity") || unpromised(clip, line);
  const style = (line) => (line.passed === null ? "none" : line.passed ? "pass" : open(line) ? "none" : "fail");
  const rank = { fail: 0, pass: 1, none: 2 };
  const group = (kind) => {
    const lines = job.found.lines.filter((line) => line.kind === kind);
    const sorted = lines.toSorted((a, b) => rank[style(a)] - rank[style(b)]);
    return [
      make("h3", { textContent: w[kind] }),
      kind === "fidelity" && !traits(engine).keeps_motion ? make("p", { className: "note", textContent: w.promisesNone }) : null,
      make("ul", { className: "lines" }, ...sorted.map((line) => one(clip, line, style(line)))),
    ];
  };
  return [
    ...group("privacy"), ...group("fidelity"),
    make("details", { "data-at": "key" }, make("summary", { textContent: w.key, "data-at": "key" }), keyFigures(job.found)),
  ];
}

/** The answer to a requirement in a word or two. */
function inShort(clip, line) {
  const w = words();
  if (line.passed === null) return w.answers.none;
  if (line.passed) return w.answers.pass;
  if (unpromised(clip, line)) return w.unpromised;
  if (line.value === null) return short(clip) ? w.tooShort : w.notMeasurable;
  return w.answers.fail;
}

function one(clip, line, style) {
  const w = words(), share = SHARES.test(line.key), times = share ? 100 : 1;
  const unit = share ? " %" : w.unitOf[line.key] ?? (line.unit ? ` ${w.units[line.unit] ?? line.unit}` : "");
  const bounds = [line.low, line.high].map((x) => x !== null && figure(times * x, share ? 2 : 4));
  let asked = bounds[0] ? w.atLeast(bounds[0]) : w.atMost(bounds[1]);
  if (bounds[0] && bounds[1]) asked = w.between(...bounds);
  const digits = share ? 1 : Math.abs(line.value) < 0.1 ? 4 : 3;
  const value = line.value === null ? w.notMeasurable : w.measured(`${figure(times * line.value, digits)}${unit}`);
  const parts = [w.asked(asked + unit)];
  if (line.passed !== null) parts.unshift(value);
  return make("li", { className: style },
    answer(style, inShort(clip, line)),
    make("p", { textContent: w.asks[line.key] ?? line.says }),
    make("p", { className: "note", textContent: parts.join(" · ") }));
}

function keyFigures(found) {
  const w = words();
  const entries = Object.entries(w.figures).filter(([name]) => found.figures[name] !== null && found.figures[name] !== undefined);
  return make("dl", { className: "figures" }, ...entries.map(([name, [title, meaning]]) => {
    const best = name === "distance" ? null : found.ceilings[name]; // the nearer, the worse
    return make("div", {},
      make("dt", { textContent: title }),
      make("dd", { className: "value", textContent: written(name, found.figures[name]) }),
      best === null || best === undefined ? null : make("dd", { className: "note", textContent: w.ceiling(written(name, best)) }),
      make("dd", { className: "note", textContent: meaning }));
  }));
}

function showReport(clip, job) {
  const w = words();
  at("report").hidden = !job;
  const address = job ? `/api/works/${job.id}/report` : null;
  frame("frame", address, w.reportOf(clip.name));
  if (!job) return;
  redraw(at("downloads"), [job.id, clip.compare], () => [
    link("open", address, clip.name, { target: "_blank", rel: "noopener", "data-at": "open" }),
    link("page", address, clip.name, { download: `evidence-${job.id.slice(0, 8)}.html`, "data-at": "page" }),
    link("metrics", `/api/works/${job.id}/metrics`, clip.name, { download: "", "data-at": "metrics" }),
    link(clip.compare ? "compare" : "look", `/compare?clip=${clip.id}`, clip.name, { "data-at": "compare" }),
    button("removeReport", () => {
      if (confirm(w.sureRemove)) act(`works/${job.id}`, "DELETE");
    }, clip.name, { "data-at": "remove" }),
  ]);
}

// --- 3. all clips -----------------------------------------------------------------------------

function sorted(rows) {
  if (!order.by) return rows;
  const share = ({ held, asked }) => held / (asked || 1);
  const of = {
    name: (each) => each.name.toLowerCase(), method: (each) => words().methods[each.method] ?? each.method,
    hides: (each) => share(each.hides), keeps: (each) => (!traits(each.method).keeps_motion ? null : share(each.keeps)),
  };
  const value = of[order.by] ?? ((each) => each.figures[order.by]);
  const known = rows.filter((each) => value(each) !== null);
  known.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (order.up ? 1 : -1));
  return [...known, ...rows.filter((each) => value(each) === null)];
}

function heading(by, title, full, meaning) {
  const sort = make("button", { type: "button", title: [full, meaning].filter(Boolean).join(". "), "data-at": `sort ${by}`, onclick: () => {
    order = { by, up: order.by === by ? !order.up : true };
    showCohort();
  } }, title, order.by === by ? (order.up ? " ▲" : " ▼") : "");
  const cell = make("th", { scope: "col" }, sort);
  cell.setAttribute("aria-sort", order.by !== by ? "none" : order.up ? "ascending" : "descending");
  return cell;
}

/** Say that there is more of the table only where there is. */
function showWidth() {
  const wide = at("table").querySelector(".wide");
  if (wide) at("table").querySelector(".scroll").hidden = wide.scrollWidth <= wide.clientWidth;
}

function showCohort() {
  at("cohort").hidden = !cohort?.rows.length;
  if (!cohort?.rows.length) return;
  redraw(at("table"), [cohort, order, clips.map(name)], () => {
    const w = words();
    const names = cohort.figures.filter((name) => cohort.rows.some((each) => each.figures[name] !== null));
    const cells = (figures) => names.map((name) => make("td", { textContent: figures[name] === null ? "–" : written(name, figures[name]) }));
    const brief = (style, tally) => answer(style, tally.asked ? w.of(tally.held, tally.asked) : "");
    const rows = sorted(cohort.rows).map((each) => {
      const clip = clips.find((other) => other.id === each.clip) ?? { ...each, wanted: { engine: each.method }, seconds: null };
      const none = !traits(each.method).keeps_motion;
      const kept = none ? answer("none", w.noneKept) : brief(keeps(clip, each.keeps)[0], each.keeps);
      const said = each.stale
        ? [make("td", { className: "answer", colSpan: 2 }, answer("none", w.outdatedRow))]
        : [make("td", { className: "answer" }, brief(hides(each.method, each.hides)[0], each.hides)), make("td", { className: "answer" }, kept)];
      const title = make("a", { href: `/evidence?clip=${each.clip}`, textContent: name(clip), "data-at": `row ${each.clip}` });
      const asked = each.profile === "generic" ? null : make("span", { className: "note", textContent: ` ${w.short[each.profile] ?? each.profile}` });
      return make("tr", {},
        make("th", { scope: "row" }, title, asked),
        make("td", { className: "method", textContent: w.methods[each.method] ?? each.method }), ...said, ...cells(each.figures));
    });
    // what one method keeps says nothing of another
    const summaries = cohort.summaries.filter((each) => each.clips > 1).flatMap((each) => ["mean", "median"].map((word) => make("tr", {},
      make("th", { scope: "row", textContent: w[word](each.clips) }),
      make("td", { className: "method", textContent: w.methods[each.method] ?? each.method }),
      make("td", { colSpan: 2 }), ...cells(each[word]))));
    const heads = [
      heading("name", w.clip), heading("method", w.method), heading("hides", w.hidesHead, w.privacy), heading("keeps", w.keepsHead, w.fidelity),
      ...names.map((each) => heading(each, w.heads[each], ...w.figures[each])),
    ];
    const table = make("table", {},
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody", {}, ...rows),
      summaries.length ? make("tfoot", {}, ...summaries) : null);
    const query = new URLSearchParams({ project: project() });
    return [
      make("p", { className: "note scroll", textContent: w.scroll }),
      make("div", { className: "wide", role: "region", "aria-label": w.cohortOf, tabIndex: 0, "data-at": "table" }, table),
      make("p", { className: "row" }, link("csv", `/api/cohort.csv?${query}`, null, { download: "", "data-at": "csv" })),
      make("p", { className: "note", textContent: w.csvNote }),
    ];
  });
  showWidth();
}

// --- looking ----------------------------------------------------------------------------------

function showAll() {
  showClips();
  showOne();
  showCohort();
}

async function look() {
  const query = new URLSearchParams({ project: project() });
  const [allClips, allWorks] = await Promise.all([ask(`clips?${query}`), ask(`works?${query}&kind=evaluate&kind=cover`)]);
  for (const job of allWorks) {
    const before = works.find((each) => each.id === job.id);
    if (before && job.kind === "evaluate" && before.status !== job.status && over(job)) say(words().said(job.name, words()[job.status]));
  }
  clips = allClips.filter((clip) => clip.status === "done");
  works = allWorks;
  if (!clips.some((clip) => clip.id === chosen)) {
    chosen = (clips.findLast((clip) => measurements(clip.id).length) ?? clips.at(-1))?.id ?? null;
  }
  // the table changes only when a job ends or something is removed
  const state = JSON.stringify([query.toString(), clips.map((clip) => clip.id), works.filter(over).map((job) => job.id)]);
  if (state !== cohortOf) {
    cohort = await ask(`cohort?${query}`);
    cohortOf = state;
  }
  showAll();
  return works.some((job) => ["evaluate", "cover"].includes(job.kind) && !over(job));
}

window.addEventListener("popstate", () => {
  chosen = new URLSearchParams(location.search).get("clip");
  shown = null;
  lookNow();
});

window.addEventListener("resize", showWidth);
begin({ words: WORDS, look, show: showAll });
