// Sources: https://www.twilio.com/docs/voice/twiml/say, https://www.twilio.com/docs/voice/twiml/gather, https://www.twilio.com/docs/voice/twiml/hangup

/** What a call says. With `keypadUrl`, a 1 on the keypad is reported there; the address then answers with `keypadTwiml`. */
export function callTwiml(sentences: readonly string[], keypadUrl?: string): string {
  const page = sentences.map((sentence) => say(/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`)).join('');
  // Said twice: whoever is woken misses the first words.
  const twice = `${page}<Pause length="1"/>${page}`;
  if (keypadUrl === undefined) {
    return response(`<Pause length="1"/>${twice}${say('Please open HugOps to acknowledge. Goodbye.')}`);
  }
  const ask = say('Press 1 to acknowledge.');
  const gather = `<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action="${escapeXml(keypadUrl)}">${page}${ask}<Pause length="1"/>${page}${ask}</Gather>`;
  return response(`<Pause length="1"/>${gather}${say('No key was pressed. Goodbye.')}`);
}

/** What became of a key that was pressed, in the words that the caller hears. */
export type KeypadOutcome = 'acknowledged' | 'taken' | 'resolved' | 'expired' | 'other-key';

const answers: Record<KeypadOutcome, string> = {
  acknowledged: 'Acknowledged. Thank you. Goodbye.',
  taken: 'Somebody else has acknowledged it already. Goodbye.',
  resolved: 'It is resolved already. Goodbye.',
  expired: 'This call is too old to acknowledge. Please open HugOps. Goodbye.',
  'other-key': 'That key does nothing. Press 1 to acknowledge.',
};

/** The answer to a pressed key. After another key than 1 the caller may press again, if `keypadUrl` says where. */
export function keypadTwiml(outcome: KeypadOutcome, keypadUrl?: string): string {
  if (outcome !== 'other-key' || keypadUrl === undefined) return response(`${say(answers[outcome])}<Hangup/>`);
  const again = `<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action="${escapeXml(keypadUrl)}">${say(answers[outcome])}</Gather>`;
  return response(`${again}${say('Goodbye.')}<Hangup/>`);
}

const response = (verbs: string): string => `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;
const say = (text: string): string => `<Say language="en-US">${escapeXml(text)}</Say>`;

const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // The control characters that XML 1.0 cannot express at all.
    .replace(/[\p{Cc}\ufffe\uffff]/gu, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
