// The library as a list of sections, each with a heading: a day, a month, a year or several, by how many photos there are.

export interface Bucket {
  by: "day" | "month";
  // As the API calls it: "2024-05-17", "2024-05" (a month, or the photos of which no day is known), "2024", "none".
  name: string;
  count: number;
}

export interface Section {
  from: string; // the newest day or month in it: "2024-05-17", "2024-05", "none"
  to: string; // the oldest
  count: number;
  buckets: Bucket[];
}

// A month with more photos is shown day by day. Months with fewer are put together, within a year first.
const most = 300;
const few = 24;

// `days` are the timeline by day, in its order.
export function makeSections(days: { bucket: string; photos: number }[]): Section[] {
  const sections: Section[] = [];
  for (const year of groupBy(days.filter((one) => one.bucket !== "none"), (one) => one.bucket.slice(0, 4))) {
    const ofYear: Section[] = [];
    for (const month of groupBy(year, (one) => one.bucket.slice(0, 7))) {
      const count = sum(month);
      if (count > most) {
        ofYear.push(...month.map((one) => section([{ by: "day", name: one.bucket, count: one.photos }])));
      } else {
        join(ofYear, section([{ by: "month", name: month[0]!.bucket.slice(0, 7), count }]));
      }
    }
    // A year is only put to the one before it if both are small as a whole.
    const [only] = ofYear;
    if (only && ofYear.length === 1) join(sections, only);
    else sections.push(...ofYear);
  }
  const without = sum(days.filter((one) => one.bucket === "none"));
  if (without > 0) sections.push(section([{ by: "month", name: "none", count: without }]));
  return sections;
}

function section(buckets: Bucket[]): Section {
  return { from: buckets[0]!.name, to: buckets.at(-1)!.name, count: buckets.reduce((all, one) => all + one.count, 0), buckets };
}

// Adds a section, to the last one if both have few photos and neither is a day of a busy month.
function join(sections: Section[], next: Section): void {
  const last = sections.at(-1);
  if (last && last.count < few && next.count < few && last.buckets[0]!.by === "month") {
    sections[sections.length - 1] = section([...last.buckets, ...next.buckets]);
  } else {
    sections.push(next);
  }
}

const sum = (days: { photos: number }[]): number => days.reduce((all, one) => all + one.photos, 0);

function groupBy<T>(list: T[], key: (one: T) => string): T[][] {
  const groups: T[][] = [];
  let last: string | undefined;
  for (const one of list) {
    if (key(one) !== last) groups.push([]);
    last = key(one);
    groups.at(-1)!.push(one);
  }
  return groups;
}

// The bucket of a photo: by its local day, which is that of the camera's clock.
export const bucketOf = (by: Bucket["by"], takenAt: string | null): string => takenAt?.slice(0, by === "day" ? 10 : 7) || "none";

export const isIn = (bucket: Bucket, takenAt: string | null): boolean => bucketOf(bucket.by, takenAt) === bucket.name;
