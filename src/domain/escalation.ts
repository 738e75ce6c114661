import { wallClock } from './wall-clock.ts';
import { compileWeek } from './weekly-hours.ts';
import type { EpochMs, IncidentStatus, PolicyStep, Severity, StepCondition } from './words.ts';

/** Where an incident's escalation stands. `nextActionAt` null means that nothing is due because somebody has it. */
export interface EscalationState {
  steps: readonly PolicyStep[];
  /** How often the whole policy is repeated after its first run. */
  repeatCount: number;
  /** The step that is due next. */
  stepIndex: number;
  loopsDone: number;
  /** Counts the rounds of pages; one page a round, incident and contact method. */
  round: number;
  nextActionAt: EpochMs | null;
}

/** The incident as it is now. */
export interface EscalationFacts {
  status: IncidentStatus;
  severity: Severity;
  /** Set while somebody has put the incident to sleep. */
  snoozedUntil?: EpochMs | null;
}

export type EscalationDecision =
  | { action: 'wait'; reason: 'not-due' }
  | { action: 'stop'; reason: 'acknowledged' | 'resolved' }
  /** Somebody had it, and it is time to call again. */
  | { action: 'retrigger'; reason: 'snooze-over' | 'acknowledge-timeout' }
  | {
      action: 'page';
      /** `step`: the policy's next step. `reminder`: the policy is over and still nobody has it. `fallback`: no step of it applies. */
      reason: 'step' | 'reminder' | 'fallback';
      /** The step that is taken, by its place in the policy; null for a reminder or the fallback. */
      stepIndex: number | null;
      targets: PolicyStep['targets'];
      next: EscalationState;
    };

/** After the last repetition the last step is paged again at this interval: an open incident always has a next action. */
export const reminderMs = 15 * 60_000;

/**
 * What escalation does at `now`. Pure: the engine stores `next` with compare-and-set and pages the targets.
 * A step's targets are paged when it becomes due, then the step's `waitMs` passes before the next one.
 */
export function decideEscalation(state: EscalationState, facts: EscalationFacts, now: EpochMs): EscalationDecision {
  if (facts.status === 'resolved') return { action: 'stop', reason: 'resolved' };
  const isDue = state.nextActionAt !== null && state.nextActionAt <= now;
  if (facts.status === 'acknowledged') {
    if (state.nextActionAt === null) return { action: 'stop', reason: 'acknowledged' };
    if (!isDue) return { action: 'wait', reason: 'not-due' };
    return {
      action: 'retrigger',
      reason: typeof facts.snoozedUntil === 'number' ? 'snooze-over' : 'acknowledge-timeout',
    };
  }
  if (!isDue) return { action: 'wait', reason: 'not-due' };

  const round = state.round + 1;
  const taken = nextStep(state, facts.severity, now);
  if (!taken) {
    const last = state.steps.findLast((step) => applies(step.when, facts.severity, now));
    return {
      action: 'page',
      reason: last ? 'reminder' : 'fallback',
      stepIndex: null,
      targets: last?.targets ?? [],
      next: { ...state, stepIndex: state.steps.length, round, nextActionAt: now + reminderMs },
    };
  }
  const isLastStep = taken.index === state.steps.length - 1;
  const repeats = isLastStep && taken.loopsDone < state.repeatCount;
  return {
    action: 'page',
    reason: 'step',
    stepIndex: taken.index,
    targets: taken.step.targets,
    next: {
      ...state,
      round,
      stepIndex: repeats ? 0 : taken.index + 1,
      loopsDone: repeats ? taken.loopsDone + 1 : taken.loopsDone,
      nextActionAt: now + taken.step.waitMs,
    },
  };
}

/** The first step from here on that applies now; of the next repetition when none of this one is left. */
function nextStep(
  { steps, stepIndex, loopsDone, repeatCount }: EscalationState,
  severity: Severity,
  now: EpochMs,
): { index: number; step: PolicyStep; loopsDone: number } | undefined {
  const find = (from: number, loops: number): ReturnType<typeof nextStep> => {
    const index = steps.findIndex((step, place) => place >= from && applies(step.when, severity, now));
    const step = steps[index];
    return step && { index, step, loopsDone: loops };
  };
  return find(stepIndex, loopsDone) ?? (loopsDone < repeatCount ? find(0, loopsDone + 1) : undefined);
}

/** Whether a step is taken for trouble of this severity at this hour. */
export function applies(when: StepCondition | undefined, severity: Severity, now: EpochMs): boolean {
  if (when === undefined) return true;
  if (when.severities !== undefined && !when.severities.includes(severity)) return false;
  if (when.hours === undefined) return true;
  const { timeZone, windows, outside = false } = when.hours;
  return compileWeek(windows)(wallClock(timeZone).wallAt(now)).inside !== outside;
}

/** The escalation of an incident that has just been triggered: its first step is due at once. */
export function startEscalation(steps: readonly PolicyStep[], repeatCount: number, now: EpochMs): EscalationState {
  return { steps, repeatCount, stepIndex: 0, loopsDone: 0, round: 0, nextActionAt: now };
}

/** How long a person who was handed the incident has before the policy starts again from its first step. */
export const reassignWaitMs = 5 * 60_000;

/** The escalation after somebody handed the incident to `personId`: that person now, then the policy from its start. */
export function reassignEscalation(state: EscalationState, personId: string, now: EpochMs): EscalationState {
  return {
    ...restartEscalation(state, now),
    steps: [
      { targets: [{ kind: 'person', id: personId }], waitMs: reassignWaitMs, isHandOver: true },
      ...ownSteps(state),
    ],
  };
}

/** The policy from its first step, now: trouble has become worse, or nobody owns what woke up. */
export function restartEscalation(state: EscalationState, now: EpochMs): EscalationState {
  return { ...state, steps: ownSteps(state), stepIndex: 0, loopsDone: 0, nextActionAt: now };
}

// An earlier hand-over's own step is dropped, so that handing on and on does not pile up steps.
const ownSteps = (state: EscalationState): PolicyStep[] => state.steps.filter((step) => step.isHandOver !== true);

/** What was acknowledged by a tool, for which nobody here answers, is called again after this time. */
export const unownedWaitMs = 60 * 60_000;

/** When an incident that somebody has just taken, or worked on, is called again; null when its owner has it for good. */
export function nextAfterAcknowledge(
  acknowledgeTimeoutMs: number | null,
  ownerId: string | null,
  now: EpochMs,
): EpochMs | null {
  if (acknowledgeTimeoutMs !== null) return now + acknowledgeTimeoutMs;
  return ownerId === null ? now + unownedWaitMs : null;
}
