// A tour of the application on a phantom: short captions over the pages themselves. It goes on from page
// to page in one window, and ends with Escape, its own button, or the window.

import { at, make } from "./dom.js";
import { ask, over } from "./server.js";
import { TOUR } from "./words/tour.js";

/** What the phantom's file is called, in the list too. */
export const PHANTOM = "Phantom.mp4";

const KEY = "tour"; // of what the window remembers: {stop, clip, since}
const OFFERED = "tour-offered";
const LOOK_MS = 700;
const PATIENCE = 40; // looks until something happens
const STOPS = [
  { word: "put", page: "/", part: "chosen" },
  { word: "settings", page: "/", part: "shared" },
  { word: "made", page: "/", part: "jobs" },
  { word: "compare", page: "/compare", part: "stage" },
  { word: "evidence", page: "/evidence", part: "one" },
  { word: "release", page: "/release", part: "clips" },
];

const said = () => TOUR[document.documentElement.lang] ?? TOUR.en;

let hooks = null; // of De-identify: {put, home, empty, may}
let panel = null;
let timer = 0;

// how much of a small window the caption takes: the page is that much longer, so that nothing stays under it
const heights = new ResizeObserver(() => {
  if (panel) document.documentElement.style.setProperty("--tour-height", `${panel.offsetHeight}px`);
});

const state = () => JSON.parse(sessionStorage.getItem(KEY) ?? "null");
const remember = (changes) => sessionStorage.setItem(KEY, JSON.stringify({ ...state(), ...changes }));

/** Draw what belongs to the tour on this page, in the language that is shown. */
export function showTour() {
  const now = state();
  if (now && STOPS[now.stop].page === location.pathname && ready(now)) draw(now);
  else close();
  offer();
}

/** The part of a page on De-identify: it puts the phantom on the list, and knows whether there are clips. */
export function hostTour(of) {
  hooks = of;
  showTour();
}

/** A stop before the clip is made needs the page that makes it. */
const ready = (now) => now.stop > 2 || hooks;

/** Offer the tour: in full once where there is nothing yet, as a button ever after. */
export function offer() {
  const place = document.getElementById("tour-offer");
  if (!place || !hooks) return;
  const w = said(), now = state();
  const begin = make("button", { type: "button", id: "tour-begin", textContent: w.begin, onclick: start });
  place.hidden = Boolean(now) || !hooks.may();
  const fresh = hooks.empty() && !localStorage.getItem(OFFERED);
  const drawn = `${document.documentElement.lang} ${fresh}`;
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.className = fresh ? "offer" : "row";
  begin.className = fresh ? "main" : "plain";
  if (!fresh) {
    place.replaceChildren(begin);
    return;
  }
  const later = make("button", { type: "button", textContent: w.notNow, onclick: () => {
    localStorage.setItem(OFFERED, "yes");
    offer();
    at("tour-begin").focus();
  } });
  place.replaceChildren(make("h2", { textContent: w.offer }), make("p", { textContent: w.offerText }), make("p", { className: "row" }, begin, later));
}

async function start() {
  localStorage.setItem(OFFERED, "yes");
  sessionStorage.removeItem(KEY);
  remember({ stop: 0, clip: null, since: Date.now() / 1000 - 60 });
  await hooks.put(PHANTOM);
  showTour();
}

function go(stop) {
  const next = STOPS[stop];
  remember({ stop });
  if (next.page === location.pathname) return showTour();
  const { clip } = state();
  location.assign(next.page === "/" ? "/" : `${next.page}?clip=${clip}`);
}

function leave() {
  sessionStorage.removeItem(KEY);
  const held = panel?.contains(document.activeElement);
  close();
  offer();
  if (held) (document.getElementById("tour-begin") ?? document.querySelector("h2[tabindex]"))?.focus();
}

function close() {
  clearTimeout(timer);
  panel?.remove();
  panel = null;
  document.body.classList.remove("touring");
  for (const each of document.querySelectorAll(".toured")) each.classList.remove("toured");
}

