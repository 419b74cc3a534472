// The doctor's page of a call.

import { Call, begin, controls, devices, part, switchButton, trouble, watch } from "./call.js";
import { at, make } from "./dom.js";
import { words } from "./words.js";

const KINDS = [["audio", "sendrecv"], ["video", "sendrecv"]];

const call = new Call(draw);

function say(text, wrong) {
  if (at("state").textContent !== text) at("state").textContent = text;
  at("state").className = wrong ? "wrong" : "";
}

function draw(state) {
  const w = words();
  if (!state) {
    part("ready");
    at("join").disabled = false;
    at("ready-heading").focus();
    return;
  }
  if (state.ended) {
    part("over");
    at("over-heading").focus();
    return;
  }
  const waits = state.here.patient && !state.admitted;
  const covered = state.covered === null ? "" : w.doctorBecause[state.covered] ?? w.doctorBecause.error;
  const line = waits ? w.waits : !state.here.patient ? w.doctorBecause.away : covered ? `${w.covered} ${covered}` : w.doctorShown;
  say([line, state.muted.patient ? w.patientMuted : state.voice === "changed" ? w.patientChanged : state.voice === "muted" ? w.patientNoVoice : ""].filter(Boolean).join(" "), covered !== "");
  controls(
    state.admitted ? null : make("button", { id: "admit", type: "button", className: "main", textContent: w.admit, disabled: !state.here.patient, onclick: () => call.act("admit") }),
    call.stream?.getAudioTracks().length ? switchButton("mute", "mute", "unmute", call.switches.muted, () => call.switch("muted", !call.switches.muted)) : null,
    call.stream?.getVideoTracks().length ? switchButton("camera", "cameraOff", "cameraOn", call.switches.off, () => call.switch("off", !call.switches.off)) : null,
    make("button", { id: "end", type: "button", textContent: w.end, onclick: () => call.act("end") }));
}

function show(number, stream) {
  if (number === 0) at("heard").srcObject = stream;
  if (number === 1) watch(at("other"), stream);
}

async function join() {
  trouble(null);
  at("join").disabled = true;
  let stream = null;
  try {
    // without a microphone the doctor can still look
    stream = await devices(at("seen").checked, true).catch(() => null);
    await call.join(stream, KINDS, show);
    if (!stream) trouble({ error: words().noMicrophone, code: "no_microphone" });
    at("mine").hidden = !stream?.getVideoTracks().length;
    at("own").srcObject = stream;
    part("call");
    draw(call.state);
    at("call-heading").focus();
  } catch (problem) {
    call.close();
    part("ready");
    at("join").disabled = false;
    trouble(problem);
  }
}

addEventListener("pagehide", () => {
  if (call.peer) navigator.sendBeacon(`${location.pathname}leave`);
});
at("join").addEventListener("click", join);
begin(() => call.state && draw(call.state));
