// The ground of the map: its points, where they fall on the screen, and which of them is nearest. It knows nothing of the page.

const REACH = 65535;
const CELLS = 128;
// Points that are not meant at the moment stay in sight, this faint (0-255).
const FAINT = 46;

function bytes(text) {
  const raw = atob(text);
  const found = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) found[i] = raw.charCodeAt(i);
  return found;
}

// A colour "#rrggbb" or "#rrggbbaa" as a pixel of an image; `alpha` (0-255) instead of its own.
function pixel(colour, alpha) {
  const part = (at) => parseInt(colour.slice(at, at + 2), 16);
  const own = colour.length > 7 ? part(7) : 255;
  return ((alpha ?? own) << 24) | (part(5) << 16) | (part(3) << 8) | part(1);
}

// The steps from a point's middle to the pixels of a disc of this radius on a picture of this width.
function disc(radius, width) {
  const found = [];
  const reach = Math.floor(radius);
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) if (x * x + y * y <= radius * radius) found.push(y * width + x);
  }
  return { steps: Int32Array.from(found), reach };
}

class Ground {
  constructor(points) {
    const pairs = new Uint16Array(bytes(points).buffer);
    this.count = pairs.length >> 1;
    this.x = new Float32Array(this.count);
    this.y = new Float32Array(this.count);
    for (let i = 0; i < this.count; i++) {
      this.x[i] = pairs[2 * i];
      this.y[i] = pairs[2 * i + 1];
    }
    this.order = Uint32Array.from({ length: this.count }, (_, i) => i);
    this.gather();
  }

  // Which points each cell of a grid holds, so that the nearest one is found at once.
  gather() {
    const cell = new Uint16Array(this.count);
    this.starts = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < this.count; i++) {
      cell[i] = this.cellOf(this.y[i]) * CELLS + this.cellOf(this.x[i]);
      this.starts[cell[i] + 1]++;
    }
    for (let c = 0; c < CELLS * CELLS; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.members = new Uint32Array(this.count);
    for (let i = 0; i < this.count; i++) this.members[next[cell[i]]++] = i;
  }

  cellOf(value) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((value / (REACH + 1)) * CELLS)));
  }

  // What the points mean from now on: a code each, and the colour of each code. What stands out is drawn last.
  paint(codes, colours, themes) {
    this.codes = codes;
    this.themes = themes;
    this.strong = colours.map((colour) => pixel(colour));
    this.faint = colours.map((colour) => pixel(colour.slice(0, 7), FAINT));
    const below = colours.map((colour) => colour.length > 7);
    let at = 0;
    for (const first of [true, false]) for (let i = 0; i < this.count; i++) if (below[codes[i]] === first) this.order[at++] = i;
  }

  // Whether a point is meant: all are, or those of one code, or those of one theme.
  meant(i, code, theme) {
    return (code === null || this.codes[i] === code) && (theme === null || this.themes[i] === theme);
  }

  // Draw all points into the pixels of a picture: `at` says where the map lies on it, and `radius` how large a point is.
  draw(pixels, width, height, at, radius, code, theme) {
    const { steps, reach } = disc(radius, width);
    pixels.fill(0);
    for (const strong of code === null && theme === null ? [true] : [false, true]) {
      const colours = strong ? this.strong : this.faint;
      for (let k = 0; k < this.count; k++) {
        const i = this.order[k];
        if (this.meant(i, code, theme) !== strong) continue;
        const x = (this.x[i] * at.scale + at.x) | 0;
        const y = (this.y[i] * at.scale + at.y) | 0;
        if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue;
        const middle = y * width + x;
        const colour = colours[this.codes[i]];
        for (let s = 0; s < steps.length; s++) pixels[middle + steps[s]] = colour;
      }
    }
  }

  // The point nearest to a place on the map, no farther than `far`; -1 when there is none.
  nearest(x, y, far, code, theme) {
    let best = -1;
    let least = far * far;
    for (let row = this.cellOf(y - far); row <= this.cellOf(y + far); row++) {
      for (let column = this.cellOf(x - far); column <= this.cellOf(x + far); column++) {
        const cell = row * CELLS + column;
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k++) {
          const i = this.members[k];
          const distance = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (distance < least && this.meant(i, code, theme)) [best, least] = [i, distance];
        }
      }
    }
    return best;
  }
}
