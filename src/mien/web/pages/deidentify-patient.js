// Whom a clip shows: a pseudonym, a visit and a note; and the table of keys.

import { field, line } from "./deidentify-settings.js";
import { namesIn } from "./deidentify-warnings.js";
import { at, make } from "./dom.js";
import { lookNow, project, say, trouble } from "./frame.js";
import { ask } from "./server.js";
import { words } from "./words.js";

/** The part of a clip in which somebody says whom it shows. */
export function patient(clip) {
  if (clip.file === undefined) return null;
  const w = words(), now = { subject: clip.subject ?? "", visit: clip.visit ?? "", note: clip.note ?? "" };
  const warned = make("p", { className: "hint warns", role: "status" });
  const check = () => {
    const names = namesIn(clip.file, `${now.subject} ${now.visit} ${now.note}`);
    warned.textContent = names.length ? w.warnName(names[0]) : "";
  };
  const set = (key) => (value) => {
    now[key] = value;
    check();
  };
  const text = make("textarea", { rows: 2, maxLength: 2000, value: now.note });
  text.addEventListener("input", () => set("note")(text.value));
  const form = make("form", { className: "settings" },
    field(line("subject", now.subject, set("subject")), w.subjectHint),
    field(line("visit", now.visit, set("visit")), w.visitHint),
    field(make("label", {}, w.note, text), w.noteHint),
    warned,
    make("p", { className: "row" }, make("button", { type: "submit", textContent: w.save, "aria-label": `${w.save}: ${clip.name}` })));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await ask(`clips/${clip.id}/description`, "PUT", now);
      trouble(null);
      say(w.saved);
    } catch (problem) {
      trouble(problem);
    }
    await lookNow();
  });
  check();
  return make("details", { className: "patient" }, make("summary", { textContent: w.patient }), form);
}

/** Make the table of keys work: it is fetched and given back here, and is in no result. */
export function listenToKeys() {
  at("keys-in").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (!file) return;
    try {
      const answer = await fetch(`/api/keys?project=${project()}`, { method: "POST", headers: { "Content-Type": "text/csv" }, body: file });
      const found = await answer.json();
      if (!answer.ok) throw found;
      trouble(null);
      at("keys-said").textContent = words().keysTaken(found.taken, found.changed, found.unknown, found.unknown_count);
    } catch (problem) {
      at("keys-said").textContent = "";
      trouble(problem);
    }
    await lookNow();
  });
}

/** Show where the table of the project is. */
export function showKeys(any) {
  at("keys").hidden = !any;
  at("keys-out").href = `/api/keys.csv?project=${project()}`;
}
