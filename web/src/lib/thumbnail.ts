// Loads thumbnails of photos into <img>. An <img> that goes away stops loading, so what was scrolled past is not waited for.
import { url } from "../api/client";

export type ThumbnailSize = "small" | "medium" | "large";

// The smallest that is sharp on this screen, for a long side in CSS pixels. Up to a fifth of blur is not seen.
export function sizeFor(longSide: number): ThumbnailSize {
  const pixels = (longSide * Math.min(devicePixelRatio, 2)) / 1.2;
  return pixels <= 256 ? "small" : pixels <= 720 ? "medium" : "large";
}

export const thumbnailUrl = (photo: number, size: ThumbnailSize): string => url("getThumbnail", { photo }, { size });

// Of an <img> that is not in the document any more. Chromium notes each <img> whose address changes with the document,
// forgets it when it is taken out of the document, and so keeps for ever what changes afterwards.
function stopLoading(image: HTMLImageElement): void {
  image.removeAttribute("src");
  document.head.append(image);
  image.remove();
}

// {@attach picture(address)} of an <img>: sets data-state to "loaded" or "failed". `delay`: milliseconds that it must be
// there first.
export const picture = (address: string | undefined, delay = 0) => (image: HTMLImageElement) => {
  if (!address) return;
  const start = (): void => {
    image.dataset.state = "";
    image.src = address;
  };
  const again = (): void => {
    if (image.dataset.state === "failed") start();
  };
  const loaded = (): void => void (image.dataset.state = "loaded");
  const failed = (): void => void (image.dataset.state = "failed");
  image.addEventListener("load", loaded);
  image.addEventListener("error", failed);
  addEventListener("calotype:online", again);
  const timer = setTimeout(start, delay);
  return () => {
    clearTimeout(timer);
    removeEventListener("calotype:online", again);
    image.removeEventListener("load", loaded);
    image.removeEventListener("error", failed);
    image.dataset.state = "";
    if (image.isConnected) image.removeAttribute("src");
    else if (!image.complete) stopLoading(image);
  };
};
