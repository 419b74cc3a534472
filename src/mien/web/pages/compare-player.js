// One video that shows exactly the frame that is asked for, drawn so that two halves can be compared.

const LARGEST = 1920; // pixels of the picture's width at most
const AGAIN_MS = [50, 300]; // after which a picture is drawn again where a browser may draw an old one
const PICTURES = "VideoFrame" in window;
const STAMPED = 1000; // microseconds: a later frame that says less has no time of its own
const CUTS = PICTURES && cutsPictures();
const ROUNDED_S = 0.001; // by which the browser's clock may be before the frame that is shown

/** Whether a part of a picture can be drawn: WebKit draws the whole of it, the other half included. */
function cutsPictures() {
  const two = new OffscreenCanvas(2, 1), one = new OffscreenCanvas(1, 1);
  const from = two.getContext("2d"), to = one.getContext("2d", { willReadFrequently: true });
  from.fillStyle = "black";
  from.fillRect(0, 0, 1, 1);
  from.fillStyle = "white";
  from.fillRect(1, 0, 1, 1);
  const picture = new VideoFrame(two, { timestamp: 0 });
  to.drawImage(picture, 0, 0, 1, 1, 0, 0, 1, 1);
  const [dark] = to.getImageData(0, 0, 1, 1).data;
  to.drawImage(picture, 1, 0, 1, 1, 0, 0, 1, 1);
  const [bright] = to.getImageData(0, 0, 1, 1).data;
  picture.close();
  return dark < 64 && bright > 192;
}

