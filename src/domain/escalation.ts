import type { EpochMs, IncidentStatus, PolicyStep } from './words.ts';

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

export type EscalationDecision =
  | { action: 'wait'; reason: 'not-due' }
  | { action: 'stop'; reason: 'acknowledged' | 'resolved' }
  | {
      action: 'page';
      /** `step`: the policy's next step. `reminder`: the policy is over and still nobody has it. `fallback`: there is no policy to follow. */
      reason: 'step' | 'reminder' | 'fallback';
      targets: PolicyStep['targets'];
      next: EscalationState;
    };

/** After the last repetition the last step is paged again at this interval: an open incident always has a next action. */
export const reminderMs = 15 * 60_000;

/**
 * What escalation does at `now`. Pure: the engine stores `next` with compare-and-set and pages the targets.
 * A step's targets are paged when it becomes due, then the step's `waitMs` passes before the next one.
 */
export function decideEscalation(state: EscalationState, status: IncidentStatus, now: EpochMs): EscalationDecision {
  if (status === 'resolved') return { action: 'stop', reason: 'resolved' };
  if (status === 'acknowledged') return { action: 'stop', reason: 'acknowledged' };
  if (state.nextActionAt === null || state.nextActionAt > now) return { action: 'wait', reason: 'not-due' };

  const round = state.round + 1;
  const last = state.steps.at(-1);
  if (!last)
    return {
      action: 'page',
      reason: 'fallback',
      targets: [],
      next: { ...state, round, nextActionAt: now + reminderMs },
    };

  const step = state.steps[state.stepIndex];
  if (!step) {
    return {
      action: 'page',
      reason: 'reminder',
      targets: last.targets,
      next: { ...state, round, nextActionAt: now + reminderMs },
    };
  }
  const isLastStep = state.stepIndex === state.steps.length - 1;
  const repeats = isLastStep && state.loopsDone < state.repeatCount;
  return {
    action: 'page',
    reason: 'step',
    targets: step.targets,
    next: {
      ...state,
      round,
      stepIndex: repeats ? 0 : state.stepIndex + 1,
      loopsDone: repeats ? state.loopsDone + 1 : state.loopsDone,
      nextActionAt: now + step.waitMs,
    },
  };
}

/** The escalation of an incident that has just been triggered: its first step is due at once. */
export function startEscalation(steps: readonly PolicyStep[], repeatCount: number, now: EpochMs): EscalationState {
  return { steps, repeatCount, stepIndex: 0, loopsDone: 0, round: 0, nextActionAt: now };
}

/** How long a person who was handed the incident has before the policy starts again from its first step. */
export const reassignWaitMs = 5 * 60_000;

/** The escalation after somebody handed the incident to `personId`: that person now, then the policy from its start. */
export function reassignEscalation(state: EscalationState, personId: string, now: EpochMs): EscalationState {
  // An earlier hand-over's own step is dropped, so that handing on and on does not pile up steps.
  const steps = state.steps.filter((step) => step.isHandOver !== true);
  return {
    ...state,
    steps: [{ targets: [{ kind: 'person', id: personId }], waitMs: reassignWaitMs, isHandOver: true }, ...steps],
    stepIndex: 0,
    loopsDone: 0,
    nextActionAt: now,
  };
}
