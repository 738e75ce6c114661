import type { z } from 'zod';
import type * as app from '../../../src/app/api/schemas.ts';
import type * as plan from '../../../src/respond/plan/schemas.ts';
import type * as respond from '../../../src/respond/schemas.ts';
import type * as postmortems from '../../../src/respond/postmortems/schemas.ts';
import type * as probes from '../../../src/watch/probes/schemas.ts';
import type * as tell from '../../../src/tell/schemas.ts';
import type * as watch from '../../../src/watch/schemas.ts';

// The shapes of requests, from the schemas that check them on the server.
export type NewService = z.input<typeof watch.newServiceSchema>;
export type NewCheck = z.input<typeof watch.newCheckSchema>;
export type NewProbe = z.input<typeof probes.newProbeSchema>;
export type NewIntegration = z.input<typeof watch.newIntegrationSchema>;
export type IntegrationKey = z.output<typeof watch.integrationKeySchema>;
export type Tried = z.output<typeof watch.triedSchema>;
export type OpenIncident = z.input<typeof respond.openIncidentSchema>;
export type PublicUpdate = z.input<typeof respond.updateSchema>;
export type NewMaintenance = z.input<typeof tell.newMaintenanceSchema>;
export type NewSeries = z.input<typeof tell.newSeriesSchema>;
export type NewOverride = z.input<typeof respond.overrideSchema>;
export type PlanSaved = z.output<typeof plan.savedSchema>;
export type NewTimeOff = z.input<typeof plan.timeOffBodySchema>;
export type NewSwap = z.input<typeof plan.swapBodySchema>;
export type NewActionItem = z.input<typeof postmortems.newActionItemSchema>;
export type ChangeMe = z.input<typeof app.changeMeSchema>;
export type NewContactMethod = z.input<typeof app.newContactMethodSchema>;
export type Invitation = z.input<typeof app.inviteSchema>;
export type NewApiKey = z.input<typeof app.newApiKeySchema>;
export type Role = z.output<typeof app.roleSchema>;

export type { ApiKeyView, Me, Overview, PersonView } from '../../../src/app/api/schemas.ts';
export type { IncidentDetail, IncidentSummary, OnCallView, TimelineEvent } from '../../../src/respond/schemas.ts';
export type {
  CalendarLink,
  PlanFinding,
  PlannedSchedule,
  PolicyView,
  SchedulePreview,
  SwapView,
  TeamView,
  TimeOffView,
} from '../../../src/respond/plan/schemas.ts';
export type { MaintenanceView, PublicationView, SeriesView } from '../../../src/tell/schemas.ts';
export type { ActionItem, Postmortem, PostmortemSummary } from '../../../src/respond/postmortems/schemas.ts';
export type { CreditView, Hug, MyThanks, QuietSave } from '../../../src/thank/schemas.ts';
export type { ProbeView } from '../../../src/watch/probes/schemas.ts';
export type { CheckView, ServiceDetail, ServiceSummary } from '../../../src/watch/schemas.ts';
export type { DependencyMap } from '../../../src/watch/dependency-schemas.ts';
export type { Listening, ListeningTarget, PostView as HeardPost } from '../../../src/listen/schemas.ts';
