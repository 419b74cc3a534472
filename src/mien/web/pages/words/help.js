// What the "?" beside parts of pages says: a title and a few sentences each.

export const HELP = {
  en: {
    named: (title) => `Help: ${title}`,
    engine: ["Method", "What takes the place of a face. A new face moves as the patient's does: blinks, tremor and speech stay to be rated. A mask hides best and shows no movement. Blurred or coarse faces have been recognised, by people and by programs."],
    surrogate: ["New face", "The faces are averages of many people and nobody's likeness. “Choose by measuring” tries several on frames of this patient and takes one that recognisers find far from them. A face that you choose yourself must pass the same test."],
    voice: ["Voice", "A voice is as good as a name. Remove it where nobody has to hear it. A changed voice keeps timing, pauses and pitch, but what is said, and how, can still give somebody away."],
    withhold: ["If somebody would be recognised", "Before a result is given, recognisers look at it and other programs look for faces that were left. Where they find something, mien draws again; what remains is covered, or the result is withheld: you decide how much may be covered."],
    measure: ["Measuring", "The result is measured against the original: how far face, lids, mouth and tremor move as they did, and whether a recogniser takes the two for one person. It needs the original, and takes two to three times as long as de-identifying."],
    compared: ["Comparing", "Original and result at the same moment. Drag the line between them, or move it with the arrow keys. The bar below shows which frames were drawn, guessed between two measurements, or covered."],
    curves: ["How eyes and mouth move", "Thick is the original, thin the result: where both lie on each other the movement was kept. A low value of an eye is a closed eye. Click a curve and the picture goes there. Read by another program than the one that drew the face."],
    answers: ["The lines of the evidence", "Each line is something that has to hold, with the figure that was measured and the one that is asked. “Does not apply” means that this clip cannot show it, as without a tremor. A line that does not hold is no verdict on the whole: look at the moment in Compare."],
    release: ["Passing results on", "Every result is checked once more, from the files alone: whose face is seen, what the file says besides its pictures, whether a name is in it. If a check fails there is no package. Hair, body, room and movement can still identify somebody: share under an agreement."],
  },
  de: {
    named: (title) => `Hilfe: ${title}`,
    engine: ["Verfahren", "Was an die Stelle eines Gesichts tritt. Ein neues Gesicht bewegt sich wie das der Patientin oder des Patienten: Lidschlag, Tremor und Sprechen bleiben beurteilbar. Eine Maske verbirgt am besten und zeigt keine Bewegung. Unscharfe oder grobe Gesichter wurden schon erkannt, von Menschen und von Programmen."],
    surrogate: ["Neues Gesicht", "Die Gesichter sind Mittel aus vielen Menschen und niemandes Bild. „Durch Messen wählen“ probiert mehrere an Bildern dieser Person und nimmt eines, das Gesichtserkenner weit von ihr entfernt sehen. Auch ein selbst gewähltes Gesicht muss diese Prüfung bestehen."],
    voice: ["Stimme", "Eine Stimme ist so gut wie ein Name. Entfernen Sie sie, wo niemand sie hören muss. Eine veränderte Stimme behält Tempo, Pausen und Tonhöhe, aber was und wie gesprochen wird, kann jemanden noch verraten."],
    withhold: ["Wenn jemand erkannt würde", "Bevor es ein Ergebnis gibt, sehen es Gesichtserkenner an, und andere Programme suchen nach übrig gebliebenen Gesichtern. Wo sie etwas finden, zeichnet mien neu; was bleibt, wird verdeckt, oder es gibt kein Ergebnis: Sie entscheiden, wie viel verdeckt werden darf."],
    measure: ["Messen", "Das Ergebnis wird am Original gemessen: wie weit sich Gesicht, Lider, Mund und Tremor bewegen wie zuvor, und ob ein Gesichtserkenner beide für dieselbe Person hält. Dafür wird das Original gebraucht; es dauert zwei- bis dreimal so lange wie das De-identifizieren."],
    compared: ["Vergleichen", "Original und Ergebnis im selben Moment. Ziehen Sie die Linie dazwischen, oder bewegen Sie sie mit den Pfeiltasten. Die Leiste darunter zeigt, welche Bilder gezeichnet, zwischen zwei Messungen ergänzt oder verdeckt wurden."],
    curves: ["Wie sich Augen und Mund bewegen", "Dick ist das Original, dünn das Ergebnis: Wo beide aufeinanderliegen, blieb die Bewegung erhalten. Ein niedriger Wert eines Auges heißt: geschlossen. Ein Klick in eine Kurve führt das Bild dorthin. Gelesen von einem anderen Programm als dem, das das Gesicht gezeichnet hat."],
    answers: ["Die Zeilen der Nachweise", "Jede Zeile ist etwas, das gelten muss, mit der gemessenen Zahl und der geforderten. „Trifft nicht zu“ heißt, dass dieser Clip es nicht zeigen kann, etwa ohne Tremor. Eine nicht erfüllte Zeile ist kein Urteil über das Ganze: Sehen Sie den Moment unter Vergleichen an."],
    release: ["Ergebnisse weitergeben", "Jedes Ergebnis wird noch einmal geprüft, allein an den Dateien: wessen Gesicht zu sehen ist, was die Datei außer Bildern sagt, ob ein Name darin steht. Besteht es eine Prüfung nicht, gibt es kein Paket. Haare, Körper, Raum und Bewegung können jemanden noch erkennbar machen: Teilen Sie mit einer Vereinbarung."],
  },
};
