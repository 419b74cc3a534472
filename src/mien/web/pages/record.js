// The page "Record": consent, then steps with checks, and clips that go into De-identify.

import { at, make } from "./dom.js";
import { begin, project, say, trouble } from "./frame.js";
import { Camera } from "./record-camera.js";
import { ask } from "./server.js";
import { words } from "./words.js";
import { WORDS } from "./words/record.js";

const EVERY_MS = 200; // between two checks

let protocols = [];
let camera = null;
let sitting = null; // as the server sees it
let take = 0; // the one that is being recorded
let began = 0; // when, of the browser's clock
let spoken = "";
let takes = []; // {name, state}

const now = () => performance.now() / 1000;
const language = () => document.documentElement.lang;

function chosen() {
  return protocols.find((each) => each.name === at("protocol").value);
}

function show() {
  const select = at("protocol"), value = select.value || "mds-updrs-face", w = words();
  select.replaceChildren(...protocols.map((each) => make("option", {
    value: each.name, selected: each.name === value,
    textContent: w.lasts(each.title[language()] ?? each.title.en, each.steps, Math.ceil(each.seconds / 60)),
  })));
  at("source").textContent = w.sources.get(chosen()?.name) ?? chosen()?.source ?? "";
  at("made").hidden = takes.length === 0;
  at("takes").replaceChildren(...takes.map((each) => make("li", { className: each.state === "taken" ? "done" : "" },
    make("span", { className: "name", textContent: each.name }), " ", make("span", { className: "state", textContent: w[each.state] }))));
}

function showSitting() {
  const w = words(), recording = sitting.phase === "recording";
  at("far").textContent = `${w.step(sitting.number, sitting.total)} – ${recording ? w.recording : w.ready}`;
  if (at("asked").textContent !== sitting.asked) at("asked").textContent = sitting.asked;
  at("point").hidden = !sitting.point;
  const line = sitting.faults.length ? sitting.words : recording ? w.recording : w.hold;
  if (at("words").textContent !== line) at("words").textContent = line;
  at("words").className = sitting.faults.length ? "wrong" : "";
  at("progress").value = recording ? Math.min((now() - began) / sitting.seconds, 1) : 0;
  at("progress").setAttribute("aria-label", w.progress);
  at("keep").hidden = !recording;
  at("faults").replaceChildren(...sitting.faults.slice(1).map((each) => make("li", { textContent: each.words })));
  speak(sitting.words);
}

function speak(text) {
  if (text === spoken) return;
  spoken = text;
  if (!at("aloud").checked || !window.speechSynthesis) return;
  speechSynthesis.cancel();
  speechSynthesis.speak(Object.assign(new SpeechSynthesisUtterance(text), { lang: language() }));
}

/** Follow the server: begin and end clips where it says so. */
async function follow(found) {
  if (!sitting) return; // it ended while this answer was on its way
  const { step } = sitting;
  sitting = found;
  if (take && (found.phase !== "recording" || found.attempt !== take)) {
    const number = take;
    take = 0;
    const clip = await camera.end();
    if (clip?.size && found.kept.includes(number)) send(clip, step);
    if (sitting !== found) return; // a later answer was followed meanwhile
  }
  if (found.phase === "recording" && !take) {
    camera.start();
    [take, began] = [found.attempt, now()];
  }
  showSitting();
  if (found.phase === "done" || found.phase === "stopped") end();
}

async function send(clip, step) {
  const name = `${at("participant").value}-${step}.${clip.type.includes("mp4") ? "mp4" : "webm"}`;
  const entry = { name, state: "sending" };
  takes.push(entry);
  show();
  const query = new URLSearchParams({ name, recorded: "true", voice: "keep", project: project() });
  try {
    const answer = await fetch(`/api/clips?${query}`, { method: "POST", body: clip });
    if (!answer.ok) throw await answer.json();
    entry.state = "taken";
  } catch (problem) {
    entry.state = "lost_clip";
    trouble(problem);
  }
  show();
}

async function check() {
  while (sitting && camera) {
    const from = performance.now(), { pixels, width } = camera.picture();
    const query = new URLSearchParams({ width: `${width}`, time: `${now()}` });
    if (camera.rate !== null) query.set("rate", camera.rate.toFixed(2));
    try {
      const answer = await fetch(`/api/recordings/${sitting.id}/look?${query}`, { method: "POST", body: pixels });
      const found = await answer.json();
      if (!answer.ok) throw found;
      if (sitting) await follow(found);
    } catch (problem) {
      trouble(problem);
      end();
    }
    await new Promise((done) => setTimeout(done, Math.max(0, EVERY_MS - (performance.now() - from))));
  }
}

function end() {
  const last = sitting;
  camera?.close();
  camera = sitting = null;
  take = 0;
  at("sitting").hidden = true;
  at("who").hidden = false;
  at("agreed").checked = false;
  say(last?.words ?? "");
  show();
  (takes.length ? at("made-heading") : at("begin")).focus();
}

async function start(event) {
  event.preventDefault();
  trouble(null);
  at("begin").disabled = true;
  try {
    camera = new Camera(at("camera"));
    await camera.open();
    sitting = await ask("recordings", "POST", {
      participant: at("participant").value.trim(), protocol: at("protocol").value, language: language(),
      consent: words().agreed, text: words().text,
    });
    at("who").hidden = true;
    at("sitting").hidden = false;
    showSitting();
    at("asked").focus();
    check();
  } catch (problem) {
    camera.close();
    camera = sitting = null;
    trouble(problem.error ? problem : { error: words().noCamera, code: "no_camera" });
  }
  at("begin").disabled = false;
}

const press = (what) => async () => {
  if (sitting) await ask(`recordings/${sitting.id}/${what}?time=${now()}`, "POST").then(follow, trouble);
};

async function ready() {
  protocols = await ask("recordings/protocols");
  show();
}

at("who").addEventListener("submit", start);
at("protocol").addEventListener("change", show);
at("keep").addEventListener("click", press("keep"));
at("stop").addEventListener("click", press("stop"));
begin({ words: WORDS, ready, show: () => { show(); if (sitting) showSitting(); }, look: async () => false });
