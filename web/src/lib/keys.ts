// Keys that work in a whole view. A view declares its keys, with what they do in words; "?" lists those that work now.
//   $effect(() => useKeys([{ keys: ["ArrowRight"], label: () => t().photo.next, run: next }]));

export interface Key {
  keys: string[]; // as KeyboardEvent.key; "Shift+X" with a modifier
  label: () => string; // of the list; empty: not listed
  run: (event: KeyboardEvent) => void;
}

const active: Key[][] = [];

export function useKeys(keys: Key[]): () => void {
  active.push(keys);
  return () => {
    active.splice(active.indexOf(keys), 1);
    };
}

// All that work now; of those with the same key, the one that was declared last.
export function activeKeys(): Key[] {
  const seen = new Set<string>();
  return active.toReversed().flat().filter((key) => {
    const name = key.keys.join();
    return !seen.has(name) && seen.add(name);
  });
}

export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"));

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "Escape" && isTyping(event.target)) return;
  // What has the focus is pressed by these.
  if ((event.key === "Enter" || event.key === " ") && event.target instanceof Element && event.target.closest("button, a, summary")) return;
  if (document.querySelector("dialog[open]")) return; // a dialog has its own keys
  const named = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
  const all = active.toReversed().flat();
  const found = all.find((key) => key.keys.includes(named)) ?? all.find((key) => key.keys.includes(event.key));
  if (!found) return;
  event.preventDefault();
  found.run(event);
});
