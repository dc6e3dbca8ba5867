// The photos that somebody selected in the library. Kept while the page is open.
import { SvelteMap } from "svelte/reactivity";
import type { PhotoInList } from "../../api/generated";
import type { Section } from "../../lib/grid/sections";
import { library } from "./model.svelte";

export interface Place {
  section: Section;
  index: number;
}

class Selection {
  #photos = new SvelteMap<number, PhotoInList>();
  #last: Place | undefined; // where a range begins

  get size(): number {
    return this.#photos.size;
  }
  get list(): PhotoInList[] {
    return [...this.#photos.values()];
  }
  has(photo: number): boolean {
    return this.#photos.has(photo);
  }
  clear(): void {
    this.#photos.clear();
    this.#last = undefined;
  }

  async toggle(at: Place, range: boolean): Promise<void> {
    if (range && this.#last) return this.extend(this.#last, at);
    const photo = library.photos(at.section)[at.index];
    if (!photo) return;
    if (this.#photos.has(photo.photo)) this.#photos.delete(photo.photo);
    else this.#photos.set(photo.photo, photo);
    this.#last = at;
  }

  // Adds all photos between two, also those that were not loaded yet.
  async extend(from: Place, to: Place): Promise<void> {
    const order = (place: Place): number => library.sections.indexOf(place.section);
    const [a, b] = order(from) < order(to) || (order(from) === order(to) && from.index <= to.index) ? [from, to] : [to, from];
    const between = library.sections.slice(order(a), order(b) + 1);
    await library.loadAll(between);
    for (const section of between) {
      const photos = library.photos(section);
      const first = section === a.section ? a.index : 0;
      const end = section === b.section ? b.index + 1 : photos.length;
      for (const photo of photos.slice(first, end)) this.#photos.set(photo.photo, photo);
    }
    this.#last = to;
  }
}

export const selection = new Selection();
