interface Span {
  fromAt: number;
  untilAt: number;
}

/** The midnights of the reader's days from the one of `now` on, and the one after the last: `count + 1` of them. Days of 23 and 25 hours too. */
export function daysFrom(now: number, count: number): number[] {
  const today = new Date(now);
  return Array.from({ length: count + 1 }, (_, day) =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() + day).getTime(),
  );
}

/** Which part of `whole` a span takes, in percent; undefined when it lies outside. */
export function pieceOf(span: Span, whole: Span): { start: number; width: number } | undefined {
  const from = Math.max(span.fromAt, whole.fromAt);
  const until = Math.min(span.untilAt, whole.untilAt);
  if (from >= until) return undefined;
  const length = whole.untilAt - whole.fromAt;
  return { start: ((from - whole.fromAt) / length) * 100, width: ((until - from) / length) * 100 };
}
