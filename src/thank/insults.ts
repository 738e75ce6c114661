import { englishDataset, englishRecommendedTransformers, RegExpMatcher } from 'obscenity';
import { foldText } from '../detect/fold-text.ts';

/**
 * Insults of languages that obscenity does not know, folded as `detect/fold-text.ts` folds. `|` is a word's edge. Few and plain ones: what slips
 * through is still read by a person, unless the team lets hugs out unseen.
 */
const elsewhere = [
  'arschl;hurens;wichser;fotze;missgeburt;|drecks;scheissverein;|schlampe',
  '|puta|;|putas|;hijoputa;hijo de puta;gilipollas;|cabron;|pendejo;|mierda|;maricon',
  '|connard;|salope;encule;fils de pute;|putain de;|batard|',
  'stronzo;vaffanculo;|cazzo;bastardo|;coglion;|caralho;|filho da puta;|porra|;|viado|',
  'kurwa;|chuj;spierdal;|pizd;|kanker;|klootz;|kutwijf;|perkele',
  '|сука|;|суки|;|пидор;|хуй;|хуе;|пизд;|ебан;|бляд;|мудак;|ублюд',
  '|αρχιδ;|μαλακ;|πουτ;傻逼;傻屄;操你;妈的;死ね;くたばれ;씨발;병신;개새끼',
  '|كلب|;شرموط;كس ام;|madarch;|bhench;|chutiy;|orospu;|amk|;|siktir;|pic kurusu',
].flatMap((line) => line.split(';'));

const english = new RegExpMatcher({ ...englishDataset.build(), ...englishRecommendedTransformers });

/** Folded once more, so that an entry is spelled as its language does and still found; a word is searched with its edges as spaces. */
const needles = elsewhere.map((entry) => entry.split('|').map(foldText).join('|').replaceAll('|', ' '));

/** Whether somebody is insulted, in whatever script and spelling. `folded` is `foldText(plain)`. */
export function isInsult(plain: string, folded: string): boolean {
  if (english.hasMatch(plain) || english.hasMatch(folded)) return true;
  const padded = ` ${folded} `;
  // Doubled letters are a way to shout.
  const calm = padded.replace(/(\p{L})\1+/gu, '$1');
  return needles.some((needle) => padded.includes(needle) || calm.includes(needle.replace(/(\p{L})\1+/gu, '$1')));
}
