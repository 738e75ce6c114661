import type { Span } from './schedule.ts';
import type { EpochMs } from './words.ts';

/** A time in which the same spans of a list are active: no span of the list begins or ends inside it. */
export interface Cell<T extends Span> extends Span {
  /** In the order of the list. */
  readonly active: readonly T[];
}

/**
 * A function that tells which spans are active. It remembers its last answer, so that a walk through time asks the list once
 * for each cell and not once for each step.
 */
export function compileSpans<T extends Span>(spans: readonly T[]): (at: EpochMs) => Cell<T> {
  return rememberLast((at) => {
    let fromAt = -Infinity;
    let untilAt = Infinity;
    const active: T[] = [];
    for (const span of spans) {
      if (span.fromAt <= at && at < span.untilAt) active.push(span);
      for (const edge of [span.fromAt, span.untilAt]) {
        if (edge <= at) fromAt = Math.max(fromAt, edge);
        else untilAt = Math.min(untilAt, edge);
      }
    }
    return { fromAt, untilAt, active };
  });
}

/** Repeats the last answer for as long as that answer holds. */
export function rememberLast<A extends Span>(answer: (at: EpochMs) => A): (at: EpochMs) => A {
  let last: A | undefined;
  return (at) => {
    if (last === undefined || at < last.fromAt || at >= last.untilAt) last = answer(at);
    return last;
  };
}
