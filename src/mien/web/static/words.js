// All words of the page, in both languages.

const WORDS = {
  en: {
    other: "Deutsch",
    title: "De-identify videos",
    lead: "Every face becomes the face of nobody; its movements stay.",
    stays: "Everything stays on this computer: videos, results and the names of your files are stored in the folder you chose and sent nowhere.",
    staysThere: "Videos, results and the names of your files go to the computer that runs mien, stay in its folder, and go nowhere else.",
    add: "1. Choose videos",
    drop: "Drop videos here, or",
    folder: "A folder cannot be dropped here: open it and drop the videos in it.",
    browse: "Choose videos",
    settings: "How should they be changed?",
    start: (n) => (n === 1 ? "De-identify 1 video" : `De-identify ${n} videos`),
    clear: "Take all off the list",
    takeOff: "Take off the list",
    queue: "2. Progress and results",
    empty: "Nothing here yet. Your videos appear here once you start.",
    footer: "Look at every result before you share it. Movement, voice, hair, body and room can still identify a person. mien is not a medical device.",
    engine: "Method", surrogate: "New face", voice: "Voice", after: "Stored original",
    engines: { mesh: "New face, movements stay", mask: "Mask, safest, no movements", blur: "Blur, weak", pixelate: "Pixels, weak" },
    auto: "Choose by measuring",
    sexes: { female: "woman", male: "man" },
    tones: { fair: "fair skin", medium: "medium skin", dark: "dark skin" },
    ages: { younger: "younger", older: "older" },
    voices: { keep: "Keep, can identify", mute: "Remove" },
    afters: { ask: "Keep until I delete it", delete: "Delete when done" },
    uploading: (p) => `copying into the folder, ${p} %`,
    waiting: "waiting to be copied",
    checking: "looking whether it is a video",
    queued: "In the queue",
    running: "Starting",
    done: "Done", failed: "Failed", cancelled: "Cancelled", cancelling: "Stopping",
    stages: { measuring: "Measuring the face", choosing: "Choosing a face", rendering: "Drawing", "rendering again": "Improving" },
    frames: (a, b) => (b ? `${a} of ${b} frames` : `${a} frames`),
    fps: (x) => `${x} frames per second`,
    left: (t) => `about ${t} left`,
    seconds: "s", minutes: "min", hours: "h",
    cancel: "Cancel", result: "Download result", manifest: "Download manifest",
    remove: "Remove", deleteOriginal: "Delete stored original",
    deleteOriginals: "Delete the stored originals of all finished clips",
    sureRemove: (n) => `Remove ${n} with its result? Your own file is not touched.`,
    sureOriginals: "Delete the stored originals of all finished clips? Results stay, and so do your own files.",
    stored: "The stored original shows the patient.",
    previewOf: (n) => `A frame of the result of ${n}`,
    lost: "The server does not answer: start mien serve again and open the address that it prints.",
    said: (n, s) => `${n}: ${s}`,
    code: {},
  },
  de: {
    other: "English",
    title: "Videos de-identifizieren",
    lead: "Jedes Gesicht wird zum Gesicht von niemandem; seine Bewegungen bleiben.",
    stays: "Alles bleibt auf diesem Computer: Videos, Ergebnisse und die Namen Ihrer Dateien liegen in dem Ordner, den Sie gewählt haben, und werden nirgendwohin gesendet.",
    staysThere: "Videos, Ergebnisse und die Namen Ihrer Dateien gehen an den Computer, auf dem mien läuft, bleiben dort in einem Ordner und gehen nirgendwo anders hin.",
    add: "1. Videos wählen",
    drop: "Videos hierher ziehen oder",
    folder: "Ein Ordner kann hier nicht abgelegt werden: Öffnen Sie ihn und ziehen Sie die Videos hierher.",
    browse: "Videos wählen",
    settings: "Wie sollen sie verändert werden?",
    start: (n) => (n === 1 ? "1 Video de-identifizieren" : `${n} Videos de-identifizieren`),
    clear: "Alle von der Liste nehmen",
    takeOff: "Von der Liste nehmen",
    queue: "2. Fortschritt und Ergebnisse",
    empty: "Noch nichts da. Ihre Videos erscheinen hier, sobald Sie anfangen.",
    footer: "Sehen Sie jedes Ergebnis an, bevor Sie es weitergeben. Bewegung, Stimme, Haare, Körper und Raum können eine Person weiterhin erkennbar machen. mien ist kein Medizinprodukt.",
    engine: "Verfahren", surrogate: "Neues Gesicht", voice: "Stimme", after: "Gespeichertes Original",
    engines: { mesh: "Neues Gesicht, Bewegungen bleiben", mask: "Maske, am sichersten, ohne Bewegung", blur: "Unscharf, schwach", pixelate: "Pixel, schwach" },
    auto: "Durch Messen wählen",
    sexes: { female: "Frau", male: "Mann" },
    tones: { fair: "helle Haut", medium: "mittlere Haut", dark: "dunkle Haut" },
    ages: { younger: "jünger", older: "älter" },
    voices: { keep: "Behalten, kann identifizieren", mute: "Entfernen" },
    afters: { ask: "Behalten, bis ich es lösche", delete: "Löschen, wenn fertig" },
    uploading: (p) => `wird in den Ordner kopiert, ${p} %`,
    waiting: "wartet auf das Kopieren",
    checking: "es wird geprüft, ob es ein Video ist",
    queued: "In der Warteschlange",
    running: "Beginnt",
    done: "Fertig", failed: "Misslungen", cancelled: "Abgebrochen", cancelling: "Wird angehalten",
    stages: { measuring: "Gesicht messen", choosing: "Gesicht wählen", rendering: "Zeichnen", "rendering again": "Verbessern" },
    frames: (a, b) => (b ? `${a} von ${b} Bildern` : `${a} Bilder`),
    fps: (x) => `${x} Bilder pro Sekunde`,
    left: (t) => `noch etwa ${t}`,
    seconds: "s", minutes: "min", hours: "h",
    cancel: "Abbrechen", result: "Ergebnis herunterladen", manifest: "Manifest herunterladen",
    remove: "Entfernen", deleteOriginal: "Gespeichertes Original löschen",
    deleteOriginals: "Gespeicherte Originale aller fertigen Clips löschen",
    sureRemove: (n) => `${n} mit dem Ergebnis entfernen? Ihre eigene Datei bleibt, wie sie ist.`,
    sureOriginals: "Gespeicherte Originale aller fertigen Clips löschen? Ergebnisse und Ihre eigenen Dateien bleiben.",
    stored: "Das gespeicherte Original zeigt den Patienten.",
    previewOf: (n) => `Ein Bild aus dem Ergebnis von ${n}`,
    lost: "Der Server antwortet nicht: Starten Sie mien serve neu und öffnen Sie die Adresse, die es nennt.",
    said: (n, s) => `${n}: ${s}`,
    code: {
      NoFaceError: "In keinem Bild wurde ein Gesicht gefunden: Prüfen Sie, ob es groß genug und gut beleuchtet ist.",
      PrivacyError: "Das Ergebnis wurde zurückgehalten, weil jemand noch erkennbar sein könnte: Schneiden Sie den Clip auf den Patienten zu oder wählen Sie die Maske.",
      TrackingError: "Die Gesichter lassen sich in diesem Clip nicht verfolgen: Prüfen Sie Größe und Beleuchtung.",
      VideoError: "Die Datei lässt sich nicht als Video lesen: Prüfen Sie sie oder wählen Sie eine andere.",
      OutputError: "Das Ergebnis konnte nicht geschrieben werden: Prüfen Sie den freien Speicherplatz.",
      not_a_video: "Die Datei ist kein Video, das mien lesen kann: Wählen Sie eine andere.",
      empty: "Die Datei ist leer: Wählen Sie eine andere.",
      too_large: "Die Datei ist zu groß: Zerlegen Sie das Video in kürzere.",
      disk_full: "Auf der Festplatte ist nicht genug Platz: Löschen Sie Dateien und versuchen Sie es noch einmal.",
      stopped_twice: "Dieser Clip hat das Programm zweimal angehalten, vielleicht aus Mangel an Speicher: Schließen Sie andere Programme oder nehmen Sie einen kürzeren Clip.",
      unexpected: "Mit diesem Clip ging etwas Unerwartetes schief: Versuchen Sie es noch einmal oder wandeln Sie ihn vorher in MP4 um.",
      no_session: "Hier ist keine Sitzung mehr: Starten Sie mien serve neu und öffnen Sie die Adresse, die es nennt.",
    },
  },
};

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
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = words()[element.dataset.word];
  }
  const button = document.getElementById("language");
  button.textContent = words().other;
  button.lang = language === "en" ? "de" : "en";
}

/** A problem in the language that is shown; the server's own sentence where there is no other. */
export const explain = (problem) => words().code[problem.code] ?? problem.error;

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
