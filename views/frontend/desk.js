// The desk: draws the item that the server sends, takes keys, and sends one event at a time. What is ticked stands here until it is
// confirmed; what is decided, and which item comes next, the server says. A decision takes a short way to the disk first: once it
// is there the next item, which is at hand, shows, and the server draws it after that.

// An answer that takes so long has got lost; the person is told after the second time.
const LATE_MS = 2000;
// So long the short way is waited for; where there is none, decisions go the long way alone for a while.
const QUICK_MS = 600;
const SHUNNED_MS = 60_000;
// A key that decides so soon after the item came into view is the last one, pressed twice.
const READ_MS = 150;
// For so long after the last item an Enter is still meant for it, and starts nothing that the page offers next.
const HURRY_MS = 800;
// So many characters of a text are shown at first: on a narrow screen the keys are to stay in reach.
const FOLD = 900;
const NARROW_FOLD = 400;
const NARROW = 480;
const SILENCE = "Labels without a tick count as not applying, also those that are not shown.";
const MARKED = "Marked: words that speak for the ticked label, or for the one that the pointer is on.";
const PER_CENT = "Per cent: how likely the model thinks that the label applies. It is ticked beforehand from the label's own threshold on, never below 50%.";
const MOST_ANSWER_KEYS = 4;
const LASTING = ["decide", "skip"];
const SHORTCUTS = [
  ["Enter", "confirm what is ticked and go on"],
  ["1 – 9", "tick a label, or take the tick away; where people differ, the first digits take an answer"],
  ["Shift + 1 – 9", "say that a label does not apply"],
  ["/ or L", "search all labels, or create one"],
  ["S", "skip this item"],
  ["U", "undo the last decision, any number of times"],
  ["← →", "back and forward without deciding"],
  ["N", "write a note"],
  ["M", "mark as uncertain"],
  ["E", "show all of a long text"],
  ["? or H", "this list"],
];

