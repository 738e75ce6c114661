import { durationWords } from '../domain/duration.ts';
import { layoutMail } from '../platform/mail/layout.ts';
import { peopleText, tally } from './hug-words.ts';
import type { BundleOfIncident } from './read-bundle.ts';

/** One mail with everything that people said since the last one. */
export function hugMail(input: {
  personName: string;
  publicUrl: string;
  timeZone: string;
  bundle: readonly BundleOfIncident[];
}): { subject: string; text: string; html: string } {
  const { bundle } = input;
  const total = bundle.flatMap(({ byKind }) => byKind).reduce((sum, { count }) => sum + count, 0);
  const subject = peopleText(total);
  const first = input.personName.split(' ')[0] ?? input.personName;
  const said = bundle.flatMap(({ words }) => words);
  return {
    subject,
    ...layoutMail({
      heading: subject,
      badge: { word: 'Thanks', tone: 'thanks' },
      paragraphs: [
        `Hello ${first}, this is from people who noticed that you were there.`,
        ...bundle.map((incident) => incidentLine(incident, input.timeZone)),
      ],
      list: said.map(({ message }) => `“${message}”`),
      buttons: bundle.slice(0, 3).map(({ incidentId, title }) => ({
        label: bundle.length === 1 ? 'Read all of it' : title,
        url: `${input.publicUrl}/console/hugs#${incidentId}`,
      })),
      footer: ['You get this in your own hours, at most twice a day. It counts for nothing and scores nobody.'],
    }),
  };
}

function incidentLine(incident: BundleOfIncident, timeZone: string): string {
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'long', day: 'numeric', month: 'long' }).format(
    incident.openedAt,
  );
  const facts = numbersThatMatter(incident);
  return [`${incident.title}, ${day}: ${tally(incident.byKind)}.`, ...(facts === '' ? [] : [`${facts}.`])].join(' ');
}

/** `42 seconds until somebody had it, 3 h 12 min until it worked again`. */
export function numbersThatMatter(
  incident: Pick<BundleOfIncident, 'openedAt' | 'acknowledgedAt' | 'resolvedAt'>,
): string {
  const { openedAt, acknowledgedAt, resolvedAt } = incident;
  return [
    acknowledgedAt === null ? [] : `${durationWords(acknowledgedAt - openedAt)} until somebody had it`,
    resolvedAt === null ? [] : `${durationWords(resolvedAt - openedAt)} until it worked again`,
  ]
    .flat()
    .join(', ');
}
