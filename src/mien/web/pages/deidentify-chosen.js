// Videos that were chosen: their settings, and copying them into the folder.

import { DEFAULTS, drawPanel, given as givenFace, know } from "./deidentify-settings.js";
import { examine, showWarnings, warnings } from "./deidentify-warnings.js";
import { at, button, make } from "./dom.js";
import { lookNow, project, say, trouble } from "./frame.js";
import { explain, number, words } from "./words.js";

const AGAIN = ["disk_full", "no_session", "no_project", "busy", "disk", "queue_full", "linked"]; // the same may do later
const MENDED = ["sound_unfit", "invalid"]; // other settings do

const NAMED = 5; // files that were left aside

let options = null;
let chosen = []; // {file, name, settings, problem, refused, item, line, bar}
let shared = { ...DEFAULTS }; // what the next video gets, and all of them where they shall be the same
let copying = null; // {list, home, request, stopped, number}

const same = () => at("same-tick").checked;
const sendable = () => chosen.filter((entry) => !entry.problem);

/** Make choosing work. */
export function ready(foundOptions, foundSurrogates) {
  options = foundOptions;
  know(foundOptions, foundSurrogates);
  at("waiting").addEventListener("submit", start);
  at("stop").addEventListener("click", () => {
    copying.stopped = true;
    copying.request?.abort();
  });
  at("clear").addEventListener("click", () => {
    chosen = [];
    at("aside").textContent = "";
    showChosen();
    at("files").focus();
  });
  at("same-tick").addEventListener("change", () => {
    if (!same()) for (const entry of chosen) entry.settings = { ...shared };
    showChosen();
  });
  window.addEventListener("beforeunload", (event) => {
    if (copying) event.preventDefault();
  });
}

/** Put videos on the list, and say which files were none. */
export function add({ videos, others }) {
  const w = words();
  const news = videos.filter(({ file, name }) => !chosen.some((entry) => entry.name === name && alike(entry.file, file)));
  for (const { file, name } of news) {
    const problem = file.size > options.largest_bytes ? { code: "too_large", error: w.tooLarge(number(options.largest_bytes / 1e9)) } : null;
    const entry = { file, name, settings: { ...shared, subject: "" }, problem };
    chosen.push(entry);
    if (!problem) examine(entry, warn);
  }
  const said = [];
  if (others.length) said.push(w.others(others.slice(0, NAMED), others.length));
  if (news.length < videos.length) said.push(w.twice(videos.length - news.length));
  if (!videos.length && !others.length) said.push(w.nothing);
  at("aside").textContent = said.join(" ");
  showChosen();
  if (news.length && !copying) at("start").focus();
}

const alike = (a, b) => a.size === b.size && a.lastModified === b.lastModified;

/** Draw the list anew. */
export function showChosen() {
  at("chosen").replaceChildren(...chosen.map(card));
  warn();
  showForm();
}

function showForm() {
  const w = words(), count = sendable().length;
  at("waiting").hidden = !chosen.length;
  at("settings").hidden = Boolean(copying) || !count;
  at("same").hidden = Boolean(copying) || count < 2;
  at("shared").hidden = Boolean(copying) || !count || !together();
  if (!at("shared").hidden) panel(at("shared"), settingsOf(sendable()[0]));
  at("start").hidden = !count;
  at("start").textContent = copying ? w.copying(copying.number, copying.list.length) : w.start(count);
  at("start").setAttribute("aria-disabled", Boolean(copying)); // keeps the focus
  at("stop").hidden = !copying;
  at("clear").hidden = Boolean(copying);
}

/** Whether one panel of settings is for the whole list. */
const together = () => same() || sendable().length < 2;

/** Settings of a video: everybody's, or its own, also when it is the last one. */
const settingsOf = (entry) => (same() ? shared : entry.settings);

function card(entry) {
  const name = make("p", { className: "name" }, entry.name, " ", make("span", { className: "size", textContent: size(entry.file.size) }));
  const off = button("takeOff", () => takeOff(entry), entry.name);
  const item = make("li", {}, make("div", { className: "head" }, name, off));
  Object.assign(entry, { item, off, line: make("p", { className: "state" }), bar: null });
  if (entry.problem) {
    item.className = "failed";
    entry.line.textContent = explain(entry.problem);
    item.append(entry.line);
    if (entry.problem.again) item.querySelector(".head").insertBefore(button("again", () => {
      entry.problem = null;
      showChosen();
      at("start").focus();
    }, entry.name), off);
  } else if (copying?.list.includes(entry)) {
    off.hidden = true;
    entry.bar = make("progress", { max: 1, value: 0, hidden: true, "aria-label": entry.name });
    entry.line.textContent = words().waiting;
    item.append(entry.bar, entry.line);
    return item;
  }
  entry.warned = make("div", { className: "warned", role: "status" });
  item.append(entry.warned);
  if (entry.refused) {
    item.className = "failed";
    entry.line.textContent = explain(entry.refused);
    item.append(entry.line);
  }
  if (!together()) {
    const own = make("div", { className: "panel" });
    panel(own, entry.settings);
    item.append(own);
  }
  return item;
}

