/** What somebody did, told to them: "You took it and ended it". */
const reasonWords: Readonly<Record<string, string>> = {
  paged: 'were called',
  acknowledged: 'took it',
  led: 'led',
  'took-over': 'took it over',
  'took-shift': 'stood in for somebody',
  'watched-night': 'watched through the night',
  'wrote-updates': 'told the public',
  noted: 'wrote notes',
  fixed: 'fixed it',
  resolved: 'ended it',
  communicated: 'kept people informed',
  supported: 'answered those who asked',
  reviewed: 'reviewed what was learnt',
  helped: 'helped',
};

/** The same of somebody else: "was called". */
const ofOthers: Readonly<Record<string, string>> = { ...reasonWords, paged: 'was called' };

export const addable = [
  ['helped', 'Helped'],
  ['fixed', 'Fixed it'],
  ['led', 'Led'],
  ['communicated', 'Kept people informed'],
  ['supported', 'Answered those who asked'],
  ['reviewed', 'Reviewed what was learnt'],
] as const;

const join = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

export const partsText = (reasons: readonly string[]): string =>
  join(reasons.map((reason) => reasonWords[reason] ?? reason));

export const othersText = (reasons: readonly string[]): string =>
  join(reasons.map((reason) => ofOthers[reason] ?? reason));
