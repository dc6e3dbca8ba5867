// Deutsch: the same keys as en.ts.
import type { Texts } from ".";

const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const de: Texts = {
  app: {
    name: "Calotype",
    skip: "Zum Inhalt springen",
    views: "Ansichten",
    more: "Mehr",
    close: "Schließen",
    cancel: "Abbrechen",
    undo: "Rückgängig",
    retry: "Noch einmal versuchen",
    loading: "Wird geladen",
    notFound: "Diese Seite gibt es nicht",
    toLibrary: "Zur Mediathek",
    offline: "Der Server antwortet nicht. Sobald er wieder da ist, geht es weiter.",
    viewFailed: "Diese Ansicht konnte nicht geladen werden.",
  },
  session: {
    title: "Ihre Sitzung ist beendet",
    help: "Dieser Server verlangt eine Sitzung. Öffnen Sie den Link, den calotype serve beim Start ausgibt, oder fügen Sie ihn hier ein. Ein Link gilt einmal, 15 Minuten lang.",
    code: "Anmeldelink",
    signIn: "Anmelden",
    wrong: "Dieser Link ist falsch, wurde schon benutzt oder ist älter als 15 Minuten.",
  },
  settings: {
    title: "Einstellungen",
    language: "Sprache",
    theme: "Farben",
    system: "Wie das System",
    light: "Hell",
    dark: "Dunkel",
  },
  keys: {
    title: "Tasten",
    search: "Suchen",
    help: "Diese Liste zeigen",
    escape: "Schließen oder zurückgehen",
  },
  count: {
    photos: (count, text) => `${text} ${plural(count, "Foto", "Fotos")}`,
  },
  library: {
    title: "Mediathek",
    noDate: "Ohne Datum",
    noDateShort: "—",
    timeline: "Zeitleiste",
    select: "Auswählen",
    selection: "Ausgewählte Fotos",
    selected: (count, text) => `${text} ${plural(count, "Foto", "Fotos")} ausgewählt`,
    similar: "Ähnliche Fotos",
    searchDays: "In diesen Tagen suchen",
    download: "Herunterladen",
    failed: "Die Fotos konnten nicht aufgelistet werden",
    empty: "Noch keine Fotos",
    emptyHelp: "Wählen Sie einen Ordner. Seine Fotos erscheinen hier, während sie untersucht werden. Nichts verlässt diesen Rechner. Auf der Kommandozeile: calotype scan ORDNER",
    addFolder: "Ordner wählen",
    keys: {
      move: "Zum nächsten Foto; mit Umschalttaste auswählen",
      open: "Foto öffnen",
      select: "Foto auswählen",
      page: "Nächster Bildschirm",
      newest: "Neueste Fotos",
      oldest: "Älteste Fotos",
      clear: "Auswahl aufheben",
    },
  },
  search: {
    title: "Suche",
    placeholder: "Fotos suchen",
  },
  photo: {
    title: "Foto",
  },
};
