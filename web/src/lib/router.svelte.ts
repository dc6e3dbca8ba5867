// Where the page is, and how it gets elsewhere. Views read `here.place`, and link with href={link("photo", 12)}.
import { formatPlace, parsePlace, type Params, type Place } from "./place";

class Here {
  place: Place = $state.raw(parsePlace(location.hash));
  // Counts up with each step that is not "back" within the page: 0 means that there is nothing to go back to.
  depth = $state(Number(history.state?.depth ?? 0));
}

export const here = new Here();

addEventListener("popstate", () => {
  here.place = parsePlace(location.hash);
  here.depth = Number(history.state?.depth ?? here.depth + 1);
  if (history.state?.depth === undefined) history.replaceState({ depth: here.depth }, "");
});

export function link(view: string, id?: string | number, params?: Params): string {
  return formatPlace({ view, ...(id === undefined ? {} : { id }), ...(params ? { params } : {}) });
}

// Goes to a link of link(). `replace`: "back" does not return to what is shown now.
export function go(href: string, { replace = false } = {}): void {
  if (replace) {
    history.replaceState({ depth: here.depth }, "", href);
  } else {
    here.depth += 1;
    history.pushState({ depth: here.depth }, "", href);
  }
  here.place = parsePlace(location.hash);
}

// Changes parameters of the present view in the address; `undefined` removes one.
export function setParams(changes: Params, { replace = true } = {}): void {
  const { view, id, params } = here.place;
  go(formatPlace({ view, id, params: { ...params, ...changes } }), { replace });
}

// As the browser's button, or to `href` if the page was opened here.
export function back(href: string): void {
  if (here.depth > 0) history.back();
  else go(href, { replace: true });
}
