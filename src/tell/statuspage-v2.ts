import type { ComponentStatus } from '../domain/public-status.ts';
import type { Impact } from '../domain/words.ts';
import type {
  AffectedComponent,
  ComponentModel,
  GroupModel,
  IncidentModel,
  MaintenanceModel,
  PageModel,
} from './model.ts';
import { incidentPath } from './render/incident-parts.ts';
import { isoOf } from './render/times.ts';
import type {
  StatuspageComponent,
  StatuspageIncident,
  StatuspageMaintenance,
  StatuspagePage,
  StatuspageUpdate,
} from './statuspage-schemas.ts';

/** Statuspage lists the 50 most recent. */
const listed = 50;

/** Every file of Statuspage's public API v2, by its path under `/api/v2`. */
export function statuspageFiles(model: PageModel): Map<string, object> {
  const page = pageOf(model);
  const components = componentsOf(model);
  const byId = new Map(components.map((component) => [component.id, component]));
  const incident = (one: IncidentModel): StatuspageIncident => incidentOf(one, model, byId);
  const maintenance = (one: MaintenanceModel): StatuspageMaintenance => maintenanceOf(one, model, byId);
  const unresolved = model.current.map(incident);
  const active = model.maintenances.filter((one) => one.status === 'in_progress').map(maintenance);
  const upcoming = model.maintenances.filter((one) => one.status === 'scheduled').map(maintenance);
  const newestFirst = model.maintenances.toSorted((a, b) => b.startsAt - a.startsAt).map(maintenance);
  const { status } = model;
  return new Map<string, object>([
    [
      'summary.json',
      { page, components, incidents: unresolved, scheduled_maintenances: [...active, ...upcoming], status },
    ],
    ['status.json', { page, status }],
    ['components.json', { page, components }],
    [
      'incidents.json',
      { page, incidents: [...unresolved, ...model.resolved.slice(0, listed).map(incident)].slice(0, listed) },
    ],
    ['incidents/unresolved.json', { page, incidents: unresolved }],
    ['scheduled-maintenances.json', { page, scheduled_maintenances: newestFirst.slice(0, listed) }],
    ['scheduled-maintenances/upcoming.json', { page, scheduled_maintenances: upcoming }],
    ['scheduled-maintenances/active.json', { page, scheduled_maintenances: active }],
  ]);
}

const pageOf = ({ page }: PageModel): StatuspagePage => ({
  id: page.id,
  name: page.title,
  url: page.url,
  time_zone: page.timeZone,
  updated_at: isoOf(page.updatedAt),
});

/** Statuspage has no word for "not measured"; saying nothing of trouble is the nearest. */
const spoken = (status: ComponentStatus): Impact => (status === 'unknown' ? 'operational' : status);

/** Groups and what belongs to none share the positions of the first level; members count within their group. */
function componentsOf(model: PageModel): StatuspageComponent[] {
  const loose = model.components.filter((component) => component.groupId === null);
  return [
    ...model.groups.flatMap((group, index) => {
      const members = model.components.filter((component) => component.groupId === group.id);
      return [
        groupOf(group, members, index + 1, model.page.id),
        ...members.map((component, place) => componentOf(component, place + 1, model.page.id)),
      ];
    }),
    ...loose.map((component, place) => componentOf(component, model.groups.length + place + 1, model.page.id)),
  ];
}

const componentOf = (component: ComponentModel, position: number, pageId: string): StatuspageComponent => ({
  id: component.id,
  name: component.name,
  status: spoken(component.status),
  created_at: isoOf(component.createdAt),
  updated_at: isoOf(component.updatedAt),
  position,
  description: component.description === '' ? null : component.description,
  showcase: true,
  start_date: isoOf(component.createdAt).slice(0, 10),
  group_id: component.groupId,
  page_id: pageId,
  group: false,
  only_show_if_degraded: false,
});

