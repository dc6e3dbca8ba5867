// The people of the library, and what the views of people change. A change answers undefined if it was not made; a notice then says why.
import { attempt } from "../../api/attempt";
import { ApiError, call } from "../../api/client";
import { decideAndTell, onDecision } from "../../api/decisions";
import type { Decided, People } from "../../api/generated";
import { t } from "../../i18n";
import { number } from "../../lib/format";
import { isolated } from "../../lib/names";
import { notices } from "../../lib/notices.svelte";

export type Person = People["people"][number];

// A name or, for who has none, the number: for labels and sentences.
export const called = (person: { person: number; name: string | null }): string =>
  person.name ? isolated(person.name) : t().people.person(String(person.person));

class PeopleList {
  list: Person[] = $state.raw([]);
  facesInPhotos = $state(0);
  loaded = $state(false);
  error: unknown = $state.raw();

  // All, hidden ones too: who is found by name should be found.
  async load(): Promise<void> {
    try {
      const answer = await call("listPeople", { query: { hidden: true } });
      this.list = answer.people;
      this.facesInPhotos = answer.faces;
      this.error = undefined;
      this.loaded = true;
    } catch (error) {
      if (!this.loaded) this.error = error;
    }
  }

  find(person: number): Person | undefined {
    return this.list.find((one) => one.person === person);
  }
}

export const people = new PeopleList();

onDecision(() => void (people.loaded && people.load()));

// Decides something about `person`. The number may mean somebody else since a merge: then nothing is changed, and a notice says
// whom.
export const decideAbout = (person: number, change: () => Promise<Decided>) => async (): Promise<Decided | undefined> => {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
    const known = await call("getPerson", { path: { person } });
    if (known.person === person) throw error;
    notices.add(t().people.mergedAway(called(known)), { bad: true });
    await people.load();
    return undefined;
  }
};

const faceCount = (count: number): string => t().count.faces(count, number(count));

// "namesakes": somebody else has the name, and nothing was changed.
export async function rename(person: number, name: string, sameName = false): Promise<Decided | undefined | "namesakes"> {
  if (name && !sameName) {
    const others = await attempt(() => call("listNamesakes", { path: { person }, query: { name } }));
    if (!others) return undefined;
    if (others.people.length) return "namesakes";
  }
  const body = { name, ...(sameName ? { same_name: true } : {}) };
  return decideAndTell(decideAbout(person, () => call("changePerson", { path: { person }, body })), name ? t().people.namedDone(isolated(name)) : t().people.nameRemoved);
}

export const hide = (person: number, hidden: boolean): Promise<Decided | undefined> =>
  decideAndTell(decideAbout(person, () => call("changePerson", { path: { person }, body: { hidden } })), hidden ? t().people.hideDone : t().people.showDone);

export const setCover = (person: number, face: number): Promise<Decided | undefined> =>
  decideAndTell(decideAbout(person, () => call("changePerson", { path: { person }, body: { cover_face: face } })), t().people.coverDone);

export function merge(into: Person, others: readonly Person[]): Promise<Decided | undefined> {
  const name = into.name ?? others.find((one) => one.name)?.name;
  const count = others.length + 1;
  return decideAndTell(
    decideAbout(into.person, () => call("mergePeople", { path: { person: into.person }, body: { people: others.map((one) => one.person) } })),
    name ? t().people.mergeDoneInto(isolated(name)) : t().people.mergeDone(t().count.people(count, number(count))),
  );
}

export const reject = (person: number, faces: number[]): Promise<Decided | undefined> =>
  decideAndTell(decideAbout(person, () => call("rejectFaces", { path: { person }, body: { faces } })), t().people.notThisDone(faceCount(faces.length)));

export const confirm = (person: number, faces: number[]): Promise<Decided | undefined> =>
  decideAndTell(decideAbout(person, () => call("confirmFaces", { path: { person }, body: { faces } })), t().people.confirmDone(faceCount(faces.length)));

export const moveFaces = (to: Person, faces: number[]): Promise<Decided | undefined> =>
  decideAndTell(decideAbout(to.person, () => call("confirmFaces", { path: { person: to.person }, body: { faces } })),
    t().people.moveDone(faceCount(faces.length), called(to)));

export const split = (faces: number[]): Promise<Decided | undefined> =>
  decideAndTell(() => call("splitPerson", { body: { faces } }), t().people.splitDone(faceCount(faces.length)));
