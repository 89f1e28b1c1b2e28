// The map of all items: draws the points, moves and zooms them, and sends the outline of what is chosen.

const STEPS = 1000;
const CORNERS = 48;
const NEAR = 9;
// A pointer that has moved less than this has not dragged.
const STILL = 4;
// The pointer rests so long on a point before its text is asked for.
const REST_MS = 140;
const CLOSEST = 60;
const NAME_FONT = "600 12px";
const KEYS = "Arrow keys move, + and − zoom, 0 shows all, S selects what is in view, Escape clears.";
const MOUSE = `After a click on the map the wheel zooms. ${KEYS}`;
const TOUCH = "Two fingers zoom, a tap tells what a point is.";

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

class MapView {
  constructor(root) {
    this.root = root;
    this.face = null;
    this.mode = "move";
    this.code = null;
    this.theme = null;
    this.outline = this.chosen = [];
    this.drag = null;
    this.pointers = new Map();
    this.hovered = -1;
    this.texts = new Map();
    this.dirty = false;
    this.base = node("canvas", { class: "base", "aria-hidden": "true" });
    this.over = node("canvas", { class: "over", tabindex: "0", role: "application" });
    this.tip = node("div", { class: "tip", hidden: true });
    this.frame = node("div", { class: "frame" }, this.base, this.over, this.tip);
    this.tools = node("div", { class: "tools", role: "toolbar", "aria-label": "Map" });
    this.legend = node("div", { class: "legend" });
    const ways = [["by-mouse", MOUSE], ["by-touch", TOUCH]].map(([name, words]) => node("div", { class: name }, words));
    root.replaceChildren(this.tools, this.frame, node("div", { class: "ways" }, ways), this.legend);
    this.listen();
  }

