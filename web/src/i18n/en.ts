// English: the texts of the page, by view.
const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);

export const en = {
  app: {
    name: "Calotype",
    skip: "Skip to the content",
    views: "Views",
    more: "More",
    close: "Close",
    cancel: "Cancel",
    undo: "Undo",
    retry: "Try again",
    loading: "Loading",
    notFound: "This page does not exist",
    toLibrary: "To the library",
    offline: "The server does not answer. This page continues as soon as it is back.",
    viewFailed: "This view could not be loaded.",
  },
  session: {
    title: "Your session has ended",
    help: "This server asks for a session. Open the link that calotype serve prints when it starts, or paste it here. A link works once, within 15 minutes.",
    code: "Login link",
    signIn: "Sign in",
    wrong: "This link is wrong, was used already, or is older than 15 minutes.",
  },
  settings: {
    title: "Settings",
    language: "Language",
    theme: "Colours",
    system: "As the system",
    light: "Light",
    dark: "Dark",
  },
  keys: {
    title: "Keys",
    search: "Search",
    help: "Show this list",
    escape: "Close, or go back",
  },
  count: {
    photos: (count: number, text: string) => `${text} ${plural(count, "photo", "photos")}`,
  },
  library: {
    title: "Library",
  },
  search: {
    title: "Search",
    placeholder: "Search your photos",
  },
  photo: {
    title: "Photo",
  },
};
