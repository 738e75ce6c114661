import type { Ctx } from '../../platform/context.ts';
import type { Event } from '../../platform/events.ts';
import { incidentPath } from '../render/incident-parts.ts';
import { timesIn } from '../render/times.ts';
import { shownPhase, shownSeverity } from '../render/words.ts';
import { isPhase, updateKind } from '../updates.ts';
import type { Letter, LetterPage } from './letter.ts';

/** The letter about a public update; undefined when the event is none, or its incident not public. */
export async function updateLetter(ctx: Ctx, event: Event, page: LetterPage): Promise<Letter | undefined> {
  const { phase, body } = event.data;
  if (event.kind !== updateKind || event.incidentId === null || !isPhase(phase) || typeof body !== 'string') {
    return undefined;
  }
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['id', 'public_title as title', 'severity'])
    .where('id', '=', event.incidentId)
    .where('is_public', '=', true)
    .where('merged_into_id', 'is', null)
    .executeTakeFirst();
  if (incident === undefined) return undefined;
  const isOver = phase === 'resolved';
  const tone = incident.severity;
  return {
    id: event.id,
    at: event.at,
    page,
    subject: `${shownPhase[phase].word}: ${incident.title}`,
    content: {
      heading: incident.title,
      badge: isOver
        ? { word: shownPhase.resolved.word, tone: 'calm' }
        : { word: `${shownSeverity[tone].word}, ${shownPhase[phase].word.toLowerCase()}`, tone },
      paragraphs: body.split(/\n\s*\n/),
      facts: [['Said', timesIn(page.timeZone).exact(event.at)]],
      buttons: [
        {
          label: isOver ? 'Read what happened' : 'Follow it on the status page',
          url: `${ctx.publicUrl}${incidentPath(incident.id)}`,
        },
      ],
    },
  };
}
