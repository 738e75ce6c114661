import type { ReactNode } from 'react';
import type { HugKind, IncidentStatus, Phase, Severity, Verdict } from '../../../src/domain/words.ts';
import { Icon, type IconName } from './icons.tsx';

/** A state as it is always shown: an icon, a word, and a class that brings the colour. Never the colour alone. */
export interface Shown {
  icon: IconName;
  word: string;
  tone: 't-ok' | 't-degraded' | 't-partial' | 't-major' | 't-maintenance' | 't-unknown' | 't-warm';
}

export const shownVerdict: Record<Verdict, Shown> = {
  up: { icon: 'ok', word: 'Up', tone: 't-ok' },
  degraded: { icon: 'degraded', word: 'Degraded', tone: 't-degraded' },
  down: { icon: 'major', word: 'Down', tone: 't-major' },
  unknown: { icon: 'unknown', word: 'Not measured', tone: 't-unknown' },
};

export const shownSeverity: Record<Severity, Shown> = {
  critical: { icon: 'major', word: 'Critical', tone: 't-major' },
  major: { icon: 'partial', word: 'Major', tone: 't-partial' },
  minor: { icon: 'degraded', word: 'Minor', tone: 't-degraded' },
};

export const shownPhase: Record<Phase, { icon: IconName; word: string }> = {
  investigating: { icon: 'search', word: 'Investigating' },
  identified: { icon: 'found', word: 'Identified' },
  monitoring: { icon: 'eye', word: 'Monitoring' },
  resolved: { icon: 'ok', word: 'Resolved' },
};

export const shownHug: Record<HugKind, { icon: IconName; word: string; many: string }> = {
  hug: { icon: 'heart', word: 'A hug', many: 'hugs' },
  coffee: { icon: 'coffee', word: 'A coffee', many: 'coffees' },
  cake: { icon: 'cake', word: 'A cake', many: 'cakes' },
  chocolates: { icon: 'chocolates', word: 'Chocolates', many: 'boxes of chocolates' },
  flowers: { icon: 'flowers', word: 'Flowers', many: 'bunches of flowers' },
  star: { icon: 'star', word: 'A star', many: 'stars' },
};

/** Icon and word in the state's colour. */
export function State({ shown, children }: { shown: Shown; children?: ReactNode }) {
  return (
    <span className={`${shown.tone} inline-flex items-center gap-1.5 font-semibold text-tone`}>
      <Icon name={shown.icon} />
      {children ?? shown.word}
    </span>
  );
}

/** Who has an incident, as the thing that matters most about it after what is broken. */
export function Whose({ status, owner }: { status: IncidentStatus; owner: { name: string } | null }) {
  if (status === 'resolved') return <State shown={{ icon: 'ok', word: 'Resolved', tone: 't-ok' }} />;
  if (status === 'triggered')
    return (
      <span className="inline-flex items-center gap-1.5 font-semibold">
        <Icon name="phone" />
        {owner ? `Waiting for ${owner.name}` : 'Nobody has it yet'}
      </span>
    );
  return (
    <span className="inline-flex items-center gap-1.5 text-soft">
      <Icon name="taken" />
      {owner ? `${owner.name} has it` : 'Acknowledged'}
    </span>
  );
}

/** Says that hugops.yaml owns a row, so that it is changed there. */
export function InFile() {
  return (
    <span
      className="inline-flex items-center gap-1 whitespace-nowrap text-sm text-soft"
      title="Described in hugops.yaml. Change it there."
    >
      <Icon name="file" />
      in hugops.yaml
    </span>
  );
}

/** `1 hug`, `1,204 hugs`. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`;