const groupOf = (
  group: GroupModel,
  members: readonly ComponentModel[],
  position: number,
  pageId: string,
): StatuspageComponent => ({
  id: group.id,
  name: group.name,
  status: spoken(group.status),
  created_at: isoOf(group.createdAt),
  updated_at: isoOf(group.updatedAt),
  position,
  description: null,
  showcase: false,
  start_date: null,
  group_id: null,
  page_id: pageId,
  group: true,
  only_show_if_degraded: false,
  components: members.map((member) => member.id),
});

type ById = ReadonlyMap<string, StatuspageComponent>;

const affectedOf = (affected: readonly AffectedComponent[], byId: ById): StatuspageComponent[] =>
  affected.flatMap((component) => byId.get(component.id) ?? []);

function incidentOf(incident: IncidentModel, model: PageModel, byId: ById): StatuspageIncident {
  const monitoring = incident.updates.findLast((update) => update.phase === 'monitoring');
  return {
    id: incident.id,
    name: incident.title,
    status: incident.phase,
    created_at: isoOf(incident.openedAt),
    updated_at: isoOf(incident.updatedAt),
    monitoring_at: monitoring === undefined ? null : isoOf(monitoring.at),
    resolved_at: incident.resolvedAt === null ? null : isoOf(incident.resolvedAt),
    impact: incident.severity,
    shortlink: `${model.page.url}${incidentPath(incident.id)}`,
    started_at: isoOf(incident.openedAt),
    page_id: model.page.id,
    incident_updates: incident.updates.map((update, index) => {
      const isFirst = index === incident.updates.length - 1;
      return {
        ...updateBase(update.id, update.body, incident.id, update.at),
        status: update.phase,
        affected_components: changesOf(
          incident.affected,
          (impact) => (isFirst ? 'operational' : impact),
          (impact) => (update.phase === 'resolved' ? 'operational' : impact),
        ),
      };
    }),
    components: affectedOf(incident.affected, byId),
  };
}

function maintenanceOf(maintenance: MaintenanceModel, model: PageModel, byId: ById): StatuspageMaintenance {
  const isOver = maintenance.status === 'completed';
  const isDue = maintenance.status !== 'scheduled';
  return {
    id: maintenance.id,
    name: maintenance.title,
    status: maintenance.status,
    created_at: isoOf(maintenance.createdAt),
    updated_at: isoOf(maintenance.updatedAt),
    monitoring_at: null,
    resolved_at: isOver ? isoOf(maintenance.updatedAt) : null,
    impact: 'maintenance',
    shortlink: `${model.page.url}/#${maintenance.id}`,
    started_at: isoOf(isDue ? maintenance.startsAt : maintenance.createdAt),
    page_id: model.page.id,
    incident_updates: [
      {
        ...updateBase(
          `${maintenance.id}-${maintenance.status}`,
          maintenance.body,
          maintenance.id,
          maintenance.updatedAt,
        ),
        status: maintenance.status,
        affected_components: changesOf(
          maintenance.affected,
          () => (isOver ? 'under_maintenance' : 'operational'),
          () => (maintenance.status === 'in_progress' ? 'under_maintenance' : 'operational'),
        ),
      },
    ],
    components: affectedOf(maintenance.affected, byId),
    scheduled_for: isoOf(maintenance.startsAt),
    scheduled_until: isoOf(maintenance.endsAt),
  };
}

const updateBase = (
  id: string,
  body: string,
  incidentId: string,
  at: number,
): Omit<StatuspageUpdate, 'status' | 'affected_components'> => ({
  id,
  body,
  incident_id: incidentId,
  created_at: isoOf(at),
  updated_at: isoOf(at),
  display_at: isoOf(at),
  deliver_notifications: true,
  custom_tweet: null,
  tweet_id: null,
});

/** What the update changed; null, as Statuspage has it, when it names no component. */
function changesOf(
  affected: readonly AffectedComponent[],
  before: (impact: Impact) => Impact,
  after: (impact: Impact) => Impact,
): StatuspageUpdate['affected_components'] {
  if (affected.length === 0) return null;
  return affected.map((component) => ({
    code: component.id,
    name: component.name,
    old_status: before(component.impact),
    new_status: after(component.impact),
  }));
}
