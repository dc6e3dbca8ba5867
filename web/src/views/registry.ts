// The views of the page: "#/people/3" shows the view "people". A new view adds a line here, its folder, and its texts.
import type { Component } from "svelte";
import type { Texts } from "../i18n";
import type { IconName } from "../parts/icons";

export interface View {
  name: string; // in the address
  title: (texts: Texts) => string;
  load: () => Promise<{ default: Component }>; // a file of its own, loaded when it is first shown
  // Where a wide window lists the view, and whether a phone has it in the bar at the bottom.
  icon?: IconName;
  inBar?: boolean;
}

export const views: View[] = [
  { name: "library", title: (t) => t.library.title, icon: "library", inBar: true, load: () => import("./library/Library.svelte") },
  { name: "search", title: (t) => t.search.title, icon: "search", inBar: true, load: () => import("./search/Search.svelte") },
  { name: "people", title: (t) => t.people.title, icon: "people", inBar: true, load: () => import("./people/People.svelte") },
  { name: "duplicates", title: (t) => t.duplicates.title, icon: "copies", load: () => import("./duplicates/Duplicates.svelte") },
  { name: "activity", title: (t) => t.activity.title, icon: "activity", load: () => import("./activity/Activity.svelte") },
  { name: "devices", title: (t) => t.devices.title, icon: "devices", load: () => import("./devices/Devices.svelte") },
  { name: "folders", title: (t) => t.folders.title, icon: "folder", load: () => import("./folders/Folders.svelte") },
  { name: "photo", title: (t) => t.photo.title, load: () => import("./photo/Photo.svelte") },
];

export const firstView = "library";
export const findView = (name: string): View | undefined => views.find((view) => view.name === (name || firstView));
