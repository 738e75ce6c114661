import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity';
import { ServiceError } from '../platform/errors.ts';

export const maxHugLength = 280;

const matcher = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });
// Links, addresses and telephone numbers are never shown without a person's look.
const contactLike = /https?:|www\.|\b\S+@\S+\.\S+|\.(?:com|net|org|io|ru|xyz|top)\b|(?:\d[\s().-]?){7,}/iu;
// Control and format characters (zero width, bidirectional overrides) have no place in a thank-you, except the joiner of emoji.
const invisible = /[\p{Cc}\p{Cf}]/gu;

/** A visitor's words made plain: one line, no invisible characters. `isClean` is false when a person should look first. */
export function readWords(message: string | undefined): { text: string | null; isClean: boolean } {
  if (message === undefined) return { text: null, isClean: true };
  const text = message
    .normalize('NFC')
    .replace(/[\t\n\r]+/g, ' ')
    .replace(invisible, (character) => (character === '\u200d' ? character : ''))
    .trim();
  if (text === '') return { text: null, isClean: true };
  if (Array.from(text).length > maxHugLength) {
    throw new ServiceError('invalid', `A hug has room for ${maxHugLength} characters.`, {
      fields: [{ path: 'message', message: `at most ${maxHugLength} characters` }],
    });
  }
  return { text, isClean: !contactLike.test(text) && !matcher.hasMatch(text) };
}
