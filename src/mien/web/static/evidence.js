// The page "Evidence": measure results against their originals, read the answers, compare clips.

import { at, button, choice, link, make } from "./dom.js";
import { act, begin, lookNow, project, say } from "./frame.js";
import { redraw } from "./redraw.js";
import { ask, over } from "./server.js";
import { explain, progressLine, words } from "./words.js";
import { WORDS } from "./words/evidence.js";

const PROFILES = ["generic", "parkinson", "palsy"];
const SIGNS = { pass: "✓", fail: "✗", none: "–" };
const PERCENT = ["face_found", "recognised"];

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

function moment(seconds) {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  return new Date(1000 * seconds).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

/** Sign and words, so that nothing rests on colour. */
function answer(style, text) {
  return make("span", { className: `answer ${style}` }, make("b", { "aria-hidden": "true", textContent: SIGNS[style] }), ` ${text}`);
}

function verdict(held, asked) {
  const w = words();
  if (!asked) return ["none", w.nothingApplies];
  return held === asked ? ["pass", w.holdsAll(asked)] : ["fail", w.failsSome(asked - held, asked)];
}

function counts(found) {
  const asked = found.lines.filter((line) => line.passed !== null);
  return [asked.filter((line) => line.passed).length, asked.length];
}

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
  const name = make("a", { href: `/evidence?clip=${clip.id}`, textContent: clip.name, "data-at": `clip ${clip.id}` });
  name.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(clip.id);
  });
  if (clip.id === chosen) name.setAttribute("aria-current", "true");
  let said = answer("none", w.notMeasured);
  if (newest) {
    const [style, text] = verdict(...counts(newest.found));
    said = stale(clip.id, newest) ? answer("none", `${text}, ${w.changed}`) : answer(style, text);
  }
  if (underWay(clip.id)) said = make("span", { className: "answer", textContent: w.measuring });
  return make("li", { className: clip.id === chosen ? "chosen" : "" }, name, said);
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
    if (!(await act(`clips/${clip.id}/evaluate`, "POST", { profile: usual(clip) }))) break;
  }
}

