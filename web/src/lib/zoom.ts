// Where a photo is on the screen: its size and place for a zoom, which stays over it as far as it can.

export interface View {
  zoom: number; // 1: the whole photo fits
  x: number; // pixels by which its middle is moved from the middle of the screen
  y: number;
}
export interface Size {
  width: number;
  height: number;
}

export const whole: View = { zoom: 1, x: 0, y: 0 };

// The size of the photo at zoom 1. Small photos are not blown up to more than twice their pixels.
export function fitInto(photo: Size, screen: Size): Size {
  const scale = Math.min(screen.width / photo.width, screen.height / photo.height, 2);
  return { width: photo.width * scale, height: photo.height * scale };
}

// The most that shows something: four screen pixels for each of the photo.
export const mostZoom = (photo: Size, fit: Size): number => Math.max(2, (4 * photo.width) / fit.width);

// No edge of the photo comes further in than the edge of the screen.
export function keepInside(view: View, fit: Size, screen: Size): View {
  const limit = (size: number, room: number): number => Math.max(0, (size * view.zoom - room) / 2);
  const [x, y] = [limit(fit.width, screen.width), limit(fit.height, screen.height)];
  return { zoom: view.zoom, x: Math.min(x, Math.max(-x, view.x)), y: Math.min(y, Math.max(-y, view.y)) };
}

// Zooms so that what is at a point of the screen stays there. The point counts from the middle of the screen.
export function zoomAt(view: View, to: number, point: { x: number; y: number }): View {
  const factor = to / view.zoom;
  return { zoom: to, x: point.x - (point.x - view.x) * factor, y: point.y - (point.y - view.y) * factor };
}
