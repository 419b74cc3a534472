// The form of a new rating study: clips, questions, one's own among them, and clips for practice.

import { button, make } from "./dom.js";
import { called } from "./called.js";
import { act, say, trouble } from "./frame.js";
import { ask } from "./server.js";
import { anchored, boxes, listed, scoresOf, titled, typed } from "./study-fields.js";
import { words } from "./words.js";

const wanted = { clips: new Set(), items: new Set(["mds-updrs-3-2", "mds-updrs-3-17"]), title: "", raters: "", repeats: "", washout_days: "14", seed: "0" };
const fresh = { title: "", question: "", anchors: "", sound: false }; // a question that is being written
const practised = new Map(); // of clips for practice the reference ratings, by the key of the item
let own = []; // questions that do not come with mien

const usualRepeats = (clips) => Math.min(clips, Math.max(1, Math.floor(clips / 4)));
const asked = (items) => [...items.filter((item) => !own.some((each) => each.key === item.key)), ...own];
const chosen = (items) => asked(items).filter((item) => wanted.items.has(item.key));

/** What is drawn depends on this. */
export const ratingKey = () => [own.map((item) => item.key), [...wanted.items], [...wanted.clips], [...practised.keys()]];

// --- questions of one's own -------------------------------------------------------------------

/** Scores and what they stand for, from lines such as "0 not at all"; null if a line is none. */
function anchorsOf(text) {
  const found = {};
  for (const line of text.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const parts = /^([-−]?\d+(?:[.,]\d+)?)\s*[:=–.)]?\s*(.*)$/.exec(line);
    if (!parts) return null;
    found[String(Number(parts[1].replace(",", ".").replace("−", "-")))] = parts[2];
  }
  return found;
}

function keyOf(title, items) {
  const plain = title.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 50) || "question";
  const taken = new Set(asked(items).map((item) => item.key));
  let key = plain;
  for (let k = 2; taken.has(key); k++) key = `${plain}-${k}`;
  return key;
}

function add(items, changed) {
  const w = words(), anchors = anchorsOf(fresh.anchors);
  if (!fresh.title.trim() || !anchors || Object.keys(anchors).length < 2) {
    trouble({ code: "incomplete", error: fresh.title.trim() ? w.ownScores : w.ownTitle });
    return;
  }
  trouble(null);
  const scores = Object.keys(anchors).map(Number);
  // whoever writes 0, 0.5 and 1 means steps of a half
  const step = scores.every(Number.isInteger) ? 1 : 0.5;
  const item = { key: keyOf(fresh.title, items), title: fresh.title.trim(), question: fresh.question.trim(), anchors, step, sound: fresh.sound, translations: {} };
  own = [...own, item];
  wanted.items.add(item.key);
  Object.assign(fresh, { title: "", question: "", anchors: "", sound: false });
  say(w.ownAdded(item.title));
  changed();
}

async function takeFile(file, changed) {
  try {
    const read = await ask("studies/items", "POST", { name: file.name.slice(0, 200), text: await file.text() });
    own = [...own.filter((item) => !read.some((each) => each.key === item.key)), ...read];
    for (const item of read) wanted.items.add(item.key);
    trouble(null);
    say(words().ownAdded(read.map(titled).join(", ")));
  } catch (problem) {
    trouble(problem);
  }
  changed();
}

function ownQuestions(items, changed) {
  const w = words();
  return make("details", { "data-at": "own" }, make("summary", { textContent: w.own, "data-at": "own summary" }),
    make("ul", {}, ...own.map((item) => make("li", {}, make("span", { textContent: `${titled(item)} ` }), button("drop", () => {
      own = own.filter((each) => each !== item);
      wanted.items.delete(item.key);
      changed();
    }, titled(item), { "data-at": `drop ${item.key}` })))),
    typed("ownName", fresh, "title", { type: "text", maxLength: 200, "data-at": "own title" }),
    typed("ownQuestion", fresh, "question", { type: "text", maxLength: 500, "data-at": "own question" }),
    typed("ownAnchors", fresh, "anchors", { kind: "textarea", rows: 4, maxLength: 4000, placeholder: w.ownExample, "data-at": "own anchors" }),
    make("label", { className: "tick" }, make("input", { type: "checkbox", checked: fresh.sound, "data-at": "own sound", onchange: (event) => {
      fresh.sound = event.target.checked;
    } }), make("span", { textContent: w.ownSound })),
    make("p", { className: "row" }, button("ownAdd", () => add(items, changed), "", { id: "own-add", "data-at": "own add" })),
    make("label", {}, w.ownFile, make("input", { type: "file", accept: ".toml", id: "own-file", "data-at": "own file", onchange: (event) => {
      const [file] = event.target.files;
      event.target.value = "";
      if (file) takeFile(file, changed);
    } })));
}

