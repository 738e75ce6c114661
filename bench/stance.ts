// Precision, recall and F1 of the stance on parts that training never saw, beside `thank|thx` and the majority.
import { compileMatcher, matchPost } from '../src/detect/match.ts';
import { ordinaryWords } from '../src/detect/match-words.ts';
import { createStanceModel, type Stance, type StanceModel, stances } from '../src/detect/stance.ts';
import type { Bench } from './bench.ts';
import { type Labelled, hasPosts, postsFolder, readGoEmotions, readSarcasm } from './stance-corpus.ts';
import { type Sample as Made, makeSentences } from './stance-grammar.ts';

const FLOOR = 0.97;
const HELD_SEED = 77;
const HELD_PER_STANCE = 1000;

interface Rated {
  readonly text: string;
  readonly gold: Stance;
  readonly guess: Stance;
  readonly isSure: boolean;
  readonly thanks: number;
}
type Sample = Pick<Labelled, 'text' | 'stance'> & Partial<Pick<Made, 'named'>>;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const cell = (value: number): string => value.toFixed(3).padStart(8);

function rate(samples: readonly Sample[], model: StanceModel): Rated[] {
  return samples.map(({ text, stance: gold, named }) => {
    const verdict = model.judge(text, named);
    const { thanks } = verdict.probabilities;
    return { text, gold, guess: verdict.stance, isSure: verdict.isSureThanks, thanks };
  });
}

function scores(rated: readonly { gold: Stance; guess: Stance }[], stance: Stance): [number, number, number] {
  const right = rated.filter(({ gold, guess }) => gold === stance && guess === stance).length;
  const precision = share(right, rated.filter(({ guess }) => guess === stance).length);
  const recall = share(right, rated.filter(({ gold }) => gold === stance).length);
  return [precision, recall, share(2 * precision * recall, precision + recall)];
}

function printPart(title: string, rated: readonly Rated[]): void {
  const counts = stances.map((stance) => rated.filter(({ gold }) => gold === stance).length);
  const majority = stances[counts.indexOf(Math.max(...counts))] ?? 'other';
  const asMajority = rated.map(({ gold }) => ({ gold, guess: majority }));
  const asRegex = rated.map(({ gold, text }) => ({
    gold,
    guess: /thank|thx/i.test(text) ? ('thanks' as const) : majority,
  }));
  console.log(`\n${title}: ${rated.length} posts; majority: ${majority}`);
  console.log(`${''.padEnd(24)}   posts precision recall      F1`);
  stances.forEach((stance, i) => {
    if (counts[i] === 0 && !rated.some(({ guess }) => guess === stance)) return;
    const line = scores(rated, stance).map(cell).join('');
    console.log(`${stance.padEnd(24)}${String(counts[i]).padStart(8)}${line}`);
  });
  console.log(`${'thanks by thank|thx'.padEnd(32)}${scores(asRegex, 'thanks').map(cell).join('')}`);
  console.log(`${`${majority} by majority`.padEnd(32)}${scores(asMajority, majority).map(cell).join('')}`);
  const accuracy = (of: readonly { gold: Stance; guess: Stance }[]): string =>
    share(of.filter(({ gold, guess }) => gold === guess).length, of.length).toFixed(3);
  console.log(`accuracy: model ${accuracy(rated)}, thank|thx ${accuracy(asRegex)}, majority ${accuracy(asMajority)}`);
}

interface Sure {
  readonly precision: number;
  readonly recall: number;
  readonly count: number;
  readonly low: number;
}

