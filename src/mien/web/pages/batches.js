// The page "Batches": how far plans of many clips are, and what came of each. It only looks.

import { at, button, link, make, write } from "./dom.js";
import { begin, lookNow, say } from "./frame.js";
import { moment } from "./moment.js";
import { redraw } from "./redraw.js";
import { ask } from "./server.js";
import { duration, explain, number, words } from "./words.js";
import { WORDS } from "./words/batches.js";

const COUNT = 50; // clips at once
const PLACES = ["at_work", "waiting", "again", "quarantine", "done"];
const TYPED_MS = 250; // after which what is typed is looked for

let batches = [];
let listed = null; // clips of the batch that is shown, a page of them
let chosen = location.hash.slice(1);
let place = null; // where the clips are that are shown; null for everywhere
let first = 0; // place of the first that is shown
let typing = null;

const shown = () => batches.find((each) => each.id === chosen) ?? batches[0];

async function look() {
  batches = await ask("batches");
  const batch = shown();
  if (batch) {
    const query = new URLSearchParams({ first: String(first), count: String(COUNT), find: at("find").value.trim(), ...(place ? { place } : {}) });
    listed = await ask(`batches/${batch.id}/tasks?${query}`);
    if (first >= listed.total && first > 0) {
      first = Math.max(0, COUNT * Math.floor((listed.total - 1) / COUNT));
      return look();
    }
  }
  show();
  return false;
}

// --- the batch ----------------------------------------------------------------------------------

function goingLine(batch) {
  const w = words();
  if (batch.going === "reading") return w.reading(number(batch.read), batch.total === null ? "" : number(batch.total));
  if (batch.going === "working") return w.working(batch.began === null ? "" : moment(batch.began), batch.workers, (batch.workers === 1 ? w.kindOfOne : w.kinds)[batch.kind] ?? "");
  if (batch.going === "over") return batch.quarantine ? w.overBut(number(batch.quarantine)) : w.over;
  return batch.going === "stopped" ? w.stopped : w.unknown;
}

function paceLine(batch) {
  const w = words(), parts = [];
  if (batch.total !== null) parts.push(w.doneOf(number(batch.done), number(batch.total)));
  else if (batch.done) parts.push(w.doneSome(number(batch.done)));
  if (batch.left_s !== null) parts.push(w.left(duration(batch.left_s)));
  if (batch.per_hour !== null) parts.push(w.perHour(number(batch.per_hour)));
  if (batch.retried) parts.push(w.retried(number(batch.retried)));
  if (batch.heard !== null) parts.push(w.heard(moment(batch.heard)));
  return parts.join(" · ");
}

/** How a batch goes on that nobody works on. */
function command(batch) {
  const w = words();
  if (!["stopped", "over", "unknown"].includes(batch.going) || (batch.going === "over" && !batch.quarantine)) return [];
  const isOver = batch.going === "over";
  const lead = batch.command ? (isOver ? w.mend : w.goesOn) : isOver ? w.mendAgain : w.goesOnAgain;
  const text = batch.command ?? `mien batch PLAN.csv -o ${w.folder}${isOver ? " --retry" : ""}`;
  const copy = async () => {
    await navigator.clipboard?.writeText(text).then(() => say(w.copied), () => {});
  };
  return [make("div", { className: "given" },
    make("p", { textContent: lead }),
    make("pre", {}, make("code", { textContent: text })),
    batch.command ? button("copy", copy, "", { "data-at": "copy" }) : null)];
}

function links(batch) {
  const path = `/api/batches/${batch.id}/report`;
  return [
    batch.report ? link("report", `${path}/cohort.html`, "", { target: "_blank", rel: "noopener", className: "button main", "data-at": "report" }) : null,
    ...batch.tables.map((name) => link("table", `${path}/${name}`, name, { download: name, textContent: name, "data-at": name })),
    batch.far ? make("span", { className: "note", textContent: words().far }) : null,
  ];
}

