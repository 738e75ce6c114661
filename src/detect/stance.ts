// What a post wants to say about a service: problem, thanks, joke or other. A linear model over hashed features and cues;
// scripts/train-stance.ts makes its weights, docs/stance-model-card.md says from what and how well it does.
import { type Cue, cueNames, doubts } from './stance-cues.ts';
import { BUCKETS, type Span, StanceFeatures } from './stance-features.ts';
import stored from './stance-weights.json' with { type: 'json' };

export const stances = ['problem', 'thanks', 'joke', 'other'] as const;
export type Stance = (typeof stances)[number];

export interface StanceVerdict {
  readonly stance: Stance;
  /** Of that stance, 0 to 1. */
  readonly probability: number;
  readonly probabilities: Readonly<Record<Stance, number>>;
  readonly cues: readonly Cue[];
  /** A thanks that may go out without a person looking: above the threshold of the model card, and without a doubt. */
  readonly isSureThanks: boolean;
}

export interface StanceReason {
  /** The words as written, or the name of a cue. */
  readonly what: string;
  readonly kind: 'words' | 'cue';
  /** What it adds to the log odds of the stance, against the average of the others. */
  readonly weight: number;
}

/** Weights as trained: by row four values, one for each stance. */
export interface StanceWeights {
  readonly rows: Int8Array | Float32Array;
  /** What one step of `rows` is worth. */
  readonly scale: number;
  /** By cue and stance. */
  readonly cues: readonly number[];
  readonly bias: readonly number[];
  readonly sureThanks: number;
}

const CLASSES = stances.length;
const grounds: ReadonlySet<Cue> = new Set<Cue>(['people', 'thanks-and-repaired', 'heart', 'short']);
/** Characters of a post that has no room for mockery. */
const MERE_THANKS = 24;

function decode(text: string): Int8Array {
  const binary = atob(text);
  const bytes = new Int8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function readStored(): StanceWeights {
  const rows = decode(stored.rows);
  if (rows.length !== BUCKETS * CLASSES || stored.cueNames !== cueNames.join(' '))
    throw new Error('stance-weights.json was made for other features: run scripts/train-stance.ts');
  const numbers = (text: string): number[] => text.split(' ').map(Number);
  const { scale, sureThanks } = stored;
  return { rows, scale, cues: numbers(stored.cues), bias: numbers(stored.bias), sureThanks };
}

export class StanceModel {
  readonly #features = new StanceFeatures();
  readonly #scores = new Float64Array(CLASSES);
  readonly #weights: StanceWeights;

  constructor(weights: StanceWeights) {
    this.#weights = weights;
  }

  /** `named`: the matches of the post, in order. Without them a name counts as words. Never throws; reads 1,000 characters. */
  judge(text: string, named: readonly Span[] = []): StanceVerdict {
    this.#features.read(text, named);
    this.#score();
    return this.#conclude();
  }

  /** The verdict with what spoke for it, strongest first. About ten times the work of `judge`. */
  explain(text: string, named: readonly Span[] = [], most = 8): { verdict: StanceVerdict; reasons: StanceReason[] } {
    const features = this.#features;
    const seen: [row: number, from: number, to: number][] = [];
    features.onRow = (row, from, to) => seen.push([row, from, to]);
    const verdict = this.judge(text, named);
    features.onRow = null;
    const at = stances.indexOf(verdict.stance);
    const byWords = new Map<string, number>();
    const share = this.#share();
    for (const [row, from, to] of seen) {
      const words = text.slice(features.tokens.from[from], features.tokens.to[to]);
      const weight = this.#against((i) => (this.#weights.rows[row * CLASSES + i] ?? 0) * share, at);
      byWords.set(words, (byWords.get(words) ?? 0) + weight);
    }
    const reasons: StanceReason[] = [...byWords].map(([what, weight]) => ({ what, kind: 'words', weight }));
    for (const name of verdict.cues) {
      const base = cueNames.indexOf(name) * CLASSES;
      reasons.push({ what: name, kind: 'cue', weight: this.#against((i) => this.#weights.cues[base + i] ?? 0, at) });
    }
    return { verdict, reasons: reasons.toSorted((a, b) => b.weight - a.weight).slice(0, most) };
  }

  #against(valueOf: (i: number) => number, at: number): number {
    const others = stances.map((_, i) => (i === at ? 0 : valueOf(i))).reduce((sum, value) => sum + value, 0);
    return valueOf(at) - others / (CLASSES - 1);
  }

  /** Long posts have many features; each then counts less. */
  #share(): number {
    return this.#weights.scale / Math.sqrt(Math.max(1, this.#features.rowCount));
  }

  #score(): void {
    const { rows, cues, bias } = this.#weights;
    const features = this.#features;
    let problem = 0;
    let thanks = 0;
    let joke = 0;
    let other = 0;
    for (let i = 0; i < features.rowCount; i++) {
      const base = (features.rows[i] ?? 0) * CLASSES;
      problem += rows[base] ?? 0;
      thanks += rows[base + 1] ?? 0;
      joke += rows[base + 2] ?? 0;
      other += rows[base + 3] ?? 0;
    }
    const share = this.#share();
    const scores = this.#scores;
    scores[0] = problem * share + (bias[0] ?? 0);
    scores[1] = thanks * share + (bias[1] ?? 0);
    scores[2] = joke * share + (bias[2] ?? 0);
    scores[3] = other * share + (bias[3] ?? 0);
    for (let c = 0; c < features.cues.length; c++) {
      if (features.cues[c] === 0) continue;
      const base = c * CLASSES;
      for (let k = 0; k < CLASSES; k++) scores[k] = (scores[k] ?? 0) + (cues[base + k] ?? 0);
    }
  }

  #cuesThere(): Cue[] {
    const there: Cue[] = [];
    const { cues } = this.#features;
    for (let i = 0; i < cues.length; i++) {
      const name = cueNames[i];
      if (cues[i] === 1 && name) there.push(name);
    }
    return there;
  }

  /**
   * Who mocks a service thanks it for something odd; who means it thanks people, or for a repair, or says no more than thanks. Only
   * asked of posts that name a service: elsewhere mockery is rare.
   */
  #isGrounded(cues: readonly Cue[]): boolean {
    return (
      !cues.includes('named') || this.#features.tokens.readTo <= MERE_THANKS || cues.some((name) => grounds.has(name))
    );
  }

  #conclude(): StanceVerdict {
    const [a = 0, b = 0, c = 0, d = 0] = this.#scores;
    const most = Math.max(a, b, c, d);
    const powers = [Math.exp(a - most), Math.exp(b - most), Math.exp(c - most), Math.exp(d - most)] as const;
    const sum = powers[0] + powers[1] + powers[2] + powers[3];
    const thanks = powers[1] / sum;
    const probabilities = { problem: powers[0] / sum, thanks, joke: powers[2] / sum, other: powers[3] / sum };
    const stance: Stance = stances[powers.indexOf(1)] ?? 'other';
    const cues = this.#cuesThere();
    const isSureThanks =
      thanks >= this.#weights.sureThanks &&
      cues.some((name) => name === 'thanks' || name === 'warm') &&
      !cues.some((name) => doubts.has(name)) &&
      this.#isGrounded(cues);
    return { stance, probability: probabilities[stance], probabilities, cues, isSureThanks };
  }
}

/** The model of this repository. It reuses its working memory (about 200 kB) from post to post. */
export const createStanceModel = (): StanceModel => new StanceModel(readStored());
