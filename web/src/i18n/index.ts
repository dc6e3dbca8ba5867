// The texts of the page in the language that is chosen: {t().library.empty}. A key that a language lacks does not compile.
import { settings } from "../lib/settings.svelte";
import { de } from "./de";
import { en } from "./en";

export type Texts = typeof en;

const all: Record<typeof settings.language, Texts> = { en, de };

export const t = (): Texts => all[settings.language];
