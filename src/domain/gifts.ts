/** Time off of more than a working day needs a second person, like an amount above the team's limit. */
export const longTimeOffMinutes = 8 * 60;

export interface GiftFacts {
  /** In the smallest unit of the currency. */
  readonly cost: number;
  readonly minutes: number | null;
  readonly balance: number;
  readonly approvalAbove: number;
  readonly askedBy: string;
  readonly forPerson: string;
}

export type GiftDecision =
  | { readonly action: 'give' }
  | { readonly action: 'wait'; readonly reason: 'amount' | 'time-off' }
  | { readonly action: 'refuse'; readonly reason: 'own' | 'budget' };

/** Whether a gift is given at once, waits for a second person, or cannot be. What waits is set aside already, so that nobody spends it twice. */
export function decideGift(facts: GiftFacts): GiftDecision {
  if (facts.askedBy === facts.forPerson) return { action: 'refuse', reason: 'own' };
  if (facts.cost > facts.balance) return { action: 'refuse', reason: 'budget' };
  if (facts.cost > facts.approvalAbove) return { action: 'wait', reason: 'amount' };
  if ((facts.minutes ?? 0) > longTimeOffMinutes) return { action: 'wait', reason: 'time-off' };
  return { action: 'give' };
}

/** Who may be the second person: not the one who asked, and not the one who gets it. */
export const maySecond = (gift: { askedBy: string; forPerson: string }, personId: string): boolean =>
  personId !== gift.askedBy && personId !== gift.forPerson;

/**
 * One row of CSV (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection); numbers
 * are ours and stay numbers.
 */
export function csvRow(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const plain = cell.replace(/[\r\n]+/g, ' ').replaceAll('\0', '');
  // Also behind spaces, and in the wide forms that spreadsheets read alike.
  const safe = /^\s*[=+\-@\t|%\uff1d\uff0b\uff0d\uff20]/.test(plain) ? `'${plain}` : plain;
  return `"${safe.replaceAll('"', '""')}"`;
}
