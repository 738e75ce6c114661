import { createHash } from 'node:crypto';
import type { EpochMs, JsonObject, Severity } from '../../domain/words.ts';
import { compileJsonPath } from '../checks/json-path.ts';

/** A group's members beyond these are not kept one by one; the group goes on firing for those that are. */
export const maxMembers = 10_000;

/** What one signal means for the groups of its source. */
export interface MemberSignal {
  memberKey: string;
  /** The group that it names; a tool's word that an alert is over may name none. */
  groupKey: string;
  status: 'firing' | 'ok';
}

export interface GroupState {
  /** The group of each member that fires, of those that the signals name. */
  groupOf: Map<string, string>;
  /** How many members fire, of every group that may be touched. */
  countOf: Map<string, number>;
}

/** In order: the group began or ended with this signal (its index). `still` is told once, at the end, of a group whose members changed. */
export type GroupChange = { groupKey: string; kind: 'began' | 'ended' | 'still'; index: number };

/**
 * What a batch of one source's signals, in their order, does to its groups. `state` is kept current and says afterwards who fires
 * where. A group fires from its first member to the end of its last; a member that comes with other values moves.
 */
export function foldGroups(signals: readonly MemberSignal[], state: GroupState): GroupChange[] {
  const changes: GroupChange[] = [];
  const { groupOf, countOf } = state;
  // The last signal that changed a group's members or repeated one of them.
  const touched = new Map<string, number>();
  const leave = (memberKey: string, index: number): void => {
    const groupKey = groupOf.get(memberKey);
    if (groupKey === undefined) return;
    groupOf.delete(memberKey);
    const left = (countOf.get(groupKey) ?? 1) - 1;
    countOf.set(groupKey, left);
    if (left > 0) touched.set(groupKey, index);
    else {
      touched.delete(groupKey);
      changes.push({ groupKey, kind: 'ended', index });
    }
  };
  const enter = (memberKey: string, groupKey: string, index: number): void => {
    const count = countOf.get(groupKey) ?? 0;
    if (count === 0) changes.push({ groupKey, kind: 'began', index });
    touched.set(groupKey, index);
    if (count >= maxMembers) return;
    groupOf.set(memberKey, groupKey);
    countOf.set(groupKey, count + 1);
  };
  for (const [index, { memberKey, groupKey, status }] of signals.entries()) {
    const before = groupOf.get(memberKey);
    if (status === 'ok') leave(memberKey, index);
    else if (before === groupKey) touched.set(groupKey, index);
    else {
      // It may have come with other values than before, and moves.
      leave(memberKey, index);
      enter(memberKey, groupKey, index);
    }
  }
  for (const [groupKey, index] of touched) changes.push({ groupKey, kind: 'still', index });
  return changes;
}

/** The values that make an alert's group, by path; absent ones are null and make a group too. */
export function groupValues(evidence: JsonObject, groupBy: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(groupBy.map((path) => [path, compileJsonPath(path)(evidence)[0] ?? null]));
}

/** The key of the alert that stands for a group. */
export const groupKeyOf = (values: Record<string, unknown>): string =>
  `group:${createHash('sha256')
    .update(JSON.stringify(Object.entries(values)))
    .digest('hex')
    .slice(0, 32)}`;

/** A group as it stands, read after its members were written. */
export interface GroupNow {
  count: number;
  worst: Severity;
  /** The oldest of them. */
  members: { key: string; summary: string; severity: Severity; since: EpochMs }[];
}

/** The line for the person who is woken. */
export const groupSummary = (firstSummary: string, count: number): string =>
  count === 1 ? firstSummary : `${count} alerts: ${firstSummary}`.slice(0, 1_024);
