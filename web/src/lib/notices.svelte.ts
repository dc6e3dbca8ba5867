// Short messages at the edge of the page: what was done, with a way to undo it, or what failed.

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
  undo: (() => void) | undefined;
}

let count = 0;
const shownFor = 8_000; // milliseconds; those with "undo" stay longer, as WCAG 2.2.1 asks for time
const shownForUndo = 20_000;

class Notices {
  list: Notice[] = $state.raw([]);

  add(text: string, { bad = false, undo }: { bad?: boolean; undo?: () => void } = {}): number {
    const notice = { id: ++count, text, bad, undo };
    this.list = [...this.list.slice(-2), notice];
    setTimeout(() => this.remove(notice.id), undo ? shownForUndo : shownFor);
    return notice.id;
  }

  remove(id: number): void {
    this.list = this.list.filter((one) => one.id !== id);
  }
}

export const notices = new Notices();