function draw(now) {
  const w = said(), stop = STOPS[now.stop], [title, text] = w[stop.word];
  const again = panel?.dataset.stop === stop.word; // in another language
  close();
  const state = make("p", { id: "tour-state", className: "note", role: "status" });
  const row = make("p", { className: "row" }, ...buttons(now, w));
  panel = make("section", { id: "tour", tabIndex: -1, "aria-labelledby": "tour-title", "data-stop": stop.word },
    make("p", { className: "note", textContent: w.count(now.stop + 1, STOPS.length) }),
    make("h2", { id: "tour-title", textContent: title }),
    make("p", { textContent: text }), state, row);
  document.body.append(panel);
  document.body.classList.add("touring");
  heights.disconnect();
  heights.observe(panel);
  const part = document.getElementById(stop.part);
  part?.classList.add("toured");
  if (!again) {
    if (part) lead(part, PATIENCE);
    panel.focus({ preventScroll: true });
  }
  if (stop.word === "made") watch();
  if (stop.word === "evidence") watchMeasuring();
}

/** Bring what the stop is about into view, as soon as the page shows it. */
function lead(part, left) {
  if (!part.classList.contains("toured")) return; // the tour went on
  if (part.checkVisibility()) part.scrollIntoView({ block: "start" });
  else if (left) setTimeout(() => lead(part, left - 1), LOOK_MS);
}

function buttons(now, w) {
  const stop = STOPS[now.stop].word, last = now.stop === STOPS.length - 1;
  const main = (textContent, onclick) => make("button", { type: "button", id: "tour-next", className: "main", textContent, onclick });
  const quit = make("button", { type: "button", id: "tour-leave", textContent: last ? w.finish : w.leave, onclick: leave, "aria-keyshortcuts": "Escape" });
  if (stop === "settings") return [main(w.start, begin), quit];
  if (last) return [main(w.remove, removeAndLeave), quit];
  return [main(w.next, () => go(now.stop + 1)), quit];
}

/** Start what is on the list, as its own button does. */
function begin() {
  remember({ since: Date.now() / 1000 - 5 });
  at("waiting").requestSubmit();
  go(2);
}

/** Look until the phantom is made: then the tour can go on. */
async function watch() {
  const next = at("tour-next"), w = said();
  next.setAttribute("aria-disabled", "true");
  next.onclick = () => {};
  let line = w.wait;
  try {
    const clips = await ask(`clips?project=${hooks.home()}`);
    const { clip, since } = state() ?? {};
    const mine = clips.filter((each) => (clip ? each.id === clip : each.file === PHANTOM && each.created >= since)).at(-1);
    if (mine) remember({ clip: mine.id });
    else if (clip) line = w.lost;
    if (mine && over(mine)) line = mine.status === "done" ? w.ready : w.failed;
  } catch {
    // the page says so itself
  }
  if (!panel || panel.dataset.stop !== "made") return;
  if (at("tour-state").textContent !== line) at("tour-state").textContent = line;
  if (line === w.ready) {
    at("tour-next").removeAttribute("aria-disabled");
    at("tour-next").onclick = () => go(3);
  } else if (line === w.wait) {
    timer = window.setTimeout(watch, LOOK_MS);
  }
}

/** Look until the phantom is measured; whoever does not want to wait can go on. */
async function watchMeasuring() {
  const w = said();
  let measuring = false;
  try {
    const { readers } = await ask(`clips/${state().clip}`);
    measuring = readers.some((each) => each.kind === "evaluate");
  } catch {
    // the page says so itself
  }
  if (!panel || panel.dataset.stop !== "evidence") return;
  const line = measuring ? w.measuring : "";
  if (at("tour-state").textContent !== line) at("tour-state").textContent = line;
  at("tour-next").textContent = measuring ? w.anyway : w.next;
  at("tour-next").classList.toggle("main", !measuring);
  if (measuring) timer = window.setTimeout(watchMeasuring, LOOK_MS);
}

async function removeAndLeave() {
  const { clip } = state();
  at("tour-next").setAttribute("aria-disabled", "true");
  try {
    for (const each of (await ask(`clips/${clip}`)).readers) await ask(`works/${each.work}/cancel`, "POST");
    for (let left = PATIENCE; left; left -= 1) {
      if (!(await ask(`clips/${clip}`)).readers.length) break;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    await ask(`clips/${clip}`, "DELETE");
  } catch {
    // it is gone, or still read: the list of clips says which, and can remove it
  }
  sessionStorage.removeItem(KEY);
  location.assign("/");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !panel || document.querySelector("dialog[open]")) return;
  leave();
});
