// The patient's page of a call.

import { Call, begin, controls, devices, part, switchButton, trouble, watch } from "./call.js";
import { at, make } from "./dom.js";
import { words } from "./words.js";

const KINDS = [["audio", "sendrecv"], ["video", "sendrecv"], ["video", "recvonly"]];

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
  const covered = state.covered === null ? "" : w.patientBecause[state.covered] ?? w.patientBecause.error;
  const room = !state.here.doctor ? w.doctorAway : state.admitted ? w.doctorHere : w.notYet;
  say([room, covered || w.patientShown, state.voice === "muted" ? w.voiceMuted : state.voice === "changed" ? w.voiceChanged : w.voiceKept].join(" "), covered !== "");
  controls(
    switchButton("mute", "mute", "unmute", call.switches.muted, () => call.switch("muted", !call.switches.muted)),
    switchButton("camera", "cameraOff", "cameraOn", call.switches.off, () => call.switch("off", !call.switches.off)),
    state.covered === "stopped" ? make("button", { id: "again", type: "button", textContent: w.again, onclick: () => { call.close(); join(); } }) : null,
    make("button", { id: "end", type: "button", textContent: w.end, onclick: () => call.act("end") }));
}

function show(number, stream) {
  if (number === 0) at("heard").srcObject = stream;
  if (number === 1) watch(at("own"), stream);
  if (number === 2) {
    watch(at("other"), stream);
    // a tiny black picture is what comes where the doctor shows none
    at("other").addEventListener("resize", () => (at("theirs").hidden = at("other").videoWidth < 32));
  }
}

async function join() {
  trouble(null);
  at("join").disabled = true;
  let stream = null;
  try {
    stream = await devices(true, true).catch((problem) => (problem.code === "insecure" ? Promise.reject(problem) : devices(true, false)));
    call.switches.hidden = document.hidden;
    await call.join(stream, KINDS, show);
    part("call");
    draw(call.state);
    at("call-heading").focus();
  } catch (problem) {
    stream?.getTracks().forEach((track) => track.stop());
    call.close();
    part("ready");
    at("join").disabled = false;
    trouble(problem);
  }
}

document.addEventListener("visibilitychange", () => call.switch("hidden", document.hidden));
addEventListener("pagehide", () => {
  if (call.peer) navigator.sendBeacon(`${location.pathname}leave`);
});
at("join").addEventListener("click", join);
begin(() => call.state && draw(call.state));
