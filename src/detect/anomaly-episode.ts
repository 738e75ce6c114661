// One alert an episode. A score counts for more when nothing as high was seen for long, and after a high one only a
// higher one gets through until its memory has faded.

/** Evidence is remembered in steps of a tenth. */
const STEPS = 200;
/** The bar that an alert leaves behind falls by half in about 280 samples: a day at five minutes. */
const FADE = 0.0025;
const RECURRENCE = 0.75;
/** Per factor of ten of history the bar rises: a long series gets more chances to be odd by accident. */
const HISTORY = 1.5;
const OFFSET = 5;
/** As long as ranks remember. */
const LONGEST = 50_000;

export interface Episode {
  /** The sample number at which evidence of each step was last seen. */
  readonly lastSeen: readonly number[];
  readonly bar: number;
  readonly samples: number;
}

export const noEpisode: Episode = { lastSeen: Array.from({ length: STEPS }, () => 0), bar: 0, samples: 0 };

/** `score` is 0 while the evidence is part of an episode that has had its alert. */
export function weighEvidence(episode: Episode, evidence: number): { episode: Episode; score: number } {
  const samples = episode.samples + 1;
  const step = Math.max(0, Math.min(STEPS - 1, Math.floor(evidence * 10)));
  let last = 0;
  for (let above = step; above < STEPS; above++) last = Math.max(last, episode.lastSeen[above] ?? 0);
  const lastSeen = episode.lastSeen.slice();
  lastSeen[step] = samples;
  const recurrence = Math.log10(1 + Math.min(samples - last, LONGEST));
  const raw = evidence + RECURRENCE * recurrence - HISTORY * Math.log10(1 + Math.min(samples, LONGEST)) + OFFSET;
  const bar = episode.bar * (1 - FADE);
  const through = evidence > 0 && raw > bar;
  return { episode: { lastSeen, bar: through ? raw : bar, samples }, score: through ? raw : 0 };
}
