import { type DayBar, dayStarts, pageStatus, uptimeOf } from '../../src/domain/public-status.ts';
import type { ComponentModel, IncidentModel, PageModel } from '../../src/tell/model.ts';

/** 3 December 2026, 14:40 UTC. */
export const sampleNow = Temporal.Instant.from('2026-12-03T14:40:00Z').epochMilliseconds;
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const quiet = (): DayBar => ({ upMs: day, degradedMs: 0, downMs: 0, unknownMs: 0 });

/** 90 days with some trouble, different for each component but the same in every run. */
export function sampleDays(seed: number, unknownDays = 0): DayBar[] {
  return Array.from({ length: 90 }, (_, index) => {
    if (index < unknownDays) return { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: day };
    const dice = (index * 37 + seed * 101) % 83;
    if (dice === 3) return { upMs: day - 25 * minute, degradedMs: 0, downMs: 25 * minute, unknownMs: 0 };
    if (dice === 11) return { upMs: day - 2 * hour, degradedMs: 2 * hour, downMs: 0, unknownMs: 0 };
    if (dice === 19 && seed % 3 === 0) return { upMs: 14 * hour, degradedMs: hour, downMs: 9 * hour, unknownMs: 0 };
    return quiet();
  });
}

export function sampleComponent(id: string, more: Partial<ComponentModel> = {}): ComponentModel {
  const days = more.days ?? sampleDays(id.length);
  return {
    id,
    serviceId: `svc-${id}`,
    groupId: null,
    name: id,
    description: '',
    position: 1,
    status: 'operational',
    days,
    uptime: uptimeOf(days),
    createdAt: sampleNow - 200 * day,
    updatedAt: sampleNow - 3 * day,
    ...more,
  };
}

const noThanks: IncidentModel['thanks'] = {
  openUntil: null,
  hugCount: 0,
  lastHugAt: null,
  byKind: [],
  messages: [],
  people: [],
};

export function sampleIncident(id: string, more: Partial<IncidentModel> = {}): IncidentModel {
  const openedAt = more.openedAt ?? sampleNow - 38 * minute;
  return {
    id,
    title: 'Checkout is not reachable',
    severity: 'critical',
    phase: 'identified',
    openedAt,
    resolvedAt: null,
    updatedAt: sampleNow - 9 * minute,
    affected: [{ id: 'checkout', name: 'Checkout', impact: 'major_outage' }],
    updates: [
      {
        id: `${id}-u2`,
        phase: 'identified',
        body: 'The database behind the checkout has lost its primary. We are moving to the replica now; orders placed meanwhile are kept.\n\nThe next word comes at 15:00 UTC.',
        at: sampleNow - 9 * minute,
      },
      {
        id: `${id}-u1`,
        phase: 'investigating',
        body: 'Checkout does not answer. We are looking into it.',
        at: openedAt,
      },
    ],
    reportCount: 214,
    thanks: noThanks,
    ...more,
  };
}

/** Two groups and a lone component, everything fine, some incidents in the past. */
export function sampleModel(more: Partial<PageModel> = {}): PageModel {
  const created = sampleNow - 300 * day;
  const components = more.components ?? [
    sampleComponent('checkout', {
      name: 'Checkout',
      groupId: 'shop',
      days: sampleDays(3),
      description: 'Basket, payment, order mails',
    }),
    sampleComponent('search', { name: 'Search', groupId: 'shop', position: 2, days: sampleDays(5) }),
    sampleComponent('accounts', { name: 'Accounts and sign-in', groupId: 'shop', position: 3, days: sampleDays(7) }),
    sampleComponent('api', { name: 'Public API', groupId: 'machines', days: sampleDays(2) }),
    sampleComponent('webhooks', { name: 'Webhooks', groupId: 'machines', position: 2, days: sampleDays(9, 61) }),
    sampleComponent('docs', { name: 'Documentation', position: 3, days: sampleDays(1) }),
  ];
  const group = { createdAt: created, updatedAt: created, status: 'operational' as const };
  return {
    publishedAt: sampleNow,
    page: {
      id: 'page',
      title: 'Example Shop status',
      description: 'The state of everything that Example Shop runs.',
      timeZone: 'UTC',
      url: 'https://status.example.com',
      updatedAt: sampleNow - 9 * minute,
    },
    groups: [
      { ...group, id: 'shop', name: 'Shop', position: 1 },
      { ...group, id: 'machines', name: 'For developers', position: 2 },
    ],
    components,
    dayStarts: dayStarts(sampleNow, 'UTC', 90),
    current: [],
    resolved: [pastIncident('old-1', 2), pastIncident('old-2', 11)],
    historyFrom: sampleNow - 365 * day,
    maintenances: [],
    status: pageStatus(components.map((component) => component.status)),
    ...more,
  };
}

