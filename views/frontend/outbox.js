// Decisions that are not known to be saved, kept in the browser so that neither a reload nor a dead server loses them.

export class Outbox {
  // `desk` names project, action and person; `storage` may be null where the browser has none to give.
  constructor(storage, desk) {
    this.storage = storage;
    this.prefix = `plateau:${desk}:`;
  }

  put(event, failed = false) {
    try {
      this.storage?.setItem(this.prefix + event.number, JSON.stringify({ event, failed, at: Date.now() }));
    } catch {
      // full or forbidden: the decision is still in this page's memory
    }
  }

  drop(number) {
    try {
      this.storage?.removeItem(this.prefix + number);
    } catch {
      // as above
    }
  }

  // Everything kept for this desk, oldest first, each as {event, failed, at}.
  kept() {
    const found = [];
    try {
      for (let k = 0; k < (this.storage?.length ?? 0); k += 1) {
        const key = this.storage.key(k);
        if (!key.startsWith(this.prefix)) continue;
        const entry = JSON.parse(this.storage.getItem(key));
        if (entry?.event?.number) found.push(entry);
      }
    } catch {
      return found;
    }
    return found.sort((a, b) => a.at - b.at);
  }

  // Drop what was kept for an item that has been decided.
  settle(item) {
    for (const { event } of this.kept()) if (event.item === item) this.drop(event.number);
  }
}
