// Photos that are marked for deletion, and the trash. A mark is only a note: nothing is deleted.
import { SvelteSet } from "svelte/reactivity";
import { t } from "../i18n";
import { number } from "../lib/format";
import { inParts } from "../lib/parts_of";
import { call } from "./client";
import { decide, decideAndTell, onDecision } from "./decisions";
import type { Decided } from "./generated";

// Photos, with all their files, or single files.
export type Trashable = { photos: number[] } | { files: string[] };

const pageSize = 1000;

// Very many photos take several decisions, which are undone one by one.
async function mark(photos: number[], kind: "delete" | "favourite", set: boolean, text: string): Promise<Decided | undefined> {
  const parts = inParts(photos);
  const last = parts.pop() ?? [];
  const send = (part: number[]) => () => call("markPhotos", { body: { photos: part, mark: kind, set } });
  for (const part of parts) {
    if (!(await decide(send(part)))) return undefined;
  }
  return decideAndTell(send(last), text);
}

class Marks {
  readonly toDelete = new SvelteSet<number>();
  trashFolders: string[] = $state.raw([]); // scanned folders whose photos may be moved to a trash folder
  #loaded = false;

  async load(): Promise<void> {
    this.#loaded = true;
    const found: number[] = [];
    try {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const query: { mark: "delete"; limit: number; cursor?: string } = { mark: "delete", limit: pageSize, ...(cursor ? { cursor } : {}) };
        const page = await call("listMarked", { query });
        found.push(...page.photos.map((photo) => photo.photo));
        cursor = page.next;
      }
      this.trashFolders = (await call("listFolders")).trash;
    } catch {
      return; // the view says what is wrong with its own data
    }
    const there = new Set(found);
    for (const photo of this.toDelete) if (!there.has(photo)) this.toDelete.delete(photo);
    found.forEach((photo) => this.toDelete.add(photo));
  }

  // After a decision or an undo that this page made.
  refresh(): void {
    if (this.#loaded) void this.load();
  }

  set(photos: number[], set: boolean): Promise<Decided | undefined> {
    const count = t().count.photos(photos.length, number(photos.length));
    return mark(photos, "delete", set, set ? t().marks.marked(count) : t().marks.unmarked(count));
  }

  like(photos: number[]): Promise<Decided | undefined> {
    return mark(photos, "favourite", true, t().marks.liked(t().count.photos(photos.length, number(photos.length))));
  }

  canTrash(path: string): boolean {
    return this.trashFolders.some((folder) => path.startsWith(folder.endsWith("/") ? folder : `${folder}/`));
  }

  // Moves all files of photos, or single files. The server refuses to move the last file of a picture.
  trash(what: Trashable): Promise<Decided | undefined> {
    const count = "photos" in what ? t().count.photos(what.photos.length, number(what.photos.length)) : t().marks.files(what.files.length, number(what.files.length));
    return decideAndTell(() => call("trashPhotos", { body: { ...what, keep_one: true } }), t().marks.trashed(count));
  }
}

export const marks = new Marks();
onDecision(() => marks.refresh());
