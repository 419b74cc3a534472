// Words in both languages: those of all pages here, those of one page in words/.

const WORDS = {
  en: {
    other: "Deutsch",
    pageDeidentify: "De-identify", pageRecord: "Record", pageLive: "Live", pageCompare: "Compare", pageEvidence: "Evidence", pageEncounter: "Encounter", pageRelease: "Release", pageStudy: "Study", pageReview: "Review", pageBatches: "Batches", pageAccounts: "Accounts",
    project: "Project", projectNew: "New project…", projectRename: "Rename this project…", projectRemove: "Remove this project if empty", projectName: "What shall the project be called?",
    projectShare: "Share this project…", shareTitle: (name) => `Who may use ${name}`, shareLead: "Who works in it sees originals and the names of files, uploads, makes and removes. Who sees results sees nothing of the originals.", shareNobody: "Nobody else has an account.",
    shareRights: { none: "nothing", read: "sees results", work: "works in it" }, shareDone: "Done",
    me: (name, role) => `${name} · ${role}`, myRole: { reader: "Reader", worker: "Worker", admin: "Admin" }, leave: "Log out",
    noProjects: "Nobody has shared a project with you yet: ask a colleague to do so.", noProjectsYet: "You have no project yet: choose New project at the top.",
    footer: "Look at every result before you share it. Movement, voice, hair, body and room can still identify a person. mien is not a medical device.",
    lost: "The server does not answer: start mien serve again and open the address that it prints.",
    seconds: "s", minutes: "min", hours: "h",
    queued: "In the queue", running: "Starting", done: "Done", failed: "Failed", cancelled: "Cancelled", cancelling: "Stopping",
    stages: { measuring: "Measuring the face", choosing: "Choosing a face", fitting: "Fitting the cover", rendering: "Drawing", "rendering again": "Improving" },
    frames: (a, b) => (b ? `${a} of ${b} frames` : `${a} frames`),
    fps: (x) => `${x} frames per second`,
    left: (t) => `about ${t} left`,
    since: (t) => `for ${t}`,
    cancel: "Cancel", remove: "Remove",
    noted: (n) => `note the number ${n}: the log mien.log in the data folder says more`,
    outdated: "A clip that this was made of was covered or removed since: make it again, and remove this one.",
    code: {},
  },
  de: {
    other: "English",
    pageDeidentify: "De-identifizieren", pageRecord: "Aufnehmen", pageLive: "Live", pageCompare: "Vergleichen", pageEvidence: "Nachweise", pageEncounter: "Gespräch", pageRelease: "Weitergabe", pageStudy: "Studie", pageReview: "Übersicht", pageBatches: "Stapel", pageAccounts: "Konten",
    project: "Projekt", projectNew: "Neues Projekt…", projectRename: "Dieses Projekt umbenennen…", projectRemove: "Dieses Projekt entfernen, wenn es leer ist", projectName: "Wie soll das Projekt heißen?",
    projectShare: "Dieses Projekt freigeben…", shareTitle: (name) => `Wer ${name} benutzen darf`, shareLead: "Wer darin arbeitet, sieht Originale und Dateinamen, lädt hoch, erzeugt und entfernt. Wer Ergebnisse sieht, sieht nichts von den Originalen.", shareNobody: "Niemand sonst hat ein Konto.",
    shareRights: { none: "nichts", read: "sieht Ergebnisse", work: "arbeitet darin" }, shareDone: "Fertig",
    me: (name, role) => `${name} · ${role}`, myRole: { reader: "Lesend", worker: "Bearbeitend", admin: "Verwaltend" }, leave: "Abmelden",
    noProjects: "Noch hat Ihnen niemand ein Projekt freigegeben: Bitten Sie Kolleginnen oder Kollegen darum.", noProjectsYet: "Sie haben noch kein Projekt: Wählen Sie oben ein neues.",
    footer: "Sehen Sie jedes Ergebnis an, bevor Sie es weitergeben. Bewegung, Stimme, Haare, Körper und Raum können eine Person weiterhin erkennbar machen. mien ist kein Medizinprodukt.",
    lost: "Der Server antwortet nicht: Starten Sie mien serve neu und öffnen Sie die Adresse, die es nennt.",
    seconds: "s", minutes: "min", hours: "h",
    queued: "In der Warteschlange", running: "Beginnt", done: "Fertig", failed: "Misslungen", cancelled: "Abgebrochen", cancelling: "Wird angehalten",
    stages: { measuring: "Gesicht messen", choosing: "Gesicht wählen", fitting: "Verdeckung anpassen", rendering: "Zeichnen", "rendering again": "Verbessern" },
    frames: (a, b) => (b ? `${a} von ${b} Bildern` : `${a} Bilder`),
    fps: (x) => `${x} Bilder pro Sekunde`,
    left: (t) => `noch etwa ${t}`,
    since: (t) => `seit ${t}`,
    cancel: "Abbrechen", remove: "Entfernen",
    noted: (n) => `notieren Sie die Nummer ${n}: Das Protokoll mien.log im Datenordner sagt mehr`,
    outdated: "Ein Clip, aus dem dies entstand, wurde seitdem abgedeckt oder entfernt: Machen Sie es neu und entfernen Sie dieses.",
    code: {
      log_in: "Ihre Sitzung ist zu Ende: Melden Sie sich neu an.",
      accounts_begun: "Es gibt jetzt Konten, und mien serve läuft noch ohne: Wer es gestartet hat, beendet es (Strg-C) und startet es neu, dann melden sich alle mit Namen an.",
      not_allowed: "Ihr Konto darf das nicht: Fragen Sie, wem das Projekt gehört, oder eine Person, die Konten verwaltet.",
      not_for_role: "Ihr Konto darf das nicht: Fragen Sie eine Person, die Konten verwaltet.",
      no_log: "Das Protokoll darüber, wer was gesehen hat, lässt sich nicht schreiben, und ohne es wird nichts gezeigt: Wer mien serve gestartet hat, muss nachsehen, ob die Festplatte voll ist.",
      quota_full: "Das passt nicht mehr in den zugeteilten Speicher: Entfernen Sie, was nicht mehr gebraucht wird, oder bitten Sie um mehr.",
      own_project: "Das Projekt gehört dieser Person schon.",
      no_session: "Hier ist keine Sitzung mehr: Öffnen Sie die Adresse, die mien serve beim letzten Start genannt hat, oder fragen Sie, wer es gestartet hat.",
      no_project: "Dieses Projekt gibt es nicht mehr.",
      not_empty: "Das Projekt ist nicht leer: Entfernen Sie zuerst seine Clips, Gespräche und Pakete.",
      only_one: "Das ist das einzige Projekt: Eines bleibt immer.",
      no_clip: "Diesen Clip gibt es nicht mehr: Er wurde vielleicht entfernt.",
      no_work: "Das gibt es nicht mehr: Es wurde vielleicht entfernt.",
      in_use: "Dieser Clip wird noch gebraucht: Warten Sie, bis alles zu ihm fertig ist.",
      not_over: "Daran wird gearbeitet: Brechen Sie es zuerst ab.",
      over: "Das ist schon beendet.",
      not_done: "Es gibt noch kein Ergebnis: Warten Sie, bis es fertig ist.",
      "unreadable-file": "Eine Datei lässt sich nicht lesen: Erzeugen Sie das Ergebnis neu.",
      "release-withheld": "Eine Prüfung wurde nicht bestanden, darum gibt es kein Paket: Sehen Sie nach, welche es war.",
      file_gone: "Die Datei ist nicht mehr da: Erzeugen Sie sie neu.",
      no_worker: "Das Programm, das an Clips arbeitet, startet nicht, vielleicht aus Mangel an Speicher: Schließen Sie andere Programme und versuchen Sie es noch einmal, oder installieren Sie mien neu.",
      busy: "Die Liste der Clips lässt sich gerade nicht lesen oder ändern: Sehen Sie nach, ob die Festplatte voll ist, und versuchen Sie es noch einmal.",
      disk: "Eine Datei lässt sich gerade nicht lesen oder ändern: Schließen Sie, was sie offen hat, sehen Sie nach, ob die Festplatte voll ist, und versuchen Sie es noch einmal.",
      queue_full: "Die Warteschlange ist voll: Warten Sie, bis etwas fertig ist, oder brechen Sie etwas ab, und versuchen Sie es noch einmal.",
      too_many_projects: "Es gibt zu viele Projekte: Entfernen Sie zuerst ein leeres.",
      damaged: "Die Liste der Clips ist beschädigt: Beenden Sie mien serve und starten Sie es neu; es sagt dann, was zu tun ist.",
      linked: "Eine Stelle im Datenordner wurde durch eine Verknüpfung ersetzt: Beenden Sie mien serve und starten Sie es neu; es sagt dann, wo.",
      "linked-place": "Eine Stelle im Datenordner wurde durch eine Verknüpfung ersetzt: Beenden Sie mien serve und starten Sie es neu; es sagt dann, wo.",
      files_left: "Im Ordner des Projekts liegen Dateien, die in keiner Liste stehen: Wer mien serve gestartet hat, muss sie zuerst an einen anderen Ort bringen.",
      recovered: "Die Liste der Clips ging verloren, und mit ihr, wie dieser verändert werden sollte: Versuchen Sie es mit den üblichen Einstellungen noch einmal oder entfernen Sie ihn.",
      broken_off: "Das Hochladen wurde abgebrochen: Wählen Sie das Video noch einmal.",
      no_original: "Das Original wurde gelöscht: Laden Sie den Clip noch einmal hoch.",
      stopped_twice: "Diese Arbeit hat das Programm zweimal angehalten, vielleicht aus Mangel an Speicher: Schließen Sie andere Programme oder nehmen Sie einen kürzeren Clip.",
      unexpected_here: "Etwas Unerwartetes ging schief: Starten Sie mien serve neu.",
      unexpected: "Dabei ging etwas Unerwartetes schief: Versuchen Sie es noch einmal oder wandeln Sie den Clip vorher in MP4 um.",
    },
  },
};

