// What a person has ticked and noted on items without confirming it, kept in the browser until the item is decided.

const DRAFTS = "plateau-draft:";
const LONGEST_KEPT_MS = 30 * 24 * 3600 * 1000;

export class Drafts {
  // `desk` names project, action and person; `storage` may be null where the browser has none to give.
  constructor(storage, desk) {
    this.storage = storage;
    this.prefix = `${DRAFTS}${desk}:`;
    this.forgetOld();
  }

  // What is kept for an item as it stands now; null where there is nothing, or where somebody has decided the item since.
  of({ id, own, seen }) {
    const entry = this.read(this.prefix + id);
    if (!entry) return null;
    if (entry.own === own && entry.seen === seen) return entry.draft;
    this.drop(id);
    return null;
  }

  put({ id, own, seen }, draft) {
    try {
      this.storage?.setItem(this.prefix + id, JSON.stringify({ draft, own, seen, at: Date.now() }));
    } catch {
      // full or forbidden: the draft lives as long as the item is in view
    }
  }

  drop(id) {
    try {
      this.storage?.removeItem(this.prefix + id);
    } catch {
      // as above
    }
  }

  read(key) {
    try {
      return JSON.parse(this.storage?.getItem(key) ?? "null");
    } catch {
      return null;
    }
  }

  // Drafts of any desk that nobody has come back to.
  forgetOld() {
    try {
      const kept = Array.from({ length: this.storage?.length ?? 0 }, (_, k) => this.storage.key(k)).filter((key) => key.startsWith(DRAFTS));
      for (const key of kept) if (!(Date.now() - this.read(key)?.at < LONGEST_KEPT_MS)) this.storage.removeItem(key);
    } catch {
      // as above
    }
  }
}
