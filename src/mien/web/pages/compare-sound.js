// The sound of the result beside its picture: an element of its own, as the picture is two halves of one video.

import { at } from "./dom.js";

const APART_S = 0.12; // seconds that sound and picture may be apart before the sound jumps

let source = "";

/** Have the sound follow what is shown; `time` is that of the frame, seconds in the result. */
export function sound(clip, run, { playing, time, speed }) {
  const there = clip.wanted.voice !== "mute", element = at("sound"), on = there && at("hear").checked;
  at("hear-label").hidden = !there;
  const wanted = on ? `/api/clips/${clip.id}/result?run=${run}` : "";
  if (source !== wanted) {
    source = wanted;
    if (wanted) element.src = wanted;
    else element.removeAttribute("src");
    element.load();
  }
  if (!on || !playing) {
    element.pause();
    return;
  }
  element.playbackRate = speed;
  if (element.paused || Math.abs(element.currentTime - time) > APART_S) element.currentTime = time;
  if (element.paused) element.play().catch(() => {}); // stopped before it began
}