/** Add the words of a page: {en: {…}, de: {…}}; its `code` and `stages` join those of all pages. */
export function use(more) {
  for (const key of Object.keys(WORDS)) {
    for (const [word, value] of Object.entries(more[key])) {
      const joined = word === "code" || word === "stages";
      WORDS[key][word] = joined ? { ...WORDS[key][word], ...value } : value;
    }
  }
}

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("de") ? "de" : "en");
if (!(language in WORDS)) language = "en";

/** Words of the language that is shown. */
export const words = () => WORDS[language];

/** Show the other language. */
export function switchLanguage() {
  language = language === "en" ? "de" : "en";
  localStorage.setItem("language", language);
}

/** Put the words into everything that is marked with data-word. */
export function translate() {
  document.documentElement.lang = language;
  const page = /** @type {HTMLElement | null} */ (document.querySelector("nav [aria-current]"))?.dataset.word;
  document.title = page ? `mien: ${words()[page]}` : "mien";
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words()[element.getAttribute("data-word")];
  }
  const button = document.getElementById("language");
  button.textContent = words().other;
  button.lang = language === "en" ? "de" : "en";
}

/** A problem in the language that is shown; the server's own sentence where there is no other. */
export function explain(problem) {
  const said = words().code[problem.code];
  const number = said && problem.error?.match(/\(note the number (\w+):/)?.[1];
  return number ? `${said.replace(/\.$/, "")} (${words().noted(number)}).` : said ?? problem.error;
}

/** A number with one decimal below ten. */
export const number = (x) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: x < 10 ? 1 : 0 }).format(x);

