// The camera of this computer: small pictures to be checked, and clips to be kept.

const SIDE = 480; // pixels of the longer side of what is checked
const RATE_MS = 2000; // over which pictures are counted
const KINDS = ["video/webm;codecs=h264,opus", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

export class Camera {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.times = [];
    this.recorder = null;
  }

  /** Ask for camera and microphone; throws where there are none, or they may not be used. */
  async open() {
    if (!navigator.mediaDevices) throw new Error("insecure");
    const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: picture, audio: true });
    } catch {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: picture });
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    const counted = (now) => {
      this.times.push(now);
      while (now - this.times[0] > RATE_MS) this.times.shift();
      if (this.stream) this.video.requestVideoFrameCallback(counted);
    };
    this.video.requestVideoFrameCallback?.(counted);
  }

  /** Pictures a second that come, or null while that is unknown. */
  get rate() {
    const span = this.times.length > 2 ? this.times.at(-1) - this.times[0] : 0;
    return span > 800 ? (1000 * (this.times.length - 1)) / span : null;
  }

  /** A small picture: {pixels, width}. */
  picture() {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, SIDE / Math.max(videoWidth, videoHeight));
    const width = Math.round(videoWidth * scale), height = Math.round(videoHeight * scale);
    Object.assign(this.canvas, { width, height });
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(this.video, 0, 0, width, height);
    return { pixels: context.getImageData(0, 0, width, height).data, width };
  }

  /** Begin a clip. */
  start() {
    const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    const pieces = [], recorder = new MediaRecorder(this.stream, { mimeType, videoBitsPerSecond: 8e6 });
    recorder.ondataavailable = (event) => pieces.push(event.data);
    this.recorder = recorder;
    this.clip = new Promise((done) => (recorder.onstop = () => done(new Blob(pieces, { type: recorder.mimeType }))));
    recorder.start(1000);
  }

  /** End a clip, and give it; null where none was begun. */
  async end() {
    const { recorder, clip } = this;
    this.recorder = null;
    if (!recorder) return null;
    if (recorder.state !== "inactive") recorder.stop();
    return clip;
  }

  close() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }
}
