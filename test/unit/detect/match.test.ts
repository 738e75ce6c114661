import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileMatcher, type Matcher, MOST_CHARS, matchPost, type ServiceTerms } from '../../../src/detect/match.ts';

const services: readonly ServiceTerms[] = [
  { id: 'slack', names: ['Slack'], handles: ['@SlackStatus', '@slack.test'], domains: ['slack.test'] },
  { id: 'target', names: ['Target'] },
  { id: 'tinder', names: ['Tinder'], context: ['swipe', 'my matches'] },
  { id: 'box', names: ['Box'], exclusions: ['box set'] },
  { id: 'dynamodb', names: ['DynamoDB', 'Dynamo DB'] },
  { id: 'aws', names: ['AWS', 'Amazon Web Services'], handles: ['awscloud'], domains: ['status.aws.test'] },
  { id: 'use1', names: ['us-east-1'] },
  { id: 'node', names: ['Node.js'] },
  { id: 'rakuten', names: ['楽天', 'Rakuten'] },
  { id: 'yandex', names: ['Яндекс'] },
  { id: 'kakao', names: ['카카오톡'] },
  { id: 'whatsapp', names: ['WhatsApp'], hashtags: ['wadown'] },
  { id: 'cafe', names: ['Café Pay'], exclusions: ['café pay phone'] },
  { id: 'x', names: ['X'], handles: ['@x'] },
  { id: 'fox', names: ['🦊 Mail'] },
];
const matcher = compileMatcher(services);
const named = (text: string, by: Matcher = matcher): string[] =>
  matchPost(by, text).matches.map(({ serviceId }) => serviceId);

describe('names, handles, hashtags and domains', () => {
  test.each([
    ['DynamoDB in us-east-1 broke', ['dynamodb', 'use1']],
    ['dynamo-db is slow', ['dynamodb']],
    ['amazon   web services', ['aws']],
    ['#AmazonWebServices', ['aws']],
    ['#dynamodbdown and #ThanksAWS', ['dynamodb', 'aws']],
    ['#wadown', ['whatsapp']],
    ['#slack_down', ['slack']],
    ['@SlackStatus any word?', ['slack']],
    ['@slack.test any word?', ['slack']],
    ['@awscloud please', ['aws']],
    ['see https://status.aws.test/today?x=1', ['aws']],
    ['eu.status.aws.test answers again.', ['aws']],
    ['I like Node.js', ['node']],
    ["AWS's network", ['aws']],
    ['楽天が落ちた', ['rakuten']],
    ['яндекс не работает', ['yandex']],
    ['카카오톡이 안돼', ['kakao']],
    ['café pay won’t open', ['cafe']],
    ['CAFE PAY', ['cafe']],
    ['🦊 mail is down', ['fox']],
  ])('%s', (text, expected) => {
    expect(named(text)).toEqual(expected);
  });

  test.each([
    ['us-east-12'],
    ['paws and claws'],
    ['awsome'],
    ['slack.test.evil.test'],
    ['notslack.test'],
    ['my-slack.test'],
    ['bob@slack.test wrote'],
    ['https://evil.test/slack.test'],
    ['https://slack.test@evil.test/'],
    ['https://example.com/AWS/x'],
    ['@awscloud_fans are loud'],
    ['@aws.evil.test'],
    ['Dynamo, DB'],
    ['Dynamo. DB'],
    ['a café pay phone'],
    [''],
  ])('names nothing: %s', (text) => {
    expect(named(text)).toEqual([]);
  });

  test('each match says where it stands, by which term, and what spoke for it', () => {
    const text = 'ugh, @SlackStatus: Slack is down';
    expect(matchPost(matcher, text)).toEqual({
      matches: [
        {
          serviceId: 'slack',
          kind: 'handle',
          term: '@SlackStatus',
          from: 6,
          to: 17,
          isDisguised: false,
          evidence: ['unambiguous'],
        },
      ],
      isCut: false,
      isFlood: false,
    });
  });
});

describe('ordinary words', () => {
  test.each([
    ['Slack is down', 'slack'],
    ['posted it on Slack yesterday', 'slack'],
    ['is Target down for you too?', 'target'],
    ['cannot log in to target', 'target'],
    ['tinder lost my matches', 'tinder'],
    ['swipe swipe swipe, tinder again', 'tinder'],
    ['box: error 500 on every upload', 'box'],
    ['slack? @SlackStatus?', 'slack'],
    ['@x is offline', 'x'],
  ])('%s: is the service', (text, id) => {
    expect(named(text)).toEqual([id]);
  });

  test.each([
    ['cut me some slack, the server is down'],
    ['we hit our target this year'],
    ['the target audience of this app'],
    ['a tinder box of a country'],
    ['the Box Set is down to ten euros'],
    ['put it in a box'],
    ['solve for x'],
    ['Slack'],
    ['target practice today'],
  ])('%s: is the word', (text) => {
    expect(named(text)).toEqual([]);
  });

  test('a name is no context of its own', () => {
    const app = compileMatcher([{ id: 'app', names: ['App'] }]);
    expect(named('what is this app called?', app)).toEqual([]);
    expect(named('the app is down', app)).toEqual(['app']);
  });

  test('context far away does not count', () => {
    expect(named(`target ${'word '.repeat(20)} outage`)).toEqual([]);
  });
});

describe('disguises', () => {
  test.each([
    ['Ｄｙｎａｍｏ ＤＢ', 'dynamodb', false],
    ['𝐖𝐡𝐚𝐭𝐬𝐀𝐩𝐩', 'whatsapp', false],
    ['Wh\u0430ts\u0410pp', 'whatsapp', true],
    ['What\u200bsApp', 'whatsapp', true],
    ['W\u0301hatsApp', 'whatsapp', false],
    ['\u202eWhatsApp\u202c', 'whatsapp', true],
    ['\u042f\u043d\u0434\u0435\u043a\u0441', 'yandex', false],
  ])('%s', (text, id, isDisguised) => {
    const [match] = matchPost(matcher, text).matches;
    expect(match).toMatchObject({ serviceId: id, isDisguised });
  });
});

