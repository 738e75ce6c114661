/** Stands where a secret was. */
export const hidden = '[hidden]';

// A provider may echo a token cut short, so any 8 characters of a secret in a row count as the secret. Shorter secrets are hidden when whole.
const gram = 8;

/**
 * A function that hides the given secrets in any text: whole or in part, plain, percent-encoded, JSON-escaped or in base64. Of a secret that is a
 * URL, the host stays readable and everything after it is hidden.
 */
export function scrubSecrets(secrets: readonly string[]): (text: string) => string {
  const grams = new Set<string>();
  const short: string[] = [];
  for (const form of secrets.flatMap(parts).flatMap(forms)) {
    if (form.length >= gram) for (let i = 0; i + gram <= form.length; i++) grams.add(form.slice(i, i + gram));
    else if (form !== '') short.push(form);
  }
  return (text) => {
    let clean = hideGrams(text, grams);
    for (const secret of short) clean = hideWhole(clean, secret);
    return clean;
  };
}

function hideGrams(text: string, grams: ReadonlySet<string>): string {
  let clean = '';
  let copied = 0;
  for (let i = 0; i + gram <= text.length; i++) {
    if (!grams.has(text.slice(i, i + gram))) continue;
    let end = i + gram;
    for (let next = i + 1; next <= end && next + gram <= text.length; next++) {
      if (grams.has(text.slice(next, next + gram))) end = next + gram;
    }
    clean += text.slice(copied, i) + hidden;
    copied = end;
    i = end - 1;
  }
  return clean + text.slice(copied);
}

/** A short secret ("abc") is hidden where it stands alone, so that it does not eat the words that happen to contain it. */
function hideWhole(text: string, secret: string): string {
  const escaped = secret.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![A-Za-z0-9])${escaped}(?![A-Za-z0-9])`, 'g'), hidden);
}

function parts(secret: string): string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(secret) || !URL.canParse(secret)) return [secret];
  const url = new URL(secret);
  return [
    url.username,
    url.password,
    ...url.pathname.split('/'),
    ...[...url.searchParams].flat(),
    url.hash.slice(1),
    url.pathname + url.search,
  ].filter((part) => part.length > 1);
}

function forms(secret: string): string[] {
  const plain = secret.toWellFormed();
  const base64 = Buffer.from(plain).toString('base64').replace(/=+$/, '');
  return [
    ...new Set([
      plain,
      encodeURIComponent(plain),
      decoded(plain),
      JSON.stringify(plain).slice(1, -1),
      base64,
      base64.replaceAll('+', '-').replaceAll('/', '_'),
    ]),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