function showBatch(batch) {
  const w = words();
  redraw(at("chosen"), batches.map((one) => [one.id, one.name]), () => batches.map((one) => make("option", { value: one.id, textContent: one.name })));
  at("chosen").value = batch.id;
  at("choose").hidden = batches.length < 2;
  at("batch-heading").textContent = batch.name;
  write(at("going"), goingLine(batch));
  at("going").dataset.going = batch.going;
  const isReading = batch.going === "reading";
  at("share").hidden = batch.total === null;
  at("share").max = Math.max(1, batch.total ?? 1);
  at("share").value = isReading ? batch.read : batch.done;
  at("share").setAttribute("aria-label", isReading ? w.readShare : w.doneShare);
  at("pace").textContent = paceLine(batch);
  redraw(at("troubles"), batch.troubles, () => batch.troubles.map((one) => make("li", { textContent: w.troubles[one] ?? w.unknown })));
  redraw(at("command"), [batch.going, batch.command, batch.quarantine > 0], () => command(batch));
  redraw(at("links"), [batch.id, batch.report, batch.tables, batch.far], () => links(batch));
  at("machines").hidden = batch.machines.length === 0;
  redraw(at("machine-list"), batch.machines, () => batch.machines.map((one) => make("li", { textContent: w.machine(one.name, number(one.done)) })));
}

// --- its clips ----------------------------------------------------------------------------------

function placeButtons(batch) {
  const w = words();
  const counts = { at_work: batch.at_work, waiting: batch.waiting, again: batch.again, quarantine: batch.quarantine, done: batch.done };
  return [null, ...PLACES].map((one) => make("button", {
    type: "button", "data-at": `place ${one}`, "aria-pressed": String(one === place),
    textContent: one === null ? w.everywhere(number(batch.total ?? 0)) : `${w.places[one]} ${number(counts[one])}`,
    onclick: () => go({ place: one, first: 0 }),
  }));
}

function told(task) {
  const w = words();
  const why = task.sentence === null ? "" : explain({ code: task.code, error: task.sentence });
  if (why) return task.tries ? `${why} ${w.tries(task.tries)}` : why;
  if (task.since !== null) return [w.since(moment(task.since)), task.tries ? w.failedBefore(task.tries) : ""].filter(Boolean).join(" · ");
  const parts = [];
  if (task.engine !== null) parts.push(w.engines[task.engine] ?? task.engine);
  if (task.frames !== null) parts.push(w.covered(number(task.frames), number(task.covered ?? 0)));
  if (task.seconds !== null) parts.push(duration(task.seconds));
  return parts.join(" · ");
}

function taskItem(batch, task) {
  const w = words(), path = `/api/batches/${batch.id}`;
  return make("li", { "data-place": task.place },
    make("span", { className: "name", textContent: task.name }),
    make("span", { className: "state", textContent: w.one[task.place] }),
    make("span", { className: "note", textContent: [w.row(number(task.row)), told(task)].filter(Boolean).join(" · ") }),
    make("span", { className: "links" },
      task.evidence ? link("evidence", `${path}/evidence/${task.name}/report.html`, task.name, { target: "_blank", rel: "noopener", "data-at": `evidence ${task.name}` }) : null,
      task.manifest ? link("manifest", `${path}/manifests/${task.name}`, task.name, { download: `${task.name}.json`, "data-at": `manifest ${task.name}` }) : null));
}

function showClips(batch) {
  const w = words(), last = Math.min(first + COUNT, listed.total);
  at("clips").hidden = batch.total === null;
  redraw(at("places"), [batch, place], () => placeButtons(batch));
  redraw(at("tasks"), [batch.id, listed.tasks], () => listed.tasks.map((task) => taskItem(batch, task)));
  write(at("shown"), listed.total ? w.shown(number(first + 1), number(last), number(listed.total)) : w.none);
  at("earlier").disabled = first === 0;
  at("later").disabled = last >= listed.total;
  at("earlier").hidden = at("later").hidden = listed.total <= COUNT;
}

function show() {
  const batch = shown();
  at("without").hidden = Boolean(batch);
  at("batch").hidden = !batch;
  if (!batch || !listed) {
    at("clips").hidden = true;
    return;
  }
  showBatch(batch);
  showClips(batch);
}

/** Show other clips. */
function go(to) {
  if ("place" in to) place = to.place;
  first = to.first;
  return lookNow();
}

at("chosen").addEventListener("change", () => {
  chosen = at("chosen").value;
  history.replaceState(null, "", `#${chosen}`);
  go({ place: null, first: 0 });
});
at("find").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => go({ first: 0 }), TYPED_MS);
});
at("earlier").addEventListener("click", () => go({ first: Math.max(0, first - COUNT) }));
at("later").addEventListener("click", () => go({ first: first + COUNT }));
begin({ words: WORDS, look, show, alone: true });
