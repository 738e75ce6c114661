import { foldText } from '../detect/fold-text.ts';
import { faultOf, type HugFault } from '../domain/hug-guard.ts';
import { ServiceError } from '../platform/errors.ts';
import { isInsult } from './insults.ts';

export const maxHugLength = 280;

// Control and format characters (zero width, bidirectional overrides) have no place in a thank-you, except the joiner of emoji.
const invisible = /[\p{Cc}\p{Cf}\u115f\u1160\u3164\uffa0]/gu;
/** More marks on one letter than any language writes: a text that runs over its neighbours. */
const piledMarks = /\p{M}{4,}/gu;

export interface HugWords {
  text: string | null;
  /** Undefined when nothing speaks against the words. */
  fault: HugFault | 'insult' | undefined;
}

/** Words made plain: one line, no invisible characters; and what is wrong with them, if anything. Throws `invalid` when they are too long. */
export function readWords(message: string | undefined): HugWords {
  if (message === undefined) return { text: null, fault: undefined };
  const text = message
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\t\n\r\u2028\u2029]+/g, ' ')
    .replace(invisible, (character) => (character === '\u200d' ? character : ''))
    .replace(piledMarks, '')
    .trim();
  if (text === '' || foldText(text) === '') return { text: hasPicture.test(text) ? text : null, fault: undefined };
  if (Array.from(text).length > maxHugLength) {
    throw new ServiceError('invalid', `A hug has room for ${maxHugLength} characters.`, {
      fields: [{ path: 'message', message: `at most ${maxHugLength} characters` }],
    });
  }
  // Joiners between letters are a trick; only between pictures they are one.
  const plain = text.normalize('NFKC').replaceAll('\u200d', '');
  const folded = foldText(text);
  return { text, fault: faultOf(plain, folded) ?? (isInsult(plain, folded) ? 'insult' : undefined) };
}

const hasPicture = /\p{Extended_Pictographic}/u;

/** Tells a person why their words cannot go out, so that they can say it in another way. Nothing is stored. */
export function refuseFault(fault: NonNullable<HugWords['fault']>, supportUrl: string | undefined): ServiceError {
  const message = {
    threat: 'This goes to a person who has helped. We do not pass it on.',
    insult: 'This goes to a person who has helped. Please say it in kinder words.',
    contact: 'Please leave out links, numbers, names of accounts and addresses. A hug goes without them.',
    support:
      supportUrl === undefined
        ? 'This sounds like a question, and a hug gets no answer. Please ask those who can help you.'
        : `This sounds like a question, and a hug gets no answer. Here you find help: ${supportUrl}`,
  }[fault];
  return new ServiceError('invalid', message, { fields: [{ path: 'message', message }] });
}
