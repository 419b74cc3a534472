// Changing how a clip is made, or making it once more: settings, people, and a look at one moment.

import { at, make } from "./dom.js";
import { DEFAULTS, drawPanel, given, line } from "./deidentify-settings.js";
import { lookNow, trouble } from "./frame.js";
import { ask, over } from "./server.js";
import { explain, progressLine, tenths, words } from "./words.js";

const SOON_MS = 500;
const PORTRAIT = 1024; // pixels of the longer side of a picture of one's own

let clip = null;
let settings = null; // as the panel knows them
let roles = new Map(); // by number of a person
let texts = { reason: "", consent: "" };
let known = null; // what the server knows of people
let time = 0; // of the moment that is looked at
let timer = null;

/** Open the dialog for a clip. */
export function edit(which) {
  clip = which;
  const { wanted } = clip;
  settings = { ...DEFAULTS, ...Object.fromEntries(Object.keys(DEFAULTS).filter((key) => key in wanted).map((key) => [key, wanted[key] ?? DEFAULTS[key]])) };
  Object.assign(settings, { after: clip.after, measure: wanted.measure ?? "no", subject: "", visit: "" });
  roles = new Map();
  texts = { reason: wanted.reason ?? "", consent: wanted.consent ?? "" };
  known = null;
  time = Math.min(1, (clip.seconds ?? 2) / 2);
  problem(null);
  draw();
  at("edit").showModal();
  look();
}

/** Make the dialog work. */
export function listenToEdit() {
  at("edit-back").addEventListener("click", () => at("edit").close());
  at("edit").addEventListener("close", () => clearTimeout(timer));
  at("edit-form").addEventListener("submit", send);
  at("edit-find").addEventListener("click", () => order("people", undefined));
  at("edit-try").addEventListener("click", () => {
    order("try", { time_s: time, making: making() });
  });
  at("edit-time").addEventListener("input", () => {
    time = Number(at("edit-time").value);
    showTime();
  });
}

/** Draw the dialog in the language that is shown. */
export function draw() {
  if (!clip) return;
  const w = words(), anew = clip.status === "done";
  at("edit-heading").textContent = anew ? w.redoOf(clip.name) : w.editOf(clip.name);
  at("edit-lead").textContent = anew ? w.redoLead : w.editLead;
  at("edit-do").textContent = anew ? w.redoDo : clip.status === "queued" ? w.save : w.editDo;
  drawPanel(at("edit-settings"), settings, { own: ownPicture });
  drawPeople();
  at("edit-time").max = String(Math.max(clip.seconds ?? 1, 0.1));
  at("edit-time").value = String(time);
  showTime();
}

function showTime() {
  at("edit-at").textContent = `${tenths(time)} s`;
  at("edit-time").setAttribute("aria-valuetext", `${tenths(time)} s`);
}

function problem(found) {
  at("edit-trouble").hidden = !found;
  at("edit-trouble").textContent = found ? (found.error ? explain(found) : words().lost) : "";
}

/** What the server is asked for: settings, and who is replaced, covered and left. */
function making() {
  const { subject, visit, hold, ...asked } = settings;
  const people = known?.people?.found?.people ?? [];
  const role = (one) => roles.get(one.person) ?? roleNow(one);
  const of = (which) => people.filter((one) => role(one) === which);
  const whole = people.length === 0 || of("replace").length === people.length;
  if (people.length) asked.people = whole ? "all" : of("replace").map((one) => one.person).join(",") || "all";
  const none = people.length > 0 && !of("replace").length;
  return {
    ...asked,
    surrogate: given(settings) ? asked.surrogate : "auto",
    cover: none ? of("cover").map((one) => one.at) : [],
    leave: of("leave").map((one) => one.at),
    reason: texts.reason,
    language: document.documentElement.lang,
    consent: texts.consent,
  };
}

/** What happens to a person as the clip is made now. */
function roleNow(one) {
  const { people, leave = [], cover = [] } = clip.wanted, names = [String(one.person), one.at];
  if (leave.some((name) => names.includes(name))) return "leave";
  if (cover.some((name) => names.includes(name))) return "cover";
  if (people === "all") return "replace";
  if (people === "main") return one.person === 1 ? "replace" : "cover";
  return people.split(",").includes(String(one.person)) ? "replace" : "cover";
}

// --- people -------------------------------------------------------------------------------------

async function look() {
  clearTimeout(timer);
  const asked = clip;
  try {
    const found = await ask(`clips/${clip.id}/people`);
    if (asked !== clip || !at("edit").open) return;
    const before = JSON.stringify([known?.people?.id, known?.people?.status, known?.portrait]);
    known = found;
    if (before !== JSON.stringify([found.people?.id, found.people?.status, found.portrait])) drawPeople();
    showJobs();
    if ([found.people, found.tried].some((job) => job && !over(job))) timer = setTimeout(look, SOON_MS);
  } catch (found) {
    problem(found);
  }
}