/** With the lower end of Wilson's 95% interval. */
function sureThanks(rated: readonly Rated[], isSure: (post: Rated) => boolean): Sure {
  const sure = rated.filter(isSure);
  const right = sure.filter(({ gold }) => gold === 'thanks').length;
  const [n, p, z] = [sure.length, share(right, sure.length), 1.96];
  const middle = p + (z * z) / (2 * n);
  const low = n === 0 ? 0 : (middle - z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return {
    precision: p,
    recall: share(right, rated.filter(({ gold }) => gold === 'thanks').length),
    count: n,
    low,
  };
}

function printSure(title: string, { precision, recall, count, low }: Sure): void {
  console.log(
    `${title.padEnd(46)}${cell(precision)}${cell(low)}${recall > 0 ? cell(recall) : '       -'}${String(count).padStart(8)}`,
  );
}

async function run(): ReturnType<Bench['run']> {
  if (!hasPosts()) {
    console.log(`Skipped: there is no data in ${postsFolder()}. Set HUGOPS_SHARED_DATA to where posts/ lies.`);
    return { figure: 'skipped', unit: 'no data, nothing measured', ok: false };
  }
  const model = createStanceModel();
  const emotions = rate(readGoEmotions('test'), model);
  const sarcasm = rate(readSarcasm('test'), model);
  const grammar = rate(makeSentences(HELD_SEED, HELD_PER_STANCE, 'held'), model);
  printPart('GoEmotions, test split', emotions);
  printPart('iSarcasmEval, English test', sarcasm);
  printPart('Grammar, frames and words kept from training', grammar);
  console.log('\nThanks that go out without a person looking');
  console.log(`${''.padEnd(46)}precision 95% low recall     sent`);
  const sure = sureThanks(emotions, ({ isSure }) => isSure);
  printSure('GoEmotions, test split: judged', sure);
  printSure(
    'the same by thank|thx',
    sureThanks(emotions, ({ text }) => /thank|thx/i.test(text)),
  );
  printSure(
    'the same by the model without a threshold',
    sureThanks(emotions, ({ guess }) => guess === 'thanks'),
  );
  printSure(
    'grammar, held part',
    sureThanks(grammar, ({ isSure }) => isSure),
  );
  printSure(
    'grammar by thank|thx',
    sureThanks(grammar, ({ text }) => /thank|thx/i.test(text)),
  );
  const sent = sarcasm.filter(({ isSure }) => isSure);
  const mocking = sent.filter(({ gold }) => gold === 'joke').length;
  const all = sarcasm.filter(({ gold }) => gold === 'joke').length;
  console.log(
    `iSarcasmEval: of ${all} sarcastic posts ${mocking} were taken for a sure thanks, of the others ${sent.length - mocking}`,
  );
  printOrdinaryWords();
  if (process.env['SHOW_ERRORS'] !== undefined) showErrors([...emotions, ...grammar, ...sarcasm]);
  const figure = Number(sure.precision.toFixed(3));
  return {
    figure,
    unit: `precision of unseen thanks at recall ${sure.recall.toFixed(3)}`,
    ok: sure.precision >= FLOOR,
  };
}

/** Were each ordinary word a service: how often the matcher takes the word for it, in posts that are hardly ever about one. */
function printOrdinaryWords(): void {
  const matcher = compileMatcher([...ordinaryWords].map((word) => ({ id: word, names: [word] })));
  const posts = [...(['train', 'dev', 'test'] as const).flatMap(readGoEmotions), ...readSarcasm('train')];
  const holding = posts.filter(({ text }) =>
    text
      .toLowerCase()
      .split(/\W+/)
      .some((word) => ordinaryWords.has(word)),
  );
  const taken = holding.filter(({ text }) => matchPost(matcher, text).matches.length > 0).length;
  console.log(
    `\nOf ${posts.length} posts ${holding.length} hold one of ${ordinaryWords.size} ordinary words that are services too; ` +
      `${taken} (${(100 * share(taken, holding.length)).toFixed(1)}%) are taken for one`,
  );
}

/** `SHOW_ERRORS=1`: every post that would have gone out and is labelled otherwise. */
function showErrors(rated: readonly Rated[]): void {
  console.log('\nSent, and labelled otherwise');
  for (const { text, gold, thanks } of rated.filter(({ isSure, gold }) => isSure && gold !== 'thanks'))
    console.log(`${gold.padEnd(8)} ${thanks.toFixed(3)} ${JSON.stringify(text)}`);
}

export const bench: Bench = {
  name: 'stance',
  what: 'problem, thanks, joke, other on held-out posts; how often a thanks that nobody looked at is none',
  floor: `at least ${FLOOR} precision of thanks that go out unseen, GoEmotions test split`,
  run,
};
