import { type PostFacts, saysHugOps } from '../domain/post-hug.ts';
import { readWords } from './read-words.ts';

const longest = 280;

/** What the decision about a post needs, from its text and the stance that it was judged to have. */
export function postFacts(post: {
  text: string;
  stance: PostFacts['stance'];
  isSureThanks: boolean;
}): PostFacts & { words: string | null } {
  const { text, fault } = readWords(wordsOf(post.text));
  return {
    stance: post.stance,
    isSureThanks: post.isSureThanks,
    hasHugOps: saysHugOps(post.text),
    fault,
    hasWords: text !== null,
    words: text,
  };
}

/** As much of it as a hug has room for. */
function wordsOf(text: string): string {
  const characters = Array.from(text.trim());
  return characters.length <= longest ? text.trim() : `${characters.slice(0, longest - 1).join('')}…`;
}
