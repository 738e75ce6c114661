interface Step {
  contactMethodId: string;
  afterMs: number;
}

/** How long after the step, as a person would say it. */
const when = (afterMs: number): string => (afterMs === 0 ? 'at once' : `after ${Math.round(afterMs / 60_000)} min`);

/** The rules of one urgency as a plain sentence: 'phone at once, e-mail after 2 min'. `nameOf` gives a contact method's label. */
export function ruleSentence(steps: readonly Step[], nameOf: (id: string) => string): string {
  if (steps.length === 0) return 'all contact methods at once';
  const sorted = steps.toSorted((a, b) => a.afterMs - b.afterMs);
  return sorted.map(({ contactMethodId, afterMs }) => `${nameOf(contactMethodId)} ${when(afterMs)}`).join(', ');
}

/** Everything that the rules say, a sentence each. */
export function rulesSentences(
  rules: {
    high: readonly Step[];
    low: readonly Step[];
    quietHours: { from: string; to: string } | null;
  },
  nameOf: (id: string) => string,
): string[] {
  const { high, low, quietHours } = rules;
  const held = quietHours === null ? '' : `; between ${quietHours.from} and ${quietHours.to} it waits for the morning`;
  return [`Critical and major: ${ruleSentence(high, nameOf)}.`, `Minor: ${ruleSentence(low, nameOf)}${held}.`];
}
