import { describe, expect, test } from 'vitest';
import { readWords } from '../../../src/thank/read-words.ts';

const faults = (texts: readonly string[]) => texts.map((text) => [text, readWords(text).fault]);
const all = (texts: readonly string[], fault: string | undefined) => texts.map((text) => [text, fault]);

describe('what is kind goes through', () => {
  const kind = [
    'Thank you to whoever got up for this.',
    'My kids’ birthday order went through after all. You are great.',
    'You killed it. 42 minutes, wow!',
    'Thanks! I can log in again ❤️',
    'It works again, thank you so much',
    'Danke an alle, die heute Nacht wach waren 🤗',
    'Merci à toute l’équipe, vous êtes formidables',
    'Спасибо вам большое!',
    'ありがとうございます。お疲れ様でした',
    '谢谢你们，辛苦了',
    'شكرا لكم جميعا',
    'Gracias por todo, sois los mejores',
    'Scunthorpe says thank you, and so does Essex',
    'I was about to call you, and then it was back. Impressive.',
    '👩‍🚒👩‍🚒👩‍🚒',
    'Thank you for 24/7 care since 2019',
    'A pint of Guinness on me, 3 cheers',
  ];
  test('in any language', () => {
    expect(faults(kind)).toEqual(all(kind, undefined));
  });
});

describe('what would hurt does not', () => {
  const insults = [
    'fuck you',
    'f u c k you',
    'f.u.c.k you all',
    'fu\u200bck you',
    'ｆｕｃｋ you',
    '𝒻𝓊𝒸𝓀 you',
    'fυck you',
    'ƒuck you',
    'fuuuuuck you',
    'f*ck 5h1t fück you',
    'you b1tch',
    'ihr Wichser',
    'Hurensöhne, alle',
    'hijos de puta... hijo de puta',
    'p.u.t.a',
    'vaffanculo',
    'сука',
    'пидорасы',
    'с-у-к-а',
    'kurwa mac',
    '傻逼',
    '傻 逼',
    '씨발',
    'encule\u0301s',
  ];
  const threats = [
    'I will kill you',
    'i’ll find where you live... I know where you live',
    'You should die',
    'I am going to hurt you',
    'kill yourself',
    'K\u200Bill your\u00adself',
    'кill yourself',
    'Watch your back',
    'we are coming for you',
    'Ich bring euch um',
  ];
  const contacts = [
    'see https://example.test/x',
    'www.example.com',
    'example . com has it',
    'example dot com',
    'example[.]com',
    'bob@example.com',
    'bob (at) example.com',
    'thanks @bob_bakker',
    'call 0170 123 45 67',
    'call ０１７０ １２３ ４５６７',
    '+49 (0)170-1234567',
    'DE89 3704 0044 0532 0130 00',
    'she lives at 12',
    '12 Long Acre Street is nice',
    'Hauptstraße 12',
    'javascript:alert(1)',
    'his real name is Bob',
  ];
  const requests = [
    'still not working for me',
    'I want a refund',
    'please help me',
    'Can you reset my password?',
    'Where is my order?',
    'why is my account locked',
    'It is still down here',
  ];
  test.each([
    ['insult', insults],
    ['threat', threats],
    ['contact', contacts],
    ['support', requests],
  ])('%s', (fault, texts) => {
    expect(faults(texts)).toEqual(all(texts, fault));
  });
});

test('script is text, invisible characters and piled marks go, nothing but them is no words', () => {
  expect(readWords('<script>alert(1)</script>').text).toBe('<script>alert(1)</script>');
  expect(readWords('Thank\u200b you\u202e\u0000 all\n\tof you').text).toBe('Thank you all of you');
  expect(readWords(`T${'\u0336'.repeat(40)}hanks`).text).toBe('Thanks');
  for (const nothing of ['', '  ', '\u200b\u200b', '\u3164', '\ud800', '...'])
    expect(readWords(nothing).text).toBe(null);
  expect(() => readWords('x'.repeat(281))).toThrow('280');
  expect(readWords('👩‍🚒'.repeat(50)).text).toBe('👩‍🚒'.repeat(50));
});

test('takes a moment, whatever is written', () => {
  const nasty = [
    'a'.repeat(280),
    '1-'.repeat(140),
    'i will '.repeat(40),
    '. '.repeat(140),
    `${'l'.repeat(270)} 1`,
    '@ '.repeat(140),
  ];
  const before = performance.now();
  for (const text of nasty) for (let i = 0; i < 20; i++) readWords(text);
  expect(performance.now() - before).toBeLessThan(2_000);
});
