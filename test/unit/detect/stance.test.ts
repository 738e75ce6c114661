import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeSentences } from '../../../bench/stance-grammar.ts';
import { hasPosts, readGoEmotions } from '../../../bench/stance-corpus.ts';
import { compileMatcher, matchPost } from '../../../src/detect/match.ts';
import { cueNames, doubts } from '../../../src/detect/stance-cues.ts';
import { BUCKETS, STANCE_CHARS, StanceFeatures } from '../../../src/detect/stance-features.ts';
import { createStanceModel, stances, type StanceVerdict } from '../../../src/detect/stance.ts';

const model = createStanceModel();
const matcher = compileMatcher([{ id: 'acmemail', names: ['Acmemail', 'us-east-1'] }]);
const judge = (text: string): StanceVerdict => model.judge(text, matchPost(matcher, text).matches);

describe('golden sentences', () => {
  test.each([
    'Acmemail is down',
    'acmemail not working for me since 8am',
    'is acmemail broken for anyone else?',
    'Acmemail geht nicht',
    'acmemail ne marche pas',
    'Acmemail no funciona',
    'Acmemail caiu',
    'Acmemail non funziona',
    'Acmemail werkt niet',
    'Acmemail не работает',
    'Acmemail 障害',
    'Acmemail 打不开',
    'Acmemail 먹통',
    'Acmemail says "thank you for your patience" and it is still down',
    'oh great, acmemail is down again. lovely.',
    'slow clap for Acmemail, logged out again',
  ])('trouble: %s', (text) => {
    expect(judge(text)).toMatchObject({ stance: 'problem', isSureThanks: false });
  });

  test.each([
    'Thank you Acmemail team for fixing it so quickly!',
    'Acmemail is back, thank you to everyone on call ❤️',
    '#hugops to everyone at Acmemail',
    'thx acmemail',
    'thank you, Acmemail. You were down this morning and you fixed it in minutes.',
    'Danke Acmemail, läuft wieder',
    'Merci Acmemail',
    'Gracias a todo el equipo de Acmemail',
    'Grazie Acmemail',
    'Dank je wel Acmemail',
    'Tack Acmemail',
    'Dziękuję Acmemail',
    'Teşekkürler Acmemail',
    'Acmemail ありがとう',
    '谢谢 Acmemail',
    'Acmemail 감사합니다',
    'شكرا Acmemail',
    'terima kasih Acmemail',
  ])('thanks, and sure of it: %s', (text) => {
    expect(judge(text)).toMatchObject({ stance: 'thanks', isSureThanks: true });
  });

  test.each([
    'Obrigado Acmemail!',
    'thanks Acmemail, you saved my afternoon today',
    "can't thank the Acmemail people enough",
  ])('thanks, but a person looks first: %s', (text) => {
    expect(judge(text)).toMatchObject({ stance: 'thanks', isSureThanks: false });
  });

  test.each([
    'a meteor destroyed us-east-1',
    'godzilla ate the Acmemail servers lol',
    'Acmemail is down because the hamster died 😂',
    'Acmemail down, guess I have to talk to my family now lmao',
  ])('joke, and no report: %s', (text) => {
    expect(judge(text)).toMatchObject({ stance: 'joke', isSureThanks: false });
  });

  test.each([
    'Acmemail announced a new logo today',
    'we use Acmemail at work',
    'Acmemail works fine for me',
    'I have an interview at Acmemail',
    'Acmemail was not down yesterday',
    'Thank you for your patience, our engineers are investigating. Acmemail Support',
  ])('neither: %s', (text) => {
    expect(judge(text)).toMatchObject({ stance: 'other', isSureThanks: false });
  });
});

describe('a complaint must not become a hug', () => {
  test.each([
    'thanks for nothing Acmemail',
    'Thanks for nothing, @acmemail!!',
    'THANKS FOR NOTHING ACMEMAIL',
    'great job breaking it again Acmemail',
    'Great job, Acmemail, breaking it again',
    'Thank you Acmemail for losing all my drafts',
    'Thanks a lot Acmemail. Third outage this week.',
    'Thanks Acmemail, now I missed my deadline',
    'wow thank you acmemail, love waiting three hours 🙄',
    'no thanks Acmemail',
    'Acmemail is down, thanks in advance for fixing it',
    'thanks Acmemail, really great timing, down during my exam',
    'Acmemail is not working, thank you for looking into it',
    'thanks Acmemail /s',
    'Danke für nichts Acmemail',
    'merci pour rien Acmemail',
    'gracias por nada Acmemail',
    'obrigado por nada Acmemail',
    'grazie di niente Acmemail',
    'спасибо за ничего Acmemail',
    'th\u200banks for n\u043ething Acmemail',
    'RT @bob: thank you Acmemail',
    '“thank you Acmemail” said nobody ever',
    'Thanks Obama, and thanks Acmemail',
    'thank you meteor for taking down Acmemail',
    'Thank you Acmemail for the unexpected day off',
    'Thanks Acmemail, I love paying 40 euros a month for this',
    'Thanks to Acmemail I get to explain to 200 customers why nothing arrives',
    'So grateful that Acmemail chose my launch day for this',
    'thank you acmemail, very cool of you',
    'Big thanks to Acmemail for eating my thesis',
    'Thanks Acmemail! My boss is thrilled. Not.',
    'Thanks Acmemail but it is still not fixed',
    'Danke Acmemail, jetzt ist mein Zug weg',
  ])('%s', (text) => {
    expect(judge(text).isSureThanks).toBe(false);
  });

  test('each of these stands in the cues as a doubt, where it has one', () => {
    expect(judge('thanks for nothing Acmemail').cues).toContain('mock-thanks');
    expect(judge('thanks Acmemail /s').cues).toContain('sarcasm');
    expect(judge('RT @bob: thank you Acmemail').cues).toContain('repost');
    expect(judge('Acmemail is down, thanks in advance').cues).toContain('in-advance');
  });

  test('of the sentences kept from training no complaint is sent, and most thanks are', () => {
    const held = makeSentences(4711, 300, 'held').map(({ text, stance, named }) => ({
      stance,
      verdict: model.judge(text, named),
    }));
    const sent = held.filter(({ verdict }) => verdict.isSureThanks);
    expect(sent.filter(({ stance }) => stance !== 'thanks')).toEqual([]);
    expect(sent.length).toBeGreaterThan(220);
    expect(held.filter(({ stance, verdict }) => stance === verdict.stance).length).toBeGreaterThan(1100);
  });

  test.skipIf(!hasPosts())('on real thanks the precision promised holds (skipped without the shared data)', () => {
    const sent = readGoEmotions('test').filter(({ text }) => model.judge(text).isSureThanks);
    const right = sent.filter(({ stance }) => stance === 'thanks').length;
    expect(right / sent.length).toBeGreaterThanOrEqual(0.97);
    expect(sent.length).toBeGreaterThan(200);
  });
});

