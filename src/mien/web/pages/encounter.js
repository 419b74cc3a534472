// The page "Encounter": read the expressions of a doctor and a patient, see them over time.

import { at, button, choice, link, make } from "./dom.js";
import { act, begin, project, say, trouble } from "./frame.js";
import { called } from "./called.js";
import { traits } from "./engines.js";
import { frame, redraw } from "./redraw.js";
import { ask, over } from "./server.js";
import { duration, explain, progressLine, words } from "./words.js";
import { WORDS } from "./words/encounter.js";

const SVG = "http://www.w3.org/2000/svg";
const ROLES = ["doctor", "patient"];
const EXPRESSIONS = { a: "anger", d: "disgust", f: "fear", h: "happiness", n: "neutral", s: "sadness", u: "surprise", "-": "missing" };
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200]; // seconds between ticks
const MOST_TICKS = 10;

const SHORT_S = 30; // below it a second changes the shares

let clips = []; // those that are done and can be read
let unreadable = 0; // that are done, but show no expression any more
let works = [];
let chosen = new URLSearchParams(location.search).get("work");
const wanted = { kind: "two", doctor: "", patient: "", both: "", side: "left", offset: "", language: "", name: "" };
let openMore = false; // the next time that the form is drawn

const encounters = () => works.filter((job) => job.kind === "encounter");
const name = (clip) => called(clip, clips);
const nameOf = (job) => called(job, encounters());
const percent = (x) => (x === null ? "–" : `${Math.round(100 * x)} %`);

