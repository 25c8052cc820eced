/**
 * Lists longer than the screen are shown page by page: nothing runs, each page stands long enough to be read.
 */

import { fill, say } from "/static/dom.js";

export class Pages {
  /**
   * @param {HTMLElement} list where the items go
   * @param {HTMLElement} label where "2 / 3" goes; empty with one page
   * @param {(item: any) => Node} draw
   * @param {() => number} capacity how many items fit on a page
   */
  constructor(list, label, draw, capacity) {
    Object.assign(this, { list, label, draw, capacity });
    this.items = [];
    this.page = 0;
  }

  show(items) {
    this.items = items;
    this.paint();
  }

  turn() {
    this.page += 1;
    if (this.count() > 1) this.paint();
  }

  count() {
    return Math.max(1, Math.ceil(this.items.length / Math.max(1, this.capacity())));
  }

  paint() {
    const pages = this.count();
    this.page %= pages;
    const size = Math.ceil(this.items.length / pages); // even pages rather than a last one with one item
    fill(this.list, this.items.slice(this.page * size, (this.page + 1) * size).map(this.draw));
    say(this.label, pages > 1 ? this.page + 1 + " / " + pages : "");
  }
}
