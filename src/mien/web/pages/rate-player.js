// The player of the raters' page: it loops, slows down, steps and fills the screen.

import { at, make } from "./dom.js";
import { words } from "./words.js";

const SPEEDS = [1, 0.5, 0.25];
const USUAL_STEP_S = 0.04;
const AGAIN_MS = 3000; // until a clip that did not arrive is asked for again

let speed = 0; // number in SPEEDS
let step = USUAL_STEP_S;
let clip = ""; // address of what is shown
let last = null; // when the last frame was shown, seconds of the clip

const video = () => /** @type {HTMLVideoElement} */ (at("video"));

/** Show a clip from its start. */
export function load(address, sound) {
  clip = address;
  step = USUAL_STEP_S;
  video().muted = !sound;
  fetchClip();
}

function fetchClip() {
  const player = video();
  last = null;
  player.src = clip;
  player.playbackRate = SPEEDS[speed];
  player.play().catch(() => {}); // browsers may want a click first
}

/** Take the clip away. */
export function unload() {
  const player = video();
  clip = "";
  player.pause();
  player.removeAttribute("src");
  player.load();
}

export function toggle() {
  const player = video();
  if (player.paused) player.play().catch(() => {});
  else player.pause();
}

/** One frame on (1) or back (-1). */
export function frames(count) {
  const player = video();
  player.pause();
  const end = Number.isFinite(player.duration) ? player.duration : 0;
  player.currentTime = Math.min(Math.max(0, player.currentTime + count * step), Math.max(0, end - step / 2));
}

export function slower() {
  speed = (speed + 1) % SPEEDS.length;
  video().playbackRate = SPEEDS[speed];
  draw();
}

export function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (at("stage").requestFullscreen) at("stage").requestFullscreen().catch(() => {});
  else /** @type {any} */ (video()).webkitEnterFullscreen?.(); // on an iPhone only videos fill the screen
}

/** Draw the controls in the language that is chosen. */
export function draw() {
  const w = words(), player = video();
  const entries = [
    [player.paused ? w.play : w.pause, toggle, "toggle"],
    [w.again, () => { player.currentTime = 0; player.play().catch(() => {}); }, "again"],
    [w.back, () => frames(-1), "back"],
    [w.on, () => frames(1), "on"],
    [w.slower(SPEEDS[speed]), slower, "slower"],
    [document.fullscreenElement ? w.leaveFull : w.full, fullScreen, "full"],
  ];
  const held = document.activeElement?.id;
  at("controls").replaceChildren(...entries.map(([textContent, onclick, id]) =>
    make("button", { type: "button", textContent, onclick, id: `do-${id}` })));
  if (held?.startsWith("do-")) at(held)?.focus();
}

/** Begin: once. */
export function begin() {
  const player = video();
  for (const kind of ["play", "pause"]) player.addEventListener(kind, draw);
  document.addEventListener("fullscreenchange", draw);
  player.addEventListener("error", () => {
    const lost = clip;
    setTimeout(() => lost && lost === clip && player.error && fetchClip(), AGAIN_MS);
  });
  player.addEventListener("click", toggle);
  player.addEventListener("contextmenu", (event) => event.preventDefault());
  player.addEventListener("loadedmetadata", () => {
    player.playbackRate = SPEEDS[speed];
  });
  const shown = (_, frame) => {
    const length = last === null ? 0 : frame.mediaTime - last;
    if (length > 0.004 && length < 0.2) step = length;
    last = frame.mediaTime;
    player.requestVideoFrameCallback(shown);
  };
  if ("requestVideoFrameCallback" in player) player.requestVideoFrameCallback(shown);
  draw();
}
