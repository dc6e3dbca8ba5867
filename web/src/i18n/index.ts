// The texts of the page in the language that is chosen: {t().library.empty}. A key that a language lacks does not compile.
import { number } from "../lib/format";
import { settings } from "../lib/settings.svelte";
import { de } from "./de";
import { deSentences } from "./de_sentences";
import { en } from "./en";
import { translator, type Translate } from "./sentences";

export type Texts = typeof en;

const all: Record<typeof settings.language, Texts> = { en, de };

export const t = (): Texts => all[settings.language];

const countsOf = ({ count }: Texts) => ({
  photo: (photos: number) => count.photos(photos, number(photos)),
  face: (faces: number) => count.faces(faces, number(faces)),
  person: (people: number) => count.people(people, number(people)),
});
const translators: Record<typeof settings.language, Translate> = { en: (text) => text, de: translator(deSentences, countsOf(de)) };

// A sentence of the server in this language, or as it is.
export const said = (text: string): string => translators[settings.language](text);
