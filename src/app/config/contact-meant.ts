/** Which of the person's contact methods a rule means, by its place: by label, or by kind where there is one of that kind. */
export function contactMeant(
  use: string,
  contacts: readonly { kind?: unknown; label?: unknown }[],
): number | undefined {
  const byLabel = contacts.findIndex(({ label }) => label === use);
  if (byLabel >= 0) return byLabel;
  const ofKind = contacts.flatMap(({ kind }, place) => (kind === use ? [place] : []));
  return ofKind.length === 1 ? ofKind[0] : undefined;
}