/** Resolved some days ago, without hugs and with its window closed. */
export function pastIncident(id: string, daysAgo: number, more: Partial<IncidentModel> = {}): IncidentModel {
  const openedAt = sampleNow - daysAgo * day;
  const resolvedAt = openedAt + 47 * minute;
  return sampleIncident(id, {
    title: 'Search is slow',
    severity: 'minor',
    phase: 'resolved',
    openedAt,
    resolvedAt,
    updatedAt: resolvedAt,
    affected: [{ id: 'search', name: 'Search', impact: 'degraded_performance' }],
    updates: [
      {
        id: `${id}-u2`,
        phase: 'resolved',
        body: 'A bad index was rebuilt. Search answers as quickly as before.',
        at: resolvedAt,
      },
      {
        id: `${id}-u1`,
        phase: 'investigating',
        body: 'Search takes several seconds. We are looking into it.',
        at: openedAt,
      },
    ],
    reportCount: 12,
    ...more,
  });
}

const brokenToday: DayBar = { upMs: 14 * hour + 2 * minute, degradedMs: 0, downMs: 38 * minute, unknownMs: 0 };

/** The page in the middle of an outage, with planned work to come. */
export function outageModel(): PageModel {
  const base = sampleModel();
  const components = base.components.map((component) =>
    component.id === 'checkout'
      ? { ...component, status: 'major_outage' as const, days: component.days.toSpliced(-1, 1, brokenToday) }
      : component,
  );
  return {
    ...base,
    components,
    groups: base.groups.map((group) => (group.id === 'shop' ? { ...group, status: 'major_outage' as const } : group)),
    current: [sampleIncident('inc_now')],
    maintenances: [
      {
        id: 'mnt_1',
        title: 'Moving the search index to larger machines',
        body: 'Search may answer without the newest articles for some minutes.',
        status: 'scheduled',
        startsAt: sampleNow + 2 * day,
        endsAt: sampleNow + 2 * day + 2 * hour,
        createdAt: sampleNow - day,
        updatedAt: sampleNow - day,
        affected: [{ id: 'search', name: 'Search', impact: 'under_maintenance' }],
      },
    ],
    status: pageStatus(
      components.map((component) => component.status),
      ['critical'],
    ),
  };
}

/** After recovery: the window is open and hugs have come in. */
export function thankedIncident(): IncidentModel {
  return pastIncident('inc_thanked', 0.4, {
    title: 'Checkout is not reachable',
    severity: 'critical',
    affected: [{ id: 'checkout', name: 'Checkout', impact: 'major_outage' }],
    updates: [
      {
        id: 'inc_thanked-u2',
        phase: 'resolved',
        body: 'The replica has taken over, and every order kept meanwhile has gone through.',
        at: sampleNow - 9 * hour,
      },
      {
        id: 'inc_thanked-u1',
        phase: 'investigating',
        body: 'Checkout does not answer. We are looking into it.',
        at: sampleNow - 10 * hour,
      },
    ],
    reportCount: 214,
    thanks: {
      openUntil: sampleNow + 2 * day,
      hugCount: 38,
      lastHugAt: sampleNow - 2 * hour,
      byKind: [
        { kind: 'hug', count: 21 },
        { kind: 'coffee', count: 12 },
        { kind: 'chocolates', count: 1 },
        { kind: 'flowers', count: 4 },
      ],
      messages: [
        {
          id: 'hug_1',
          kind: 'coffee',
          text: 'Thank you for getting up at three. My order went through at four.',
          at: sampleNow - 2 * hour,
        },
        { id: 'hug_2', kind: 'hug', text: 'Clear updates the whole way. That helped a lot.', at: sampleNow - 5 * hour },
      ],
      people: ['Alice', 'Bob'],
    },
  });
}
