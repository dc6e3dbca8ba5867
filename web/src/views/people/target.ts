import type { Person } from "./people.svelte";

// Who keeps their number when people are merged: who has a name, then who is in the most photos, then the older one.
export function mergeTarget(those: readonly Person[]): Person {
  const better = (one: Person, other: Person): boolean =>
    (one.name === null) !== (other.name === null) ? one.name !== null
    : one.photos !== other.photos ? one.photos > other.photos
    : one.person < other.person;
  return those.reduce((best, one) => (better(one, best) ? one : best));
}
