// The search that is shown, and its hits. Lives as long as the page, so that going back to it shows it at once, and a photo
// knows which hits are beside it.
import { call } from "../../api/client";
import type { SearchAnswer } from "../../api/generated";

export type Hit = SearchAnswer["hits"][number];
export type Sort = "relevance" | "newest" | "oldest";
export interface Question {
  q: string;
  sort: Sort;
}

const pageSize = 60; // hits
const likePicture = 24; // photos that look like a picture; further ones do not any more

class Search {
  question: Question | undefined = $state.raw();
  // Of a search by a picture, which is in no address.
  picture: { name: string; address: string } | undefined = $state.raw();
  hits: Hit[] = $state.raw([]);
  answer: Omit<SearchAnswer, "hits"> | undefined = $state.raw();
  busy = $state(false);
  error: unknown = $state.raw();
  milliseconds = $state(0);
  scrollTop = 0;
  #running: AbortController | undefined;

  // Asks, unless the answer to this question is here.
  async ask(question: Question): Promise<void> {
    const asked = this.question;
    if (asked && !this.error && asked.q === question.q && asked.sort === question.sort) return;
    this.#begin();
    this.question = question;
    await this.#run((signal) => this.#page(question, signal));
  }

  async askAgain(): Promise<void> {
    const question = this.question;
    this.question = undefined;
    if (question) await this.ask(question);
  }

  async more(): Promise<void> {
    if (!this.question || !this.answer?.next || this.busy) return;
    const { question, answer } = this;
    await this.#run((signal) => this.#page(question, signal, answer.next ?? undefined));
  }

  // Finds what looks like a picture that somebody dropped, pasted or chose.
  async askPicture(file: File): Promise<void> {
    this.#begin();
    if (this.picture) URL.revokeObjectURL(this.picture.address);
    this.picture = { name: file.name, address: URL.createObjectURL(file) };
    await this.#run(async (signal) => {
      const { photos } = await call("searchByPhoto", { body: file, query: { limit: likePicture }, signal });
      this.hits = photos.map(({ cosine, ...photo }) => ({ ...photo, score: cosine, confident: true, why: [`looks alike ${cosine.toFixed(2)}`] }));
      this.answer = { total: photos.length, total_is_minimum: false, less_certain: 0, next: null, notes: [] };
    });
  }

  // The hits before and after a photo; undefined if it is none of them.
  async neighbours(photo: number, question: Question): Promise<{ before: number | undefined; after: number | undefined } | undefined> {
    if (!this.picture || this.question) await this.ask(question);
    let at = this.hits.findIndex((hit) => hit.photo === photo);
    if (at < 0) return undefined;
    if (at === this.hits.length - 1 && this.answer?.next) await this.more();
    at = this.hits.findIndex((hit) => hit.photo === photo);
    return { before: this.hits[at - 1]?.photo, after: this.hits[at + 1]?.photo };
  }

  #begin(): void {
    this.hits = [];
    this.answer = undefined;
    this.question = undefined;
    this.error = undefined;
    this.scrollTop = 0;
  }

  async #page({ q, sort }: Question, signal: AbortSignal, cursor?: string): Promise<void> {
    const started = performance.now();
    const { hits, ...answer } = await call("search", { query: { q, sort, limit: pageSize, ...(cursor ? { cursor } : {}) }, signal });
    this.hits = cursor ? [...this.hits, ...hits] : hits;
    this.answer = answer;
    if (!cursor) this.milliseconds = performance.now() - started;
  }

  async #run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    this.error = undefined;
    try {
      await work(running.signal);
    } catch (error) {
      if (!running.signal.aborted) this.error = error;
    } finally {
      if (this.#running === running) this.busy = false;
    }
  }
}

export const search = new Search();

export const readSort = (text: string | undefined): Sort => (text === "newest" || text === "oldest" ? text : "relevance");
