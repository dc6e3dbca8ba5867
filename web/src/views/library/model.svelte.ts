// The photos of the library by day, of which only what was looked at is here. Lives as long as the page, so that going back
// to the library shows it at once.
import { call } from "../../api/client";
import { onServer } from "../../api/events";
import type { PhotoInList } from "../../api/generated";
import { bucketOf, isIn, makeSections, type Bucket, type Section } from "../../lib/grid/sections";
import { clampAspect, heightOfRows, justify, usualAspect, type Row, type Shape } from "../../lib/grid/justify";

const pageSize = 1000; // photos of a request
const newestAtFirst = 200; // photos
const mostKept = 20_000; // photos in memory; those that were looked at longest ago go first
const refreshEvery = 3_000; // milliseconds, while a scan adds photos

export const headingHeight = 56;
const sectionGap = 20;

// What is known of a section.
class Part {
  photos: PhotoInList[];
  complete = false;
  failed = false;
  used = 0;
  loading: AbortController | undefined;
  #next: string | undefined; // cursor
  #isOld: boolean;

  // `old`: photos that are shown until they were read again.
  constructor(
    readonly section: Section,
    old: PhotoInList[] = [],
  ) {
    this.photos = old;
    this.#isOld = old.length > 0;
  }

  has(wanted: number): boolean {
    return this.complete || (!this.#isOld && this.photos.length >= wanted);
  }

  // Reads on until there are `wanted` photos.
  async load(wanted: number, signal: AbortSignal): Promise<void> {
    const { buckets } = this.section;
    const read = ({ by, name }: Bucket) =>
      call("listPhotos", { query: { by, bucket: name, limit: pageSize, ...(this.#next ? { cursor: this.#next } : {}) }, signal });
    let photos = this.#isOld ? [] : this.photos;
    while (!this.has(wanted)) {
      // Buckets that were put together have few photos: all of them are read at once.
      const pages = await Promise.all(buckets.map(read));
      photos = [...photos, ...pages.flatMap((page) => page.photos)];
      this.#next = pages[0]!.next ?? undefined;
      this.complete = !this.#next || buckets.length > 1;
      if (this.#isOld && !this.complete && photos.length < wanted) continue;
      this.photos = photos;
      this.#isOld = false;
      changed();
    }
  }
}

interface Layout {
  rows: Row[];
  aspects: ArrayLike<number>;
  known: number; // photos when it was made
}

class LibraryModel {
  sections: Section[] = $state.raw([]);
  state: "new" | "ready" | "failed" = $state("new");
  error: unknown = $state.raw();
  total = $state(0);
  // Counts up when photos arrived.
  version = $state(0);
  // Where the grid was left: pixels of the whole.
  position = 0;
  // The photo that was looked at last, which the grid shows when somebody comes back.
  seen: { section: Section; index: number } | undefined;

  #parts = new Map<string, Part>();
  #layouts = new Map<string, Layout>();
  #shape: Shape = { width: 0, rowHeight: 0, gap: 0 };
  #tops: Float64Array = new Float64Array(1);
  #clock = 0;
  // Of the photos that were seen: what those have that were not.
  #aspectSum = 0;
  #aspectCount = 0;

  async refresh(): Promise<void> {
    try {
      const timeline = call("getTimeline", { query: { by: "day" } });
      // To count a million photos takes seconds. The newest ones are shown meanwhile.
      if (this.state === "new") {
        const none = (): undefined => undefined;
        const newest = call("listPhotos", { query: { limit: newestAtFirst } }).catch(none);
        const first = await Promise.race([timeline.then(none, none), newest]);
        if (first) this.#show(daysOf(first.photos), first.photos);
      }
      this.#show((await timeline).buckets);
      this.state = "ready";
    } catch (error) {
      this.error = error;
      if (this.state === "new") this.state = "failed";
    }
  }

  // `known`: some of the photos.
  #show(days: { bucket: string; photos: number }[], known: PhotoInList[] = []): void {
    const sections = makeSections(days);
    const key = (section: Section): string => JSON.stringify(section);
    const kept = new Set(sections.map(key));
    // Photos of sections that are no more, or have other photos now: on the screen until they were read again.
    const old = [...known];
    for (const section of this.sections.filter((one) => !kept.has(key(one)))) {
      const part = this.#parts.get(section.from);
      part?.loading?.abort();
      old.push(...(part?.photos ?? []));
      this.#parts.delete(section.from);
      this.#layouts.delete(section.from);
    }
    if (old.length) {
      const byBucket = groupByBucket(old);
      for (const section of sections.filter((one) => !this.#parts.has(one.from))) {
        const photos = section.buckets.flatMap(({ by, name }) => byBucket[by].get(name) ?? []);
        if (photos.length) this.#parts.set(section.from, new Part(section, photos));
      }
    }
    this.sections = sections;
    this.total = days.reduce((all, one) => all + one.photos, 0);
    this.measure();
    this.version += 1;
  }

  // True if it changed.
  setShape(shape: Shape): boolean {
    if (shape.width === this.#shape.width && shape.rowHeight === this.#shape.rowHeight && shape.gap === this.#shape.gap) return false;
    this.#shape = shape;
    this.#layouts.clear();
    this.measure();
    return true;
  }

  // The places of all sections. Cheap enough for each answer of the server: a million photos are some thousand sections.
  measure(): void {
    const tops = new Float64Array(this.sections.length + 1);
    this.sections.forEach((section, i) => {
      tops[i + 1] = tops[i]! + headingHeight + this.#heightOf(section) + sectionGap;
    });
    this.#tops = tops;
  }

  get height(): number {
    return this.#tops[this.sections.length] ?? 0;
  }
  top(index: number): number {
    return this.#tops[index] ?? 0;
  }

  part(section: Section): Part {
    let part = this.#parts.get(section.from);
    if (!part) {
      part = new Part(section);
      this.#parts.set(section.from, part);
    }
    return part;
  }

  photos(section: Section): PhotoInList[] {
    return this.#parts.get(section.from)?.photos ?? [];
  }

  // If it was loaded.
  hashOf(photo: number): string | null | undefined {
    for (const part of this.#parts.values()) {
      const found = part.photos.find((one) => one.photo === photo);
      if (found) return found.thumb_hash;
    }
    return undefined;
  }

  // The rows of a section that is on the screen. Photos that are not known yet have the usual proportions.
  layout(section: Section): Layout {
    const known = this.photos(section).length;
    const made = this.#layouts.get(section.from);
    if (made?.known === known) return made;
    const photos = this.photos(section);
    const count = this.part(section).complete ? known : Math.max(known, section.count);
    const aspects = new Float32Array(count).fill(this.#usual);
    photos.forEach((photo, i) => (aspects[i] = clampAspect(photo.width, photo.height)));
    const layout = { rows: justify(aspects, this.#shape), aspects, known };
    this.#layouts.set(section.from, layout);
    return layout;
  }

  // Of a section that nobody looked at, without making its rows.
  #heightOf(section: Section): number {
    const made = this.#layouts.get(section.from);
    if (made?.known === this.photos(section).length) return heightOfRows(made.rows);
    const { width, rowHeight, gap } = this.#shape;
    if (width === 0) return 0;
    const inRow = Math.max(1, width / (rowHeight * this.#usual + gap));
    return Math.ceil(section.count / inRow) * (rowHeight + gap) - gap;
  }

  get #usual(): number {
    return this.#aspectCount > 0 ? this.#aspectSum / this.#aspectCount : usualAspect;
  }

  // Reads a section until `wanted` photos of it are known. Cancelled by cancelAllBut().
  load(section: Section, wanted: number): void {
    const part = this.part(section);
    part.used = ++this.#clock;
    if (part.loading || part.has(wanted)) return;
    const loading = new AbortController();
    part.loading = loading;
    part.failed = false;
    const before = part.photos.length;
    part
      .load(wanted, loading.signal)
      .then(() => {
        for (const photo of part.photos.slice(before, before + 200)) {
          this.#aspectSum += clampAspect(photo.width, photo.height);
          this.#aspectCount += 1;
        }
        this.#dropOld();
      })
      .catch((error: unknown) => {
        if (!loading.signal.aborted) {
          part.failed = true;
          this.error = error;
          this.version += 1;
        }
      })
      .finally(() => {
        if (part.loading === loading) part.loading = undefined;
      });
  }

  // Whole sections, for a selection that reaches over them.
  async loadAll(sections: Section[]): Promise<void> {
    for (const section of sections) await this.part(section).load(Infinity, new AbortController().signal);
  }

  // What somebody only scrolled past does not hold up what is looked at.
  cancelAllBut(visible: Set<string>): void {
    for (const [key, part] of this.#parts) {
      if (part.loading && !visible.has(key)) {
        part.loading.abort();
        part.loading = undefined;
      }
    }
  }

  // The photos before and after one, and where it is; undefined if it is not in the library.
  async neighbours(photo: number, takenAt: string | null): Promise<{ before: number | undefined; after: number | undefined } | undefined> {
    if (this.state !== "ready") await this.refresh();
    const index = this.sections.findIndex((section) => section.buckets.some((bucket) => isIn(bucket, takenAt)));
    if (index < 0) return undefined;
    const find = (): number => this.photos(this.sections[index]!).findIndex((one) => one.photo === photo);
    for (let wanted = pageSize; find() < 0 && !this.part(this.sections[index]!).complete; wanted += pageSize) {
      await this.part(this.sections[index]!).load(wanted, new AbortController().signal);
    }
    const at = find();
    if (at < 0) return undefined;
    const own = this.sections[index]!;
    this.seen = { section: own, index: at };
    if (at === this.photos(own).length - 1) await this.part(own).load(at + 2, new AbortController().signal);
    return {
      before: this.photos(own)[at - 1]?.photo ?? (await this.#edge(index - 1, true)),
      after: this.photos(own)[at + 1]?.photo ?? (await this.#edge(index + 1, false)),
    };
  }

  async #edge(index: number, last: boolean): Promise<number | undefined> {
    const section = this.sections[index];
    if (!section) return undefined;
    await this.part(section).load(last ? Infinity : 1, new AbortController().signal);
    return this.photos(section).at(last ? -1 : 0)?.photo;
  }

  #dropOld(): void {
    const all = [...this.#parts].sort((a, b) => b[1].used - a[1].used);
    let kept = 0;
    for (const [key, part] of all) {
      kept += part.photos.length;
      // Its height stays as it is, so that nothing moves.
      if (kept > mostKept && part !== all[0]![1]) this.#parts.delete(key);
    }
  }
}

function groupByBucket(photos: PhotoInList[]): Record<Bucket["by"], Map<string, PhotoInList[]>> {
  const groups = { day: new Map<string, PhotoInList[]>(), month: new Map<string, PhotoInList[]>() };
  for (const photo of photos) {
    for (const by of ["day", "month"] as const) {
      const name = bucketOf(by, photo.taken_at);
      const group = groups[by].get(name);
      if (group) group.push(photo);
      else groups[by].set(name, [photo]);
    }
  }
  return groups;
}

// The timeline of some photos.
function daysOf(photos: PhotoInList[]): { bucket: string; photos: number }[] {
  const days = new Map<string, number>();
  for (const { taken_at } of photos) {
    const bucket = bucketOf("day", taken_at);
    days.set(bucket, (days.get(bucket) ?? 0) + 1);
  }
  return [...days].map(([bucket, count]) => ({ bucket, photos: count }));
}

export const library = new LibraryModel();

function changed(): void {
  library.version += 1;
}

let refreshing: ReturnType<typeof setTimeout> | undefined;

// Shows what a scan adds. The result ends it.
export function followServer(): () => void {
  const soon = (): void => {
    refreshing ??= setTimeout(() => {
      refreshing = undefined;
      void library.refresh();
    }, refreshEvery);
  };
  const ends = [
    onServer("scan.progress", soon),
    onServer("job", (job) => { if (job.kind === "scan") soon(); }),
    onServer("hello", () => { if (library.state !== "new") soon(); }),
  ];
  return () => ends.forEach((end) => end());
}
