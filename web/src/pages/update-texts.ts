import type { Phase } from '../../../src/domain/words.ts';

/** A first draft of what the public reads, to be made true by the person who sends it. */
export function suggestionFor(phase: Phase, service = 'this service'): string {
  if (phase === 'investigating')
    return `We are looking into a problem with ${service}. We do not know the cause yet, and will write here as soon as we do.`;
  if (phase === 'identified')
    return `We have found what is wrong with ${service} and are putting it right. We will write here when it is done, or in an hour.`;
  if (phase === 'monitoring')
    return `${service} is working again. We are watching it for a while before we call this over.`;
  return `${service} is working as it should again. Thank you for your patience.`;
}
