// What both pages of a call share: the connection to mien, switches, and where the call stands.

import { at, make } from "./dom.js";
import { explain, switchLanguage, translate, use, words } from "./words.js";
import { WORDS } from "./words/call.js";

const EVERY_MS = 1000; // between two questions how the call stands
const GATHER_MS = 3000; // for the addresses of this computer, at most
const STILL_MS = 3000; // without a new picture after which none is shown
const MOST_BITS = 2.5e6;

const here = location.pathname;

/** Ask the server; throws {error, code} where it says no, another error where it is silent. */
export async function ask(path, method = "POST", body = undefined) {
  /** @type {RequestInit} */
  const request = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(`${here}${path}`, request);
  const content = await answer.json();
  if (!answer.ok) throw content;
  return content;
}

export function trouble(problem) {
  at("trouble").hidden = !problem;
  at("trouble").textContent = problem ? (problem.error ? explain(problem) : words().lostHere) : "";
}

/** Camera or microphone as asked for; throws {error, code} where the browser gives none. */
export async function devices(video, audio) {
  if (!navigator.mediaDevices) throw { error: words().insecure, code: "insecure" };
  const picture = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: video && picture, audio });
  } catch {
    throw { error: words().noDevices, code: "no_devices" };
  }
}

/** A call, from the side of one of its two browsers. */
export class Call {
  /** `draw(state)` is called whenever something changes, with null when the connection is lost. */
  constructor(draw) {
    this.draw = draw;
    this.state = null;
    this.peer = null;
    this.switches = { muted: false, hidden: false, off: false };
  }

  /** Connect: `stream` is sent, `kinds` says in which order and direction, `show` is given the n-th track. */
  async join(stream, kinds, show) {
    this.stream = stream;
    const peer = (this.peer = new RTCPeerConnection({ iceServers: [] }));
    for (const [kind, direction] of kinds) {
      const track = stream?.getTracks().find((each) => each.kind === kind && direction.startsWith("send"));
      peer.addTransceiver(track ?? kind, { direction: track ? direction : "recvonly" });
    }
    peer.ontrack = (event) => {
      if (event.track.kind === "video") atOnce(event.receiver);
      show(peer.getTransceivers().indexOf(event.transceiver), new MediaStream([event.track]));
    };
    peer.onconnectionstatechange = () => {
      if (peer === this.peer && ["failed", "closed"].includes(peer.connectionState)) this.lose();
    };
    await peer.setLocalDescription();
    await gathered(peer);
    const answer = await ask("join", "POST", { sdp: peer.localDescription.sdp });
    await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    await keepSize(peer);
    this.state = answer;
    this.apply();
    this.follow();
  }

  /** Switch something: `muted`, `hidden` or `off`. */
  switch(what, so) {
    this.switches[what] = so;
    this.apply();
    return this.tell();
  }

  /** What is switched off does not leave this computer. */
  apply() {
    for (const track of this.stream?.getTracks() ?? []) {
      track.enabled = track.kind === "audio" ? !this.switches.muted : !this.switches.off && !this.switches.hidden;
    }
  }

  /** Say what is switched, and hear how the call stands. */
  async tell() {
    if (!this.peer) return;
    try {
      this.take(await ask("say", "PUT", this.switches));
      trouble(null);
    } catch (problem) {
      if (problem.code === "call_over") this.take({ ...this.state, ended: true });
      else trouble(problem);
    }
  }

  async act(what) {
    try {
      this.take(await ask(what));
    } catch (problem) {
      trouble(problem);
    }
  }

  take(state) {
    this.state = state;
    if (state.ended) this.close();
    if (this.peer && state.pictures_a_second) limit(this.peer, state.pictures_a_second);
    this.draw(state);
  }

  async follow() {
    const peer = this.peer;
    while (this.peer && this.peer === peer) {
      await this.tell();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  lose() {
    this.close();
    trouble({ error: words().lostConnection, code: "lost_connection" });
    this.draw(null);
  }

  close() {
    const peer = this.peer;
    this.peer = null;
    peer?.close();
    this.stream?.getTracks().forEach((track) => track.stop());
  }
}

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === "complete" && resolve(null);
    peer.addEventListener("icegatheringstatechange", look);
    setTimeout(() => resolve(null), GATHER_MS);
    look();
  });
}

/** Where there is not enough time or room for all pictures: fewer of them, not smaller ones. */
async function keepSize(peer) {
  for (const sender of peer.getSenders()) {
    if (sender.track?.kind !== "video") continue;
    const settings = sender.getParameters();
    settings.degradationPreference = "maintain-resolution";
    for (const each of settings.encodings ?? []) each.maxBitrate = MOST_BITS;
    await sender.setParameters(settings).catch(() => null);
  }
}

/** Send no more pictures a second than mien has use for. */
async function limit(peer, most) {
  for (const sender of peer.getSenders()) {
    if (sender.track?.kind !== "video") continue;
    const settings = sender.getParameters();
    const [first] = settings.encodings ?? [];
    if (!first || Math.abs((first.maxFramerate ?? 0) - most) < 2) continue;
    first.maxFramerate = most;
    await sender.setParameters(settings).catch(() => null);
  }
}

/** Pictures are shown when they come: each stands for itself, and late ones were dropped before. */
function atOnce(receiver) {
  if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
  else if ("playoutDelayHint" in receiver) receiver.playoutDelayHint = 0; // its older name
}

/** Show a stream; where no new picture comes, none is shown. */
export function watch(video, stream) {
  video.srcObject = stream;
  if (video.dataset.watched) return; // after joining again
  video.dataset.watched = "yes";
  let last = performance.now();
  const came = () => {
    last = performance.now();
    video.requestVideoFrameCallback(came);
  };
  video.requestVideoFrameCallback?.(came);
  if (!video.requestVideoFrameCallback) return;
  setInterval(() => video.parentElement.classList.toggle("still", performance.now() - last > STILL_MS), 500);
}

/** A switch whose label says what it does now. */
export function switchButton(id, on, off, pressed, does) {
  const w = words();
  return make("button", { id, type: "button", textContent: pressed ? w[off] : w[on], onclick: does, "aria-pressed": String(pressed) });
}

/** Draw controls anew, without losing the focus. */
export function controls(...buttons) {
  const held = document.activeElement?.id;
  at("controls").replaceChildren(...buttons.filter(Boolean));
  if (held && at("controls").querySelector(`#${held}`)) at(held).focus();
}

/** Which part of the page is shown. */
export function part(name) {
  for (const each of ["ready", "call", "over"]) at(each).hidden = each !== name;
}

/** Begin a page. */
export function begin(again) {
  use(WORDS);
  translate();
  document.title = `mien: ${at("title").textContent}`;
  at("language").addEventListener("click", () => {
    switchLanguage();
    translate();
    document.title = `mien: ${at("title").textContent}`;
    again();
  });
}
