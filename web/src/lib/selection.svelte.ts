// What is selected in a list: single items, and ranges from the item that was selected last.
import { SvelteSet } from "svelte/reactivity";

export class Selection<Id> {
  readonly ids = new SvelteSet<Id>();
  #last: Id | undefined;

  get size(): number {
    return this.ids.size;
  }

  has(id: Id): boolean {
    return this.ids.has(id);
  }

  toggle(id: Id): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.#last = id;
  }

  // Adds all from the item that was selected last to `id`, in the order of `all`.
  extend(id: Id, all: readonly Id[]): void {
    const to = all.indexOf(id);
    const last = this.#last === undefined ? -1 : all.indexOf(this.#last);
    const from = last < 0 ? to : last;
    for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) this.ids.add(one);
    this.#last = id;
  }

  clear(): void {
    this.ids.clear();
    this.#last = undefined;
  }

  // Forgets what is not there any more.
  keep(all: readonly Id[]): void {
    const there = new Set(all);
    for (const id of [...this.ids]) if (!there.has(id)) this.ids.delete(id);
  }
}