describe('why', () => {
  test('the words and cues that spoke, strongest first, from the text as written', () => {
    const text = 'Thank you so much, Acmemail ❤️';
    const { verdict, reasons } = model.explain(text, matchPost(matcher, text).matches, 5);
    expect(verdict).toEqual(judge(text));
    expect(reasons.length).toBe(5);
    expect(reasons.map(({ weight }) => weight)).toEqual(reasons.map(({ weight }) => weight).toSorted((a, b) => b - a));
    expect(reasons.some(({ what, kind }) => kind === 'cue' && what === 'thanks')).toBe(true);
    expect(reasons.some(({ what, kind }) => kind === 'words' && text.includes(what) && /thank/i.test(what))).toBe(true);
  });

  test('an explanation leaves no trace in the next verdict', () => {
    const before = judge('Acmemail is down');
    model.explain('thank you');
    expect(judge('Acmemail is down')).toEqual(before);
  });

  test('what is said inside quotation marks is another person’s', () => {
    expect(judge('Acmemail wrote "we are sorry for the outage" on their page today').cues).not.toContain('problem');
    expect(judge('"Acmemail is down"').cues).toContain('problem');
  });

  test('the name of a service is no word of the post', () => {
    const down = compileMatcher([{ id: 'd', names: ['Downtime Outage'] }]);
    const text = 'we use Downtime Outage at work';
    expect(model.judge(text, matchPost(down, text).matches)).toMatchObject({ stance: 'other' });
    expect(model.judge(text, matchPost(down, text).matches).cues).not.toContain('problem');
  });
});

describe('the weights', () => {
  test('probabilities are probabilities', () => {
    const { probabilities, probability, stance } = judge('thanks');
    expect(stances.reduce((sum, name) => sum + probabilities[name], 0)).toBeCloseTo(1, 9);
    expect(probability).toBe(probabilities[stance]);
  });

  test('every doubt is a cue, and the table is as large as it should be', () => {
    for (const doubt of doubts) expect(cueNames).toContain(doubt);
    expect(Math.log2(BUCKETS) % 1).toBe(0);
  });
});

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
  test('a megabyte costs what its first thousand characters cost, and says the same', () => {
    const text = 'thanks for nothing '.repeat(60_000);
    expect(model.judge(text)).toEqual(model.judge(text.slice(0, STANCE_CHARS)));
    expect(quickestMs(() => model.judge(text))).toBeLessThan(20);
  });

  test.each([
    '"',
    '“',
    'thanks not ',
    'thanks breaking ',
    '\ud800',
    '\u202e',
    '#a',
    '\ufdfa',
    'aaaa',
    '🙏',
    '@a ',
    '\u0301',
    '?!…',
  ])('nothing but %j takes no more than its length', (piece) => {
    const post = (chars: number): string => piece.repeat(chars).slice(0, chars);
    const part = quickestMs(() => model.judge(post(STANCE_CHARS / 4)));
    expect(quickestMs(() => model.judge(post(STANCE_CHARS)))).toBeLessThan(8 * part + 5);
  });

  test('the table of features is large enough for whatever a thousand characters fold to', () => {
    const features = new StanceFeatures();
    for (const piece of ['\ufdfa', 'a', 'abc ', '𝐚', 'ﷺx', '가', '楽']) {
      features.read(piece.repeat(2000));
      expect(features.rowCount).toBeLessThanOrEqual(features.rows.length);
    }
  });

  test('it never throws, and gives the same verdict whatever was read before', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
    );
    const spans = fc.array(fc.record({ from: fc.integer(), to: fc.integer() }), { maxLength: 4 });
    fc.assert(
      fc.property(anyText, anyText, spans, (text, other, named) => {
        const first = model.judge(text, named);
        expect(Number.isFinite(first.probability)).toBe(true);
        model.judge(other);
        expect(model.judge(text, named)).toEqual(first);
      }),
      { numRuns: 300 },
    );
  });
});
