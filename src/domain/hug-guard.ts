/** Why words cannot go out as they are. A visitor is told, and can say it in another way; nothing is stored of them. */
export type HugFault = 'threat' | 'contact' | 'support';

const verbs = '(?:kill|hurt|murder|shoot|stab|burn|beat|punch|rape|hunt|slap|destroy|finish)';
const threats: readonly RegExp[] = [
  new RegExp(
    `\\b(?:i|we|somebody|someone)\\b(?: ?(?:ll|will|am|m|are|re|going|to|gonna|wanna|want|should|could|have))* ${verbs} (?:you|u|ya|them|him|her|your|all)\\b`,
  ),
  /\b(?:you|u|they|all of you)(?: (?:all|guys|people))? (?:should|will|must|deserve to|are going to|gonna|better|ll) (?:die|burn|suffer|hang|rot|bleed|pay for|regret|be (?:shot|killed|hanged|beaten))\b/,
  /\b(?:kill|hang|shoot) (?:yourself|yourselves|urself)\b|\bkys\b|\bhope you (?:all )?die\b|\bgo die\b|\bdrop dead\b/,
  /\bwatch your back\b|\b(?:know|find out|found) where (?:you|u|they) (?:all )?live\b|\bcoming for (?:you|u|your)\b/,
  /\b(?:bomb|torch|burn down|blow up) (?:your|the|this) (?:office|house|home|building|server room|data cent(?:er|re))\b/,
  /\bich (?:bring|mach|schlag)\w* (?:dich|euch) (?:um|fertig|tot)\b|\bverreck\w*\b|\bte voy a matar\b|\bje vais (?:te|vous) tuer\b|\bубью\b/,
];

const topLevel =
  '(?:com|net|org|io|ru|xyz|top|info|biz|dev|app|me|tv|cc|shop|site|online|link|click|example|test|de|uk|fr|cn|ly|gg)';
// The words as written, with invisible characters gone and wide letters made plain.
const contacts: readonly RegExp[] = [
  /\b(?:https?|hxxps?|ftp|tg|mailto|tel|javascript|data) ?:|\bwww\b/i,
  new RegExp(
    `[\\p{L}\\p{N}-]\\s*(?:\\.|\\[\\.\\]|\\(\\.\\)|\\s[([]?(?:dot|punkt|punto)[)\\]]?\\s)\\s*${topLevel}(?![\\p{L}\\p{N}])`,
    'iu',
  ),
  /\S\s*(?:@|[([]\s*at\s*[)\]])\s*\S{2,}/iu,
  // Telephone, card and account numbers: seven digits with little between them.
  /(?:\d[\s().+/_-]{0,3}){7,}/u,
  /\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,}/u,
  // A number and a street, in either order.
  /\b\d{1,5}[a-z]?\s+(?:\p{Lu}[\p{L}.]*\s+){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|way)\b/iu,
  /\p{L}{3,}(?:straße|strasse|gasse|weg|platz|allee|laan|straat)\s+\d{1,4}\b/iu,
  /\b(?:rue|calle|via|avenida|rua)\s+\p{L}[\p{L}\s]{2,40}\s+\d{1,4}\b/iu,
  /\b(?:lives? (?:at|in|on)|home address|his address|her address|wohnt in|real name is|works? from|(?:kids?|children|daughter|son) goe?s? to)\b/iu,
];

const requests: readonly RegExp[] = [
  /\b(?:refund|my money back|compensation|reimburse\w*|chargeback|invoice (?:is|was) wrong)\b/,
  /\b(?:still|it) (?:is |s )?(?:does ?n ?o?t|can ?n?o?t|not|isn t|ain t|won t|down|broken|failing|stuck|offline|unavailable)\b(?! (?:anymore|any more))/,
  /\b(?:please|pls|plz) (?:help|fix|call|contact|reply|answer|unlock|reset|cancel|delete|restore|look into)\b/,
  /\b(?:can|could|would) (?:you|somebody|someone|anyone) (?:please )?(?:help|fix|call|contact|reply|tell|check|unlock|reset|cancel|delete|restore|look|explain|send)\b/,
  /\b(?:where|when) (?:is|are|will|does|do) (?:my|it|this|you|the)\b|\bhow do i\b|\bwhy (?:is|does|do|can t|am)\b|\bi can ?(?:not|t) (?:log|sign|access|see|open|pay|reach|find)\b/,
  /\b(?:unlock|reset|cancel|delete|close) my (?:account|password|subscription|order)\b|\bmy (?:ticket|case) (?:number|no)\b/,
];

/**
 * What is wrong with a thank-you besides its language: a threat, something by which a person could be found or led elsewhere, or a
 * request that belongs to support. `plain` is the text as written without invisible characters and in plain letters; `folded` has look-alike
 * letters made Latin, lower case, and single spaces for whatever is no letter or digit.
 */
export function faultOf(plain: string, folded: string): HugFault | undefined {
  if (threats.some((pattern) => pattern.test(folded))) return 'threat';
  if (contacts.some((pattern) => pattern.test(plain))) return 'contact';
  if (requests.some((pattern) => pattern.test(folded))) return 'support';
  return undefined;
}
