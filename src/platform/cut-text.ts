/** Shows that something was left out. One UTF-16 unit, three bytes in UTF-8. */
export const cutMark = '…';

const encoder = new TextEncoder();

/** At most `maxUnits` UTF-16 units, ending with the mark when something was left out; never half a code point. */
export function cutText(text: string, maxUnits: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= maxUnits) return whole;
  let end = Math.max(0, maxUnits - cutMark.length);
  if (isLowSurrogate(whole.charCodeAt(end))) end--;
  return whole.slice(0, Math.max(0, end)) + cutMark;
}

/** At most `maxBytes` bytes of UTF-8, ending with the mark when something was left out; never half a code point. */
export function cutBytes(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  const room = encoder.encodeInto(whole, new Uint8Array(maxBytes));
  if (room.read === whole.length) return whole;
  const { read } = encoder.encodeInto(whole, new Uint8Array(Math.max(0, maxBytes - encoder.encode(cutMark).length)));
  return whole.slice(0, read) + cutMark;
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