// --- practice ---------------------------------------------------------------------------------

function reference(clip, name, item) {
  const w = words(), scores = scoresOf(item), given = practised.get(clip.id);
  const at = { "data-at": `reference ${clip.id} ${item.key}`, "aria-label": `${name}: ${titled(item)}` };
  const put = (value) => {
    if (value === "") delete given[item.key];
    else given[item.key] = value === "null" ? null : Number(value);
  };
  const now = item.key in given ? String(given[item.key]) : "";
  if (!scores) return make("label", {}, titled(item), make("input", { type: "number", step: "any", value: now === "null" ? "" : now, onchange: (event) => put(event.target.value), ...at }));
  const entries = [["", w.noReference], ...scores.map((score) => [String(score), `${score} ${anchored(item, score)}`]), ["null", w.unsure]];
  return make("label", {}, titled(item), make("select", { onchange: (event) => put(event.target.value), ...at },
    ...entries.map(([value, textContent]) => make("option", { value, textContent, selected: value === now }))));
}

function practice(clips, items, changed) {
  const w = words(), free = clips.filter((clip) => !wanted.clips.has(clip.id));
  return make("details", { "data-at": "practice" }, make("summary", { textContent: w.practice, "data-at": "practice summary" }),
    make("p", { className: "note", textContent: free.length ? w.practiceHow : w.practiceNone }),
    ...free.map((clip) => make("div", { className: "practice" },
      make("label", { className: "tick" }, make("input", { type: "checkbox", checked: practised.has(clip.id), "data-at": `practice ${clip.id}`, onchange: (event) => {
        if (event.target.checked) practised.set(clip.id, {});
        else practised.delete(clip.id);
        changed();
      } }), make("span", { textContent: called(clip, clips) })),
      practised.has(clip.id) ? make("div", { className: "fields" }, ...chosen(items).map((item) => reference(clip, called(clip, clips), item))) : null)));
}

// --- the form ---------------------------------------------------------------------------------

/** Everything in the form. */
export function ratingForm(clips, items, under, changed) {
  const w = words();
  for (const id of [...practised.keys()]) if (wanted.clips.has(id) || !clips.some((clip) => clip.id === id)) practised.delete(id);
  return [
    boxes("whichClips", clips.map((clip) => [clip.id, called(clip, clips)]), wanted.clips, changed),
    boxes("asks", asked(items).map((item) => [item.key, item.sound ? `${titled(item)} ${w.bySound}` : titled(item)]), wanted.items, changed),
    ownQuestions(items, changed),
    practice(clips, items, changed),
    make("div", { className: "fields" },
      typed("raters", wanted, "raters", { type: "text", maxLength: 2000, autocomplete: "off" }),
      typed("studyTitle", wanted, "title", { type: "text", maxLength: 200, placeholder: w.usualTitle }),
      typed("repeats", wanted, "repeats", { type: "number", min: "0", placeholder: String(usualRepeats(wanted.clips.size)) }),
      typed("days", wanted, "washout_days", { type: "number", min: "0", step: "any" }),
      typed("seed", wanted, "seed", { type: "number", min: "0" })),
    make("p", { className: "row" }, make("button", { type: "submit", className: "main", id: "make", textContent: w.make, disabled: under, "data-at": "make" })),
  ];
}

/** Order the study; whether it is begun. */
export async function orderRating(clips, items) {
  const raters = listed(wanted.raters);
  const ids = clips.map((clip) => clip.id).filter((id) => wanted.clips.has(id));
  const keys = chosen(items).map((item) => item.key);
  if (!raters.length || !ids.length || !keys.length) {
    trouble({ code: "incomplete", error: words().choose });
    return false;
  }
  const practiceClips = [...practised].map(([clip, scores]) => ({ clip, scores: Object.fromEntries(Object.entries(scores).filter(([key]) => keys.includes(key))) }));
  return Boolean(await act("studies", "POST", {
    clips: ids, raters, items: keys, own: own.filter((item) => keys.includes(item.key)), practice: practiceClips,
    title: wanted.title.trim() || words().usualTitle, seed: Number(wanted.seed) || 0,
    repeats: wanted.repeats === "" ? usualRepeats(ids.length) : Number(wanted.repeats), washout_days: Number(wanted.washout_days) || 0,
  }));
}
