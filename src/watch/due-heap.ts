import type { EpochMs } from '../domain/words.ts';

interface Due {
  dueAt: EpochMs;
}

/** What is due next, among ten thousands, in logarithmic time: a binary heap by `dueAt`. */
export class DueHeap<T extends Due> {
  #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = items[below];
      if (child === undefined) break;
      const other = items[below + 1];
      if (other !== undefined && other.dueAt < child.dueAt) {
        child = other;
        below++;
      }
      if (last.dueAt <= child.dueAt) break;
      items[at] = child;
      at = below;
    }
    items[at] = last;
    return first;
  }

  clear(): void {
    this.#items = [];
  }
}