function takeOff(entry) {
  const next = chosen[chosen.indexOf(entry) + 1] ?? chosen[chosen.indexOf(entry) - 1];
  chosen = chosen.filter((other) => other !== entry);
  if (copying) entry.item.remove();
  else showChosen();
  (next?.off ?? at("files")).focus();
}

/** Draw settings; what is chosen there the next video is likely to be wanted with, too. */
function panel(place, settings) {
  drawPanel(place, settings, {
    begins: true,
    changed: () => {
      Object.assign(shared, settings);
      warn();
    },
  });
}

/** Say what may be wrong with videos of the list; nothing more of those that are copied. */
function warn() {
  const list = copying ? [] : chosen.filter((entry) => entry.warned);
  showWarnings(list.map((entry) => [entry, warnings(entry, settingsOf(entry), options)]), at("warned"));
}

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : bytes < 1e9 ? `${number(bytes / 1e6)} MB` : `${number(bytes / 1e9)} GB`);

// --- copying ------------------------------------------------------------------------------------

async function start(event) {
  event.preventDefault();
  if (copying) return;
  const list = sendable();
  copying = { list, home: project(), request: null, stopped: false, number: 0 };
  const settings = same() ? () => shared : (entry) => entry.settings;
  for (const entry of list) entry.refused = null;
  trouble(null);
  at("aside").textContent = "";
  showChosen();
  let sent = 0;
  for (const entry of list) {
    if (copying.stopped) break;
    copying.number += 1;
    showForm();
    const problem = await send(entry, { ...settings(entry) });
    if (problem === "stopped") break;
    if (problem) {
      entry[MENDED.includes(problem.code) ? "refused" : "problem"] = problem;
      const old = entry.item;
      old.replaceWith(card(entry));
      warn();
    } else {
      sent += 1;
      chosen = chosen.filter((other) => other !== entry);
      entry.item.remove();
    }
    lookNow();
  }
  copying = null;
  const held = [document.body, at("start"), at("stop")].includes(document.activeElement);
  const left = chosen.some((entry) => !entry.problem || entry.problem.again);
  if (!left) Object.assign(shared, { subject: "", visit: "" }); // the next videos are likely to be somebody else's
  showChosen();
  const failed = chosen.filter((entry) => entry.problem ?? entry.refused).length;
  say(words().sent(sent, failed));
  if (held) at(sent || !chosen.length ? "queue-heading" : "start").focus();
}

/** Copy a video; nothing, or why it was not taken. */
function send(entry, settings) {
  return new Promise((resolve) => {
    const request = (copying.request = new XMLHttpRequest());
    request.upload.onprogress = ({ loaded, total }) => {
      const part = loaded / (total || 1);
      Object.assign(entry.bar, { hidden: false, value: part });
      entry.line.textContent = words().uploading(Math.floor(100 * part));
    };
    request.upload.onload = () => {
      copying.request = null; // too late to stop: the server has it all
      entry.bar.removeAttribute("value");
      entry.line.textContent = words().checking;
    };
    request.onload = () => {
      let content = {};
      try {
        content = JSON.parse(request.responseText);
      } catch {
        // an answer of something else than mien
      }
      if (request.status === 201) resolve(null);
      else if (content.error) resolve({ ...content, again: AGAIN.includes(content.code) });
      else resolve({ error: words().lost, again: true });
    };
    request.onerror = () => resolve({ error: words().notSent, code: "not_sent", again: true });
    request.onabort = () => resolve("stopped");
    if (!givenFace(settings)) settings.surrogate = "auto";
    for (const key of ["subject", "visit"]) if (!settings[key].trim()) delete settings[key];
    if (!settings.hold) delete settings.hold;
    request.open("POST", `/api/clips?${new URLSearchParams({ name: entry.name, project: copying.home, language: document.documentElement.lang, ...settings })}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(entry.file);
  });
}
