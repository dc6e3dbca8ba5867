// A list in parts, as many numbers of photos as the server takes in one request.
const most = 1000;

export const inParts = <Item>(items: readonly Item[], size = most): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size));