/** How far the looks are, and what came of them. */
function showJobs() {
  const w = words(), { people, tried: moment } = known;
  const busy = (job) => Boolean(job && !over(job));
  at("edit-find").hidden = Boolean(people?.found);
  at("edit-find").disabled = busy(people);
  at("edit-people-state").textContent = people && people.status !== "done" ? progressLine(people) : people?.found?.people.length === 1 ? w.onePerson : "";
  at("edit-try").disabled = busy(moment);
  at("edit-try-state").textContent = moment && moment.status !== "done" ? progressLine(moment) : moment ? w.triedSays : "";
  const ready = moment?.status === "done";
  at("edit-tried").hidden = !ready;
  if (ready && at("edit-tried").dataset.shown !== moment.id) {
    at("edit-tried").dataset.shown = moment.id;
    const picture = (which, word) => make("figure", {}, make("img", { src: `/api/clips/${clip.id}/try/${which}?n=${moment.id}`, alt: w[word] }), make("figcaption", { textContent: `${w[word]}, ${tenths(moment.found.time_s)} s` }));
    at("edit-tried").replaceChildren(picture("was", "triedWas"), picture("tried", "triedNow"));
  }
}

async function order(what, body) {
  problem(null);
  try {
    await ask(`clips/${clip.id}/${what}`, "POST", body);
  } catch (found) {
    problem(found);
  }
  await look();
}

function drawPeople() {
  const w = words(), people = known?.people?.found?.people ?? [];
  at("edit-people").replaceChildren(...people.map(person));
  const left = people.some((one) => (roles.get(one.person) ?? roleNow(one)) === "leave");
  at("edit-reason").replaceChildren(...(left ? [line("reason", texts.reason, (value) => (texts.reason = value), { maxLength: 500, required: true }), make("p", { className: "hint warns", textContent: w.reasonHint })] : []));
}

function person(one) {
  const w = words(), name = w.person(one.person), now = roles.get(one.person) ?? roleNow(one);
  const radio = (role) => {
    const input = make("input", { type: "radio", name: `role-${one.person}`, value: role, checked: role === now });
    input.addEventListener("change", () => {
      roles.set(one.person, role);
      drawPeople();
      at("edit-people").querySelector(`[name="role-${one.person}"]:checked`).focus();
    });
    return make("label", { className: "tick" }, input, " ", w.roles[role]);
  };
  const when = w.seen(tenths(one.first_s), tenths(one.last_s), Math.round((100 * one.frames) / one.of));
  const show = make("button", { type: "button", className: "plain", textContent: w.showAt(tenths(one.time_s)), "aria-label": `${name}: ${w.showAt(tenths(one.time_s))}` });
  show.addEventListener("click", () => {
    time = one.time_s;
    at("edit-time").value = String(time);
    showTime();
  });
  return make("li", {},
    make("img", { src: `/api/clips/${clip.id}/people/${one.person}?n=${known.people.id}`, alt: w.pictureOf(one.person), width: 96, height: 96 }),
    make("fieldset", {}, make("legend", { textContent: name }),
      make("p", { className: "note", textContent: one.still ? `${when} ${w.still}` : when }),
      make("p", { className: "row" }, ...["replace", "cover", "leave"].map(radio), show)));
}

// --- a picture of one's own ---------------------------------------------------------------------

function ownPicture(now, set) {
  const w = words();
  const input = make("input", { id: "own-picture", type: "file", accept: "image/jpeg,image/png,image/webp", className: "unseen" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    problem(null);
    try {
      const answer = await fetch(`/api/clips/${clip.id}/portrait`, { method: "POST", headers: { "Content-Type": "image/jpeg" }, body: await small(file) });
      if (!answer.ok) throw await answer.json();
      set("surrogate", "own");
    } catch (found) {
      problem(found.error ? found : { error: w.noPicture, code: "no_picture" });
    }
    await look();
  });
  const parts = [input, make("label", { className: "button", htmlFor: "own-picture", textContent: w.ownChoose })];
  if (now.surrogate === "own") parts.push(line("consent", texts.consent, (value) => (texts.consent = value), { maxLength: 500, required: true }), make("p", { className: "hint", textContent: w.consentHint }));
  return make("div", { className: "own" }, ...parts);
}

/** A picture of a size that says enough of a face, as JPEG. */
async function small(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, PORTRAIT / Math.max(image.width, image.height));
  const canvas = new OffscreenCanvas(Math.round(scale * image.width), Math.round(scale * image.height));
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

// --- doing it -----------------------------------------------------------------------------------

async function send(event) {
  event.preventDefault();
  problem(null);
  const path = `clips/${clip.id}`;
  try {
    if (clip.status === "done") {
      await ask(`${path}/redo`, "POST", making());
    } else {
      await ask(`${path}/making`, "PUT", making());
      if (clip.status !== "queued") await ask(`${path}/again`, "POST");
    }
  } catch (found) {
    problem(found);
    return;
  }
  trouble(null);
  at("edit").close();
  await lookNow();
  at("queue-heading").focus();
}
