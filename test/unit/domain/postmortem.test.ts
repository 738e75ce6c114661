import { expect, test } from 'vitest';
import { beganAt, draftPostmortem, namedUnasked, type PostmortemFacts } from '../../../src/domain/postmortem.ts';

const at = (clock: string): number => Date.parse(`2026-12-01T${clock}Z`);

const facts: PostmortemFacts = {
  number: 7,
  title: 'Checkout: *Payments* is down',
  publicTitle: 'Checkout is not working',
  severity: 'critical',
  services: ['Checkout', 'Search'],
  openedAt: at('10:02:00'),
  acknowledgedAt: at('10:05:00'),
  acknowledgedBy: 'Alice Ahlgren',
  resolvedAt: at('11:00:00'),
  cause: { name: 'Shop database', confidence: 0.8, text: 'Both need it.' },
  signals: [
    { source: 'A check', summary: '[503](https://evil.test) from /health', at: at('10:02:00') },
    { source: 'Public posts', summary: '40 posts', at: at('10:06:00') },
  ],
  admissions: [{ provider: 'Example Cloud', publicAt: at('10:30:00'), seenAt: at('10:31:00') }],
  bursts: [{ measure: 'posts', since: at('10:01:00'), knownAt: at('10:06:00'), peak: 40 }],
  reports: { visitors: 12, firstAt: at('10:01:30') },
  pages: { sent: 3, failed: 1, people: 2 },
  timeline: [
    { at: at('10:02:00'), who: null, text: 'Opened: Checkout', body: null },
    { at: at('10:07:00'), who: 'Alice Ahlgren', text: 'Note', body: '# Restarting\n<b>now</b>' },
  ],
};

test('the draft tells what, when, who and how long, each lag counted from the first sign', () => {
  const { title, body } = draftPostmortem(facts);
  expect(title).toBe('#7 Checkout: *Payments* is down');
  expect(beganAt(facts)).toBe(at('10:01:00'));
  for (const line of [
    'It began on 2026-12-01 at 10:01:00 UTC and was over after 59 min.',
    'Likely cause: **Shop database** (80 %). Both need it.',
    '- Detected: 60 seconds after the first sign (10:02:00)',
    '- Acknowledged by Alice Ahlgren: 4 min after the first sign (10:05:00), 3 min after it was detected',
    '- Restored: 59 min after the first sign (11:00:00)',
    '- 10:01:00, the first sign. More posts than usual, 40 at the peak; certain 5 min later',
    '- 10:01:30, 30 seconds after the first sign. The first visitor reported it',
    '- 10:30:00, 29 min after the first sign. Example Cloud said so in public; read here 60 seconds later',
    '- 12 visitors reported it',
    '- 3 pages to 2 people; 1 page did not get through',
    '- 10:07:00 Alice Ahlgren: Note: # Restarting \\<b>now\\</b>',
    '**Checkout: \\*Payments\\* is down**',
    'A check: \\[503\\](https://evil.test) from /health',
  ])
    expect(body).toContain(line);
});

test('the text for the public holds facts, no name and nothing internal', () => {
  const { publicBody } = draftPostmortem(facts);
  expect(publicBody).toBe(
    '**Checkout is not working** on 2026-12-01, from 10:01:00 to 11:00:00 UTC: 59 min.\n\nWe noticed it 60 seconds after the first sign. Somebody was working on it 4 min after it began.\n',
  );
  expect(publicBody).not.toMatch(/Alice|Payments|health|_/);
});

test('where little is on record the draft says so', () => {
  const { body } = draftPostmortem({
    ...facts,
    acknowledgedAt: null,
    acknowledgedBy: null,
    cause: null,
    signals: [],
    admissions: [{ provider: 'Example Cloud', publicAt: at('09:00:00'), seenAt: at('10:31:00') }],
    bursts: [],
    reports: { visitors: 0, firstAt: null },
    pages: { sent: 0, failed: 0, people: 0 },
    timeline: Array.from({ length: 250 }, (_, index) => ({
      at: at('10:00:00') + index,
      who: null,
      text: 'x'.repeat(900),
      body: null,
    })),
  });
  expect(body).toContain('- Acknowledged: by nobody; it ended by itself');
  expect(body).toContain('1 h 2 min before the first sign here');
  expect(body).toContain('- Nobody was paged');
  expect(body).toContain('- The rest is in the timeline of the incident');
  expect(body).not.toContain('Likely cause');
  expect(body.length).toBeLessThan(100_000);
});

test('who did not choose to be named is found in a text for the public, by name or address', () => {
  const people = [
    { name: 'Bob Bakker', email: 'bob@example.com', showName: false },
    { name: 'Ann', email: 'ann@example.com', showName: false },
    { name: 'Alice Ahlgren', email: 'alice@example.com', showName: true },
  ];
  expect(namedUnasked('Thanks to bob  BAKKER and Alice Ahlgren.', people)).toEqual(['Bob Bakker']);
  expect(namedUnasked('Ask BOB@example.com.', people)).toEqual(['Bob Bakker']);
  expect(namedUnasked('The annual planning and Hannah', people)).toEqual([]);
  expect(namedUnasked('Ann, again', people)).toEqual(['Ann']);
});
