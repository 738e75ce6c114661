import {
  acknowledgeIncident,
  addNote,
  processSignals,
  raiseSignals,
  reassignIncident,
  releaseLeases,
  resolveIncident,
  runEscalations,
  sendPages,
  snoozeIncident,
} from '../../src/respond/index.ts';
import { addOverride, removeOverride } from '../../src/respond/overrides.ts';

/** Respond as the simulation drives it. A planted bug replaces one of these by one that does wrong. */
export const verbs = {
  acknowledgeIncident,
  addNote,
  addOverride,
  processSignals,
  raiseSignals,
  reassignIncident,
  releaseLeases,
  removeOverride,
  resolveIncident,
  runEscalations,
  sendPages,
  snoozeIncident,
};

export type Verbs = typeof verbs;