/** The last index whose time is not after another time; 0 if all are. */
export function indexAt(times, time) {
  let low = 0, high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The index whose time is nearest. */
export function nearest(times, time) {
  const before = indexAt(times, time);
  const after = Math.min(before + 1, times.length - 1);
  return Math.abs(times[after] - time) < Math.abs(times[before] - time) ? after : before;
}

/**
 * A player; `seen(frame)` is called when another frame is shown, `changed()` when it begins or stops
 * playing, `failed()` when the browser cannot play the file.
 *
 * What is shown is what the browser says it shows, not what was asked for: a `VideoFrame` carries
 * its own time, and is what is drawn. (A video that is drawn directly can be a frame late.) A frame is
 * asked for by the middle of the time in which it is shown, so that no rounding leads to its
 * neighbour; where that shows the next one, by its beginning.
 */
export class Player {
  #video;
  #canvas;
  #copy = null;
  #on;
  #times = [0];
  #late = 0; // seconds by which the browser's clock is before the file's
  #from = 0; // frame that was shown when it was sent there
  #aim = 0.5; // where in the time of a frame a browser is sent to show it
  #begun = false;
  #asked = null; // frame that the browser seeks
  #target = 0; // frame that was asked for last
  #reported = 0; // time of the frame that the browser reported last
  #load = 0;

  /** Frame that is shown. */
  frame = 0;
  /** Whether the left half of the video is the original. */
  both = false;
  /** `wipe`, `side` or `result`. */
  mode = "wipe";
  /** Share of the width up to which the original is shown. */
  wipe = 0.5;
  /** How many times larger than whole a picture is shown: 1, 2 or 4. */
  zoom = 1;
  /** What of a picture lies in the middle of what is shown, shares of width and height. */
  centre = [0.5, 0.5];

  constructor(video, canvas, on) {
    [this.#video, this.#canvas, this.#on] = [video, canvas, on];
    video.muted = true;
    video.addEventListener("seeked", () => this.#sought());
    video.addEventListener("play", () => on.changed());
    video.addEventListener("pause", () => {
      on.changed();
      if (this.#begun && this.#asked === null) this.go(this.frame);
    });
    video.addEventListener("error", () => {
      if (video.getAttribute("src")) on.failed();
    });
    video.addEventListener("timeupdate", () => {
      if (!this.#reports) this.#see(video.currentTime);
    });
  }

  /** Show a file whose frames begin at `times`, beginning with one of them. */
  load({ source, both, times, frame = 0 }) {
    const video = this.#video, load = ++this.#load;
    this.both = both;
    this.#times = times;
    this.#begun = false;
    this.#asked = null;
    this.#reported = 0;
    this.#target = Math.min(frame, times.length - 1);
    this.#canvas.width = this.#canvas.height = 0;
    video.src = source;
    const begin = () => {
      if (load !== this.#load || this.#begun) return;
      this.#begun = true;
      const drawn = this.draw();
      this.#late = this.#times[0] - (drawn ?? 0);
      this.#see(drawn ?? 0);
      if (this.#target > 0) this.go(this.#target);
    };
    video.addEventListener("loadeddata", begin, { once: true });
    if (this.#reports) {
      const next = (now, shown) => {
        if (load !== this.#load) return;
        if (this.#begun) this.#see(shown.mediaTime);
        video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    }
    video.load();
  }

  /** Forget the file. */
  unload() {
    this.#load += 1;
    this.#begun = false;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  /** Whether it plays. */
  get playing() {
    return !this.#video.paused && !this.#video.ended;
  }

  /** Width over height of one picture. */
  get shape() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    return width ? width / (this.both ? 2 : 1) / height : 4 / 3;
  }

  /** Left and top of what is shown of a picture, shares of its width and height. */
  get corner() {
    const edge = 1 - 1 / this.zoom;
    return this.centre.map((middle) => Math.min(edge, Math.max(0, middle - 0.5 / this.zoom)));
  }

  /** Show what lies around a place of the picture, as near as its edges allow. */
  look(across, down) {
    this.centre = [across, down];
    this.centre = this.corner.map((edge) => edge + 0.5 / this.zoom);
    this.draw();
  }

  /** Show a frame. */
  go(frame) {
    this.#target = Math.max(0, Math.min(frame, this.#times.length - 1));
    if (this.#begun && this.#asked === null) this.#seek();
  }

  /** Go on or back by some frames. */
  step(frames) {
    if (this.playing) {
      this.#target = this.frame;
      this.#video.pause();
    }
    this.go(this.#target + frames);
  }

  /** Play, or stop. */
  toggle() {
    if (!this.#begun) return;
    if (this.playing) {
      this.#video.pause();
      return;
    }
    if (this.frame === this.#times.length - 1) this.go(0);
    this.#video.play().catch(() => {}); // stopped before it began
  }

  /** Play at a share of the usual speed. */
  set speed(speed) {
    this.#video.defaultPlaybackRate = this.#video.playbackRate = speed;
  }

  /** Draw the frame that is shown; its time on the browser's clock, null where that is unknown. */
  draw() {
    const video = this.#video;
    if (video.readyState < 2) return null;
    if (!PICTURES) {
      this.#paint(video);
      return null;
    }
    const picture = new VideoFrame(video);
    this.#paint(CUTS ? picture : this.#copied(picture));
    const stamp = picture.timestamp;
    picture.close();
    // Firefox counts whole seconds there: then the time that was sought says more
    return stamp >= STAMPED || this.#reported < ROUNDED_S ? stamp / 1e6 : null;
  }

  /** A picture as a canvas, of which parts can be drawn everywhere. */
  #copied(picture) {
    const { videoWidth: width, videoHeight: height } = this.#video;
    this.#copy ??= new OffscreenCanvas(width, height);
    if (this.#copy.width !== width || this.#copy.height !== height) [this.#copy.width, this.#copy.height] = [width, height];
    this.#copy.getContext("2d").drawImage(picture, 0, 0, width, height);
    return this.#copy;
  }

  #paint(picture) {
    const video = this.#video, canvas = this.#canvas;
    const half = video.videoWidth / (this.both ? 2 : 1), high = video.videoHeight;
    const from = this.both ? half : 0; // where the result begins
    const side = this.both && this.mode === "side";
    const scale = Math.min(1, LARGEST / (side ? 2 * half : half));
    const width = Math.round(scale * half), height = Math.round(scale * high);
    const wide = side ? 2 * width : width;
    if (canvas.width !== wide || canvas.height !== height) [canvas.width, canvas.height] = [wide, height];
    const context = canvas.getContext("2d");
    const [left, top] = this.corner;
    const part = [left * half, top * high, half / this.zoom, high / this.zoom];
    const drawPart = (begin, place) =>
      context.drawImage(picture, begin + part[0], part[1], part[2], part[3], place, 0, width, height);
    drawPart(from, side ? width : 0);
    const shown = !this.both || this.mode === "result" ? 0 : side ? 1 : this.wipe;
    if (shown > 0) {
      context.save();
      context.beginPath();
      context.rect(0, 0, shown * width, height);
      context.clip();
      drawPart(0, 0);
      context.restore();
    }
  }

  get #reports() {
    return "requestVideoFrameCallback" in this.#video;
  }

  #within(frame) {
    const times = this.#times, last = times.length - 1;
    const step = frame < last ? times[frame + 1] - times[frame] : last ? times[last] - times[last - 1] : 0;
    return times[frame] + (this.#aim ? this.#aim * step : -ROUNDED_S / 2);
  }

  #seek() {
    [this.#asked, this.#from] = [this.#target, this.frame];
    this.#video.currentTime = Math.max(0, this.#within(this.#asked) - this.#late);
  }

  #sought() {
    if (!this.#begun) return;
    this.#see(this.#reports ? this.#reported : this.#video.currentTime);
    const asked = this.#asked;
    this.#asked = null;
    if (asked === null) return;
    // WebKit shows the first frame after a time; where the one before was shown last it may be late
    const next = !CUTS && this.#aim > 0 && this.frame === asked + 1 && this.frame !== this.#from;
    if (next) this.#aim = 0;
    if (next || this.#target !== asked) this.#seek();
  }

  /** Draw what is shown at a time of the browser's clock, and say which frame that is. */
  #see(time) {
    this.#reported = time;
    if (this.#video.readyState < 2) return; // still seeking: it will say when it is there
    const drawn = this.draw();
    this.frame = drawn === null // what is reported may be the time that was sought, within the frame
      ? indexAt(this.#times, time + this.#late + ROUNDED_S)
      : nearest(this.#times, drawn + this.#late);
    if (this.playing) this.#target = this.frame;
    else if (drawn === null) for (const wait of AGAIN_MS) setTimeout(() => this.draw(), wait);
    this.#canvas.dataset.frame = this.frame;
    this.#on.seen(this.frame);
  }
}
