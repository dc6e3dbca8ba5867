// What somebody chose on this browser: language and colours. Kept in localStorage, if the browser allows that.
export const languages = { en: "English", de: "Deutsch" };
export type Language = keyof typeof languages;
export type Theme = "system" | "light" | "dark";

const isLanguage = (text: string): text is Language => Object.hasOwn(languages, text);

function read(name: string): string {
  try {
    return localStorage.getItem(`calotype.${name}`) ?? "";
  } catch {
    return "";
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(`calotype.${name}`, value);
  } catch {
    // It holds until the page is closed.
  }
}

function firstLanguage(): Language {
  const wanted = [read("language"), ...navigator.languages.map((tag) => tag.split("-")[0] ?? "")];
  return wanted.find(isLanguage) ?? "en";
}

class Settings {
  #language: Language = $state(firstLanguage());
  #theme: Theme = $state("system");

  constructor() {
    const theme = read("theme");
    if (theme === "light" || theme === "dark") this.theme = theme;
    document.documentElement.lang = this.#language;
  }

  get language(): Language {
    return this.#language;
  }
  set language(language: Language) {
    this.#language = language;
    document.documentElement.lang = language;
    write("language", language);
  }

  get theme(): Theme {
    return this.#theme;
  }
  set theme(theme: Theme) {
    this.#theme = theme;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    write("theme", theme);
  }
}

export const settings = new Settings();
