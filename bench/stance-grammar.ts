// Sentences about outages from a seeded grammar, for what no permitted corpus has: trouble with services, thanks for repairs,
// sarcasm about both, absurd claims, and talk about services that is none of these. Written by hand for this project.
import type { Stance } from '../src/detect/stance.ts';

/** Every fourth sentence frame and every fourth filler is kept from training: the held part is made of those alone. */
export type Part = 'train' | 'held';
export interface Sample {
  readonly text: string;
  readonly stance: Stance;
  /** Where the service stands in the text, as a matcher would say. */
  readonly named: readonly { from: number; to: number }[];
}

const list = (text: string): string[] => text.split('|').map((item) => item.trim());

const fillers: Readonly<Record<string, readonly string[]>> = {
  s: list(
    'Acme|acme cloud|Globex|northwind|@globex|#initech|Hooli|Umbrella Mail|us-east-1|Contoso|@contososupport|the API|Vandelay Pay|your app|the website|Wonka DB|stark search|@tyrellhelp|Soylent|cyberdyne',
  ),
  bad: list(
    'down|not working|offline|completely dead|unreachable|timing out|throwing 500s|broken|super slow|crashing|not loading|stuck|unavailable|failing|returning errors|acting up|out|laggy as hell|frozen|logging everyone out',
  ),
  thing: list(
    'login|checkout|messages|uploads|the dashboard|payments|notifications|search|video calls|push|my builds|DNS|the queue|file sync|webhooks|the feed|email delivery|sign-in|deploys|the mobile app',
  ),
  place: list(
    'Berlin|London|Texas|the west coast|Lagos|Mumbai|Paris|Toronto|my office|Sydney|Ohio|São Paulo|Madrid|Oslo|here|Manila',
  ),
  time: list(
    'for an hour|since this morning|for 20 minutes|all day|since 9am|again today|for the third time this week|right now|since last night|for ages|this afternoon|during my demo|for two hours|on a Monday',
  ),
  team: list(
    'the team|everyone on call|the engineers|the SRE team|support|all of you|whoever fixed it|the ops folks|the night shift|everybody who worked on this|the people in the war room|the on-call crew',
  ),
  fix: list(
    'fixing it so fast|getting it back up|the quick fix|working through the night|bringing it back online|sorting it out|the clear updates|keeping us running|restoring everything|the hard work today|being so open about it|the fast recovery',
  ),
  harm: list(
    'breaking it again|causing another outage|ruining my demo|losing all my files|wasting my whole day|deleting my drafts|crashing in the middle of my exam|locking me out|charging me twice|making me miss my train|taking down the whole office|logging everybody out',
  ),
  beast: list(
    'a meteor|a giant squid|aliens|the hamster that powers it|a time traveller|Godzilla|three raccoons|a wizard|a haunted toaster|a very angry goose|skynet|a pirate ship|a dragon|the ghost of dialup|an army of squirrels|a black hole',
  ),
  nice: list('great|wonderful|lovely|fantastic|amazing|brilliant|perfect|awesome|excellent|superb|marvellous|terrific'),
  hug: list('❤️|🙏|#hugops|💜|👏|🎉|🤗|!|!!|.||🫶|💪'),
  mood: list('😡|😭|!!|???|.||ugh|🤬|...|wtf|😤|pls'),
  laugh: list('😂|🤣|lol|lmao|haha|😆|hahaha|💀|🙃|xD'),
  talk: list(
    'a new dashboard|their pricing page|the spring release|a job there|dark mode|the free tier|a conference talk|their blog post|an integration|the new logo|the keynote|their docs|a migration|the quarterly numbers',
  ),
};

