// Texts of photos that a page must only show: markup, control characters that reorder what follows, an emoji.

// With what it stands for, so that a test finds it: "keyword".
export const hostile = (what) => `<img src=x onerror=evil()>\u202e${what}\u2067 🦉&amp;`;

// Text in the page with such characters that is not isolated from what is around it: "P: <img src..." of each.
export const notIsolated = (page) =>
  page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/[\u202e\u2067]/.test(node.data)) continue;
      const style = getComputedStyle(node.parentElement);
      const isAlone = node.parentElement.childNodes.length === 1 && ["block", "list-item", "inline-block"].includes(style.display);
      const isolates = (element) => element && (/isolate|plaintext/.test(getComputedStyle(element).unicodeBidi) || isolates(element.parentElement));
      if (!isAlone && !isolates(node.parentElement)) found.push(`${node.parentElement.tagName}: ${node.data}`);
    }
    return found;
  });
