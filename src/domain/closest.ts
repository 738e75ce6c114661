/**
 * The candidate that `word` was most likely meant to be: at most a third of its letters differ (insert, delete, replace or
 * swap of neighbours; case is free). Undefined when nothing is near.
 */
function closest(word: string, candidates: Iterable<string>): string | undefined {
  const asked = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(asked.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - asked.length) >= bestDistance) continue;
    const distance = editDistance(asked, candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Optimal string alignment distance, in three rows. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** `, did you mean "payments"?` or nothing. Words longer than an id may be are not compared. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = word.length > 80 ? undefined : closest(word, candidates);
  return near === undefined ? '' : `, did you mean ${JSON.stringify(near)}?`;
}
