// What may be wrong with a video, said when it is chosen and before it is copied.

import { stored } from "./deidentify-clips.js";
import { make } from "./dom.js";
import { project } from "./frame.js";
import { duration, number, words } from "./words.js";

const ROOM = 2.5; // free space that is needed, in sizes of the video
const LONG_S = 1200; // a clip that is longer than this, and
const LONGER = 4; // so many times as long as usual, takes far longer than usual
const PICTURES = [0.3, 1.5, 3]; // seconds at which a video is looked at
const SIDE = 480; // pixels of the longer side of the pictures that are looked at
const LEAST = 64; // of the shorter one
const PATIENT_MS = 8000;
const HEAD = 64 << 20; // bytes of an index that are read at most
const NAMED = 5; // videos of which the same is said
const SHORT = 3; // letters of a word that says nothing of a name

let waiting = Promise.resolve();

/** Look at a file, one after the other; `done` is called whenever more is known. */
export function examine(entry, done) {
  waiting = waiting.then(() => look(entry, done)).catch(() => {});
}

async function look(entry, done) {
  entry.sound = await hasSound(entry.file).catch(() => null);
  done();
  const video = document.createElement("video");
  video.muted = true;
  video.preload = "auto";
  video.src = URL.createObjectURL(entry.file);
  try {
    await event(video, "loadeddata");
    entry.seconds = Number.isFinite(video.duration) ? video.duration : null;
    done();
    const seen = [];
    for (const time of PICTURES.filter((each) => !entry.seconds || each < entry.seconds)) {
      seen.push(await glance(video, time));
    }
    entry.seen = seen.filter(Boolean);
    done();
  } finally {
    URL.revokeObjectURL(video.src);
    video.removeAttribute("src");
    video.load();
  }
}

const event = (video, name) => new Promise((resolve, reject) => {
  video.addEventListener(name, resolve, { once: true });
  video.addEventListener("error", reject, { once: true });
  setTimeout(reject, PATIENT_MS);
});

/** What the server sees in a picture of a video: {faces, light}; it keeps nothing of it. */
async function glance(video, time) {
  video.currentTime = time;
  await event(video, "seeked");
  const scale = SIDE / Math.max(video.videoWidth, video.videoHeight);
  const [width, height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(scale * side));
  if (!(Math.min(width, height) >= LEAST)) return null;
  const canvas = new OffscreenCanvas(width, height), pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, width, height);
  const answer = await fetch(`/api/glance?width=${width}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: pen.getImageData(0, 0, width, height).data,
  });
  return answer.ok ? answer.json() : null;
}

/** Whether an MP4 or MOV has a sound track; null where that cannot be seen. */
async function hasSound(file) {
  for (let start = 0; start + 8 <= file.size; ) {
    const head = new DataView(await file.slice(start, start + 16).arrayBuffer());
    const kind = String.fromCharCode(...[4, 5, 6, 7].map((k) => head.getUint8(k)));
    let size = head.getUint32(0);
    if (size === 1 && head.byteLength === 16) size = Number(head.getBigUint64(8));
    if (start === 0 && !["ftyp", "moov", "wide", "mdat", "free"].includes(kind)) return null;
    if (kind === "moov") {
      const bytes = new Uint8Array(await file.slice(start, start + Math.min(size, HEAD)).arrayBuffer());
      return new TextDecoder("latin1").decode(bytes).includes("soun");
    }
    if (size < 8) return null;
    start += size;
  }
  return null;
}

/** Words of a file's name that are in a text that goes with results. */
export function namesIn(file, text) {
  const parts = (each) => each.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > SHORT && !/^\d+$/.test(word));
  const own = new Set(parts(file.replace(/\.\w+$/, "")));
  return parts(text).filter((word) => own.has(word));
}

/** What may be wrong with a video of the list: [[kind, ...what its sentence tells]]. */
export function warnings(entry, settings, options) {
  const said = [];
  const twin = stored(project()).find((clip) => clip.size === entry.file.size);
  if (twin) said.push(["warnTwin", twin.name]);
  if (options.free_bytes < ROOM * entry.file.size) said.push(["warnDisk", number((ROOM * entry.file.size) / 1e9), number(options.free_bytes / 1e9)]);
  const usual = median(stored(project()).map((clip) => clip.seconds).filter(Boolean));
  if (entry.seconds > Math.max(LONG_S, LONGER * (usual ?? 0))) said.push(["warnLong", duration(entry.seconds)]);
  if (entry.sound === false) said.push([settings.voice === "mute" ? "warnSilent" : "warnSilentKept"]);
  if (entry.seen?.length) {
    const faces = Math.max(...entry.seen.map((each) => each.faces));
    if (!faces) said.push(["warnNoFace"]);
    else if (faces > 1) said.push(["warnPeople", faces]);
    if (entry.seen.every((each) => each.dark)) said.push(["warnDark"]);
  }
  const names = namesIn(entry.name, `${settings.subject} ${settings.visit}`);
  if (names.length) said.push(["warnName", names[0]]);
  return said;
}

/** Say what may be wrong: once for all videos of which the same is to be said, else under each.

  `list` has [video, what `warnings` says of it]; `everybody` and each video's `warned` are where it
  is shown. */
export function showWarnings(list, everybody) {
  const w = words(), alike = new Map();
  for (const [entry, said] of list) {
    for (const one of said) {
      const key = JSON.stringify(one);
      if (w.warnMany[one[0]]) alike.set(key, [...(alike.get(key) ?? []), entry.name]);
    }
  }
  const together = [...alike].filter(([, names]) => names.length > 1);
  fill(everybody, together.map(([key, names]) => {
    const [kind, ...told] = JSON.parse(key);
    return w.warnWhich(w.warnMany[kind](names.length, ...told), names.slice(0, NAMED), names.length);
  }));
  for (const [entry, said] of list) {
    if (!entry.warned) continue;
    const own = said.filter((one) => !(alike.get(JSON.stringify(one))?.length > 1));
    fill(entry.warned, own.map(([kind, ...told]) => (told.length ? w[kind](...told) : w[kind])));
  }
}

/** Show sentences, unless they stand there already: what is said anew is read out anew. */
function fill(place, sentences) {
  if (place.dataset.said === JSON.stringify(sentences)) return;
  place.dataset.said = JSON.stringify(sentences);
  place.replaceChildren(...sentences.map((textContent) => make("p", { className: "hint warns", textContent })));
}

function median(values) {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
