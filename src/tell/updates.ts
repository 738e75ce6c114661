import type { JsonObject, Phase } from '../domain/words.ts';
import { phases } from '../domain/words.ts';
import type { UpdateModel } from './model.ts';

/** What the public updates of an incident are made from. */
export interface UpdateFacts {
  incidentId: string;
  openedAt: number;
  resolvedAt: number | null;
  /** Events of kind `update.posted`, oldest first. */
  posted: readonly { id: string; at: number; data: JsonObject }[];
}

/** The event kind that carries a public update; its data is `{ phase, body }`. */
export const updateKind = 'update.posted';

const openingText = 'We have noticed a problem and are looking into it. The next update will be here.';
const resolvedText = 'This is resolved, and everything works as it should again.';

/**
 * The public updates of an incident, newest first. When nobody has written the first or the last word yet, an automatic one stands in, with an id that
 * stays the same, so that a reader, a feed and a mail all speak of one update.
 */
export function updatesOf(facts: UpdateFacts): UpdateModel[] {
  const updates = facts.posted.flatMap((event) => {
    const { phase, body } = event.data;
    return isPhase(phase) && typeof body === 'string' && body.trim() !== ''
      ? [{ id: event.id, phase, body: body.trim(), at: event.at }]
      : [];
  });
  const first = updates[0];
  if (first === undefined || first.phase === 'resolved' || first.at > facts.openedAt) {
    updates.unshift({
      id: `${facts.incidentId}-opened`,
      phase: 'investigating',
      body: openingText,
      at: facts.openedAt,
    });
  }
  if (facts.resolvedAt !== null && !updates.some((update) => update.phase === 'resolved')) {
    updates.push({ id: `${facts.incidentId}-resolved`, phase: 'resolved', body: resolvedText, at: facts.resolvedAt });
  }
  return updates.toReversed().toSorted((a, b) => b.at - a.at);
}

/** Whether an event says one of the words that the public knows. */
export const isPhase = (value: unknown): value is Phase => (phases as readonly unknown[]).includes(value);
