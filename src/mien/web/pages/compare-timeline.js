// What was done to every frame, and eyes and mouth, over the time of a clip.

import { at, make } from "./dom.js";
import { indexAt } from "./compare-player.js";
import { number, words } from "./words.js";

const MOST_SEGMENTS = 400; // that are drawn; what lies closer is drawn as one
const CAUTION = { rendered: 0, interpolated: 1, covered: 2 };
const SIDES = ["original", "result"];
const HIGH = 100, WIDE = 1000; // units of the drawings

const formats = new Map();

/** A number with so many decimals in the language that is shown. */
function fixed(x, digits) {
  const key = `${document.documentElement.lang} ${digits}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.NumberFormat(document.documentElement.lang, {
      minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false,
    }));
  }
  return formats.get(key).format(x);
}

/** Seconds with three decimals, as the manifest counts them. */
export const seconds = (time) => `${fixed(time, 3)} ${words().seconds}`;

/** From and to, in words. */
export const span = (first, last) => (first === last ? seconds(first) : `${fixed(first, 3)} – ${seconds(last)}`);

/** A timeline; somebody asks it to `go` to a frame or to `step` by some. */
export class Timeline {
  #go;
  #step;
  #times = [0];
  #ledger = [];
  #curves = null;
  #scales = {};
  #marks = [];
  #frame = 0;
  #length = 0; // seconds that are shown; 0: all
  #drawn = null;
  #thinned = false;

  /** Called with the seconds that are shown when they change. */
  /** @type {(from: number, to: number) => void} */
  moved = () => {};

  constructor({ go, step }) {
    [this.#go, this.#step] = [go, step];
    at("track").addEventListener("keydown", (event) => this.#press(event));
    for (const place of [at("track"), at("curves")]) this.#listen(place);
  }

  /** Show another clip: seconds of its frames, and ranges of its ledger. */
  load(times, ledger) {
    [this.#times, this.#ledger, this.#frame] = [times, ledger, Math.min(this.#frame, times.length - 1)];
    this.draw();
  }

  /**
   * Show what was measured, or nothing; values of the whole clip give the scale, and curves that were
   * thinned do not say what each frame has.
   */
  measured(curves, { whole = true, thinned = false } = {}) {
    this.#thinned = thinned;
    this.#curves = curves?.map((curve) => ({
      ...curve, clocks: SIDES.map((side) => curve[side].map(([time]) => time)),
    }));
    if (curves && whole) {
      this.#scales = Object.fromEntries(curves.map((curve) => [curve.name, extent(curve)]));
    }
    this.draw();
  }

  /** Show what is marked: [{first, last, pending}]. */
  set marks(marks) {
    this.#marks = marks;
    this.#drawBar();
  }

  /** Show where one is. */
  set frame(frame) {
    this.#frame = frame;
    const [from, to] = this.window;
    if (this.#drawn !== `${from} ${to}`) this.draw();
    this.#showCursor();
  }

  /** Seconds that are shown at once; 0 for all. */
  set length(length) {
    this.#length = length;
    this.draw();
  }

  /** What is shown, from and to, seconds. */
  get window() {
    const first = this.#times[0], all = this.#end(this.#times.length - 1) - first;
    if (!this.#length || this.#length >= all) return [first, first + (all || 1)];
    const page = Math.floor((this.#times[this.#frame] - first) / this.#length);
    return [first + page * this.#length, first + (page + 1) * this.#length];
  }

  /** Draw everything. */
  draw() {
    const [from, to] = this.window, before = this.#drawn;
    this.#drawn = `${from} ${to}`;
    this.#drawBar();
    this.#drawAxis();
    this.#drawCurves();
    this.#showCursor();
    if (before !== this.#drawn) this.moved(from, to);
  }

  /** Values of a curve at the frame that is shown: [original, result]; null where they are unknown. */
  #values(curve) {
    const time = this.#times[this.#frame];
    const step = this.#end(this.#frame) - time;
    return SIDES.map((side, k) => {
      const found = curve[side][indexAt(curve.clocks[k], time + step / 4)];
      return found && Math.abs(found[0] - time) < step / 2 ? found[1] : null;
    });
  }

  #listen(place) {
    const seek = (event) => {
      const { left, width } = place.getBoundingClientRect();
      const [from, to] = this.window;
      this.#go(indexAt(this.#times, from + ((event.clientX - left) / width) * (to - from)));
    };
    place.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !event.target.closest(".plot, .timeline")) return;
      place.setPointerCapture(event.pointerId);
      at("track").focus({ preventScroll: true });
      seek(event);
      event.preventDefault();
    });
    place.addEventListener("pointermove", (event) => {
      if (place.hasPointerCapture(event.pointerId)) seek(event);
    });
  }

  #end(frame) {
    const times = this.#times;
    if (frame + 1 < times.length) return times[frame + 1];
    return times[frame] + (frame ? times[frame] - times[frame - 1] : 0.04);
  }

  #place(time) {
    const [from, to] = this.window;
    return (100 * (time - from)) / (to - from);
  }

  #stretch(element, first, last) {
    const left = Math.max(0, this.#place(this.#times[first]));
    const right = Math.min(100, this.#place(this.#end(last)));
    if (right <= 0 || left >= 100) return null;
    element.style.left = `${left}%`;
    element.style.width = `${right - left}%`;
    return element;
  }

  #drawBar() {
    const w = words();
    const segments = merged(this.#ledger, this.#times, this.window).map((range) =>
      this.#stretch(make("span", {
        className: range.entry,
        title: `${w.entries[range.entry]}: ${span(range.from_s, range.to_s)}`,
      }), range.first_frame, range.last_frame));
    const marks = this.#marks.map((mark) =>
      this.#stretch(make("span", { className: mark.pending ? "mark pending" : "mark" }), mark.first, mark.last));
    at("bar").replaceChildren(...segments.filter(Boolean), ...marks.filter(Boolean));
  }

  #drawAxis() {
    const [from, to] = this.window;
    const rough = (to - from) / 6, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((k) => k * power).find((each) => each >= rough);
    const ticks = [];
    for (let k = Math.ceil(from / step); k * step < to; k += 1) {
      const place = this.#place(k * step);
      if (place > 96) break;
      const tick = make("span", { textContent: `${number(Math.round(k * step * 1000) / 1000)} ${words().seconds}` });
      tick.style.left = `${place}%`;
      ticks.push(tick);
    }
    at("axis").replaceChildren(...ticks);
  }

  #drawCurves() {
    const w = words();
    at("curves").replaceChildren(...(this.#curves ?? []).map((curve) => {
      const [low, high] = this.#scales[curve.name] ?? [0, 1];
      const across = (time) => (this.#place(time) * WIDE) / 100;
      const up = (value) => HIGH * (1 - (value - low) / (high - low));
      const lines = SIDES.flatMap((side) => pieces(curve[side]).map((points) =>
        drawing("polyline", {
          class: side,
          points: points.map(([time, value]) => `${across(time).toFixed(1)},${up(value).toFixed(1)}`).join(" "),
        })));
      const picture = drawing("svg", {
        viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": w.curves[curve.name],
      }, ...lines);
      return make("div", { className: "curve" },
        make("p", { className: "note" }, make("strong", { textContent: w.curves[curve.name] }),
          make("span", { className: "value", "data-curve": curve.name }),
          make("span", { textContent: w.scale(fixed(low, 2), fixed(high, 2)) })),
        make("div", { className: "plot" }, picture, make("div", { className: "cursor", "aria-hidden": "true" })));
    }));
  }

  #showCursor() {
    const w = words(), times = this.#times, frame = this.#frame, time = times[frame];
    const place = `${this.#place((time + this.#end(frame)) / 2)}%`;
    for (const cursor of document.querySelectorAll(".cursor")) {
      if (cursor instanceof HTMLElement) cursor.style.left = place;
    }
    const entry = this.#ledger.find((range) => range.last_frame >= frame)?.entry ?? "rendered";
    const track = at("track");
    track.setAttribute("aria-valuemin", "1");
    track.setAttribute("aria-valuemax", String(times.length));
    track.setAttribute("aria-valuenow", String(frame + 1));
    track.setAttribute("aria-valuetext", `${w.frameOf(frame + 1, times.length)}, ${seconds(time)}, ${w.entries[entry]}`);
    for (const curve of this.#curves ?? []) {
      const [original, result] = this.#values(curve).map((value) => (value === null ? "–" : fixed(value, 3)));
      const shown = at("curves").querySelector(`[data-curve="${curve.name}"]`);
      shown.textContent = this.#thinned ? "" : w.both(original, result);
    }
  }

  #press(event) {
    const second = indexAt(this.#times, this.#times[this.#frame] + 1) - this.#frame || 1;
    const last = this.#times.length - 1;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: second, PageDown: -second }[event.key];
    const wanted = { Home: 0, End: last }[event.key];
    if (steps) this.#step(steps);
    else if (wanted !== undefined) this.#go(wanted);
    else return;
    event.preventDefault();
  }
}

