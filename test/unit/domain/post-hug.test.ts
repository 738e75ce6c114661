import { describe, expect, test } from 'vitest';
import { decidePost, incidentOfPost, kindOfPost, type PostFacts, saysHugOps } from '../../../src/domain/post-hug.ts';

const sure: PostFacts = {
  stance: 'thanks',
  isSureThanks: true,
  hasHugOps: false,
  fault: undefined,
  hasWords: true,
  namesOnlyUpstream: false,
};

describe('a post', () => {
  test.each([
    ['sure thanks', {}, { action: 'bring' }],
    ['not sure', { isSureThanks: false }, { action: 'hold', reason: 'unsure' }],
    ['a tag alone', { stance: 'other', isSureThanks: false, hasHugOps: true }, { action: 'hold', reason: 'unsure' }],
    ['a tag in mockery', { stance: 'joke', hasHugOps: true }, { action: 'leave', reason: 'no-thanks' }],
    ['a link', { fault: 'contact' }, { action: 'hold', reason: 'address' }],
    ['a question', { fault: 'support' }, { action: 'hold', reason: 'unsure' }],
    ['an insult', { fault: 'insult', hasHugOps: true }, { action: 'leave', reason: 'unkind' }],
    ['a threat', { fault: 'threat' }, { action: 'leave', reason: 'unkind' }],
    ['no words', { hasWords: false }, { action: 'leave', reason: 'no-thanks' }],
    ['the provider alone', { namesOnlyUpstream: true }, { action: 'hold', reason: 'upstream' }],
  ] as const)('%s', (_, more, decision) => {
    expect(decidePost({ ...sure, ...more })).toEqual(decision);
  });

  test('is about the incident that was over last when it was written, of those that it names', () => {
    const first = { incidentId: 'first', resolvedAt: 100, targets: new Set(['service:a', 'upstream:acme']) };
    const second = { incidentId: 'second', resolvedAt: 200, targets: new Set(['service:a']) };
    const about = (at: number, ...targets: string[]) => incidentOfPost({ at, targets }, [first, second]);
    expect(about(150, 'service:a')).toBe('first');
    expect(about(200, 'service:a')).toBe('second');
    expect(about(300, 'upstream:acme')).toBe('first');
    expect(about(300, 'service:b')).toBeUndefined();
    expect(about(50, 'service:a')).toBeUndefined();
  });

  test('says which hug it is by its picture, and #hugops in either spelling', () => {
    expect(['thanks ☕', 'thanks 🎂', 'thanks 🍫', 'thanks 🌷', 'thanks ⭐', 'thanks ❤️'].map(kindOfPost)).toEqual([
      'coffee',
      'cake',
      'chocolates',
      'flowers',
      'star',
      'hug',
    ]);
    expect(['#HugOps', 'a #hug-ops!', 'no#hugops', '#hugopsfan'].map(saysHugOps)).toEqual([true, true, false, false]);
  });
});
