import { secretReference as reference } from '../../platform/secret-reference.ts';
import { CheckError, type CheckEnv } from './check-kind.ts';

export { secretText } from '../../platform/secret-reference.ts';

/** True when the text refers to a secret kept elsewhere: `${env:NAME}` or `${file:/run/secrets/name}`. */
export const hasReference = (text: string): boolean => text.includes('${') && text.search(reference) >= 0;

/** The secrets of one run: what it filled in, it also takes out again of everything that is kept or shown. */
export interface Secrets {
  /** Replaces the references in a text, each value encoded where the text asks for it. Throws CheckError `secret-missing`, which names the reference and never a value. */
  fill(text: string, encode?: (value: string) => string): string;
  /** Has a derived form (as the base64 of basic authentication) hidden too. */
  remember(value: string): void;
  /** The text without any secret that was filled in. */
  hide(text: string): string;
}

// One or two characters are no secret, and hiding them would make every text unreadable.
const shortestHidden = 3;

export function createSecrets(env: Pick<CheckEnv, 'resolveSecret'>): Secrets {
  const values = new Set<string>();
  const remember = (value: string): void => {
    if (value.length >= shortestHidden) values.add(value);
  };
  return {
    remember,
    fill(text, encode = (value) => value) {
      if (!text.includes('${')) return text;
      return text.replace(reference, (written, source: 'env' | 'file', name: string) => {
        const value = env.resolveSecret(source, name);
        if (value === undefined) throw new CheckError('secret-missing', `the secret ${written} is not there`);
        // A file of one line ends in a line break that nobody means.
        const secret = value.replace(/\r?\n$/, '');
        remember(secret);
        return encode(secret);
      });
    },
    hide(text) {
      if (values.size === 0) return text;
      let hidden = text;
      // The longest first: one secret may contain another.
      for (const value of [...values].sort((a, b) => b.length - a.length)) {
        hidden = hidden.replaceAll(value, '[secret]').replaceAll(encodeURIComponent(value), '[secret]');
      }
      return hidden;
    },
  };
}