function showClips() {
  at("empty").hidden = clips.length > 0;
  const key = clips.map((clip) => {
    const newest = measurements(clip.id).at(-1);
    return [clip.id, clip.name, newest?.id, newest && stale(clip.id, newest), Boolean(underWay(clip.id))];
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
  at("one-name").textContent = clip.name;
  redraw(at("verdict"), [job?.id, job && stale(clip.id, job)], () => {
    if (!job) return [make("p", {}, answer("none", w.notMeasured))];
    const when = w.when(w.profiles[job.found.profile] ?? job.found.title, moment(job.finished));
    const [style, text] = verdict(...counts(job.found)), old = stale(clip.id, job);
    return [
      make("p", {}, old ? answer("none", `${text}, ${w.changed}`) : answer(style, text)),
      make("p", { className: "note", textContent: when }),
      old && make("p", { className: "warning", textContent: w.stale }),
    ];
  });
  showState(clip, latest);
  showMeasure(clip, done, job);
  redraw(at("answers"), job?.id, () => (job ? answers(job) : []));
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
    return [make("progress", { "aria-label": clip.name }), make("p", { className: "state" }), make("p", { className: "row" }, stop)];
  });
  if (!going) return;
  const bar = part.querySelector("progress");
  if (latest.total) Object.assign(bar, { max: latest.total, value: Math.min(latest.done, latest.total) });
  else bar.removeAttribute("value");
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
    if (!clip.original) return [...parts, make("p", { className: "note", textContent: w.kept })];
    if (underWay(clip.id)) return parts;
    if (covering(clip.id)) return [...parts, make("p", { className: "note", textContent: w.covering })];
    const choose = choice("profile", usual(clip), PROFILES.map((each) => [each, w.profiles[each]]), (value) => {
      profile = value;
    });
    choose.querySelector("select").dataset.at = "profile";
    const start = () => act(`clips/${clip.id}/evaluate`, "POST", { profile: usual(clip) }).then((made) => {
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

function answers(job) {
  const w = words();
  const style = (line) => (line.passed === null ? "none" : line.passed ? "pass" : "fail");
  const rank = { fail: 0, pass: 1, none: 2 };
  const group = (kind) => {
    const lines = job.found.lines.filter((line) => line.kind === kind);
    const sorted = lines.toSorted((a, b) => rank[style(a)] - rank[style(b)]);
    return [make("h3", { textContent: w[kind] }), make("ul", { className: "lines" }, ...sorted.map((line) => one(line, style(line))))];
  };
  return [
    ...group("privacy"), ...group("fidelity"),
    make("details", { "data-at": "key" }, make("summary", { textContent: w.key, "data-at": "key" }), keyFigures(job.found)),
  ];
}

function one(line, style) {
  const w = words(), unit = line.unit ? ` ${w.units[line.unit] ?? line.unit}` : "";
  const bounds = [line.low, line.high].map((x) => x !== null && figure(x, 4));
  let asked = bounds[0] ? w.atLeast(bounds[0]) : w.atMost(bounds[1]);
  if (bounds[0] && bounds[1]) asked = w.between(...bounds);
  const value = line.value === null ? w.notMeasurable : w.measured(`${figure(line.value, Math.abs(line.value) < 0.1 ? 4 : 3)}${unit}`);
  const parts = [w.asked(asked + unit)];
  if (line.passed !== null) parts.unshift(value);
  return make("li", { className: style },
    answer(style, w.answers[style]),
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
  const w = words(), frame = at("frame");
  at("report").hidden = !job;
  if (!job) {
    frame.removeAttribute("src");
    return;
  }
  const address = `/api/works/${job.id}/report`;
  if (frame.getAttribute("src") !== address) frame.src = address;
  frame.title = w.reportOf(clip.name);
  redraw(at("downloads"), job.id, () => [
    link("open", address, clip.name, { target: "_blank", rel: "noopener", "data-at": "open" }),
    link("page", address, clip.name, { download: `evidence-${job.id.slice(0, 8)}.html`, "data-at": "page" }),
    link("metrics", `/api/works/${job.id}/metrics`, clip.name, { download: "", "data-at": "metrics" }),
    link("compare", `/compare?clip=${clip.id}`, clip.name, { "data-at": "compare" }),
    button("removeReport", () => {
      if (confirm(w.sureRemove)) act(`works/${job.id}`, "DELETE");
    }, clip.name, { "data-at": "remove" }),
  ]);
}

// --- 3. all clips -----------------------------------------------------------------------------

function sorted(rows) {
  if (!order.by) return rows;
  const value = (each) => (order.by === "name" ? each.name.toLowerCase() : order.by === "verdict" ? each.held / (each.asked || 1) : each.figures[order.by]);
  const known = rows.filter((each) => value(each) !== null);
  known.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (order.up ? 1 : -1));
  return [...known, ...rows.filter((each) => value(each) === null)];
}

function heading(by, title, meaning) {
  const sort = make("button", { type: "button", title: meaning ?? "", "data-at": `sort ${by}`, onclick: () => {
    order = { by, up: order.by === by ? !order.up : true };
    showCohort();
  } }, title, order.by === by ? (order.up ? " ▲" : " ▼") : "");
  const cell = make("th", { scope: "col" }, sort);
  cell.setAttribute("aria-sort", order.by !== by ? "none" : order.up ? "ascending" : "descending");
  return cell;
}

function showCohort() {
  at("cohort").hidden = !cohort?.rows.length;
  if (!cohort?.rows.length) return;
  redraw(at("table"), [cohort, order], () => {
    const w = words();
    const names = cohort.figures.filter((name) => cohort.rows.some((each) => each.figures[name] !== null));
    const cells = (figures) => names.map((name) => make("td", { textContent: figures[name] === null ? "–" : written(name, figures[name]) }));
    const rows = sorted(cohort.rows).map((each) => {
      const [style, text] = verdict(each.held, each.asked);
      const said = each.stale ? answer("none", w.changed) : answer(style, `${each.held} / ${each.asked}, ${w.short[each.profile] ?? each.profile}`);
      const name = make("a", { href: `/evidence?clip=${each.clip}`, textContent: each.name, "data-at": `row ${each.clip}` });
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", { className: "answer", title: text }, said), ...cells(each.figures));
    });
    const summary = (word, figures) => make("tr", {}, make("th", { scope: "row", textContent: w[word] }), make("td"), ...cells(figures));
    const table = make("table", {},
      make("thead", {}, make("tr", {}, heading("name", w.clip), heading("verdict", w.verdict), ...names.map((name) => heading(name, ...w.figures[name])))),
      make("tbody", {}, ...rows),
      rows.length > 1 ? make("tfoot", {}, summary("mean", cohort.mean), summary("median", cohort.median)) : null);
    const query = new URLSearchParams({ project: project() });
    return [
      make("div", { className: "wide", role: "region", "aria-label": w.cohortOf, tabIndex: 0, "data-at": "table" }, table),
      make("p", { className: "row" }, link("csv", `/api/cohort.csv?${query}`, null, { download: "", "data-at": "csv" })),
      make("p", { className: "note", textContent: w.csvNote }),
    ];
  });
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

begin({ words: WORDS, look, show: showAll });