function clock(seconds) {
  const whole = Math.floor(Math.abs(seconds) + 1e-6);
  return `${seconds < 0 ? "−" : ""}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const ABOUT_CLOCKS = /no sound in common|offset of the recordings|do not overlap/;

/** Why an encounter failed; sentences that tell more than their code are known by what they say. */
function why(job) {
  return words().problems.find(([pattern]) => pattern.test(job.error ?? ""))?.[1] ?? explain(job);
}

// --- 1. choosing ------------------------------------------------------------------------------

function field(word, note, input) {
  const parts = [words()[word], input];
  if (note) parts.push(make("span", { className: "note", textContent: note }));
  return make("label", {}, ...parts);
}

function typed(key, properties) {
  return make("input", { value: wanted[key], "data-at": key, oninput: (event) => {
    wanted[key] = event.target.value;
  }, ...properties });
}

function clipChoice(word, key) {
  const w = words(), clip = clips.find((each) => each.id === wanted[key]);
  const entries = [["", w.choosePlease], ...clips.map((each) => [each.id, name(each)])];
  const found = choice(word, wanted[key], entries, (value) => {
    wanted[key] = value;
    trouble(null);
    showForm();
  });
  Object.assign(found.querySelector("select"), { required: true, id: key }).dataset.at = key;
  if (clip) found.append(make("span", { className: "note", textContent: clip.original ? w.onOriginal : w.onResult }));
  return found;
}

function radio(kind) {
  return make("label", {}, make("input", { type: "radio", name: "kind", value: kind, checked: wanted.kind === kind, "data-at": kind, onchange: () => {
    wanted.kind = kind;
    showForm();
  } }), words()[kind]);
}

function showForm() {
  const w = words();
  at("empty").hidden = clips.length > 0;
  at("empty").querySelector("p").textContent = unreadable ? w.leftOut(unreadable) : w.empty;
  at("form").hidden = !clips.length;
  for (const key of ["doctor", "patient", "both"]) if (!clips.some((clip) => clip.id === wanted[key])) wanted[key] = "";
  if (clips.length === 1) wanted.both ||= clips[0].id;
  const { kind, doctor, patient, both } = wanted;
  const known = clips.map((clip) => [clip.id, name(clip), clip.original]);
  redraw(at("form"), [known, kind, doctor, patient, both, unreadable], () => {
    wanted.language ||= document.documentElement.lang;
    const set = (key) => (value) => {
      wanted[key] = value;
    };
    const fields = kind === "two"
      ? [clipChoice("doctorClip", "doctor"), clipChoice("patientClip", "patient")]
      : [clipChoice("bothClip", "both"), choice("where", wanted.side, Object.entries(w.sides), set("side"))];
    const more = [choice("feedbackIn", wanted.language, Object.entries(w.languages), set("language")), field("called", w.calledNote, typed("name", { type: "text", maxLength: 200 }))];
    if (kind === "two") more.unshift(field("offset", w.offsetNote, typed("offset", { id: "offset", type: "number", step: "any", min: -3600, max: 3600 })));
    const few = kind === "two" && clips.length < 2;
    const open = openMore;
    openMore = false;
    return [
      make("fieldset", { className: "kinds" }, make("legend", { textContent: w.kind }), radio("two"), radio("both"),
        few ? make("p", { className: "note", textContent: w.needTwo }) : make("div", { className: "fields" }, ...fields),
        unreadable ? make("p", { className: "note", textContent: w.leftOut(unreadable) }) : null),
      !few && make("details", { "data-at": "more", open }, make("summary", { textContent: w.more, "data-at": "more" }), make("div", { className: "fields" }, ...more)),
      make("p", { className: "row" },
        make("button", { type: "submit", className: "main", id: "start", textContent: w.start, disabled: few, "data-at": "start" }),
        make("span", { className: "note", textContent: w.takes })),
    ];
  });
}

async function start(event) {
  event.preventDefault();
  const { kind, side } = wanted, two = kind === "two";
  if (two && wanted.doctor === wanted.patient) {
    trouble({ code: "same_clip", error: "One clip is given for doctor and patient: choose two, or say that it shows both." });
    at("patient").focus();
    return;
  }
  const made = await act("encounters", "POST", {
    doctor: two ? wanted.doctor : wanted.both,
    patient: two ? wanted.patient : null,
    doctor_is: two ? null : side,
    offset: two && wanted.offset !== "" ? Number(wanted.offset) : null,
    language: wanted.language,
    name: wanted.name.trim() || null,
  });
  if (!made) return;
  wanted.name = wanted.offset = "";
  chosen = null;
  at("form").drawn = null;
  showAll();
  at("list-heading").focus();
}

/** Fill the form as it was for an encounter that came to nothing. */
function again(job) {
  const { wanted: was, clips: ids } = job, both = was.roles === "both";
  Object.assign(wanted, {
    kind: both ? "both" : "two", side: was.doctor_is ?? "left", language: was.language,
    offset: was.offset === null ? "" : String(was.offset),
    // the server made the name of those of the clips
    name: ids.map((id) => clips.find((clip) => clip.id === id)?.name).join(" + ") === job.name ? "" : job.name,
    ...(both ? { both: ids[0] } : { doctor: ids[0], patient: ids[1] }),
  });
  const offset = !both && ABOUT_CLOCKS.test(job.error ?? "");
  openMore = offset || wanted.name !== "" || wanted.offset !== "";
  at("form").drawn = null;
  showForm();
  const missing = both ? !wanted.both && "both" : ["doctor", "patient"].find((key) => !wanted[key]);
  (document.getElementById(missing || (offset ? "offset" : "start")) ?? at("begin-heading")).focus();
}

// --- 2. the list ------------------------------------------------------------------------------

function choose(id) {
  chosen = id;
  history.pushState(null, "", `/encounter?work=${id}`);
  showAll();
  at("one-heading").focus();
}

function item(job) {
  const w = words(), done = job.status === "done";
  let title = make("p", { className: "name", textContent: nameOf(job) });
  if (done) {
    title = make("a", { className: "name", href: `/encounter?work=${job.id}`, textContent: nameOf(job), "data-at": `name ${job.id}` });
    title.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(job.id);
    });
    if (job.id === chosen) title.setAttribute("aria-current", "true");
  }
  const act1 = over(job)
    ? button("remove", () => {
      if (confirm(w.sureRemove(job.name))) act(`works/${job.id}`, "DELETE");
    }, job.name, { "data-at": `remove ${job.id}` })
    : button("cancel", () => act(`works/${job.id}/cancel`, "POST"), job.name, { disabled: job.cancelling, "data-at": `cancel ${job.id}` });
  const element = make("li", { className: `${job.status}${job.id === chosen ? " chosen" : ""}`, "data-job": job.id },
    make("div", { className: "head" }, title, make("div", { className: "row" },
      ["failed", "cancelled"].includes(job.status) ? button("again", () => again(job), job.name, { "data-at": `again ${job.id}` }) : null,
      act1)),
    job.status === "running" ? make("progress", { "aria-label": job.name }) : null,
    make("p", { className: "state" }));
  return element;
}

function showList() {
  const all = encounters().toReversed();
  at("none").hidden = all.length > 0;
  redraw(at("encounters"), [chosen, all.map((job) => [job.id, nameOf(job), job.status, job.cancelling])], () => all.map(item));
  for (const element of at("encounters").children) {
    const job = all.find((each) => each.id === element.dataset.job), bar = element.querySelector("progress");
    // what is left is known of a step only, and there are several
    const line = job.status === "failed" ? `${words().failed}. ${why(job)}` : progressLine({ ...job, seconds_left: null });
    const state = element.querySelector(".state");
    if (state.textContent !== line) state.textContent = line;
    if (!bar) continue;
    if (job.total) Object.assign(bar, { max: job.total, value: Math.min(job.done, job.total) });
    else bar.removeAttribute("value");
  }
}

// --- 3. one encounter -------------------------------------------------------------------------

function showOne() {
  const job = encounters().find((each) => each.id === chosen && each.status === "done" && each.found);
  at("one").hidden = !job;
  const w = words(), address = job ? `/api/works/${job.id}/report` : null;
  frame("frame", address, w.reportOf(job?.name ?? ""));
  if (!job) return;
  at("one-name").textContent = nameOf(job);
  const changed = works.some((other) => other.kind === "cover" && other.status === "done" && job.clips.includes(other.clips[0]) && other.finished > job.created) || job.outdated;
  redraw(at("summary"), [job.id, changed], () => summary(job.found, changed));
  redraw(at("timelines"), job.id, () => timelines(job.found));
  redraw(at("feedback"), job.id, () => advice(job.found));
  redraw(at("downloads"), job.id, () => [
    link("open", address, job.name, { target: "_blank", rel: "noopener", "data-at": "open" }),
    link("page", address, job.name, { download: `encounter-${job.id.slice(0, 8)}.html`, "data-at": "page" }),
  ]);
}

function summary(found, changed) {
  const w = words(), read = new Set(Object.values(found.analysed));
  const from = w.readFrom[read.size > 1 ? "mixed" : [...read][0]];
  const shift = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2, signDisplay: "exceptZero" }).format(found.offset.seconds);
  const lines = [w.assessed(percent(found.assessed.doctor), percent(found.assessed.patient)), from, w.clock[found.offset.source]?.(shift)];
  return [
    make("p", { className: "lead", textContent: `${w.headline(duration(found.seconds))}. ${lines[0]}` }),
    make("p", { className: "note", textContent: lines.slice(1).filter(Boolean).join(" ") }),
    found.seconds < SHORT_S && make("p", { className: "warning", textContent: w.short }),
    found.assumed.length > 0 && make("p", { className: "warning", textContent: w.assumed }),
    changed && make("p", { className: "warning", textContent: w.stale }),
  ];
}

/** Runs of equal steps: [first, end, expression]. */
function runs(letters) {
  const found = [];
  for (let k = 0; k < letters.length; k++) {
    const last = found.at(-1);
    if (last && letters[last[0]] === letters[k]) last[1] = k + 1;
    else found.push([k, k + 1, EXPRESSIONS[letters[k]]]);
  }
  return found;
}

function lane(name, spans, found, steps) {
  const w = words(), svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${steps} 1`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  for (const [first, end] of spans) {
    const bar = document.createElementNS(SVG, "rect"), title = document.createElementNS(SVG, "title");
    for (const [key, value] of Object.entries({ x: first, y: 0, width: end - first, height: 1, class: name })) bar.setAttribute(key, value);
    title.textContent = sentence(name, first, end, found);
    bar.append(title);
    svg.append(bar);
  }
  return [make("span", { className: "lane", textContent: w.expressions[name], title: w.expressions[name] }), svg];
}

