import type { Overview } from '../api/types.ts';
import { countText, type Shown, shownSeverity, shownVerdict } from '../ui/states.tsx';

export interface Headline {
  shown: Shown;
  sentence: string;
  detail: string;
}

/** Where things stand, as one calm sentence with what it rests on. */
export function headlineOf(overview: Pick<Overview, 'incidents' | 'services'>): Headline {
  const { incidents, services } = overview;
  const detail = servicesLine(services);
  const worst = incidents[0];
  if (worst !== undefined) {
    const waiting = incidents.filter((incident) => incident.status === 'triggered').length;
    const tone = shownSeverity[waiting > 0 ? worst.severity : worstOf(incidents)];
    return { shown: tone, sentence: incidentsLine(incidents.length, waiting), detail };
  }
  if (services.length === 0)
    return { shown: shownVerdict.unknown, sentence: 'Nothing is watched yet', detail: 'HugOps is ready.' };
  const verdicts = new Set(services.map((service) => service.status));
  if (verdicts.has('down'))
    return { shown: shownVerdict.down, sentence: 'Something is down, without an incident', detail };
  if (verdicts.has('degraded')) return { shown: shownVerdict.degraded, sentence: 'Something is degraded', detail };
  if (!verdicts.has('up')) return { shown: shownVerdict.unknown, sentence: 'Nothing is measured yet', detail };
  return { shown: shownVerdict.up, sentence: 'Everything is working', detail };
}

function incidentsLine(all: number, waiting: number): string {
  if (waiting === 0) return all === 1 ? 'One incident, in good hands' : `${all} incidents, all in good hands`;
  if (all === 1) return 'One incident needs somebody';
  return waiting === all
    ? `${all} incidents need somebody`
    : `${waiting} of ${all} incidents ${waiting === 1 ? 'needs' : 'need'} somebody`;
}

const worstOf = (incidents: Overview['incidents']): Overview['incidents'][number]['severity'] =>
  (['critical', 'major', 'minor'] as const).find((severity) =>
    incidents.some((incident) => incident.severity === severity),
  ) ?? 'minor';

/** `12 services: 1 down, 10 up, 1 not measured`. */
function servicesLine(services: Overview['services']): string {
  const counts = (['down', 'degraded', 'up', 'unknown'] as const).flatMap((verdict) => {
    const count = services.filter((service) => service.status === verdict).length;
    return count === 0 ? [] : [`${count} ${shownVerdict[verdict].word.toLowerCase()}`];
  });
  return `${countText(services.length, 'service')}: ${counts.join(', ')}`;
}
