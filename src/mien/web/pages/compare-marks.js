// Moments that somebody marks to be covered: first and last frame, and a part of the picture.

import { at, button, inFocus, make } from "./dom.js";
import { span } from "./compare-timeline.js";
import { words } from "./words.js";

const EDGES = ["edgeLeft", "edgeTop", "edgeRight", "edgeBottom"];
const WHOLE = [0, 0, 1, 1];
const LEAST = 0.004; // share of the picture that a drawn part has at least

/**
 * The list of marks. `now()` is the frame that is shown, `go(frame)` shows another, `changed()` is
 * called after every change, `area()` says where in the stage the result lies: left, width and, of the
 * picture, what is shown: its left and top corner and how many times it is enlarged.
 */
export class Marks {
  #do;
  #times = [0];
  #start = null; // first frame of a mark that has no last one yet
  #active = null; // mark whose part of the picture is edited; null: the next one
  #part = null; // of the next mark
  #locked = false;

  /** What is marked: [{first, last, box}]; box is null for the whole picture. */
  list = [];

  constructor(actions) {
    this.#do = actions;
    at("from").addEventListener("click", () => this.begin());
    at("to").addEventListener("click", () => this.end());
    at("part").addEventListener("change", () => {
      this.#setBox(at("part").checked ? [...WHOLE] : null);
      if (at("part").checked) this.#comeInto(this.#active);
    });
    for (const [k, edge] of EDGES.entries()) {
      const field = make("input", { type: "number", id: edge, min: 0, max: 100, step: 0.1, required: true });
      field.addEventListener("input", () => this.#typed(k, field));
      at("fields").append(make("label", {}, make("span", { "data-word": edge }), " ", field));
    }
    this.#listen();
  }

  /** Forget all marks, or have those that are given; the clip has these times. */
  load(times, list = []) {
    this.#times = times;
    this.list = list.filter(({ first, last }) => times[first] !== undefined && times[last] !== undefined);
    this.#start = this.#active = this.#part = null;
    this.show();
  }

  /** Whether nothing may be changed, because it is being covered. */
  set locked(locked) {
    if (this.#locked === locked) return;
    this.#locked = locked;
    this.show();
  }

  /** Cover from the frame that is shown. */
  begin() {
    if (this.#locked) return;
    if (this.#active !== null) this.#part = null; // another moment, another part
    [this.#start, this.#active] = [this.#do.now(), null];
    this.show();
  }

  /** Cover up to the frame that is shown; only this frame if none was said before. */
  end() {
    if (this.#locked) return;
    const now = this.#do.now(), start = this.#start ?? now;
    if (this.#active !== null && this.#start === null) this.#part = null;
    const mark = { first: Math.min(start, now), last: Math.max(start, now), box: this.#part };
    this.list.push(mark);
    this.list.sort((a, b) => a.first - b.first);
    [this.#start, this.#active, this.#part] = [null, mark, null];
    this.show();
  }

  /** Marks for drawing on a timeline, with the one that is not ended. */
  get drawn() {
    const now = this.#do.now();
    const pending = this.#start === null ? [] : [{ first: Math.min(this.#start, now), last: Math.max(this.#start, now), pending: true }];
    return [...this.list, ...pending];
  }

  /** Whether a mark is begun and not ended. */
  get pending() {
    return this.#start !== null;
  }

  /** What the server is asked. */
  get ranges() {
    return this.list.map(({ first, last, box }) => ({
      from_s: this.#times[first], to_s: this.#times[last], box,
    }));
  }

  /** Show which parts of the picture are marked at the frame that is shown. */
  showParts() {
    const now = this.#do.now(), edited = this.#box;
    const here = this.list.filter((mark) => mark.first <= now && now <= mark.last && mark !== this.#active);
    if (this.#active && !edited && this.#active.first <= now && now <= this.#active.last) here.push(this.#active);
    at("marked").replaceChildren(...here.map((mark) => this.#lay(make("div"), mark.box ?? WHOLE)));
    at("box").hidden = !edited;
    if (edited) this.#lay(at("box"), edited);
  }

  /** Draw the list and the fields. */
  show() {
    const w = words(), locked = this.#locked, box = this.#box;
    const used = inFocus()?.dataset.key;
    at("from").disabled = at("to").disabled = at("part").disabled = locked;
    at("pending").textContent = this.#start === null ? "" : w.pending(span(this.#times[this.#start], this.#times[this.#start]));
    at("part").checked = Boolean(box);
    at("edges").hidden = !box;
    at("stage").classList.toggle("drawing", Boolean(box) && !locked);
    at("which").textContent = this.#active ? w.partOf(this.#said(this.#active)) : w.partOfNext;
    for (const [k, edge] of EDGES.entries()) {
      at(edge).disabled = locked;
      if (document.activeElement !== at(edge)) at(edge).value = box ? (100 * box[k]).toFixed(1) : "";
    }
    this.#check();
    at("marks").replaceChildren(...this.list.map((mark, k) => {
      const said = this.#said(mark);
      const part = mark.box ? w.partIs(mark.box.map((edge) => (100 * edge).toFixed(0))) : w.wholePicture;
      return make("li", { className: mark === this.#active ? "marked active" : "marked" },
        make("p", { className: "name" }, said, make("span", { className: "note", textContent: ` · ${part}` })),
        make("p", { className: "row" },
          button("goThere", () => this.#do.go(mark.first), said, { "data-key": `go ${k}` }),
          button("changePart", () => this.#edit(mark), said, { "disabled": locked, "aria-pressed": String(mark === this.#active), "data-key": `part ${k}` }),
          button("remove", () => this.#remove(mark), said, { "disabled": locked, "data-key": `remove ${k}` })));
    }));
    if (used) at("marks").querySelector(`[data-key="${used}"]`)?.focus();
    this.showParts();
    this.#do.changed();
  }

  /** Go to a mark's first frame, unless one of its frames is shown. */
  #comeInto(mark) {
    const now = this.#do.now();
    if (mark && (now < mark.first || now > mark.last)) this.#do.go(mark.first);
  }

  get #box() {
    return this.#active ? this.#active.box : this.#part;
  }

  #said(mark) {
    return span(this.#times[mark.first], this.#times[mark.last]);
  }

  #setBox(box) {
    if (this.#active) this.#active.box = box;
    else this.#part = box;
    this.show();
  }

  #edit(mark) {
    this.#active = mark;
    this.#start = null;
    this.#do.go(mark.first);
    this.show();
    at("part").focus();
  }

  #remove(mark) {
    const place = this.list.indexOf(mark);
    this.list.splice(place, 1);
    if (this.#active === mark) this.#active = null;
    this.show();
    const next = at("marks").children[Math.min(place, this.list.length - 1)];
    (next?.querySelector("button:last-of-type") ?? at("from")).focus();
  }

  #typed(k, field) {
    const box = [...(this.#box ?? WHOLE)];
    if (!field.validity.badInput && field.value !== "") box[k] = Math.min(1, Math.max(0, field.valueAsNumber / 100));
    this.#setBox(box);
  }

  /** Say so where a part has no area. */
  #check() {
    const box = this.#box;
    const wrong = Boolean(box) && (box[0] >= box[2] || box[1] >= box[3]);
    for (const edge of EDGES) at(edge).setAttribute("aria-invalid", String(wrong));
    at("which").classList.toggle("problem", wrong);
    if (wrong) at("which").textContent = words().noArea;
  }

  /** Whether every part has an area. */
  get valid() {
    return this.list.every(({ box }) => !box || (box[0] < box[2] && box[1] < box[3]));
  }

  #lay(element, [left, top, right, bottom]) {
    const { from, share, corner, zoom } = this.#do.area();
    const seen = (edge, k) => Math.min(1, Math.max(0, (edge - corner[k]) * zoom));
    const [across, down] = [seen(right, 0) - seen(left, 0), seen(bottom, 1) - seen(top, 1)];
    element.hidden = across <= 0 || down <= 0;
    element.style.left = `${100 * (from + seen(left, 0) * share)}%`;
    element.style.top = `${100 * seen(top, 1)}%`;
    element.style.width = `${100 * across * share}%`;
    element.style.height = `${100 * down}%`;
    return element;
  }

  /** Draw a part with the pointer. */
  #listen() {
    const stage = at("stage");
    let start = null;
    const place = (event) => {
      const { left, top, width, height } = at("canvas").getBoundingClientRect();
      const { from, share, corner, zoom } = this.#do.area();
      const across = ((event.clientX - left) / width - from) / share, down = (event.clientY - top) / height;
      return [across, down].map((x, k) => Math.round(1000 * (corner[k] + Math.min(1, Math.max(0, x)) / zoom)) / 1000);
    };
    stage.addEventListener("pointerdown", (event) => {
      if (!stage.classList.contains("drawing") || event.button !== 0 || at("wipe").contains(event.target)) return;
      start = place(event);
      stage.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    stage.addEventListener("pointermove", (event) => {
      if (!start) return;
      const now = place(event);
      const box = [Math.min(start[0], now[0]), Math.min(start[1], now[1]), Math.max(start[0], now[0]), Math.max(start[1], now[1])];
      if (box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST) this.#setBox(box);
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      stage.addEventListener(kind, () => {
        start = null;
      });
    }
  }
}
