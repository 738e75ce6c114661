import type { PlannedSchedule } from '../api/types.ts';

export type Rotation = PlannedSchedule['layers'][number]['rotation'];

export const units: Record<Exclude<Rotation['kind'], 'custom'>, string> = {
  hourly: 'hours',
  daily: 'days',
  weekly: 'weeks',
  monthly: 'months',
};

/** The same hand-off time and start, by another measure. What the old one did not have gets what most teams choose. */
export function rotationOf(kind: Rotation['kind'], { start, handOffTime }: Rotation): Rotation {
  const common = { start, handOffTime };
  switch (kind) {
    case 'hourly':
      return { kind, every: 12, ...common };
    case 'daily':
      return { kind, every: 1, ...common };
    case 'weekly':
      return { kind, every: 1, handOffDay: 1, ...common };
    case 'monthly':
      return { kind, every: 1, handOffDayOfMonth: 1, ...common };
    case 'custom':
      return { kind, rule: 'FREQ=WEEKLY;BYDAY=MO,FR', ...common };
  }
}

/** A rotation for a new layer. It begins a month ago, so that its turns are under way at once whatever their length. */
export function newRotation(now: number): Rotation {
  const start = new Date(now - 35 * 86_400_000).toISOString().slice(0, 10);
  return rotationOf('weekly', { kind: 'daily', every: 1, start, handOffTime: '09:00' });
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** `every week, Monday 09:00`. */
export function rotationText(rotation: Rotation): string {
  if (rotation.kind === 'custom') return `by the rule ${rotation.rule}, ${rotation.handOffTime}`;
  const unit = units[rotation.kind];
  const often = rotation.every === 1 ? `every ${unit.slice(0, -1)}` : `every ${rotation.every} ${unit}`;
  if (rotation.kind === 'hourly') return `${often}, first at ${rotation.handOffTime}`;
  if (rotation.kind === 'daily') return `${often}, ${rotation.handOffTime}`;
  if (rotation.kind === 'weekly') return `${often}, ${weekdays[rotation.handOffDay - 1] ?? ''} ${rotation.handOffTime}`;
  return `${often}, on day ${rotation.handOffDayOfMonth}, ${rotation.handOffTime}`;
}