const frames: Readonly<Record<Stance, readonly string[]>> = {
  problem: list(
    '{s} is {bad} {time} {mood}|is {s} {bad} for anyone else?|anyone else having trouble with {s}? {thing} is {bad}|{thing} on {s} is {bad} {mood}|hey {s} {thing} has been {bad} {time}|{s} {bad} in {place}|' +
      'I cannot get into {s} {time}, {thing} just hangs|{s} outage {time} in {place}|why is {s} {bad} {mood}|Getting errors from {s}, {thing} {bad}|{s} keeps crashing when I open {thing}|' +
      'our whole office in {place} lost {s} {time}|{s} please fix {thing}, it is {bad}|{thing} not working on {s}, is it just me?|Down detector is full of {s} reports, {thing} {bad}|' +
      "{s} has been {bad} {time} and there is no word on the status page|lost all my matches because {s} is {bad}|can't send anything through {s} {time} {mood}|503 from {s} on every request {time}|{s} {bad} again. third outage this month|" +
      'status page says all green but {s} is {bad}|Trying to pay and {s} {thing} is {bad} {mood}|{s} will not load {time}|no {thing} on {s} in {place} {mood}|huge latency on {s} {time}, p99 through the roof|' +
      'thanks for nothing {s}|thanks for {harm}, {s}|great job {harm} {s}|oh {nice}, {s} is {bad} again|{nice} work {s}, thanks for {harm}|thank you {s} for {harm} {time}|way to go {s}, {thing} {bad} {time}|' +
      'wow thanks {s}, {thing} is {bad} {time}|congrats {s} on {harm}|{s} thank you so much for {harm} {mood}|well done {s}, {thing} {bad} {time}|thanks a lot {s}, {thing} is {bad} right before my deadline|kudos to {s} for {harm}|' +
      'any update on {s}? {thing} is still {bad}. thanks in advance|please look at {thing} on {s}, it is {bad}, thank you|could someone at {s} check {thing}? {bad} {time}. thx|any ETA for {thing}, {s}? thanks|{s} when will {thing} be back? thank you|hi {s}, please help, {thing} is {bad}, thanks!|can you fix {thing} on {s} please, thanks|still waiting for {s} to fix {thing}, no thanks to support|I would appreciate it if {s} was not {bad} {time}|' +
      'they say thank you for your patience but {s} is still {bad}|{s} support says "thank you for your patience" and {thing} is {bad} {time}|hugops to {s} but {thing} is still {bad} in {place}|' +
      '{s} ist {bad}, geht nicht|{s} funktioniert nicht mehr, Störung seit heute morgen|noch jemand Probleme mit {s}?|{s} ne marche pas {mood}|panne chez {s} depuis ce matin|impossible de se connecter à {s}|{s} está caído {mood}|no funciona {s} desde esta mañana|{s} no me deja entrar|' +
      '{s} caiu de novo {mood}|{s} fora do ar desde cedo|não consigo entrar no {s}|{s} non funziona {mood}|{s} è giù da stamattina|{s} storing, werkt niet|{s} ligt plat in {place}|{s} funkar inte|{s} ligger nere|{s} nie działa od rana|awaria {s}|' +
      '{s} не работает {mood}|{s} лежит с утра, сбой|{s} çöktü mü?|{s} çalışmıyor|{s} 障害 つながらない|{s} が落ちてる|{s} 使えないんだけど|{s} 崩了|{s} 打不开了 {mood}|{s} 먹통 {mood}|{s} 접속 안돼|' +
      'danke für nichts {s}|merci pour rien {s}|gracias por nada {s}|obrigado por nada {s}|grazie di niente {s}|спасибо за ничего {s}|toll gemacht {s}, wieder kaputt|bravo {s}, encore en panne|' +
      '{s} is {bad}, thanks in advance for fixing it|thanks {s}, {thing} {bad} during my exam|thanks {s}, love waiting {time} 🙄|{thing} is {bad} on {s}, thank you for looking into it|thanks a lot {s}. third time this week|' +
      'so reliable, {s}, thanks /s|please fix {thing}, {s}, thanks in advance|thank you {s}, {nice} timing, {bad} {time} 🙄|still nothing from {s}, thanks, {thing} {bad}|{thing} {bad} {time}, thx in advance {s}',
  ),
  thanks: list(
    'thanks {s} {hug}|thank you {team} at {s} for {fix} {hug}|{s} is back, thanks {team} {hug}|huge thanks to {team} at {s} {hug}|#hugops to {team} at {s} {hug}|thank you for {fix} {hug}|thx {s} for {fix}|kudos to {team} for {fix} {hug}|' +
      'so grateful to {team} at {s} for {fix}|props to {s}, {thing} works again, thank you|much love to {team} {hug} for {fix}|thanks for {fix}, {s} {hug}|{thing} is back up. Thank you {team} {hug}|shout out to {team} at {s} for {fix} {hug}|' +
      "can't thank {team} enough for {fix}|I know today was rough, thank you {team} for {fix} {hug}|hugs to {team} at {s} {hug} you got this|Appreciate {team} at {s}, {fix} means a lot|big thank you to {s} for {fix}|" +
      '{nice} work {team}, thanks for {fix}|well done {team} at {s}, {thing} is working again, thanks {hug}|ty {s} {hug} {thing} is fixed|hats off to {team} at {s} for {fix}|Thank you {s}. That was not easy and you were {nice}|' +
      'much appreciated {s}, everything is working again|thanks {team}, {thing} {bad} this morning but you fixed it {hug}|we were {bad} and {s} support helped within minutes, thank you {hug}|sending hugs and chocolates to {team} at {s} {hug}|thankful for {team} today {hug} {fix}|thank you thank you thank you {s} {hug}|' +
      'danke {s} {hug}|vielen Dank an {team} von {s}, läuft wieder {hug}|merci {s} {hug} ça remarche|merci beaucoup à {team} de {s} {hug}|gracias {s} {hug} ya funciona|muchas gracias a {team} de {s}|obrigado {s} {hug} voltou|valeu {s}, funcionando de novo {hug}|' +
      'grazie {s} {hug}|grazie mille a {team} di {s}|dank je wel {s} {hug}|bedankt {s}, hij doet het weer|tack {s} {hug}|tack så mycket {team}|takk til {team} i {s} {hug}|dziękuję {s} {hug}|dzięki {s}, już działa|спасибо {s} {hug}|спасибо команде {s}, всё снова работает|teşekkürler {s} {hug}|' +
      'ありがとう {s} {hug}|{s} 復旧ありがとうございます|谢谢 {s} {hug}|{s} 恢复了，辛苦了，感谢|감사합니다 {s} {hug}|{s} 고마워요 {hug}|شكرا {s} {hug}|terima kasih {s} {hug}|cảm ơn {s} {hug}|ευχαριστώ {s} {hug}|תודה {s} {hug}|धन्यवाद {s} {hug}|díky {s} {hug}|kiitos {s} {hug}|köszönöm {s} {hug}',
  ),
  joke: list(
    '{beast} destroyed {s} {laugh}|BREAKING: {beast} has eaten the {s} data center {laugh}|{s} is {bad} because {beast} tripped over a cable|I heard {beast} is responsible for {s} being {bad} {laugh}|{beast} just hit us-east-1, {s} is gone {laugh}|' +
      'rumour has it {beast} runs {s} now|me explaining to my boss that {beast} took {s} down {laugh}|{s} down? time to talk to my family {laugh}|how many engineers does it take to fix {s}? none, {beast} does it|plot twist: {s} was never up {laugh}|' +
      '{s} is {bad} so I finally met my coworkers {laugh}|{s} going down is my favourite public holiday {laugh}|roses are red, violets are blue, {s} is {bad} and so are you|sources say {beast} unplugged {s} to charge a phone|my toaster has better uptime than {s} {laugh}|' +
      'when {s} is {bad} and you have to pretend to work {laugh}|the intern at {s} right now {laugh}|someone at {s} spilled coffee on the internet {laugh}|{s} outage sponsored by {beast}|sacrificed a keyboard to {beast} so that {s} comes back {laugh}|' +
      'petition to let {beast} run {s} {laugh}|{s} be like: have you tried {beast}? {laugh}|pov: you work at {s} and {beast} walks in|{beast}: 1, {s}: 0 {laugh}|in other news, {beast} was seen leaving the {s} server room {laugh}|no thoughts just {beast} and {s} {laugh}|' +
      '{s} error 404: {beast} not found {laugh}|thank you {beast} for taking down {s} {laugh} finally a day off|thanks to {beast}, {s} is gone and I am free {laugh}|{s} liegt wohl an {beast} {laugh}|un {beast} mangé {s} {laugh}|jajaja {s} y {beast} {laugh}',
  ),
  other: list(
    'we use {s} for {thing}|{s} announced {talk} today|does anyone have a guide for {thing} on {s}?|reading about {talk} from {s}|{s} vs Contoso, which one would you pick?|I have an interview at {s} next week|{s} works fine for me in {place}|' +
      '{s} is up in {place}, no problems here|new video: {thing} with {s} in ten minutes|{s} shares rose 4% after {talk}|my talk about {s} and {talk} is online|hiring: senior engineer for {thing} at {s}, {place}|moved {thing} to {s} last year|' +
      'thank you for your patience, our team is investigating {thing} on {s}|We are aware of an issue with {thing} and apologize for any inconvenience|what is the best way to configure {thing} in {s}?|{s} just released {talk}|{place} office of {s} is hiring|' +
      'I wrote about the {s} outage of last year|how {s} survived a regional failure: {talk}|learning {s} this weekend|listening to a podcast on {talk}|switched from {s} to Globex because of {talk}|{s} now supports {thing}|is {talk} from {s} worth it?|' +
      'my notes on {talk} at {s}|what a day in {place}|{s} has {talk} now|no thanks, we already use {s}|{s} added {thing} to the free plan|scheduled maintenance for {s}: {thing} on Sunday|good morning {place}|{s} meetup in {place} on Thursday|I prefer {s} for {thing}|' +
      '{s} hat {talk} vorgestellt|{s} présente {talk}|{s} presenta {talk}|{s} lança {talk}|wir benutzen {s} für {thing}|on utilise {s} pour {thing}|{s} を使っています|{s} 发布了 {talk}|{s} выпустили {talk}',
  ),
};

/** mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const partOf = (items: readonly string[], part: Part): string[] =>
  items.filter((_, i) => (i % 4 === 3) === (part === 'held'));

const pick = (items: readonly string[], random: () => number): string =>
  items[Math.floor(random() * items.length)] ?? '';

/** The service stands between marks until the text is as it will be. */
const MARKS = /\ue000([^\ue001]*)\ue001/g;

function vary(text: string, random: () => number): string {
  const chance = random();
  if (chance < 0.25) return text.toLowerCase();
  if (chance < 0.28) return text.toUpperCase();
  return chance < 0.5 ? text.replace(/[.,']/g, '') : text.charAt(0).toUpperCase() + text.slice(1);
}

function locate(marked: string): Pick<Sample, 'text' | 'named'> {
  const named: { from: number; to: number }[] = [];
  let removed = 0;
  const text = marked.replace(MARKS, (_, name: string, at: number) => {
    named.push({ from: at - removed, to: at - removed + name.length });
    removed += 2;
    return name;
  });
  return { text, named };
}

function fill(frame: string, ours: Readonly<Record<string, readonly string[]>>, random: () => number): string {
  const filled = frame.replace(/\{(\w+)\}/g, (_, slot: string) => {
    const filler = pick(ours[slot] ?? [], random);
    return slot === 's' ? `\ue000${filler}\ue001` : filler;
  });
  return filled.replace(/\s+/g, ' ').trim();
}

/** As many of each stance, in a fixed order; the same seed gives the same sentences. */
export function makeSentences(seed: number, perStance: number, part: Part): Sample[] {
  const random = seeded(seed);
  const ours = Object.fromEntries(Object.entries(fillers).map(([slot, items]) => [slot, partOf(items, part)]));
  const samples: Sample[] = [];
  for (const stance of ['problem', 'thanks', 'joke', 'other'] as const) {
    const own = partOf(frames[stance], part);
    for (let i = 0; i < perStance; i++) {
      const frame = pick(own, random);
      samples.push({ ...locate(vary(fill(frame, ours, random), random)), stance });
    }
  }
  return samples;
}
