// Numbers, times and sizes as people of the chosen language write them.
import { settings } from "./settings.svelte";

// English of Britain or of America, as the browser prefers: their dates differ.
const locale = (): string => navigator.languages.find((tag) => tag.split("-")[0] === settings.language) ?? settings.language;

export const number = (value: number, digits = 0): string =>
  value.toLocaleString(locale(), { maximumFractionDigits: digits });

// "2024-05-17T10:20:30" is the camera's clock, whatever zone the browser is in.
export function dateTime(taken: string): string {
  const date = new Date(`${taken.slice(0, 19)}Z`);
  if (Number.isNaN(date.getTime())) return taken;
  const withTime = taken.length > 10;
  return date.toLocaleString(locale(), {
    dateStyle: "full", ...(withTime ? { timeStyle: "short" as const } : {}), timeZone: "UTC",
  });
}

// "2024-05-17", "2024-05" or "2024".
export function day(bucket: string): string {
  const parts = bucket.split("-").map(Number);
  const date = new Date(Date.UTC(parts[0] ?? 0, (parts[1] ?? 1) - 1, parts[2] ?? 1));
  if (Number.isNaN(date.getTime())) return bucket;
  return date.toLocaleDateString(locale(), {
    year: "numeric",
    ...(parts.length > 1 ? { month: "long" as const } : {}),
    ...(parts.length > 2 ? { day: "numeric" as const, weekday: "long" as const } : {}),
    timeZone: "UTC",
  });
}

// Seconds since 1970.
export const moment = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });

// How long something takes: "2 min", "1 h 5 min".
export function duration(seconds: number): string {
  const unit = (value: number, name: string): string =>
    value.toLocaleString(locale(), { style: "unit", unit: name, unitDisplay: "short" });
  if (seconds < 60) return unit(Math.max(1, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return unit(minutes, "minute");
  const hours = unit(Math.floor(minutes / 60), "hour");
  return minutes % 60 ? `${hours} ${unit(minutes % 60, "minute")}` : hours;
}

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${number(value, value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

export const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const folderName = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";
