// Texts: where a long one folds, which of its words are marked, and which labels a search finds.

const MOST_FOUND = 40;
const MOST_CLOSE = 5;
// Names that share so much of their pairs of letters, 0-1, are close.
const CLOSE = 0.5;

// Where to cut a text that is longer than is read at a glance: after a word; its length where it stays whole.
export function foldAt(text, fold) {
  if (text.length <= 1.2 * fold) return text.length;
  const space = text.lastIndexOf(" ", fold);
  return space > fold / 2 ? space : fold;
}

// The text in pieces, [piece, whether it is one of the words]; whole words only, in any case.
export function pieces(text, words) {
  const escaped = [...new Set(words)].filter(Boolean).sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!escaped.length) return [[text, false]];
  const found = [];
  let end = 0;
  for (const match of text.matchAll(new RegExp(`(?<![\\p{L}\\p{N}_])(?:${escaped.join("|")})(?![\\p{L}\\p{N}_])`, "giu"))) {
    if (match.index > end) found.push([text.slice(end, match.index), false]);
    found.push([match[0], true]);
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push([text.slice(end), false]);
  return found;
}

// How much two names have in common, 0-1: twice the pairs of letters that they share, of all that they have.
export function likeness(one, other) {
  const pairs = (name) => [...name.toLowerCase()].slice(1).map((letter, k) => [...name.toLowerCase()][k] + letter);
  const left = pairs(other);
  const total = pairs(one).length + left.length;
  const shared = pairs(one).filter((pair) => left.includes(pair) && left.splice(left.indexOf(pair), 1)).length;
  return total ? (2 * shared) / total : 0;
}

// The labels whose name, or its last part, is like what was typed: the closest first.
function close(labels, asked) {
  const nearest = ([, name]) => Math.max(likeness(name, asked), likeness(name.split(">").at(-1).trim(), asked.split(">").at(-1).trim()));
  const near = labels.map((label) => [nearest(label), label]).filter(([like]) => like >= CLOSE);
  return near.sort(([a], [b]) => b - a).slice(0, MOST_CLOSE).map(([, label]) => label);
}

// Labels as [id, name, description] whose name or description has every word typed: names that begin so first, then other names,
// then descriptions. Returns {found, more, fresh, near}: fresh is a name that no label has, to be created, and near the names close to it.
export function search(labels, typed) {
  const asked = typed.trim().replace(/\s+/g, " ");
  const words = asked.toLowerCase().split(" ").filter(Boolean);
  const rank = ([, name, description]) => {
    const low = name.toLowerCase();
    if (words.every((word) => low.includes(word))) return low.startsWith(words[0] ?? "") ? 0 : 1;
    return words.every((word) => `${low} ${description.toLowerCase()}`.includes(word)) ? 2 : 3;
  };
  const ranked = labels.map((label) => [rank(label), label]).filter(([order]) => order < 3);
  ranked.sort(([a, one], [b, other]) => a - b || one[1].localeCompare(other[1]));
  const same = labels.some(([, name]) => name.toLowerCase() === asked.toLowerCase());
  const found = ranked.slice(0, MOST_FOUND).map(([, label]) => label);
  const fresh = asked && !same ? asked : "";
  const near = fresh ? close(labels.filter((label) => !found.includes(label)), fresh) : [];
  return { found, near, more: Math.max(ranked.length - MOST_FOUND, 0), fresh };
}
