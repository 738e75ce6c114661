import { useEffect, useState, type ReactNode } from 'react';
import { ApiError } from '../api/client.ts';
import type { PlanFinding } from '../api/types.ts';
import { Icon } from '../ui/icons.tsx';
import { reasonOf } from '../ui/loaded.tsx';

/** What a plan says about itself: what would be refused, and what is odd. */
export function Findings({ findings, label }: { findings: readonly PlanFinding[]; label: string }) {
  if (findings.length === 0) return null;
  return (
    <ul aria-label={label} className="grid gap-1.5">
      {findings.map((finding) => (
        <li
          key={`${finding.code} ${finding.path} ${finding.message}`}
          className={`flex items-start gap-2 ${finding.severity === 'refuse' ? 'text-major' : 'text-degraded'}`}
        >
          <Icon name={finding.severity === 'refuse' ? 'major' : 'warning'} className="mt-1" />
          <span>
            {placeText(finding.path)}
            {finding.message}
          </span>
        </li>
      ))}
    </ul>
  );
}

const places: Record<string, string> = { layers: 'Layer', steps: 'Step', members: 'Member' };

/** `layers.0.rotation.rule` is `Layer 1: `; a path that names the whole says nothing. */
export function placeText(path: string): string {
  const [section = '', place = ''] = path.split('.');
  const word = places[section];
  return word === undefined || !/^\d+$/.test(place) ? '' : `${word} ${Number(place) + 1}: `;
}

/** A refusal as findings, so that it is told where the rest is told. */
export function refusalsOf(error: unknown): PlanFinding[] {
  const refuse = (path: string, message: string): PlanFinding => ({
    severity: 'refuse',
    code: 'refused',
    path,
    message,
  });
  if (error instanceof ApiError && error.fields.length > 0)
    return error.fields.map(({ path, message }) => refuse(path, message));
  return [refuse('', reasonOf(error))];
}

/** The value once it has rested, so that not every key press asks the server. */
export function useSettled<T>(value: T, restMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}

/** A label above whatever it names. */
export function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <label className="block min-w-0">
      <span className="mb-1 block font-semibold">{label}</span>
      {children}
    </label>
  );
}

/** A list with one entry moved; out of bounds changes nothing. */
export function moved<T>(list: readonly T[], place: number, by: number): T[] {
  const next = [...list];
  const [entry] = next.splice(place, 1);
  if (entry === undefined || place + by < 0 || place + by > next.length) return [...list];
  next.splice(place + by, 0, entry);
  return next;
}

export const replaced = <T,>(list: readonly T[], place: number, entry: T): T[] =>
  list.map((one, index) => (index === place ? entry : one));

export const without = <T,>(list: readonly T[], place: number): T[] => list.filter((_, index) => index !== place);
