// Texts of photos that a page must only show: markup, control characters that reorder what follows, an emoji.

// With what it stands for, so that a test finds it: "keyword".
export const hostile = (what) => `<img src=x onerror=evil()>\u202e${what}\u2067 🦉&amp;`;

// Text in the page with such characters that may reorder what is around it. An element that is inline does not hold them, not
// even <bdi>, because they may end its isolate: each such text must fill a box of its own.
export const notIsolated = (page) =>
  page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!/[\u202e\u2067]/.test(node.data)) continue;
      let box = node.parentElement;
      while (getComputedStyle(box).display === "inline") box = box.parentElement;
      if (box.textContent.trim() !== node.data.trim()) found.push(`${box.outerHTML.slice(0, 200)}: ${node.data}`);
    }
    return found;
  });
