// Words of the judges' page.

export const WORDS = {
  en: {
    stays: "Each answer is stored at once. You can close this page at any time and come back by the same link.",
    trial: (a, b) => `Trial ${a} of ${b}`,
    pair: "Are two of these faces one person? Choose these two, or say that there are none.",
    who: "Do you know who this is?",
    face: (k) => `Face ${k}`,
    none: "No two are one person", unknown: "I do not know",
    name: "The name", before: "Back", next: "Next",
    stored: "Stored", chooseTwo: "Choose one more face, or say that there are none.",
    thanks: "Thank you", finished: "You have answered everything. You can close this page, or look at your answers once more.", look: "From the start",
    pairKeys: "Keys: 1 to 6 choose, 0 is none, Enter goes on, B goes back.", nameKeys: "Keys: Enter stores the name and goes on.",
    lostHere: "The server does not answer: the last answer is not stored yet. Try again in a moment.",
    code: {},
  },
  de: {
    stays: "Jede Antwort wird sofort gespeichert. Sie können diese Seite jederzeit schließen und mit demselben Link wiederkommen.",
    trial: (a, b) => `Aufgabe ${a} von ${b}`,
    pair: "Sind zwei dieser Gesichter dieselbe Person? Wählen Sie diese zwei, oder sagen Sie, dass es keine gibt.",
    who: "Wissen Sie, wer das ist?",
    face: (k) => `Gesicht ${k}`,
    none: "Keine zwei sind dieselbe Person", unknown: "Ich weiß es nicht",
    name: "Der Name", before: "Zurück", next: "Weiter",
    stored: "Gespeichert", chooseTwo: "Wählen Sie noch ein Gesicht, oder sagen Sie, dass es keine gibt.",
    thanks: "Danke", finished: "Sie haben alles beantwortet. Sie können diese Seite schließen oder Ihre Antworten noch einmal ansehen.", look: "Von vorn",
    pairKeys: "Tasten: 1 bis 6 wählen, 0 ist keine, Eingabe geht weiter, B geht zurück.", nameKeys: "Tasten: Eingabe speichert den Namen und geht weiter.",
    lostHere: "Der Server antwortet nicht: Die letzte Antwort ist noch nicht gespeichert. Versuchen Sie es gleich noch einmal.",
    code: {
      no_link: "Dieser Link ist nicht bekannt: Fragen Sie, wer ihn geschickt hat, nach der ganzen Adresse.",
      no_trial: "Diese Aufgabe gibt es nicht: Laden Sie die Seite neu.",
      no_answer: "Wählen Sie zwei Gesichter, oder keine.",
    },
  },
};
