// Active time, by item. It runs only while this tab is looked at, and stops when nothing has been touched for a while.

const IDLE_MS = 30_000;

export class Clock {
  // `now` is a monotonic time in milliseconds; `attentive` says whether somebody looks at this tab.
  constructor(now, attentive) {
    this.now = now;
    this.attentive = attentive;
    this.spent = new Map();
    this.item = null;
    this.touched = now();
    this.since = attentive() ? this.touched : null;
  }

  // Count what has passed since the last call; time after the last touch counts up to the idle limit.
  settle() {
    const now = this.now();
    if (this.since !== null && this.item !== null) {
      const active = Math.min(now, this.touched + IDLE_MS) - this.since;
      if (active > 0) this.spent.set(this.item, (this.spent.get(this.item) ?? 0) + active);
    }
    this.since = this.attentive() ? now : null;
    return now;
  }

  // The person has pressed, moved or scrolled something, or has come back to the tab.
  touch() {
    this.touched = this.settle();
  }

  show(item) {
    this.settle();
    this.item = item;
  }

  // Active seconds on an item since it was last taken.
  seconds(item) {
    this.settle();
    return (this.spent.get(item) ?? 0) / 1000;
  }

  // The same seconds, which then begin anew.
  take(item) {
    const seconds = this.seconds(item);
    this.spent.delete(item);
    return seconds;
  }

  // Seconds of a decision that was not kept after all.
  giveBack(item, seconds) {
    this.spent.set(item, (this.spent.get(item) ?? 0) + 1000 * seconds);
  }
}
