import type { Fold } from '../../domain/fold-outages.ts';

/** How sure it is that an incident is a provider's trouble when the provider's notice is all that there is. */
const byItsWord = 0.95;

/** Incidents that stand on notices alone, as outages that have not made anything fail yet. `warned`: an upstream's id to an incident's. */
export const warnedFolds = (warned: ReadonlyMap<string, string>): Fold[] =>
  [...warned].map(([causeId, incidentId]) => {
    const cause = {
      causeId,
      gain: 0,
      confidence: byItsWord,
      explained: [],
      onsetAt: 0,
      hardFailing: [],
      softFailing: [],
      hardFine: [],
      before: [],
    };
    return { outage: { cause, services: [], ranked: [cause] }, incidentId, merge: [], newcomers: [] };
  });
