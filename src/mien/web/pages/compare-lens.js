// A lens on the picture: how large it is shown, and which part of it.

import { at } from "./dom.js";

const STEP = 0.15; // of what is shown, by which an arrow key moves it
const STILL = 4; // pixels that a pointer may move in a click
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/**
 * Let somebody enlarge what a player shows, and drag it, click what shall be in its middle or move it
 * with the arrow keys; `moved()` is called after each of these.
 */
export function wireLens(player, moved) {
  const stage = at("stage"), canvas = at("canvas");
  let held = null; // where a drag began, and what was in the middle then

  const look = (across, down) => {
    player.look(across, down);
    moved();
  };
  const shares = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const halves = player.both && player.mode === "side" ? 2 : 1;
    return [(halves * (clientX - left)) / width, (clientY - top) / height];
  };

  at("zoom").addEventListener("change", () => {
    player.zoom = Number(at("zoom").value);
    const on = player.zoom > 1;
    stage.classList.toggle("zoomed", on);
    at("zoom-how").hidden = !on;
    if (on) canvas.tabIndex = 0;
    else canvas.removeAttribute("tabindex");
    look(...player.centre);
  });
  canvas.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by || player.zoom === 1) return;
    event.preventDefault();
    look(...player.centre.map((middle, k) => middle + by[k] / player.zoom));
  });
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || player.zoom === 1 || at("wipe").contains(event.target)) return;
    canvas.focus({ preventScroll: true });
    event.preventDefault();
    if (stage.classList.contains("drawing")) return;
    held = { event, from: shares(event), centre: player.centre, dragged: false };
    stage.setPointerCapture(event.pointerId);
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    held.dragged ||= Math.hypot(event.clientX - held.event.clientX, event.clientY - held.event.clientY) > STILL;
    const now = shares(event);
    if (held.dragged) look(...held.centre.map((middle, k) => middle + (held.from[k] - now[k]) / player.zoom));
  });
  stage.addEventListener("pointerup", () => {
    if (held && !held.dragged) look(...player.corner.map((edge, k) => edge + (held.from[k] % 1) / player.zoom));
    held = null;
  });
  stage.addEventListener("pointercancel", () => {
    held = null;
  });
}