function sentence(name, first, end, found) {
  const w = words(), [a, b] = [first, end].map((k) => clock(found.start + k * found.resolution));
  if (name === "missing") return w.notAssessed(a, b);
  return w.resembling(name === "neutral" ? name : w.expressions[name], a, b);
}

function timelines(found) {
  const w = words(), parts = [];
  const place = (element, time) => {
    element.style.left = `${(100 * (time - found.start)) / found.seconds}%`;
    return element;
  };
  if (found.feedback.length) {
    const flags = found.feedback.map((each, k) => place(make("button", {
      type: "button", textContent: k + 1, title: each.words, "data-at": `flag ${k}`, "aria-label": w.flag(k + 1, clock(each.start)),
      onclick: () => at(`said-${k}`).focus(),
    }), each.start));
    parts.push(make("div", { className: "flags" }, ...flags));
  }
  for (const role of ROLES) {
    const letters = found.timelines[role], all = runs(letters);
    const shown = Object.values(EXPRESSIONS).filter((name) => all.some((run) => run[2] === name));
    const said = all.slice(0, 40).map(([first, end, name]) => sentence(name, first, end, found)).join(", ");
    parts.push(make("p", { className: "who", role: "img", "aria-label": w.timelineOf(w.rolesSaid[role], said), textContent: w.roles[role] }));
    for (const name of shown) parts.push(...lane(name, all.filter((run) => run[2] === name), found, letters.length));
  }
  const step = STEPS.find((each) => found.seconds / each <= MOST_TICKS) ?? 3600;
  const ticks = [];
  for (let time = Math.ceil(found.start / step) * step; time < found.start + found.seconds; time += step) {
    ticks.push(place(make("span", { textContent: clock(time) }), time));
  }
  parts.push(make("div", { className: "axis", "aria-hidden": "true" }, ...ticks));
  return [make("h3", { textContent: w.timelines }), make("div", { className: "lanes" }, ...parts), shares(found)];
}

