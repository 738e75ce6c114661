// Has this series looked like this before? A bounded set of boxes covers every shape seen so far; a new shape's distance
// to the nearest box is its novelty. The idea is that of fuzzy adaptive resonance (Carpenter, Grossberg and Rosen, 1991):
// a box grows to take a point in as long as it stays small, otherwise the point founds a box of its own.

/** The widest a box may grow on one side, in units of asinh(deviation): about half a usual deviation, or a factor 1.6. */
const WIDEST = 0.5;
/** The box that was not visited for longest makes room for the 33rd. */
const MOST_BOXES = 32;

export interface Box {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly visit: number;
}

export interface Shapes {
  readonly boxes: readonly Box[];
  readonly visits: number;
}

export const noShapes: Shapes = { boxes: [], visits: 0 };

interface Fit {
  readonly index: number;
  readonly distance: number;
}

/** The nearest box, and the nearest of those that may still grow to take the point in. */
function findBoxes(boxes: readonly Box[], point: readonly number[]): { nearest: Fit; growable: Fit } {
  let nearest: Fit = { index: -1, distance: Number.POSITIVE_INFINITY };
  let growable = nearest;
  for (const [index, box] of boxes.entries()) {
    let distance = 0;
    let grows = true;
    for (let axis = 0; axis < point.length; axis++) {
      const x = point[axis] ?? 0;
      const low = box.low[axis] ?? 0;
      const high = box.high[axis] ?? 0;
      const outside = x < low ? low - x : x > high ? x - high : 0;
      distance += outside;
      if (outside > 0 && high - low + outside > WIDEST) grows = false;
    }
    if (
      distance < nearest.distance ||
      (distance === nearest.distance && box.visit > (boxes[nearest.index]?.visit ?? 0))
    )
      nearest = { index, distance };
    if (grows && distance < growable.distance) growable = { index, distance };
  }
  return { nearest, growable };
}

function replaceBox(boxes: readonly Box[], index: number, box: Box): Box[] {
  const next = boxes.slice();
  next[index] = box;
  return next;
}

function stalest(boxes: readonly Box[]): number {
  let found = 0;
  for (const [index, box] of boxes.entries()) if (box.visit < (boxes[found]?.visit ?? 0)) found = index;
  return found;
}

/** Learns the point, and says how far it was from everything known before: 0 inside a box, and for the very first. */
export function visitShape(shapes: Shapes, point: readonly number[]): { shapes: Shapes; novelty: number } {
  const visits = shapes.visits + 1;
  const { nearest, growable } = findBoxes(shapes.boxes, point);
  const novelty = nearest.index < 0 ? 0 : nearest.distance;
  const known = shapes.boxes[nearest.index];
  if (known && novelty === 0 && nearest.index >= 0)
    return { shapes: { boxes: replaceBox(shapes.boxes, nearest.index, { ...known, visit: visits }), visits }, novelty };
  const grown = shapes.boxes[growable.index];
  if (grown) {
    const box: Box = {
      low: point.map((x, axis) => Math.min(x, grown.low[axis] ?? x)),
      high: point.map((x, axis) => Math.max(x, grown.high[axis] ?? x)),
      visit: visits,
    };
    return { shapes: { boxes: replaceBox(shapes.boxes, growable.index, box), visits }, novelty };
  }
  const box: Box = { low: point, high: point, visit: visits };
  const boxes =
    shapes.boxes.length < MOST_BOXES ? [...shapes.boxes, box] : replaceBox(shapes.boxes, stalest(shapes.boxes), box);
  return { shapes: { boxes, visits }, novelty };
}
