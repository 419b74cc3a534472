// Words of the page "Record".

export const WORDS = {
  en: {
    title: "Record",
    lead: "A patient is recorded step by step; what is wrong with the picture is said while it can still be mended.",
    stays: "What is recorded stays on this computer and is de-identified next.",
    staysThere: "What is recorded goes to the computer that runs mien, stays there and is de-identified next.",
    consent: "Consent", pseudonym: "Pseudonym, with a digit", protocol: "Protocol",
    text: "Your face and your voice are recorded, under a pseudonym, and stored. Afterwards your face is replaced. You may stop at any time.",
    agreed: "The participant has read this and agrees.", aloud: "Say aloud what is to do",
    begin: "Start the camera", keep: "Next step", stop: "Stop",
    lasts: (title, steps, minutes) => `${title} (${steps === 1 ? "1 step" : `${steps} steps`}, about ${minutes} min)`,
    step: (a, b) => `Step ${a} of ${b}`, ready: "getting ready", recording: "Recording", hold: "Good. Stay like this.",
    progress: "How much of the step is recorded",
    made: "Recorded", sending: "is stored", taken: "in De-identify", lost_clip: "was not stored", next: "To De-identify",
    noCamera: "The camera cannot be used: allow it in the browser, check that no other program uses it, and open this page on this computer or by https.",
    sources: new Map(), // the server says them in English
    code: {},
  },
  de: {
    title: "Aufnehmen",
    lead: "Eine Patientin oder ein Patient wird Schritt für Schritt aufgenommen; was am Bild nicht stimmt, wird gesagt, solange es sich beheben lässt.",
    stays: "Was aufgenommen wird, bleibt auf diesem Computer und wird als Nächstes de-identifiziert.",
    staysThere: "Was aufgenommen wird, geht zu dem Computer, auf dem mien läuft, bleibt dort und wird als Nächstes de-identifiziert.",
    consent: "Einwilligung", pseudonym: "Deckname mit einer Ziffer", protocol: "Protokoll",
    text: "Ihr Gesicht und Ihre Stimme werden unter einem Decknamen aufgenommen und gespeichert. Danach wird Ihr Gesicht ersetzt. Sie können jederzeit aufhören.",
    agreed: "Die Person hat dies gelesen und ist einverstanden.", aloud: "Laut sagen, was zu tun ist",
    begin: "Kamera starten", keep: "Nächster Schritt", stop: "Aufhören",
    lasts: (title, steps, minutes) => `${title} (${steps === 1 ? "1 Schritt" : `${steps} Schritte`}, etwa ${minutes} min)`,
    step: (a, b) => `Schritt ${a} von ${b}`, ready: "wird vorbereitet", recording: "Aufnahme läuft", hold: "Gut. Bleiben Sie so.",
    progress: "Wie viel des Schritts aufgenommen ist",
    made: "Aufgenommen", sending: "wird gespeichert", taken: "in De-identifizieren", lost_clip: "wurde nicht gespeichert", next: "Zu De-identifizieren",
    noCamera: "Die Kamera lässt sich nicht benutzen: Erlauben Sie sie im Browser, sehen Sie nach, ob ein anderes Programm sie benutzt, und öffnen Sie diese Seite auf diesem Computer oder mit https.",
    sources: new Map([
      ["blink", "Spontane Lidschläge in zwei Minuten ruhigen Schauens; ihre Häufigkeit ist von Minute zu Minute verschieden (Doughty, Optometry and Vision Science 78, 2001)."],
      ["expressions", "Mimik auf Aufforderung wie bei Hartmann et al., Geburtshilfe und Frauenheilkunde 82(9), 2022, doi 10.1055/a-1866-2943, als Clips."],
      ["facial-palsy", "Die Bewegungen, auf die das Sunnybrook-System (Ross, Fradet & Nedzelski, Otolaryngology-Head and Neck Surgery 114, 1996) und die House-Brackmann-Skala (House & Brackmann, dieselbe Zeitschrift 93, 1985) achten, in eigenen Worten von mien."],
      ["mds-updrs-face", "Worauf die Punkte 3.1 (Sprechen), 3.2 (Gesichtsausdruck) und 3.17 (Ruhetremor von Lippe oder Kiefer) der MDS-UPDRS achten (Goetz et al., Movement Disorders 23, 2008), in eigenen Worten von mien; die Skala selbst gehört der Movement Disorder Society."],
    ]),
    code: {
      bad_name: "Das kann ein Name sein: Nehmen Sie einen Decknamen mit einer Ziffer, etwa P017, aus Buchstaben, Ziffern, - und _.",
      no_recording: "Diese Aufnahme ist vorbei: Beginnen Sie auf der Seite Aufnehmen von vorn.",
      no_camera: "Die Kamera lässt sich nicht benutzen: Erlauben Sie sie im Browser, sehen Sie nach, ob ein anderes Programm sie benutzt, und öffnen Sie diese Seite auf diesem Computer oder mit https.",
    },
  },
};