  listen() {
    const over = this.over;
    over.onpointerdown = (event) => this.pressed(event);
    over.onpointermove = (event) => this.moved(event);
    over.onpointerup = (event) => this.released(event);
    over.onpointercancel = (event) => this.dropped(event);
    over.onpointerleave = (event) => event.pointerType !== "touch" && this.hover(-1);
    over.ondblclick = (event) => this.zoom(2, ...this.spot(event));
    over.onkeydown = (event) => this.key(event);
    over.onblur = over.onfocus = () => this.redraw();
    over.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.onTold = (event) => this.told(event.detail);
    window.addEventListener("plateau-map-told", this.onTold);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.frame);
  }

  close() {
    window.removeEventListener("plateau-map-told", this.onTold);
    this.sizes.disconnect();
  }

  show(face) {
    if (face.points !== this.face?.points) {
      this.ground = new Ground(face.points);
      this.texts.clear();
      this.at = null;
    }
    if (face !== this.face && face.what !== this.face?.what) this.code = null;
    this.face = face;
    this.ground.paint(bytes(face.codes), face.colours, bytes(face.themes));
    this.over.setAttribute("aria-label", `${face.alt} ${KEYS}`);
    this.bar();
    this.words();
    this.resize();
    window.dispatchEvent(new CustomEvent("plateau-map-ask", { detail: -1 }));
  }

  // What the server says: the text of a point, and what is chosen.
  told(detail) {
    if (detail.text) this.texts.set(detail.text.place, detail.text.words);
    this.theme = detail.theme;
    this.chosen = detail.outline.map(([x, y]) => [(x / STEPS) * REACH, (y / STEPS) * REACH]);
    if (!this.drag) this.outline = this.chosen;
    this.bar();
    this.redraw();
    if (this.hovered >= 0) this.hint();
  }

  bar() {
    const kinds = [["move", "drag_pan", "Move"], ["box", "select", "Rectangle"], ["lasso", "lasso_select", "Lasso"]];
    const button = (icon, words, onclick, pressed) =>
      node("button", { type: "button", title: words, "aria-label": words, "aria-pressed": pressed, onclick },
        node("span", { class: "icon", "aria-hidden": "true" }, icon));
    const chosen = this.outline.length || this.theme !== null;
    this.tools.replaceChildren(
      ...kinds.map(([mode, icon, words]) => button(icon, words, () => this.change(mode), String(this.mode === mode))),
      node("span", { class: "gap" }),
      button("add", "Zoom in", () => this.zoom(1.6)), button("remove", "Zoom out", () => this.zoom(1 / 1.6)),
      button("zoom_out_map", "Show all", () => this.whole()),
      node("span", { class: "gap" }),
      node("button", { type: "button", class: "worded", onclick: () => this.inView() }, "Select what is in view"),
      chosen ? node("button", { type: "button", class: "worded", onclick: () => this.clear() }, "Clear") : "",
    );
  }

  change(mode) {
    this.mode = mode;
    this.over.dataset.mode = mode;
    this.bar();
  }

  // What the colours mean; a click leaves only the points of one colour standing out.
  words() {
    const { names, colours, counts, ends } = this.face;
    const entry = (k, said) =>
      node("button", { type: "button", class: said ? "" : "step", "aria-pressed": String(this.code === k), title: `${names[k]}: ${counts[k]} items`,
        "aria-label": `${names[k]}: ${counts[k]} items`, onclick: () => this.only(k) },
        node("span", { class: "spot", style: `background:${colours[k]}` }),
        said ? [`${said} `, node("span", { class: "count" }, counts[k].toLocaleString("en"))] : []);
    const all = names.map((_, k) => k);
    const parts = ends
      ? [node("span", {}, ends[0]), node("span", { class: "steps" }, all.slice(1).map((k) => entry(k, ""))), node("span", {}, ends[1]),
        counts[0] ? entry(0, names[0]) : null]
      : all.filter((k) => counts[k]).slice(0, this.face.most).map((k) => entry(k, names[k]));
    this.legend.replaceChildren(...parts.filter((part) => part !== null));
  }

  only(code) {
    this.code = this.code === code ? null : code;
    this.words();
    this.redraw();
  }

  resize() {
    const width = this.frame.clientWidth;
    if (!width || !this.face) return;
    const height = Math.round(Math.min(Math.max(320, width * 0.72), 640));
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    const [w, h] = [Math.round(width * this.ratio), Math.round(height * this.ratio)];
    if (w !== this.base.width || h !== this.base.height || !this.at) {
      this.frame.style.height = `${height}px`;
      for (const canvas of [this.base, this.over]) [canvas.width, canvas.height] = [w, h];
      this.picture = this.base.getContext("2d").createImageData(w, h);
      this.pixels = new Uint32Array(this.picture.data.buffer);
      this.fit();
    }
    this.redraw();
  }

  fit() {
    const { width, height } = this.base;
    this.least = (Math.min(width, height) * 0.94) / REACH;
    this.at = { scale: this.least, x: (width - this.least * REACH) / 2, y: (height - this.least * REACH) / 2 };
  }

  whole() {
    this.fit();
    this.redraw();
  }

  redraw() {
    if (this.dirty || !this.face || !this.at) return;
    this.dirty = true;
    requestAnimationFrame(() => {
      this.dirty = false;
      this.draw();
    });
  }

  draw() {
    const { width, height } = this.base;
    const grown = (this.at.scale / this.least) ** 0.4;
    const radius = Math.min(Math.max(0.24 * Math.sqrt((width * height) / (this.ground.count + 1)), 1) * grown, 7 * this.ratio);
    this.ground.draw(this.pixels, width, height, this.at, radius, this.code, this.theme);
    this.base.getContext("2d").putImageData(this.picture, 0, 0);
    this.sketch();
  }

  // What lies over the points: the outline of what is chosen, the names of themes, and a ring around the point in hand.
  sketch() {
    const pen = this.over.getContext("2d");
    const style = getComputedStyle(this.root);
    const ink = style.getPropertyValue("--st-text-color") || "#222";
    pen.clearRect(0, 0, this.over.width, this.over.height);
    pen.lineWidth = 2 * this.ratio;
    pen.strokeStyle = style.getPropertyValue("--st-primary-color") || ink;
    if (this.outline.length > 1) {
      pen.beginPath();
      for (const [x, y] of this.outline) pen.lineTo(x * this.at.scale + this.at.x, y * this.at.scale + this.at.y);
      pen.closePath();
      pen.setLineDash([6 * this.ratio, 4 * this.ratio]);
      pen.stroke();
      pen.setLineDash([]);
    }
    this.names(pen, ink, style.getPropertyValue("--st-background-color") || "#fff", style.fontFamily);
    if (this.hovered >= 0) {
      pen.strokeStyle = ink;
      pen.beginPath();
      pen.arc(...this.onScreen(this.ground.x[this.hovered], this.ground.y[this.hovered]), 6 * this.ratio, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  names(pen, ink, ground, family) {
    const taken = [];
    pen.font = `${NAME_FONT} ${family}`.replace("12px", `${12 * this.ratio}px`);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const chosen = (theme) => theme.number === this.theme;
    const themes = [...this.face.places].sort((a, b) => chosen(b) - chosen(a) || b.count - a.count);
    for (const theme of themes) {
      const [x, y] = this.onScreen(theme.x, theme.y);
      const half = pen.measureText(theme.words).width / 2 + 8 * this.ratio;
      const tall = 13 * this.ratio;
      const free = taken.every(([a, b, c]) => Math.abs(a - x) > c + half || Math.abs(b - y) > 2 * tall);
      if (x < half || x > this.over.width - half || y < tall || y > this.over.height - tall || !free) continue;
      taken.push([x, y, half]);
      pen.lineWidth = 4 * this.ratio;
      pen.strokeStyle = ground;
      pen.strokeText(theme.words, x, y);
      pen.fillStyle = ink;
      pen.fillText(theme.words, x, y);
    }
  }

  onScreen(x, y) {
    return [x * this.at.scale + this.at.x, y * this.at.scale + this.at.y];
  }

  // Where an event lies on the screen, and on the map.
  spot(event) {
    const box = this.over.getBoundingClientRect();
    return [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
  }

  place(x, y) {
    return [(x - this.at.x) / this.at.scale, (y - this.at.y) / this.at.scale];
  }

  zoom(factor, x = this.base.width / 2, y = this.base.height / 2) {
    const scale = Math.min(Math.max(this.at.scale * factor, this.least * 0.7), this.least * CLOSEST);
    const [mx, my] = this.place(x, y);
    this.at = { scale, x: x - mx * scale, y: y - my * scale };
    this.redraw();
  }

  pan(x, y) {
    this.at = { ...this.at, x: this.at.x + x, y: this.at.y + y };
    this.redraw();
  }

  // A wheel turns the page unless the map was clicked before.
  wheel(event) {
    if (!event.ctrlKey && this.root.getRootNode().activeElement !== this.over) return;
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * 0.0016), ...this.spot(event));
  }

  pressed(event) {
    this.over.focus({ preventScroll: true });
    this.over.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.spot(event));
    this.hover(-1);
    if (this.pointers.size > 1) return this.together();
    const mode = event.shiftKey && this.mode === "move" ? "box" : this.mode;
    this.drag = { mode, from: this.spot(event), path: [this.place(...this.spot(event))] };
  }

  // Two fingers zoom and move, whatever one of them has begun: what it has drawn so far is not meant.
  together() {
    this.drag = { mode: "pinch" };
    this.outline = this.chosen;
    this.redraw();
  }

  moved(event) {
    const [x, y] = this.spot(event);
    if (!this.drag) {
      const [mx, my] = this.place(x, y);
      this.hover(this.ground.nearest(mx, my, (NEAR * this.ratio) / this.at.scale, this.code, this.theme), x, y);
      return;
    }
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (this.drag.mode === "pinch") this.pinch(event.pointerId, x, y);
    else if (this.drag.mode === "move") this.pan(x - before[0], y - before[1]);
    else this.trace(x, y);
    this.pointers.set(event.pointerId, [x, y]);
  }

  // The finger that is left of two moves the map.
  pinch(moving, x, y) {
    const [still] = [...this.pointers].filter(([id]) => id !== moving).map(([, at]) => at);
    const before = this.pointers.get(moving);
    if (!still) return this.pan(x - before[0], y - before[1]);
    const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    this.zoom(far([x, y], still) / far(before, still), ...still);
  }

  trace(x, y) {
    const [ax, ay] = this.drag.path[0];
    const [bx, by] = this.place(x, y);
    if (this.drag.mode === "box") this.outline = [[ax, ay], [bx, ay], [bx, by], [ax, by]];
    else this.outline = this.drag.path = [...this.drag.path, [bx, by]];
    this.sketch();
  }

  released(event) {
    const drag = this.lifted(event);
    if (!drag || drag.mode === "pinch") return;
    const [x, y] = this.spot(event);
    const still = Math.hypot(x - drag.from[0], y - drag.from[1]) < STILL * this.ratio;
    if (drag.mode === "move") {
      if (still && event.pointerType === "touch") this.touched(x, y);
      return;
    }
    if (still && drag.path.length < 8) this.outline = this.chosen;
    else this.choose();
    this.redraw();
  }

  // The browser has taken a finger away, for a gesture of its own: nothing is chosen by it.
  dropped(event) {
    if (!this.lifted(event)) return;
    this.outline = this.chosen;
    this.redraw();
  }

  // One pointer less; what it was dragging.
  lifted(event) {
    const drag = this.drag;
    this.pointers.delete(event.pointerId);
    if (this.pointers.size === 0) this.drag = null;
    return drag;
  }

  // A finger cannot rest above a point: a tap shows what it is.
  touched(x, y) {
    const [mx, my] = this.place(x, y);
    this.hover(this.ground.nearest(mx, my, (2 * NEAR * this.ratio) / this.at.scale, this.code, this.theme), x, y);
  }

  // Send the outline, with as few corners as an address can hold.
  choose() {
    const every = Math.max(1, Math.ceil(this.outline.length / CORNERS));
    const step = (value) => Math.round((Math.min(Math.max(value, 0), REACH) / REACH) * STEPS);
    this.outline = this.chosen = this.outline.filter((_, k) => k % every === 0);
    this.send({ kind: "region", outline: this.outline.map(([x, y]) => [step(x), step(y)]) });
  }

  inView() {
    const [ax, ay] = this.place(0, 0);
    const [bx, by] = this.place(this.base.width, this.base.height);
    this.outline = [[ax, ay], [bx, ay], [bx, by], [ax, by]];
    this.choose();
    this.redraw();
  }

  clear() {
    this.outline = this.chosen = [];
    this.send({ kind: "clear", outline: [] });
    this.redraw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = 40 * this.ratio;
    const does = {
      ArrowLeft: () => this.pan(far, 0), ArrowRight: () => this.pan(-far, 0), ArrowUp: () => this.pan(0, far), ArrowDown: () => this.pan(0, -far),
      "+": () => this.zoom(1.4), "=": () => this.zoom(1.4), "-": () => this.zoom(1 / 1.4), 0: () => this.whole(),
      s: () => this.inView(), Escape: () => this.clear(),
    }[event.key];
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  }

  hover(i, x, y) {
    if (i === this.hovered) return;
    this.hovered = i;
    clearTimeout(this.resting);
    this.sketch();
    if (i < 0) {
      this.tip.hidden = true;
      return;
    }
    this.spotted = [x / this.ratio, y / this.ratio];
    this.hint();
    if (!this.texts.has(i)) this.resting = setTimeout(() => window.dispatchEvent(new CustomEvent("plateau-map-ask", { detail: i })), REST_MS);
  }

  // What is known of the point in hand: its theme, what its colour means, and its text once that has come.
  hint() {
    const i = this.hovered;
    const theme = this.face.places.find((place) => place.number === this.ground.themes[i]);
    this.tip.replaceChildren(
      node("div", { class: "means" }, node("span", { class: "spot", style: `background:${this.face.colours[this.ground.codes[i]]}` }),
        `${this.face.what}: ${this.face.names[this.ground.codes[i]]}`),
      theme && this.face.what !== "Theme" ? node("div", { class: "means" }, `Theme: ${theme.words}`) : "",
      node("div", {}, this.texts.get(i) ?? "…"),
    );
    this.tip.hidden = false;
    const width = this.frame.clientWidth;
    const [x, y] = this.spotted;
    this.tip.style.left = `${Math.max(0, Math.min(x + 14, width - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${y + 16 + this.tip.offsetHeight > this.frame.clientHeight ? Math.max(0, y - 16 - this.tip.offsetHeight) : y + 16}px`;
  }
}

const views = new WeakMap();

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector("#map");
  const view = views.get(root) ?? new MapView(root);
  views.set(root, view);
  view.send = (event) => setTriggerValue("event", event);
  view.show(data.face);
  return () => view.close();
}
