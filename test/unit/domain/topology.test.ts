import { expect, test } from 'vitest';
import { ancestors, blastRadius, buildTopology, type Dependency, findCircles } from '../../../src/domain/topology.ts';

/** `a>b` needs hard, `a~b` soft. */
const graph = (text: string): ReturnType<typeof buildTopology> =>
  buildTopology(
    text.split(' ').map((one): Dependency => {
      const [serviceId = '', on = ''] = one.split(/[>~]/);
      return { serviceId, on, hardness: one.includes('>') ? 'hard' : 'soft' };
    }),
  );

test('what a service stands on, and what stands on it, hard only where a way of hard dependencies leads there', () => {
  const topology = graph('web>api api>db api~cache web~db report>db db>aws/eu/rds');
  expect(Object.fromEntries(ancestors(topology, 'web'))).toEqual({
    api: 'hard',
    db: 'hard',
    cache: 'soft',
    'aws/eu/rds': 'hard',
  });
  expect(Object.fromEntries(blastRadius(topology, 'db'))).toEqual({ api: 'hard', web: 'hard', report: 'hard' });
  expect(Object.fromEntries(blastRadius(topology, 'cache'))).toEqual({ api: 'soft', web: 'soft' });
  expect(blastRadius(topology, 'nothing').size).toBe(0);
});

test('circles end by themselves and are told once, the longest chain does not end the program', () => {
  const topology = graph('a>b b>c c>a c>d d>e e>d f>f g~h h~g');
  expect(findCircles(topology).map((circle) => circle.toSorted().join(''))).toEqual(['de', 'abc']);
  expect([...blastRadius(topology, 'a').keys()].toSorted()).toEqual(['b', 'c']);
  const chain = buildTopology(
    Array.from({ length: 20_000 }, (_, i) => ({ serviceId: `s${i}`, on: `s${i + 1}`, hardness: 'hard' as const })),
  );
  expect(findCircles(chain)).toEqual([]);
  expect(blastRadius(chain, 's20000').size).toBe(20_000);
});

test('what upstreams lie in is a node of its own where it holds several', () => {
  const topology = graph('a>aws/eu/s3 b>aws/eu/rds c>aws/us/s3 d>github/actions');
  expect(Object.fromEntries(topology.shared)).toEqual({
    'aws/eu': ['aws/eu/rds', 'aws/eu/s3'],
    'aws/all': ['aws/eu', 'aws/us/s3'],
  });
  expect([...blastRadius(topology, 'aws/eu').keys()].toSorted()).toEqual(['a', 'aws/eu/rds', 'aws/eu/s3', 'b']);
  expect([...blastRadius(topology, 'aws/all').keys()].filter((id) => !id.includes('/')).toSorted()).toEqual([
    'a',
    'b',
    'c',
  ]);
});