const TAB = [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const clock = new Clock(() => performance.now(), () => document.visibilityState === "visible" && document.hasFocus());
let sent = 0;

function storage() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

// An element with attributes and children; what is undefined, null or false is left out.
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const icon = (name) => make("span", { class: "icon", "aria-hidden": "true" }, name);
const key = (name) => make("kbd", { "aria-hidden": "true" }, name);

export class Desk {
  constructor(root) {
    this.root = root;
    this.data = null;
    this.draft = null;
    this.pending = null;
    this.ahead = false;
    this.shownAt = -Infinity;
    this.shunned = -Infinity;
    this.way = null;
    this.tries = 0;
    this.queue = [];
    this.unsaved = new Map();
    this.error = "";
    this.notice = "";
    this.heard = null;
    this.search = null;
    this.help = false;
    this.live = make("div", { class: "unseen", "aria-live": "polite", role: "status" });
    this.body = make("div", { class: "body" });
    this.over = make("div");
    this.hovered = null;
    root.replaceChildren(this.body, this.over, this.live);
    this.onKey = (event) => this.pressed(event);
    this.onTouch = () => clock.touch();
    this.onHurry = (event) => this.hurried(event);
    this.doneAt = -Infinity;
    document.addEventListener("keydown", this.onKey);
    window.addEventListener("keydown", this.onHurry, { capture: true });
    for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"]) {
      window.addEventListener(name, this.onTouch, { passive: true, capture: true });
    }
    for (const name of ["scroll", "focus", "blur"]) window.addEventListener(name, this.onTouch, { passive: true, capture: true });
    document.addEventListener("visibilitychange", this.onTouch);
  }

  close() {
    clearTimeout(this.timer);
    clock.show(null);
    document.removeEventListener("keydown", this.onKey);
    window.removeEventListener("keydown", this.onHurry, { capture: true });
    for (const name of ["keydown", "pointerdown", "pointermove", "wheel", "touchstart", "scroll", "focus", "blur"]) {
      window.removeEventListener(name, this.onTouch, { capture: true });
    }
    document.removeEventListener("visibilitychange", this.onTouch);
  }

  // What the server draws

  receive(data, send) {
    const before = this.data;
    this.emit = send;
    if (before?.desk === data.desk && this.behind(data, before)) return;
    this.data = data;
    if (before && !before.done && data.done) this.doneAt = performance.now();
    if (before?.desk !== data.desk) this.open(data);
    const wasAhead = this.ahead;
    const waited = this.tries > 1;
    const saved = this.answered(data, before);
    if (!data.done && !this.draftFits(data, before)) this.comeIntoView(data);
    if (!data.done) this.followLabels(data);
    clock.show(data.done ? null : data.item.id);
    const shown = wasAhead && !data.done && data.item.id === before.item.id;
    if (!shown || waited || this.notice || this.error || !this.same(data, before)) this.draw();
    if (saved && !shown) this.settleFocus(true);
    else if (before?.desk !== data.desk) this.settleFocus(false);
    if (saved && !(shown && saved === this.said(wasAhead))) this.announce(saved);
    this.sendWaiting();
  }

  // Drawn before the server knew of the decision that is under way: the page is further than that.
  behind(data, before) {
    const event = this.pending;
    if (!this.ahead || before.session !== data.session) return false;
    if (data.handled.includes(event.number) || data.failed?.number === event.number) return false;
    if (this.tries) this.deliver({ ...event, again: true });
    return true;
  }

  // Whether what is on the screen already is what the server has drawn.
  same(data, before) {
    const look = ({ drawn, handled, told, failed, next, ...rest }) => JSON.stringify({ ...rest, item: { ...rest.item, visit: 0 } });
    return look(data) === look(before);
  }

  // A desk of another action or person: take up what an earlier page could not save.
  open(data) {
    this.outbox = new Outbox(storage(), data.desk);
    this.drafts = new Drafts(storage(), data.desk);
    this.release();
    this.draft = null;
    this.unsaved.clear();
    this.queue = [];
    for (const { event, failed } of this.outbox.kept()) {
      if (data.handled.includes(event.number)) this.outbox.drop(event.number);
      else if (failed) this.unsaved.set(event.item, event);
      else this.queue.push({ ...event, again: true });
    }
  }

  // See what became of the event under way; true or a word when it was carried out.
  answered(data, before) {
    const told = data.told ?? {};
    if (told.number && told.number !== this.heard && told.notice) this.notice = told.notice;
    this.heard = told.number ?? this.heard;
    const event = this.pending;
    if (!event) return "";
    if (data.handled.includes(event.number)) return this.carriedOut(event, told);
    if (data.failed?.number === event.number) return this.refused(event, data.failed.words);
    if (before && before.session !== data.session) this.interrupted(event);
    else if (this.tries) this.deliver({ ...event, again: true });
    return "";
  }

  carriedOut(event, told) {
    this.release();
    this.error = "";
    this.outbox.drop(event.number);
    if (LASTING.includes(event.kind)) {
      this.outbox.settle(event.item);
      this.drafts.drop(event.item);
      this.unsaved.delete(event.item);
    }
    if (event.kind === "create" && told.number === event.number && told.created && event.item === this.draft?.item) {
      this.tick(told.created, true);
      this.keepDraft();
    }
    if (told.notice && told.number === event.number) return told.notice;
    return this.said(event);
  }

  said(event) {
    return { decide: "Saved.", skip: "Skipped.", undo: "Undone.", create: `Created ${event.name}.`, move: "Moved." }[event.kind];
  }

  // The store has said no: the item stays, with the person's ticks, and with the reason.
  refused(event, words) {
    this.release();
    this.forgetUndos();
    this.error = words;
    if (event.item === this.draft?.item) this.draft.seen = this.data.item?.seen;
    if (LASTING.includes(event.kind)) {
      this.outbox.put(event, true);
      this.unsaved.set(event.item, event);
      clock.giveBack(event.item, event.seconds);
    }
    return "";
  }

  // The server was started anew. A decision is sent again; an undo is not, since nobody knows whether it was carried out.
  interrupted(event) {
    this.stayBehind();
    this.root.setAttribute("aria-busy", "true");
    if (LASTING.includes(event.kind)) {
      this.deliver({ ...event, again: true });
      return;
    }
    this.release();
    this.forgetUndos();
    this.notice = "The connection was lost. Look where you are before you go on.";
  }

  // What they were to take back has not come about.
  forgetUndos() {
    this.queue = this.queue.filter(({ kind }) => kind !== "undo");
  }

  // Whether the draft is of the item in view. Visits are counted by session: of a server started anew only the item tells, and
  // what was ticked on it before stays. An item that was shown ahead of the server has had no visit yet: what was ticked on it
  // stays unless somebody has dealt with it since it was at hand.
  draftFits(data, before) {
    if (this.draft?.item !== data.item.id) return false;
    const fresh = this.draft.visit === 0;
    if (fresh && (before.item?.own !== data.item.own || this.draft.seen !== data.item.seen)) return false;
    if (!fresh && this.draft.session === data.session) return this.draft.visit === data.item.visit;
    Object.assign(this.draft, { session: data.session, visit: data.item.visit });
    return true;
  }

  comeIntoView(data) {
    const draft = this.drafts.of(data.item);
    const kept = draft ?? this.unsaved.get(data.item.id);
    this.draft = {
      session: data.session,
      visit: data.item.visit,
      item: data.item.id,
      seen: data.item.seen,
      offered: data.offered,
      ticked: new Set(kept && kept.kind !== "skip" ? kept.assigned : data.ticked),
      dismissed: new Set(kept && kept.kind !== "skip" ? kept.denied : data.dismissed),
      added: kept && kept.kind !== "skip" ? kept.added : [],
      note: kept?.note ?? data.note,
      uncertain: kept?.uncertain ?? data.uncertain,
      noting: false,
      unfolded: false,
      restored: draft !== null,
    };
    this.search = null;
    this.hovered = null;
  }

  // Labels may be merged or retired while they are on the desk, and a newer model may suggest others: the digits stay where they are.
  followLabels(data) {
    const asItCounts = (label) => (data.labels[label] ? label : data.counts_as[label]);
    const inUse = (labels) => [...labels].map(asItCounts).filter((label) => label !== undefined);
    this.draft.ticked = new Set(inUse(this.draft.ticked));
    this.draft.dismissed = new Set(inUse(this.draft.dismissed).filter((label) => !this.draft.ticked.has(label)));
    this.draft.added = [...new Set(inUse(this.draft.added))];
    const fresh = new Map(data.offered.map((chip) => [chip.id, chip]));
    const chip = (id) => fresh.get(id) ?? { id, chance: "", asked: false };
    this.draft.offered = [...new Set(inUse(this.draft.offered.map(({ id }) => id)))].map(chip);
  }

  // What the person does

  chips() {
    const offered = this.draft.offered.map((chip) => chip.id);
    const extra = [...this.draft.added, ...this.draft.ticked].filter((label) => !offered.includes(label));
    return [...this.draft.offered, ...[...new Set(extra)].map((id) => ({ id, chance: "", asked: false }))];
  }

  tick(label, on) {
    if (on ?? !this.draft.ticked.has(label)) {
      if (this.data.single) this.draft.ticked.clear();
      this.draft.ticked.add(label);
    } else this.draft.ticked.delete(label);
    this.draft.dismissed.delete(label);
    if (!this.draft.added.includes(label)) this.draft.added.push(label);
  }

  deny(label) {
    if (this.draft.dismissed.has(label)) this.draft.dismissed.delete(label);
    else {
      this.draft.dismissed.add(label);
      this.draft.ticked.delete(label);
    }
    if (!this.draft.added.includes(label)) this.draft.added.push(label);
  }

  // Whether another event has to be carried out before anything more can be done.
  blocked() {
    return Boolean(this.pending) && (!this.ahead || this.queue.length > 0);
  }

  change(what) {
    if (this.blocked()) return;
    this.notice = "";
    this.draft.restored = false;
    what();
    this.keepDraft();
    this.draw();
  }

  // What is not confirmed outlives the page; what is as it was drawn at first need not.
  keepDraft() {
    if (this.data.done || this.draft.item !== this.data.item.id) return;
    const { item, ticked, dismissed, note, uncertain } = this.data;
    const sorted = (labels) => [...labels].sort((a, b) => a - b);
    const at = (labels, denied, words, doubt) => JSON.stringify([sorted(labels), sorted(denied), words, doubt]);
    const now = this.draft;
    if (at(now.ticked, now.dismissed, now.note, now.uncertain) === at(ticked, dismissed, note, uncertain)) this.drafts.drop(item.id);
    else this.drafts.put(item, { assigned: [...now.ticked], denied: [...now.dismissed], added: now.added, note: now.note, uncertain: now.uncertain });
  }

  // The same by a click; after one of the mouse, Enter is meant for the item again.
  clicked(what) {
    return (event) => {
      this.change(what);
      if (event.detail) this.settleFocus(true);
    };
  }

  decide(kind, assigned = [...this.draft.ticked]) {
    if (this.blocked() || (this.ahead && performance.now() - this.shownAt < READ_MS)) return;
    const denied = [...this.draft.dismissed];
    const untouched = this.data.pair.length ? [] : this.chips().map((chip) => chip.id).filter((id) => !assigned.includes(id));
    this.act({
      kind, item: this.data.item.id, assigned, dismissed: [...new Set([...denied, ...untouched])], denied,
      added: this.draft.added, note: this.draft.note, uncertain: this.draft.uncertain,
      seconds: clock.take(this.data.item.id), own: this.data.item.own, seen: this.draft.seen,
    });
  }

  // Start an event, unless another is under way: keys pressed in a hurry do nothing twice. On an item that the server has not drawn
  // yet one event waits until it has, and one undo more waits for whatever is under way.
  act(event) {
    const undoes = event.kind === "undo" && this.queue.length < (this.ahead ? 2 : 1);
    if (this.blocked() && !undoes) return;
    sent += 1;
    this.notice = "";
    this.error = "";
    const numbered = { ...event, number: `${TAB}-${sent}` };
    this.root.setAttribute("aria-busy", "true");
    if (!this.pending) {
      this.start(numbered);
      return;
    }
    if (LASTING.includes(event.kind)) this.outbox.put(numbered);
    this.queue.push(numbered);
  }

  start(event) {
    this.pend(event);
    if (LASTING.includes(event.kind) && this.data.next && performance.now() >= this.shunned) this.goAhead(event);
    else this.emitted(event);
  }

  deliver(event) {
    this.pend(event);
    this.emitted(event);
  }

  pend(event) {
    this.pending = event;
    if (LASTING.includes(event.kind)) this.outbox.put(event);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.late(), LATE_MS);
  }

  // What arrives by the short way after this might bring back what its person has undone meanwhile: it is given up.
  emitted(event) {
    this.way?.abort();
    try {
      this.emit("event", event);
    } catch {
      // not connected: it is sent again until it is answered
    }
  }

  // Have a decision written; when it is, show the next item. Then, or when that takes too long, the server is told as of any other
  // event: it counts once.
  async goAhead(event) {
    const way = new AbortController();
    this.way = way;
    let told = false;
    const tell = () => {
      if (told || this.pending !== event || !this.root.isConnected) return;
      told = true;
      this.emitted(event);
    };
    setTimeout(tell, QUICK_MS);
    const kept = await this.kept(event, way.signal);
    if (kept && this.pending === event && this.root.isConnected && this.data.item?.id === event.item) this.showNext(event);
    setTimeout(tell, 0);
  }

  async kept(event, signal) {
    try {
      const reply = await fetch(new URL("desk", document.baseURI), {
        method: "POST", headers: { "Content-Type": "application/json" }, signal,
        body: JSON.stringify({ session: this.data.session, event }),
      });
      return (await reply.json()).kept === true;
    } catch {
      if (!signal.aborted) this.shunned = performance.now() + SHUNNED_MS;
      return false;
    }
  }

  showNext(event) {
    this.ahead = event;
    this.shownAt = performance.now();
    this.root.removeAttribute("aria-busy");
    this.root.dataset.ahead = "";
    this.data = { ...this.data, ...this.data.next, next: null };
    this.comeIntoView(this.data);
    this.followLabels(this.data);
    clock.show(this.data.item.id);
    this.draw();
    this.settleFocus(true);
    this.announce(this.said(event));
  }

  stayBehind() {
    this.ahead = false;
    delete this.root.dataset.ahead;
  }

  // No answer: ask for the page. What is drawn then shows whether the event has arrived.
  late() {
    if (!this.pending) return;
    this.tries += 1;
    if (this.tries === 2) {
      this.draw();
      this.live.textContent = this.waitingWords();
    }
    window.dispatchEvent(new Event("plateau-lost"));
    this.timer = setTimeout(() => this.late(), LATE_MS);
  }

  waitingWords() {
    if (this.ahead && !this.queue.length) return "Your decision is saved, but Plateau does not answer. Trying again…";
    return LASTING.includes(this.pending.kind)
      ? "Not saved yet: Plateau does not answer. Your decision is kept in this browser; trying again…"
      : "Plateau does not answer. Trying again…";
  }

  release() {
    clearTimeout(this.timer);
    this.pending = null;
    this.tries = 0;
    this.stayBehind();
    this.root.removeAttribute("aria-busy");
  }

  // What has waited, one after the other. A decision on an item that is not in view after all was seen by its person all the same.
  sendWaiting() {
    if (this.pending || !this.queue.length) return;
    const event = this.queue.shift();
    const inView = event.item === undefined || event.item === this.data.item?.id;
    this.root.setAttribute("aria-busy", "true");
    if (event.again || !inView) this.deliver({ ...event, again: true });
    else this.start(event);
  }

  // Keys

  // An Enter pressed twice, or held down, at the last item.
  hurried(event) {
    if (!this.data?.done || event.key !== "Enter") return;
    if (!event.repeat && performance.now() - this.doneAt >= HURRY_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  pressed(event) {
    if (!this.data || this.data.done || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const path = event.composedPath();
    if (path.some((node) => node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName ?? ""))) return;
    if (document.querySelector('[data-testid="stDialog"]')) return;
    const button = path.find((node) => /^(BUTTON|A|SUMMARY)$/.test(node.tagName ?? "") || node.getAttribute?.("role") === "option");
    const pressing = button && !(path.includes(this.root) && button.getAttribute("role") === "checkbox");
    if (pressing && (event.key === "Enter" || event.key === " ")) return;
    const done = this.meaning(event);
    if (!done) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) done();
  }

  // What a key stands for; undefined for keys that are not the desk's.
  meaning(event) {
    const { position, count } = this.data.head;
    const small = event.key.toLowerCase();
    if (this.help && !["Escape", "?", "h", "H"].includes(event.key)) return undefined;
    if (event.key === "Escape") return this.help || this.search ? () => this.escape() : undefined;
    if (event.key === "?" || (small === "h" && !event.shiftKey)) return () => this.toggleHelp();
    if (event.key === "/" || (small === "l" && !event.shiftKey)) return this.data.pair.length ? undefined : () => this.openSearch();
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code);
    if (/^[1-9]$/.test(event.key)) return () => this.digit(Number(event.key));
    if (digit && event.shiftKey) return () => this.digit(Number(digit[1]), true);
    if (event.shiftKey) return undefined;
    return {
      enter: this.data.pair.length ? undefined : () => this.decide("decide"),
      s: () => this.decide("skip", []),
      u: () => this.act({ kind: "undo" }),
      arrowleft: position > 1 ? () => this.act({ kind: "move", to: position - 2 }) : () => {},
      arrowright: position < count ? () => this.act({ kind: "move", to: position }) : () => {},
      n: () => this.openNote(),
      m: () => this.change(() => { this.draft.uncertain = !this.draft.uncertain; }),
      e: () => this.change(() => { this.draft.unfolded = !this.draft.unfolded; }),
    }[small];
  }

  // So many digits, before those of the labels, take an annotator's answer.
  answerKeys() {
    return Math.min(this.data.item.answers.length, MOST_ANSWER_KEYS);
  }

  take(answer) {
    this.draft.ticked = new Set(answer.taken);
    for (const label of answer.taken) this.draft.dismissed.delete(label);
    this.draft.added = [...new Set([...this.draft.added, ...answer.taken])];
  }

  digit(number, denied = false) {
    if (this.data.pair.length) {
      const answer = this.data.pair[number - 1];
      if (answer) this.decide("decide", answer.labels);
      return;
    }
    const answer = number <= this.answerKeys() && this.data.item.answers[number - 1];
    if (answer) {
      if (!denied) this.change(() => this.take(answer));
      return;
    }
    const chip = this.chips()[number - 1 - this.answerKeys()];
    if (chip) this.change(() => (denied ? this.deny(chip.id) : this.tick(chip.id)));
  }

  escape() {
    this.help = false;
    this.search = null;
    this.draw();
    this.settleFocus(true);
  }

  toggleHelp() {
    this.help = !this.help;
    this.draw();
    if (this.help) this.root.querySelector(".help")?.focus();
    else this.settleFocus(true);
  }

  openNote() {
    this.change(() => { this.draft.noting = true; });
    this.root.querySelector(".note input")?.focus();
  }

  openSearch() {
    if (this.blocked()) return;
    this.search = { typed: "", at: 0 };
    this.draw();
    this.root.querySelector(".search input")?.focus();
  }

  // The person looks at the item after each decision, and when an action is opened: the button that opened it, which may stand
  // for a moment longer, does not keep the focus. Somebody who types elsewhere on the page is left alone.
  settleFocus(always) {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
    const item = this.root.querySelector(".item");
    if (!item || (typing && !always)) return;
    item.focus({ preventScroll: true });
    if (this.root.getBoundingClientRect().top < 0) this.root.scrollIntoView({ block: "start" });
  }

  announce(word) {
    if (this.data.done) {
      this.live.textContent = `${word} The action is done.`;
      return;
    }
    const { position, count } = this.data.head;
    this.live.textContent = `${word} Item ${position} of ${count}: ${this.data.item.text.slice(0, 120)}`;
  }

  // Drawing

  draw() {
    this.root.hidden = this.data.done;
    if (this.data.done) {
      this.body.replaceChildren();
      this.over.replaceChildren();
      return;
    }
    const active = this.root.getRootNode().activeElement;
    const focused = active?.dataset?.name;
    const caret = active?.selectionStart;
    this.body.replaceChildren(this.heading(), this.bar(), this.banner(), this.sides(), make("div", { class: "columns" }, this.itemCard(), this.side()));
    this.over.replaceChildren(...(this.help ? [this.helpList()] : []));
    const again = focused && this.root.querySelector(`[data-name="${CSS.escape(focused)}"]`);
    again?.focus({ preventScroll: true });
    if (again && caret !== undefined) again.setSelectionRange(caret, caret);
  }

  heading() {
    const { icon: name, kind, factor, reason } = this.data.head;
    return make("header", {},
      make("h2", {}, icon(name), this.data.title),
      make("p", { class: "kind" }, make("span", { class: "badge" }, kind), make("span", { class: "badge", title: "The part of the Model Rating that this serves" }, factor)),
      make("p", { class: "quiet" }, reason));
  }

  bar() {
    const { position, count, decided, left } = this.data.head;
    const words = `${position} of ${count}`;
    return make("div", { class: "progress" },
      make("div", { class: "words" }, make("strong", {}, words), ` · ${decided} decided · about ${left} left`),
      make("div", { class: "track", role: "progressbar", "aria-label": "Decided", "aria-valuemin": 0, "aria-valuemax": count, "aria-valuenow": decided },
        make("div", { class: "done", style: `width:${(100 * decided) / Math.max(count, 1)}%` })));
  }

  banner() {
    if (this.pending && this.tries > 1) return make("div", { class: "banner late", role: "alert" }, icon("cloud_off"), this.waitingWords());
    if (this.error) return make("div", { class: "banner wrong", role: "alert" }, icon("error"), make("span", {}, make("strong", {}, "Not saved. "), this.error));
    if (this.notice) return make("div", { class: "banner", role: "status" }, icon("info"), this.notice);
    if (this.draft.restored) return make("div", { class: "banner", role: "status" }, icon("info"), "Not confirmed yet: your ticks and note are kept.");
    return make("div", { class: "banner empty" });
  }

  // Two labels that are confused, side by side.
  sides() {
    if (!this.data.sides.length) return make("div");
    return make("div", { class: "sides" }, this.data.sides.map((side) => make("section", {},
      make("strong", {}, side.name), make("span", { class: "quiet" }, ` ${side.carried}`),
      make("p", {}, side.description || make("span", { class: "quiet" }, "No description.")),
      side.typical.map((text) => make("p", { class: "quiet" }, text)))));
  }

  itemCard() {
    const { item, head } = this.data;
    return make("article", { class: "item", tabindex: "0", "data-name": "item", "aria-label": `Item ${head.position} of ${head.count}` },
      this.media(item.media),
      this.prose(item.text),
      make("p", { class: "facts" }, item.facts.map((fact) => make("span", {}, fact))),
      item.said && make("p", { class: "facts" }, icon("done"), item.said),
      item.answers.length > 0 && this.answers(item.answers));
  }

  media(media) {
    if (!media) return null;
    if (media.picture) return make("img", { src: media.picture, alt: media.alt });
    if (media.link) return make("p", {}, make("a", { href: media.link, target: "_blank", rel: "noopener noreferrer" }, media.link.slice(0, 120)));
    return make("p", { class: "facts" }, icon("hide_image"), media.note);
  }

  prose(text) {
    if (!text) return null;
    const short = foldAt(text, this.root.clientWidth && this.root.clientWidth < NARROW ? NARROW_FOLD : FOLD);
    const cut = this.draft.unfolded ? text.length : short;
    const labels = this.hovered === null ? this.draft.ticked : [this.hovered];
    const words = [...labels].flatMap((label) => this.data.words[label] ?? []);
    const marked = pieces(text.slice(0, cut), words).map(([piece, speaks]) => (speaks ? make("mark", { title: MARKED }, piece) : piece));
    const folded = short < text.length;
    return make("div", { class: "prose", dir: "auto" }, marked, cut < text.length && " …",
      folded && make("button", { class: "unfold", type: "button", "data-name": "unfold", onclick: this.clicked(() => { this.draft.unfolded = !this.draft.unfolded; }) },
        this.draft.unfolded ? "Show less" : `Show all ${text.length.toLocaleString("en")} characters`, key("E")));
  }

  answers(given) {
    return make("ul", { class: "answers", "aria-label": "What the annotators say" }, given.map((answer, k) => make("li", {},
      make("div", { class: "facts" }, icon("person"), answer.who, " · ", answer.at),
      answer.labels.length ? answer.labels.map((name) => make("strong", {}, name)) : make("span", { class: "quiet" }, "no label"),
      answer.note && make("p", { class: "quiet" }, `“${answer.note}”`),
      make("button", { class: "plain", type: "button", "data-name": `take${k}`, onclick: this.clicked(() => this.take(answer)) },
        answer.mine ? "Take your answer" : `Take ${answer.who}'s answer`, k < this.answerKeys() && key(k + 1)))));
  }

  side() {
    const parts = this.data.pair.length
      ? [this.pairAnswers()]
      : [this.chipList(), this.search ? this.searchPanel() : this.searchButton(), this.confirmButton(), make("p", { class: "quiet meaning" }, SILENCE)];
    return make("aside", { class: "side", "aria-label": "Labels and keys" }, parts, this.noteRow(), this.keys());
  }

  pairAnswers() {
    return make("div", { class: "chips", role: "group", "aria-label": "Which of the two applies?" }, this.data.pair.map((answer, k) =>
      make("button", { class: "answer", type: "button", disabled: this.blocked(), "data-name": `answer${k}`, onclick: () => this.decide("decide", answer.labels) },
        key(k + 1), answer.words)));
  }

  chipList() {
    const chips = this.chips().filter((chip) => this.data.labels[chip.id]);
    if (!chips.length) return make("p", { class: "quiet" }, "There are no labels yet. Press / and type a name to create the first one.");
    const drawn = chips.map((chip, k) => [chip.asked, this.chip(chip, this.answerKeys() + k + 1)]);
    const asked = drawn.filter(([inQuestion]) => inQuestion).map(([, chip]) => chip);
    const rest = drawn.filter(([inQuestion]) => !inQuestion).map(([, chip]) => chip);
    if (!asked.length) return this.chipGroup("Labels", rest);
    return [this.chipGroup(this.data.question, asked, "question"),
      rest.length > 0 && this.chipGroup(this.data.single ? "Or another label" : "Other labels, if they apply", rest, "others")];
  }

  chipGroup(words, chips, heading) {
    return make("div", { class: "chips", role: "group", "aria-label": words }, heading && make("p", { class: heading, "aria-hidden": "true" }, words), chips);
  }

  chip({ id, chance, asked }, number) {
    const [name, description] = this.data.labels[id];
    const on = this.draft.ticked.has(id);
    const denied = this.draft.dismissed.has(id);
    const state = on ? "applies" : denied ? "does not apply" : "not ticked";
    const says = [name, asked && "in question", chance && `${chance} likely`, state].filter(Boolean).join(", ");
    const look = () => { this.hovered = id; this.redrawText(); };
    const away = () => { this.hovered = null; this.redrawText(); };
    return make("div", { class: `chip ${on ? "on" : denied ? "off" : ""}`, onmouseenter: look, onmouseleave: away },
      make("button", { class: "name", type: "button", role: "checkbox", "aria-checked": String(on), "aria-label": says, title: description || null, "data-name": `label${id}`,
        "aria-keyshortcuts": number <= 9 ? String(number) : null, onclick: this.clicked(() => this.tick(id)), onfocus: look, onblur: away },
        number <= 9 ? key(number) : make("kbd", { class: "none" }), icon(on ? "check_box" : denied ? "disabled_by_default" : "check_box_outline_blank"),
        make("span", { class: "words" }, name), make("small", { title: chance && PER_CENT }, denied ? "does not apply" : chance)),
      make("button", { class: "deny", type: "button", "aria-pressed": String(denied), "aria-label": `${name} does not apply`, title: "Does not apply", "data-name": `deny${id}`,
        onclick: this.clicked(() => this.deny(id)) }, icon("close")));
  }

  redrawText() {
    const shown = this.root.querySelector(".prose");
    if (shown && Object.keys(this.data.words).length) shown.replaceWith(this.prose(this.data.item.text));
  }

  searchButton() {
    return make("button", { class: "plain", type: "button", "data-name": "search", onclick: () => this.openSearch() }, icon("search"), "Another label…", key("/"));
  }

  searchPanel() {
    const list = make("ul", { role: "listbox", id: "found", "aria-label": "Labels found" });
    const input = make("input", { type: "text", role: "combobox", maxlength: 200, placeholder: "Search all labels, or type a new one", value: this.search.typed, autocomplete: "off",
      "aria-label": "Search all labels", "aria-expanded": "true", "aria-controls": "found", "aria-autocomplete": "list", "data-name": "typed" });
    input.oninput = () => { this.search = { typed: input.value, at: 0 }; this.fillFound(list, input); };
    input.onkeydown = (event) => this.searchKey(event, list, input);
    this.fillFound(list, input);
    return make("div", { class: "search" }, input, list, make("p", { class: "quiet" }, "↑ ↓ choose · Enter ticks · Shift + Enter: does not apply · Esc closes"));
  }

  options() {
    const labels = Object.entries(this.data.labels).map(([id, [name, description]]) => [Number(id), name, description]);
    const { found, near, more, fresh } = search(labels, this.search.typed);
    const listed = (some) => some.map(([id, name, description]) => ({ id, name, description }));
    return { options: [...listed(found), ...(fresh ? [{ fresh }] : []), ...listed(near)], more };  // Enter never ticks what is only close
  }

  fillFound(list, input) {
    const { options, more } = this.options();
    this.search.at = Math.min(this.search.at, Math.max(options.length - 1, 0));
    list.replaceChildren(...options.map((option, k) => make("li", { role: "option", id: `found${k}`, "aria-selected": String(k === this.search.at), onmousedown: (event) => { event.preventDefault(); this.pick(option, event.shiftKey); } },
      option.fresh ? [icon("add"), make("span", {}, `Create “${option.fresh}” for everybody`, make("small", {}, "“Parent > Child” puts a label under another one."))]
        : [icon(this.draft.ticked.has(option.id) ? "check_box" : "label"), make("span", {}, option.name, option.description && make("small", {}, option.description))])));
    if (more) list.append(make("li", { class: "quiet", role: "presentation" }, `${more.toLocaleString("en")} more: type to narrow the search`));
    if (options.length) input.setAttribute("aria-activedescendant", `found${this.search.at}`);
    else input.removeAttribute("aria-activedescendant");
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  searchKey(event, list, input) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { options } = this.options();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.escape();
    else if (step && options.length) {
      this.search.at = (this.search.at + step + options.length) % options.length;
      this.fillFound(list, input);
    } else if (event.key === "Enter" && !event.repeat && options.length) this.pick(options[this.search.at], event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pick(option, denied) {
    if (this.blocked()) return;
    this.search = null;
    if (option.fresh) this.act({ kind: "create", name: option.fresh, item: this.data.item.id });
    else if (denied) this.deny(option.id);
    else this.tick(option.id, true);
    this.keepDraft();
    this.draw();
    this.settleFocus(true);
  }

  confirmButton() {
    const count = this.draft.ticked.size;
    const words = count ? `Confirm ${count} label${count === 1 ? "" : "s"}` : "Confirm: no label applies";
    return make("div", { class: "confirming" }, make("button", { class: "confirm", type: "button", "data-name": "confirm", disabled: this.blocked(), "aria-keyshortcuts": "Enter", onclick: () => this.decide("decide") },
      icon("done"), words, key("Enter")));
  }

  noteRow() {
    const input = make("input", { type: "text", maxlength: 2000, value: this.draft.note, placeholder: "A note on this item", "aria-label": "Note", "data-name": "noted" });
    input.oninput = () => { this.draft.note = input.value; this.keepDraft(); };
    input.onkeydown = (event) => {
      const closes = (event.key === "Enter" || event.key === "Escape") && !event.repeat;
      if (!closes || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.draft.noting = false;
      this.draw();
      this.settleFocus(true);
    };
    const open = this.draft.noting || this.draft.note;
    return make("div", { class: "note" }, open && input,
      !open && make("button", { class: "plain", type: "button", "data-name": "note", onclick: () => this.openNote() }, icon("edit_note"), "Note", key("N")),
      make("button", { class: "plain", type: "button", "data-name": "uncertain", "aria-pressed": String(this.draft.uncertain), onclick: this.clicked(() => { this.draft.uncertain = !this.draft.uncertain; }) },
        icon(this.draft.uncertain ? "check_box" : "check_box_outline_blank"), "Uncertain", key("M")));
  }

  keys() {
    const { position, count } = this.data.head;
    const button = (name, words, shortcut, what, off = false) => make("button", { class: "plain", type: "button", "data-name": name, disabled: off || this.blocked(), onclick: what }, words, shortcut && key(shortcut));
    return make("div", { class: "keys", role: "group", "aria-label": "Keys" },
      button("skip", "Skip", "S", () => this.decide("skip", [])),
      button("undo", "Undo", "U", () => this.act({ kind: "undo" })),
      button("back", "Back", "←", () => this.act({ kind: "move", to: position - 2 }), position === 1),
      button("forward", "Forward", "→", () => this.act({ kind: "move", to: position }), position === count),
      button("help", "Keys", "?", () => this.toggleHelp()),
      button("leave", "Leave", "", () => this.act({ kind: "leave" })));
  }

  helpList() {
    return make("div", { class: "help", role: "dialog", "aria-label": "Keys", tabindex: "-1" },
      make("div", { class: "sheet" }, make("h3", {}, "Keys"),
        make("dl", {}, SHORTCUTS.map(([name, meaning]) => [make("dt", {}, make("kbd", {}, name)), make("dd", {}, meaning)])),
        [MARKED, PER_CENT, ...(this.data.pair.length ? [] : [SILENCE])].map((words) => make("p", { class: "quiet" }, words)),
        make("button", { class: "plain", type: "button", onclick: () => this.toggleHelp() }, "Close", key("Esc"))));
  }
}

const desks = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let desk = desks.get(parentElement);
  if (!desk) {
    desk = new Desk(parentElement.querySelector("#desk"));
    desks.set(parentElement, desk);
  }
  desk.receive(data.face, setTriggerValue);
  return () => {
    desk.close();
    desks.delete(parentElement);
  };
}