/** Ranges of the ledger for drawing; of what lies too close to be seen the most cautious shows. */
function merged(ledger, times, window) {
  const [from, to] = window;
  const inside = ledger.filter((range) => range.to_s >= from && range.from_s <= to);
  if (inside.length <= MOST_SEGMENTS) return inside;
  const slots = new Array(MOST_SEGMENTS).fill("rendered");
  const slot = (time) => Math.max(0, Math.min(MOST_SEGMENTS - 1, Math.floor(((time - from) / (to - from)) * MOST_SEGMENTS)));
  for (const range of inside) {
    for (let k = slot(range.from_s); k <= slot(range.to_s); k += 1) {
      if (CAUTION[range.entry] > CAUTION[slots[k]]) slots[k] = range.entry;
    }
  }
  const kept = [];
  slots.forEach((entry, k) => {
    const [from_s, to_s] = [k, k + 1].map((edge) => from + (edge * (to - from)) / MOST_SEGMENTS);
    const range = { entry, from_s, to_s, first_frame: indexAt(times, from_s), last_frame: indexAt(times, to_s) };
    if (kept.at(-1)?.entry === entry) Object.assign(kept.at(-1), { to_s, last_frame: range.last_frame });
    else kept.push(range);
  });
  return kept;
}

/** The pieces of a curve between which nothing is known. */
function pieces(points) {
  const found = [[]];
  for (const point of points) {
    if (point[1] === null) found.push([]);
    else found.at(-1).push(point);
  }
  return found.filter((piece) => piece.length);
}

function extent(curve) {
  const values = [...curve.original, ...curve.result].map(([, value]) => value).filter((value) => value !== null);
  let low = 0, high = 0.1;
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high + (high - low) / 20];
}

function drawing(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