/** A time to wait, roughly. */
export function duration(seconds) {
  const w = words();
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} ${w.seconds}`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} ${w.minutes}`;
  return `${number(seconds / 3600)} ${w.hours}`;
}

const begun = new Map(); // by job: the stage without counts that it is in, and since when

/** How long a job has been in its stage, seconds. */
function inStage(job) {
  const known = begun.get(job.id);
  if (known?.stage !== job.stage) begun.set(job.id, { stage: job.stage, at: performance.now() });
  return (performance.now() - begun.get(job.id).at) / 1000;
}

export const tenths = (x) =>
  new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(x);

let givesFace = (engine) => Boolean(engine);

/** Learn whether an engine gives somebody a new face; one that does not has nothing to choose. */
export function learnFaces(test) {
  givesFace = test;
}

/** How far a clip or job is, in one line. */
export function progressLine(job) {
  const w = words();
  if (job.status === "failed") return `${w.failed}. ${explain(job)}`;
  if (job.cancelling) return w.cancelling;
  if (job.status !== "running") return w[job.status];
  const stage = job.stage === "choosing" && job.wanted?.engine && !givesFace(job.wanted.engine) ? "fitting" : job.stage;
  const parts = [stage ? (w.stages[stage] ?? stage) : w.running];
  if (job.done) parts.push(w.frames(job.done, job.total));
  else parts.push(w.since(`${tenths(inStage(job))} ${w.seconds}`));
  if (job.fps) parts.push(w.fps(number(job.fps)));
  if (job.seconds_left) parts.push(w.left(duration(job.seconds_left)));
  return parts.join(" · ");
}
