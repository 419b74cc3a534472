// The page "De-identify": choose videos, watch them being made, download results.

import { duration, explain, number, switchLanguage, translate, words } from "./words.js";

const OFTEN_MS = 500; // between two looks at the queue while something happens in it
const SELDOM_MS = 3000;
const at = (id) => document.getElementById(id);

let options = null;
let chosen = []; // {file, settings, item, state}
let jobs = [];
let items = new Map(); // by job
let copying = false;
let timer = null;

// --- asking the server ------------------------------------------------------------------------

async function ask(path, method = "GET") {
  const answer = await fetch(`/api/${path}`, { method });
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw content;
  return content;
}

function trouble(problem) {
  at("trouble").hidden = !problem;
  at("trouble").textContent = problem ? (problem.error ? explain(problem) : words().lost) : "";
}

async function act(path, method) {
  try {
    await ask(path, method);
    trouble(null);
  } catch (problem) {
    trouble(problem);
  }
  await look();
}

// --- small pieces of page ---------------------------------------------------------------------

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function button(word, does, about) {
  const element = make("button", { type: "button", textContent: words()[word], onclick: does });
  element.setAttribute("aria-label", `${words()[word]}: ${about}`);
  return element;
}

function choice(word, value, entries, change) {
  const select = make("select", { onchange: () => change(select.value) });
  for (const [key, label] of entries) {
    select.append(make("option", { value: key, textContent: label, selected: key === value }));
  }
  return make("label", {}, words()[word], select);
}

// --- videos that were chosen ------------------------------------------------------------------

function add(files) {
  for (const file of files) {
    const last = chosen.at(-1)?.settings; // the next video is likely to be wanted like the last
    const settings = { engine: "mesh", surrogate: "auto", voice: "keep", after: "ask", ...last };
    chosen.push({ file, settings, state: null, problem: null });
  }
  showChosen();
  if (files.length) at("start").focus();
}

function face(card) {
  const w = words();
  const parts = [w.sexes[card.apparent_sex], w.ages[card.apparent_age], w.tones[card.apparent_tone]];
  return `${parts.filter(Boolean).join(", ")} (${card.id})`;
}

function showChosen() {
  const w = words();
  at("waiting").hidden = !chosen.length;
  at("chosen").replaceChildren(...chosen.map(card));
  at("start").hidden = chosen.every((entry) => entry.problem);
  at("start").textContent = w.start(chosen.filter((entry) => !entry.problem).length);
  at("start").disabled = copying;
  at("clear").disabled = copying;
}

function card(entry) {
  const w = words(), { file, settings } = entry;
  const set = (key) => (value) => {
    settings[key] = value;
    if (key === "engine") {
      showChosen();
      at("chosen").children[chosen.indexOf(entry)].querySelector("select").focus();
    }
  };
  const off = button("takeOff", () => {
    chosen = chosen.filter((other) => other !== entry);
    showChosen();
  }, file.name);
  const name = make("p", { className: "name", textContent: file.name });
  const item = make("li", {}, make("div", { className: "head" }, name, off));
  entry.line = make("p", { className: "state", role: "status" });
  if (entry.problem) {
    item.className = "failed";
    entry.line.textContent = explain(entry.problem);
    item.append(entry.line);
    return item;
  }
  if (copying) {
    off.hidden = true;
    entry.line.textContent = entry.state ?? w.waiting;
    item.append(entry.line);
    return item;
  }
  const faces = [["auto", w.auto], ...options.surrogates.map((each) => [each.id, face(each)])];
  item.append(
    make("div", { className: "settings" },
      choice("engine", settings.engine, options.engines.map((key) => [key, w.engines[key]]), set("engine")),
      ...(settings.engine === "mesh" ? [choice("surrogate", settings.surrogate, faces, set("surrogate"))] : []),
      choice("voice", settings.voice, Object.entries(w.voices), set("voice")),
      choice("after", settings.after, Object.entries(w.afters), set("after"))),
  );
  return item;
}

