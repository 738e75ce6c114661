import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { statuspageFiles } from '../../../src/tell/statuspage-v2.ts';
import {
  componentsFileSchema,
  incidentsFileSchema,
  maintenancesFileSchema,
  statusFileSchema,
  summaryFileSchema,
} from '../../../src/tell/statuspage-schemas.ts';
import { outageModel, pastIncident, sampleModel, sampleNow } from '../../harness/page-model.ts';

const schemas: Record<string, z.ZodType> = {
  'summary.json': summaryFileSchema,
  'status.json': statusFileSchema,
  'components.json': componentsFileSchema,
  'incidents.json': incidentsFileSchema,
  'incidents/unresolved.json': incidentsFileSchema,
  'scheduled-maintenances.json': maintenancesFileSchema,
  'scheduled-maintenances/upcoming.json': maintenancesFileSchema,
  'scheduled-maintenances/active.json': maintenancesFileSchema,
};

const outage = outageModel();
const [planned] = outage.maintenances;
const models = {
  fine: sampleModel(),
  outage,
  'before set-up': sampleModel({ components: [], groups: [], resolved: [], maintenances: [] }),
  'maintenance of all kinds': {
    ...outage,
    maintenances: (['in_progress', 'scheduled', 'completed'] as const).flatMap((status, index) =>
      planned === undefined ? [] : [{ ...planned, id: `mnt_${index}`, status, startsAt: sampleNow + index }],
    ),
  },
  'components nobody measures': sampleModel({
    components: outage.components.map((component) => ({ ...component, status: 'unknown' as const })),
  }),
};

const read = <T>(files: Map<string, object>, name: string, schema: z.ZodType<T>): T => schema.parse(files.get(name));

describe.each(Object.entries(models))('Statuspage v2, %s', (_, model) => {
  const files = statuspageFiles(model);

  test('has every file', () => {
    expect([...files.keys()].toSorted()).toEqual(Object.keys(schemas).toSorted());
  });

  test.each(Object.entries(schemas))('%s is as documented', (name, schema) => {
    expect(schema.safeParse(JSON.parse(JSON.stringify(files.get(name)))).error).toBeUndefined();
  });

  test('ids are unique, and everything points at something', () => {
    const { components, incidents, scheduled_maintenances, page } = read(files, 'summary.json', summaryFileSchema);
    const ids = components.map((component) => component.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const component of components) {
      expect(component.page_id).toBe(page.id);
      if (component.group_id !== null) {
        expect(components.find((group) => group.id === component.group_id)?.components).toContain(component.id);
      }
      for (const member of component.components ?? []) expect(ids).toContain(member);
    }
    for (const incident of [...incidents, ...scheduled_maintenances]) {
      for (const update of incident.incident_updates) expect(update.incident_id).toBe(incident.id);
      for (const component of incident.components) expect(ids).toContain(component.id);
    }
  });
});

test('an outage is told with its impact, and its updates say what changed', () => {
  const files = statuspageFiles(outage);
  const summary = read(files, 'summary.json', summaryFileSchema);
  expect(summary.status).toEqual({ indicator: 'major', description: 'Partial System Outage' });
  expect(summary.components.find((component) => component.id === 'checkout')?.status).toBe('major_outage');
  const [incident] = summary.incidents;
  expect(incident).toMatchObject({
    impact: 'critical',
    status: 'identified',
    resolved_at: null,
    shortlink: 'https://status.example.com/incidents/inc_now',
  });
  expect(incident?.incident_updates.map((update) => update.affected_components)).toEqual([
    [{ code: 'checkout', name: 'Checkout', old_status: 'major_outage', new_status: 'major_outage' }],
    [{ code: 'checkout', name: 'Checkout', old_status: 'operational', new_status: 'major_outage' }],
  ]);
});

test('unresolved holds no resolved incident, and incidents.json both, at most 50', () => {
  const many = { ...outage, resolved: Array.from({ length: 80 }, (_, index) => pastIncident(`old-${index}`, index)) };
  const files = statuspageFiles(many);
  expect(read(files, 'incidents/unresolved.json', incidentsFileSchema).incidents.map(({ id }) => id)).toEqual([
    'inc_now',
  ]);
  const { incidents } = read(files, 'incidents.json', incidentsFileSchema);
  expect(incidents).toHaveLength(50);
  expect(incidents[0]?.id).toBe('inc_now');
  expect(incidents[1]).toMatchObject({ id: 'old-0', status: 'resolved' });
  expect(incidents[1]?.resolved_at).not.toBeNull();
});

test('upcoming, active and completed maintenance are kept apart', () => {
  const files = statuspageFiles(models['maintenance of all kinds']);
  const ids = (name: string): string[] =>
    read(files, name, maintenancesFileSchema).scheduled_maintenances.map((maintenance) => maintenance.status);
  expect(ids('scheduled-maintenances/active.json')).toEqual(['in_progress']);
  expect(ids('scheduled-maintenances/upcoming.json')).toEqual(['scheduled']);
  expect(ids('scheduled-maintenances.json')).toEqual(['completed', 'scheduled', 'in_progress']);
  const summary = read(files, 'summary.json', summaryFileSchema);
  expect(summary.scheduled_maintenances.map((maintenance) => maintenance.status)).toEqual(['in_progress', 'scheduled']);
});

test('the positions of the first level count groups and lone components together', () => {
  const { components } = read(statuspageFiles(sampleModel()), 'components.json', componentsFileSchema);
  const first = components.filter((component) => component.group_id === null);
  expect(first.map((component) => [component.name, component.group, component.position])).toEqual([
    ['Shop', true, 1],
    ['For developers', true, 2],
    ['Documentation', false, 3],
  ]);
});
