// How often a post that would be brought to people without anybody looking is no thanks: the public path from text to that decision.
import { createStanceModel } from '../src/detect/stance.ts';
import { decidePost, type PostDecision } from '../src/domain/post-hug.ts';
import { postFacts } from '../src/thank/post-facts.ts';
import type { Bench } from './bench.ts';
import { hasPosts, postsFolder, readGoEmotions, readSarcasm } from './stance-corpus.ts';

const FLOOR = 0.97;

async function run(): ReturnType<Bench['run']> {
  if (!hasPosts()) {
    console.log(`Skipped: there is no data in ${postsFolder()}. Set HUGOPS_SHARED_DATA to where posts/ lies.`);
    return { figure: 'skipped', unit: 'no data, nothing measured', ok: false };
  }
  const model = createStanceModel();
  const decide = (text: string): PostDecision => {
    const { stance, isSureThanks } = model.judge(text);
    return decidePost(postFacts({ text, stance, isSureThanks }));
  };
  const posts = readGoEmotions('test').map(({ text, stance }) => ({
    isThanks: stance === 'thanks',
    text,
    ...decide(text),
  }));
  const brought = posts.filter(({ action }) => action === 'bring');
  const right = brought.filter(({ isThanks }) => isThanks).length;
  const thanks = posts.filter(({ isThanks }) => isThanks);
  const held = thanks.filter(({ action }) => action === 'hold').length;
  const mockery = readSarcasm('test').filter(({ stance }) => stance === 'joke');
  const mocked = mockery.filter(({ text }) => decide(text).action === 'bring').length;
  const byWord = posts.filter(({ text }) => /thank|thx/i.test(text));
  const precision = right / brought.length;
  const recall = right / thanks.length;
  const share = (part: number, whole: number): string => (part / whole).toFixed(3);
  console.log(
    `${posts.length} posts of GoEmotions, test split, unseen in training; ${thanks.length} are labelled thanks`,
  );
  console.log(
    `brought without a person looking: ${brought.length}, of them thanks ${right}, precision ${precision.toFixed(3)}`,
  );
  console.log(`of all thanks: brought ${recall.toFixed(3)}, waiting for a person ${share(held, thanks.length)}`);
  console.log(
    `the same by thank|thx: ${byWord.length}, precision ${share(byWord.filter(({ isThanks }) => isThanks).length, byWord.length)}`,
  );
  console.log(`iSarcasmEval, English test: of ${mockery.length} sarcastic posts ${mocked} would be brought`);
  return {
    figure: Number(precision.toFixed(3)),
    unit: `precision at recall ${recall.toFixed(3)}`,
    ok: precision >= FLOOR,
  };
}

export const bench: Bench = {
  name: 'hug-precision',
  what: 'posts brought to people without anybody looking: how many of them are thanks',
  floor: `at least ${FLOOR} precision`,
  run,
};
