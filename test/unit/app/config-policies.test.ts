import { describe, expect, it } from 'vitest';
import { desiredRows } from '../../../src/app/config/apply/desired-rows.ts';
import { builtInKinds } from '../../../src/app/config/kinds.ts';
import { errorsOf, goodConfig, warningsOf } from './config-kit.ts';

const file = (policy: string, notify = ''): string => `
people:
  alice:
    name: Alice
    email: alice@example.com
    timeZone: Europe/Berlin
    contact:
      - { kind: email, address: alice@example.com }
      - { kind: ntfy, label: phone, server: 'https://ntfy.example.com', topic: '\${env:TOPIC}' }
${notify}
teams:
  shop:
    name: Shop
    members: [alice]
    channels:
      room: { kind: slack, webhookUrl: '\${env:ROOM}' }
policies:
  default:
${policy}
`;
const variables = { TOPIC: 'hidden-topic', ROOM: 'https://hooks.example.com/hidden' };
const everything = `
    steps:
      - notify: [{ roundRobin: shop }, { channel: shop/room }]
        when: { severity: [critical, major], outside: { hours: [{ days: [mon..fri], from: '08:00', to: '18:00' }], timeZone: Europe/Berlin } }
      - notify: [{ team: shop }]
    acknowledgeTimeout: 30m
    autoResolve: 1d`;
const rules = `
    notify:
      high: [{ use: phone }, { use: email, after: 2m }]
      quietHours: { days: [mon..sun], from: '22:00', to: '07:00' }`;

describe('policies and personal rules in hugops.yaml', () => {
  it('become rows', () => {
    const rows = desiredRows(goodConfig(file(everything, rules), variables), builtInKinds);
    expect(rows.policies).toEqual([
      {
        id: 'default',
        name: 'default',
        repeat_count: 2,
        acknowledge_timeout_ms: 1_800_000,
        auto_resolve_ms: 86_400_000,
        steps: [
          {
            targets: [
              { kind: 'round-robin', id: 'shop' },
              { kind: 'channel', id: 'channel.shop.room' },
            ],
            waitMs: 300_000,
            when: {
              severities: ['critical', 'major'],
              hours: {
                timeZone: 'Europe/Berlin',
                windows: [{ days: [1, 2, 3, 4, 5], from: '08:00', to: '18:00' }],
                outside: true,
              },
            },
          },
          { targets: [{ kind: 'team', id: 'shop' }], waitMs: 300_000 },
        ],
      },
    ]);
    expect(rows.contacts.at(-1)).toMatchObject({ id: 'channel.shop.room', person_id: null, team_id: 'shop' });
    expect(rows.people[0]?.notification_rules).toEqual({
      high: [
        { contactMethodId: 'alice.ntfy', afterMs: 0 },
        { contactMethodId: 'alice.email', afterMs: 120_000 },
      ],
      low: [],
      quietHours: { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '07:00' },
      inFile: true,
    });
  });

  it('leave personal rules alone when they say nothing', () => {
    const [alice] = desiredRows(goodConfig(file(everything), variables), builtInKinds).people;
    expect(alice?.notification_rules).toBeUndefined();
  });

  it.each([
    ['a channel that is not there', everything.replace('shop/room', 'shop/rom'), '', 'a channel of a team'],
    ['a team that is not there', everything.replace('roundRobin: shop', 'roundRobin: ship'), '', 'a team'],
    ['nobody to notify', '    steps: [{ notify: [] }]', '', 'expected a list such as'],
    ['two targets in one', '    steps: [{ notify: [{ team: shop, person: alice }] }]', '', 'one of schedule'],
    [
      'both during and outside',
      everything.replace('outside:', 'during: { hours: [], timeZone: UTC }, outside:'),
      '',
      '',
    ],
    ['a severity that is none', everything.replace('major]', 'huge]'), '', 'one of critical, major, minor'],
    ['a rule for no contact method', everything, rules.replace('use: phone', 'use: pager'), 'contact methods'],
    ['quiet hours without an end', everything, rules.replace('07:00', '22:00'), 'hours that end'],
    ['an endless wait', everything.replace('30m', '0s'), '', 'a duration of at least'],
  ])('refuse %s', (_, policy, notify, words) => {
    const errors = errorsOf(file(policy, notify), variables);
    expect(errors.map(({ message }) => message).join('\n')).toContain(words);
    expect(JSON.stringify(errors)).not.toContain('hidden');
  });

  it.each([
    [
      'no step for minor trouble',
      '    steps: [{ notify: [{ team: shop }], when: { severity: [critical, major] } }]',
      'calls a person for minor incidents',
    ],
    ['a channel alone', '    steps: [{ notify: [{ channel: shop/room }] }]', 'this policy reaches nobody'],
  ])('warn of %s', (_, policy, words) => {
    expect(warningsOf(file(policy), variables).join('\n')).toContain(words);
  });
});
