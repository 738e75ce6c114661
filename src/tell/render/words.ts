import type { ComponentStatus, PageStatus } from '../../domain/public-status.ts';
import type { HugKind, Phase, Severity } from '../../domain/words.ts';
import type { IconName } from './icons.ts';

/** A state as every face of the page shows it: an icon, a word, and a class that brings the colour. Never the colour alone. */
export interface Shown {
  icon: IconName;
  word: string;
  tone: 'ok' | 'degraded' | 'partial' | 'major' | 'maintenance' | 'unknown';
}

export const shownStatus: Record<ComponentStatus, Shown> = {
  operational: { icon: 'ok', word: 'Operational', tone: 'ok' },
  degraded_performance: { icon: 'degraded', word: 'Degraded', tone: 'degraded' },
  partial_outage: { icon: 'partial', word: 'Partial outage', tone: 'partial' },
  major_outage: { icon: 'major', word: 'Major outage', tone: 'major' },
  under_maintenance: { icon: 'maintenance', word: 'Maintenance', tone: 'maintenance' },
  unknown: { icon: 'unknown', word: 'Not measured', tone: 'unknown' },
};

export const shownSeverity: Record<Severity, Shown> = {
  critical: { icon: 'major', word: 'Major outage', tone: 'major' },
  major: { icon: 'partial', word: 'Partial outage', tone: 'partial' },
  minor: { icon: 'degraded', word: 'Degraded', tone: 'degraded' },
};

export const shownPhase: Record<Phase, { icon: IconName; word: string }> = {
  investigating: { icon: 'search', word: 'Investigating' },
  identified: { icon: 'found', word: 'Identified' },
  monitoring: { icon: 'watching', word: 'Monitoring' },
  resolved: { icon: 'ok', word: 'Resolved' },
};

/** The page's line as a calm sentence, with the state that gives it its icon. */
export function headlineOf(status: PageStatus): { sentence: string; shown: Shown } {
  const sentences: Record<string, string> = {
    'All Systems Operational': 'Everything is working',
    'Partially Degraded Service': 'Some services are degraded',
    'Degraded System Service': 'Our services are degraded',
    'Minor Service Outage': 'Some services are partly down',
    'Partial System Outage': 'Some services are down',
    'Major System Outage': 'Our services are down',
    'Service Under Maintenance': 'Maintenance is in progress',
  };
  const shown: Record<PageStatus['indicator'], Shown> = {
    none: shownStatus.operational,
    minor: shownStatus.degraded_performance,
    major: shownStatus.partial_outage,
    critical: shownStatus.major_outage,
    maintenance: shownStatus.under_maintenance,
  };
  return { sentence: sentences[status.description] ?? status.description, shown: shown[status.indicator] };
}

export const hugWords: Record<HugKind, { word: string; one: string; many: string; icon: IconName }> = {
  hug: { word: 'A hug', one: 'hug', many: 'hugs', icon: 'hug' },
  coffee: { word: 'A coffee', one: 'coffee', many: 'coffees', icon: 'coffee' },
  cake: { word: 'A cake', one: 'cake', many: 'cakes', icon: 'cake' },
  chocolates: { word: 'Chocolates', one: 'box of chocolates', many: 'boxes of chocolates', icon: 'chocolates' },
  flowers: { word: 'Flowers', one: 'bunch of flowers', many: 'bunches of flowers', icon: 'flowers' },
  star: { word: 'A star', one: 'star', many: 'stars', icon: 'star' },
};

/** `1 hug`, `1,204 hugs`. */
export const countText = (count: number, one: string, many: string): string =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;

/** `Search`, `Search and Checkout`, `Search, Checkout and 3 more`. */
export function namesText(names: readonly string[], most = 3): string {
  if (names.length <= 1) return names[0] ?? '';
  const more = names.length - most;
  const shown = more > 0 ? names.slice(0, most) : names.slice(0, -1);
  return `${shown.join(', ')} and ${more > 0 ? `${more} more` : names.at(-1)}`;
}

/** `Search`, `Search and Checkout`, `Search, Checkout and Mail`. */
export const allNamesText = (names: readonly string[]): string => namesText(names, names.length);