function send(entry) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const say = (text) => {
      entry.state = text;
      entry.line.textContent = text;
    };
    request.upload.onprogress = ({ loaded, total }) =>
      say(words().uploading(Math.floor((100 * loaded) / (total || 1))));
    request.upload.onload = () => say(words().checking);
    request.onload = () => {
      let content = {};
      try {
        content = JSON.parse(request.responseText);
      } catch {
        // an answer of something else than mien
      }
      resolve(request.status === 201 ? null : content.error ? content : { error: words().lost });
    };
    request.onerror = () => resolve({ error: words().lost });
    const settings = { ...entry.settings };
    if (settings.engine !== "mesh") settings.surrogate = "auto";
    request.open("POST", `/api/jobs?${new URLSearchParams({ name: entry.file.name, ...settings })}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(entry.file);
  });
}

async function start(event) {
  event.preventDefault();
  copying = true;
  showChosen();
  for (const entry of [...chosen]) {
    if (entry.problem) continue;
    if (entry.file.size > options.largest_bytes) {
      const gb = number(options.largest_bytes / 1e9);
      entry.problem = { code: "too_large", error: `The file is larger than ${gb} GB: cut the video into shorter ones.` };
    } else {
      entry.problem = await send(entry);
    }
    if (!entry.problem) chosen = chosen.filter((other) => other !== entry);
    showChosen();
    look();
  }
  copying = false;
  showChosen();
  if (document.activeElement === document.body) at("queue-heading").focus();
}

// --- the queue --------------------------------------------------------------------------------

async function look() {
  clearTimeout(timer);
  let busy = false;
  try {
    const found = await ask("jobs");
    for (const job of found) {
      const before = jobs.find((other) => other.id === job.id);
      if (before && before.status !== job.status) {
        at("said").textContent = words().said(job.name, words()[job.status]);
      }
    }
    jobs = found;
    busy = jobs.some((job) => job.status === "queued" || job.status === "running");
    showJobs();
    if (at("trouble").dataset.lost) trouble(null);
    delete at("trouble").dataset.lost;
  } catch (problem) {
    trouble(problem);
    at("trouble").dataset.lost = "yes";
  }
  clearTimeout(timer);
  timer = setTimeout(look, busy ? OFTEN_MS : SELDOM_MS);
}

function showJobs() {
  at("empty").hidden = jobs.length > 0;
  const stored = jobs.filter((job) => job.status === "done" && job.original);
  at("originals").hidden = stored.length < 2;
  for (const [id, item] of items) {
    if (!jobs.some((job) => job.id === id)) {
      item.element.remove();
      items.delete(id);
    }
  }
  for (const job of jobs) {
    const item = items.get(job.id) ?? newItem(job);
    const shape = [job.status, job.cancelling, job.original, document.documentElement.lang].join();
    if (item.shape !== shape) {
      const held = item.element.contains(document.activeElement);
      fill(item, job);
      if (held) item.element.focus(); // not the button that is now where the last one was
      item.shape = shape;
    }
    item.state.textContent = state(job);
    if (item.bar) {
      if (job.total) Object.assign(item.bar, { max: job.total, value: Math.min(job.done, job.total) });
      else item.bar.removeAttribute("value");
    }
  }
}

function newItem(job) {
  const item = { element: make("li", { tabIndex: -1 }) };
  items.set(job.id, item);
  at("jobs").prepend(item.element);
  return item;
}

function fill(item, job) {
  const w = words(), base = `/api/jobs/${job.id}`;
  item.element.className = `job ${job.status}`;
  item.state = make("p", { className: "state" });
  item.bar = job.status === "running" ? make("progress", { ariaLabel: job.name }) : null;
  const parts = [`${w.engine}: ${w.engines[job.engine]}`, `${w.voice}: ${w.voices[job.voice]}`];
  if (job.engine === "mesh") parts.splice(1, 0, `${w.surrogate}: ${job.surrogate === "auto" ? w.auto : job.surrogate}`);
  const row = make("p", { className: "row" });
  if (job.status === "queued" || job.status === "running") {
    const stop = button("cancel", () => act(`jobs/${job.id}/cancel`, "POST"), job.name);
    stop.setAttribute("aria-disabled", job.cancelling);
    row.append(stop);
  } else {
    if (job.status === "done") {
      row.append(
        make("a", { className: "button main", href: `${base}/result`, download: "", textContent: w.result, ariaLabel: `${w.result}: ${job.name}` }),
        make("a", { className: "button", href: `${base}/manifest`, download: "", textContent: w.manifest, ariaLabel: `${w.manifest}: ${job.name}` }));
    }
    if (job.original) row.append(button("deleteOriginal", () => act(`jobs/${job.id}/original`, "DELETE"), job.name));
    row.append(button("remove", () => confirm(w.sureRemove(job.name)) && act(`jobs/${job.id}`, "DELETE"), job.name));
  }
  item.element.replaceChildren(
    make("p", { className: "name", textContent: job.name }),
    make("p", { className: "note", textContent: parts.join(" · ") }),
    ...(item.bar ? [item.bar] : []), item.state, row);
  if (job.status === "done" && job.original) row.after(make("p", { className: "note", textContent: w.stored }));
  if (job.preview) item.element.prepend(make("img", { src: `${base}/preview`, alt: w.previewOf(job.name) }));
}

function state(job) {
  const w = words();
  if (job.status === "failed") return `${w.failed}. ${explain(job)}`;
  if (job.cancelling) return w.cancelling;
  if (job.status !== "running" || !job.stage) return w[job.status];
  const parts = [w.stages[job.stage] ?? job.stage];
  if (job.stage !== "choosing") parts.push(w.frames(job.done, job.total));
  if (job.fps) parts.push(w.fps(number(job.fps)));
  if (job.seconds_left) parts.push(w.left(duration(job.seconds_left)));
  return parts.join(" · ");
}

// --- beginning --------------------------------------------------------------------------------

function listen() {
  at("files").addEventListener("change", (event) => {
    add(event.target.files);
    event.target.value = "";
  });
  const drop = at("drop");
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => event.preventDefault());
  }
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  for (const kind of ["dragleave", "drop"]) {
    drop.addEventListener(kind, () => drop.classList.remove("over"));
  }
  window.addEventListener("drop", (event) => {
    const items = [...event.dataTransfer.items];
    const folder = items.some((item) => item.webkitGetAsEntry?.()?.isDirectory);
    trouble(folder ? { error: words().folder } : null);
    if (!folder) add(event.dataTransfer.files);
  });
  at("waiting").addEventListener("submit", start);
  at("clear").addEventListener("click", () => {
    chosen = [];
    showChosen();
  });
  at("delete-originals").addEventListener("click", () => {
    if (confirm(words().sureOriginals)) act("originals", "DELETE");
  });
  at("language").addEventListener("click", () => {
    switchLanguage();
    translate();
    showChosen();
    showJobs();
  });
  window.addEventListener("beforeunload", (event) => {
    if (copying) event.preventDefault();
  });
}

async function begin() {
  translate();
  try {
    options = await ask("options");
    if (!options.local) {
      at("stays").dataset.word = "staysThere";
      translate();
    }
  } catch (problem) {
    trouble(problem);
    return;
  }
  listen();
  await look();
}

begin();