describe('bad terms', () => {
  test.each([
    [{ id: 'a', names: ['...'] }, /^a: .*at least one/],
    [{ id: 'b', names: ['one two three four five six seven eight nine ten eleven twelve thirteen'] }, /^b: .*12 words/],
  ])('%j', (terms, message) => {
    expect(() => compileMatcher([terms])).toThrow(message);
    expect(() => compileMatcher([terms])).toThrow(RangeError);
  });

  test('no services at all', () => {
    expect(named('Slack is down', compileMatcher([]))).toEqual([]);
  });
});

/** The quickest of some tries: other work on the machine must not fail a test. */
function quickestMs(work: () => void): number {
  let quickest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 5; i++) {
    const before = performance.now();
    work();
    quickest = Math.min(quickest, performance.now() - before);
  }
  return quickest;
}

describe('bad posts', () => {
  test('a megabyte is read to its limit and no further', () => {
    const head = 'AWS is down ';
    const late = head.repeat(100_000) + 'WhatsApp';
    const result = matchPost(matcher, late);
    expect(result.matches.map(({ serviceId }) => serviceId)).toEqual(['aws']);
    expect(result.isCut).toBe(true);
    expect(matchPost(matcher, 'x'.repeat(MOST_CHARS)).isCut).toBe(false);
    expect(quickestMs(() => matchPost(matcher, late))).toBeLessThan(50);
  });

  test.each([
    ['hashtags', '#slack '],
    ['ambiguous names without context', 'slack '],
    ['names with exclusions', 'box set '],
    ['starts of a name', 'amazon web '],
    ['dots', '.'],
    ['marks', 'a\u0301\u0302\u0303'],
    ['the widest ligature', '\ufdfa'],
    ['broken surrogates', '\ud800'],
    ['right-to-left marks', '\u202e\u200f'],
    ['mentions', '@x@'],
    ['links', 'https://'],
    ['one word', 'aws'],
  ])('ten thousand %s take no longer than twice as many times twice', (_, piece) => {
    const post = (chars: number): string => piece.repeat(Math.ceil(chars / piece.length)).slice(0, chars);
    const half = quickestMs(() => matchPost(matcher, post(MOST_CHARS / 4)));
    const whole = quickestMs(() => matchPost(matcher, post(MOST_CHARS)));
    expect(whole).toBeLessThan(8 * half + 10);
    expect(matchPost(matcher, piece.repeat(10_000)).matches.length).toBeLessThan(3);
  });

  test('a post that names more than a dozen services is a flood', () => {
    const many = compileMatcher(Array.from({ length: 40 }, (_, i) => ({ id: `s${i}`, names: [`service${i}y`] })));
    const list = Array.from({ length: 40 }, (_, i) => `#service${i}y`).join(' ');
    expect(matchPost(many, list)).toMatchObject({ isFlood: true });
    expect(matchPost(many, 'service1y service2y')).toMatchObject({ isFlood: false });
  });

  test('broken surrogates and control characters stand between words, and nothing is lost around them', () => {
    expect(named('\ud800AWS\udc00 \u0000DynamoDB\u0007')).toEqual(['aws', 'dynamodb']);
  });
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom('Slack', 'AWS', 'is down', '#', '@', '.', ' ', '楽天', 'us-east-1', 'box set', 'Box', '\u200b'),
    )
    .map((parts) => parts.join('')),
);

describe('whatever the post', () => {
  test('it never throws, and each match lies within the post, in order, once a service', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { matches } = matchPost(matcher, text);
        for (const { from, to } of matches) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(text.length);
        }
        expect(new Set(matches.map(({ serviceId }) => serviceId)).size).toBe(matches.length);
        expect(matches.map(({ from }) => from)).toEqual(matches.map(({ from }) => from).toSorted((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });

  test('the same post gives the same matches, whatever was read before', () => {
    fc.assert(
      fc.property(anyText, anyText, (text, other) => {
        const first = matchPost(matcher, text);
        matchPost(matcher, other);
        expect(matchPost(matcher, text)).toEqual(first);
        expect(matchPost(compileMatcher(services), text)).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });

  test('words before a post move its matches and change nothing else', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 300 }), (text, count) => {
        // A sentence of its own, so that what begins a sentence still does; far enough to be no context.
        const before = `${'word '.repeat(12 + count)}. `;
        const moved = matchPost(matcher, before + text).matches;
        const expected = matchPost(matcher, text).matches.map((match) => ({
          ...match,
          from: match.from + before.length,
          to: match.to + before.length,
        }));
        expect(moved).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test('more services take no match away', () => {
    const all = fc.subarray([...services], { minLength: 1 });
    fc.assert(
      fc.property(anyText, all, (text, some) => {
        const few = matchPost(compileMatcher(some), text).matches;
        const many = matchPost(matcher, text).matches;
        for (const match of few) expect(many).toContainEqual(match);
      }),
      { numRuns: 100 },
    );
  });

  test('an exclusion takes away only what it covers', () => {
    const plain = compileMatcher([{ id: 'aws', names: ['AWS'] }]);
    const careful = compileMatcher([{ id: 'aws', names: ['AWS'], exclusions: ['aws summit'] }]);
    expect(named('AWS summit', plain)).toEqual(['aws']);
    expect(named('AWS summit', careful)).toEqual([]);
    expect(named('AWS summit, AWS outage', careful)).toEqual(['aws']);
  });
});
