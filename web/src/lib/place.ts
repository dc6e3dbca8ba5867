// The state of the page is in the address, behind "#": "#/photo/12?from=search&q=a+dog". The server never sees it, so
// nothing that was searched for is in a log, and the page works below any path of a proxy.

export interface Place {
  view: string; // "photo"
  id: string; // "12"; empty: none
  params: Record<string, string>; // { from: "search", q: "a dog" }
}

export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view = "", ...rest] = path.split("/");
  return { view, id: decode(rest.join("/")), params: Object.fromEntries(new URLSearchParams(query)) };
}

export function formatPlace(place: { view: string; id?: string | number; params?: Params }): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(place.params ?? {})) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const id = place.id === undefined || place.id === "" ? "" : `/${encodeURIComponent(place.id)}`;
  const text = query.toString();
  return `#/${place.view}${id}${text && `?${text}`}`;
}

export type Params = Record<string, string | number | undefined>;

// A link that somebody cut off may end in half an escape.
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