function shares(found) {
  const w = words();
  const rows = Object.values(EXPRESSIONS).filter((name) => name !== "missing").map((name) => make("tr", {},
    make("th", { scope: "row", textContent: w.expressions[name] }),
    ...ROLES.map((role) => make("td", { textContent: percent(found.shares[role][name]) }))));
  const heads = [w.expression, w.roles.doctor, w.roles.patient].map((text) => make("th", { scope: "col", textContent: text }));
  return make("div", { className: "wide", role: "region", "aria-label": w.table, tabIndex: 0, "data-at": "shares" },
    make("table", {}, make("caption", { textContent: w.table }), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)));
}

function advice(found) {
  const w = words();
  const items = found.feedback.map((each, k) => make("li", { id: `said-${k}`, tabIndex: -1 },
    make("b", { textContent: k + 1 }),
    make("p", { className: "note", textContent: w.span(clock(each.start), clock(each.end), w.faces[each.role]) }),
    make("p", { textContent: each.words }),
    make("p", { className: "note", textContent: w.source(each.source) })));
  const rest = found.moments - items.length;
  return [
    make("h3", { textContent: w.feedback }),
    make("p", { className: "note", textContent: items.length ? w.feedbackNote : w.noFeedback }),
    make("ol", {}, ...items),
    rest > 0 && make("p", { className: "note", textContent: w.moreFeedback(rest) }),
  ];
}

// --- looking ----------------------------------------------------------------------------------

function showAll() {
  showForm();
  showList();
  showOne();
}

async function look() {
  const query = new URLSearchParams({ project: project() });
  const [allClips, allWorks] = await Promise.all([ask(`clips?${query}`), ask(`works?${query}&kind=encounter&kind=cover`)]);
  for (const job of allWorks) {
    const before = works.find((each) => each.id === job.id);
    if (before && job.kind === "encounter" && before.status !== job.status && over(job)) say(words().said(job.name, words()[job.status]));
  }
  const ended = allClips.filter((clip) => clip.status === "done");
  clips = ended.filter((clip) => clip.original || traits(clip.wanted.engine).keeps_motion);
  unreadable = ended.length - clips.length;
  works = allWorks;
  const done = encounters().filter((job) => job.status === "done");
  if (!done.some((job) => job.id === chosen)) chosen = encounters().some((job) => !over(job)) ? null : done.at(-1)?.id ?? null;
  showAll();
  return encounters().some((job) => !over(job));
}

window.addEventListener("popstate", () => {
  chosen = new URLSearchParams(location.search).get("work");
  showAll();
});

at("form").addEventListener("submit", start);
begin({ words: WORDS, look, show: showAll });
