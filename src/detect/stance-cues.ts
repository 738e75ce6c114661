// Phrases that speak for a stance, or against a thanks that looks like one, in the languages that the authors of this file
// could write. A cue is evidence with a learnt weight; those in `doubts` keep a thanks from going out unseen.

export const cueNames = [
  'thanks', 'mock-thanks', 'no-thanks', 'in-advance', 'praise', 'broken', 'problem', 'repaired', 'absurd', 'joke',
  'sarcasm', 'negation', 'again', 'company-voice', 'request', 'joke-frame', 'quote', 'repost', 'question', 'exclamation',
  'ellipsis', 'shouting', 'link', 'thanks-then-broken', 'thanks-and-repaired', 'negated-thanks', 'problem-without-thanks',
  'absurd-problem', 'unrepaired-thanks', 'long', 'short', 'opens-with-thanks', 'heart', 'denial', 'warm', 'named', 'mock-praise', 'named-problem', 'asks-for-help', 'people',
] as const; // prettier-ignore
export type Cue = (typeof cueNames)[number];

/** A thanks with one of these waits for a person. */
export const doubts: ReadonlySet<Cue> = new Set<Cue>([
  'mock-thanks', 'no-thanks', 'in-advance', 'absurd', 'sarcasm', 'company-voice', 'quote', 'repost', 'thanks-then-broken',
  'negated-thanks', 'unrepaired-thanks', 'joke-frame', 'request', 'mock-praise', 'asks-for-help',
]); // prettier-ignore

const split = (phrases: string): string[] => phrases.split('|').map((phrase) => phrase.trim());

/** By cue; phrases are folded as posts are, so that accents and case do not matter. */
export const cuePhrases: Readonly<Partial<Record<Cue, readonly string[]>>> = {
  thanks: split(
    'thanks|thank you|thank u|thank god for|thankyou|thx|thnx|tnx|tysm|tyvm|thanx|many thanks|grateful|thankful|gratitude|appreciate|appreciated|much obliged|hugops|hug ops|' +
      'danke|dankeschön|vielen dank|herzlichen dank|merci|merci beaucoup|gracias|muchas gracias|mil gracias|obrigado|obrigada|valeu|grazie|grazie mille|' +
      'dank je|dank u|bedankt|dankjewel|tack|tack så mycket|takk|tusen takk|tak for|mange tak|kiitos|dziękuję|dzięki|děkuji|díky|ďakujem|köszönöm|mulțumesc|' +
      'teşekkürler|teşekkür ederim|sağ ol|спасибо|благодарю|дякую|дякуємо|ευχαριστώ|תודה|شكرا|धन्यवाद|terima kasih|makasih|cảm ơn|ขอบคุณ|salamat|asante|' +
      'ありがとう|お疲れ様|おつかれさま|谢谢|感谢|謝謝|感謝|辛苦了|감사|고마워|고맙|수고하셨|🙏',
  ),
  'mock-thanks': split(
    'thanks for nothing|thank you for nothing|thx for nothing|thanks a lot for nothing|thanks for ruining|thanks for breaking|thanks for wasting|thanks for losing|' +
      'thanks for deleting|thanks for crashing|thanks for killing|thanks for making me late|thanks for the outage|thanks for another outage|thanks for the downtime|' +
      'thanks for not|thank you for not|thanks for ignoring|thanks obama|oh thanks|gee thanks|wow thanks|yeah thanks|great thanks|thanks a bunch|thanks so much for breaking|' +
      'thanks so much for ruining|thank you for ruining|thank you for breaking|thank you for wasting|great job breaking|good job breaking|nice job breaking|nice work breaking|well done breaking|' +
      'great work breaking|way to go|way to break|bravo|slow clap|congrats on|congratulations on|kudos for breaking|hats off for breaking|great job ruining|' +
      'great job everyone|great job as always|gracias por nada|merci pour rien|danke für nichts|danke für gar nichts|obrigado por nada|obrigada por nada|grazie di niente|grazie per niente|' +
      'grazie di nulla|bedankt voor niets|tack för ingenting|takk for ingenting|dzięki za nic|спасибо за ничего|спасибо что сломали|hiçbir şey için teşekkürler|merci quand même|na vielen dank auch|vielen dank auch',
  ),
  'no-thanks': split(
    'no thanks|no thank you|thanks but no thanks|no thanks to|thanks to you|nein danke|non merci|no gracias|não obrigado|no grazie|nee bedankt|нет спасибо|thankless|not grateful|unappreciated',
  ),
  'in-advance': split(
    'thanks in advance|thank you in advance|thx in advance|tia|danke im voraus|merci d avance|gracias de antemano|obrigado desde já|grazie in anticipo|alvast bedankt|заранее спасибо|would be appreciated|' +
      'would appreciate|id appreciate|i d appreciate|appreciate any|appreciate it if|much appreciated if',
  ),
  warm: split(
    'ty|cheers|kudos|props to|shout out to|shoutout to|hats off|hugs to|hugs for|sending hugs|hugs and|much love to|we love you|youre the best|you guys rock|bless you|chocolates',
  ),
  praise: split(
    'great job|good job|nice job|great work|good work|nice work|amazing work|awesome work|fantastic work|excellent work|well done|heroes|hero|legends|lifesaver|life saver|rockstars|' +
      'impressive|superb|so fast|quick fix|hard work|tolle arbeit|gute arbeit|super job|bon travail|bravo à|buen trabajo|gran trabajo|bom trabalho|ottimo lavoro|goed werk|bra jobbat|' +
      'отличная работа|молодцы|よくやった|干得好|수고|👏|🎉|💪|🫡',
  ),
  broken: split(
    'breaking|broke|broken|ruining|ruined|ruin|losing|lost my|lost all|lose|wasting|wasted|crashing|crashed|deleting|deleted|destroying|destroyed|killing|killed|messing|messed up|screwing|screwed|' +
      'nothing works|logging me out|locking me out|locked me out|charging me|charged me|taking down|took down|failing|useless|making it worse|made it worse|no warning|another outage|ignoring|breaks|' +
      'forgetting|leaking|leaked|interrupting|disappearing|hours of downtime|for the third time|three times this|every single week|every week',
  ),
  problem: split(
    'down|is down|acting up|acting weird|dead|is dead|is out|is gone|slow|latency|hangs|hanging|lost|logging everyone out|impossible|reports|outage|outages|offline|not working|isnt working|doesnt work|stopped working|wont load|wont open|wont start|not loading|unavailable|unreachable|cant connect|cannot connect|cant log in|cannot log in|' +
      'cant login|cant access|cannot access|cant send|cant pay|cant reach|keeps crashing|timing out|timeout|timeouts|times out|error 500|500 error|500 errors|502|503|504|errors|error|5xx|failing|failed|fails|broken|crashing|' +
      'crashed|laggy|lagging|frozen|stuck|degraded|no response|not responding|blank page|white screen|spinning|logged out|downtime|disconnected|packet loss|not delivered|not syncing|isnt loading|isnt syncing|' +
      'gestört|störung|ausfall|geht nicht|funktioniert nicht|lädt nicht|kaputt|panne|en panne|ne marche pas|ne fonctionne pas|marche plus|hors service|caído|caída|se cayó|no funciona|no carga|no abre|fora do ar|caiu|' +
      'não funciona|não abre|não carrega|instável|non funziona|non va|non si apre|giù|storing|ligt plat|ligt eruit|werkt niet|ligger nere|funkar inte|fungerer ikke|er nede|nie działa|awaria|nefunguje|výpadek|nem működik|' +
      'не работает|упал|лежит|сбой|не грузится|не открывается|не працює|çöktü|çalışmıyor|açılmıyor|tidak bisa|gangguan|không vào được|sập|ล่ม|לא עובד|نازل|لا يعمل|بند है|काम नहीं|障害|落ちた|落ちてる|繋がらない|つながらない|使えない|動かない|먹통|장애|안돼|접속|崩了|挂了|宕机|打不开|登不上|用不了',
  ),
  repaired: split(
    'fixed|fixing|fix it|is back|are back|back up|back online|came back|is up again|are up again|its up again|works again|working again|restored|resolved|recovered|recovery|getting it back|bringing it back|got it back|brought it back|solved|sorted|all good now|' +
      'up and running|keeping it running|keeping us|on call|oncall|all night|through the night|over the weekend|geht wieder|läuft wieder|funktioniert wieder|remarche|refonctionne|de retour|ya funciona|volvió|arreglado|arreglarlo|voltou|resolvido|' +
      'consertar|funziona di nuovo|risolto|tornato|doet het weer|opgelost|fungerar igen|działa|naprawienie|снова работает|починили|заработал|düzeldi|直った|復旧|修好了|恢复|恢復|복구|고쳐',
  ),
  absurd: split(
    'meteor|meteorite|asteroid|aliens|alien|ufo|godzilla|hamster|hamsters|squirrel|squirrels|raccoon|raccoons|goblins|gremlins|wizard|wizards|dragon|dragons|kraken|skynet|zombies|zombie|time traveller|time traveler|black hole|ghosts|ghost|unicorn|unicorns|vampire|' +
      'werewolf|bigfoot|dinosaur|dinosaurs|t rex|shark|sharks|sharknado|pirates|ninja|ninjas|sacrifice a|sacrificed|carrier pigeon|carrier pigeons|abacus|floppy disk|floppy disks|the intern|an intern|tripped over|unplugged|hoover|vacuum cleaner|spilled coffee|coffee on the server|potato|toaster|microwave|' +
      'the cat|my cat|cats|a goat|goats|llama|mercury is in retrograde|the rapture|apocalypse|the matrix|simulation|ran out of quarters|forgot to pay|wrong cable|one guy named|duct tape',
  ),
  joke: split(
    'lol|lmao|lmfao|rofl|haha|hahaha|hahahaha|hehe|jaja|jajaja|kkkk|www|ㅋㅋㅋ|xd|😂|🤣|😆|😹|💀|joke|joking|kidding|jk|just kidding|funny|hilarious|meme|memes|lulz|mdr|ptdr|хаха|лол|笑',
  ),
  sarcasm: split(
    '🙄|🙃|yeah right|oh great|oh joy|oh wonderful|oh good|just great|just what i needed|exactly what i needed|how lovely|how wonderful|love it when|love how|i just love|cant wait for|couldnt happen at a better time|what a surprise|shocking|as usual|as always|shocker|' +
      'who needs|sure jan|big surprise|color me surprised|my favorite part|best company ever|world class|five nines|totally fine|living the dream|truly inspiring|so reliable|very reliable|what could go wrong|thoughts and prayers|ah yes|well done you|clap clap|toll gemacht|na toll|na super|ganz toll|génial encore|qué sorpresa|que maravilla|ma che bravi',
  ),
  negation: split(
    'not|no|never|none|nothing|dont|doesnt|didnt|isnt|arent|wasnt|wont|cant|cannot|without|nobody|nicht|kein|keine|nie|pas|jamais|nada|nunca|não|non|niet|geen|inte|ikke|nie|не|нет',
  ),
  again: split(
    'again|still|yet again|once again|third time|second time|every day|every time|for hours|all day|since this morning|since yesterday|wieder|immer noch|encore|toujours|otra vez|todavía|de novo|ainda|ancora|di nuovo|weer|nog steeds|igen|znowu|опять|снова|また|又',
  ),
  'company-voice': split(
    'for your patience|thank you for your patience|we apologize|we apologise|apologies for|sorry for the inconvenience|for any inconvenience|our team is|our engineers are|we are investigating|were investigating|we are aware|were aware|for reaching out|thanks for reaching out|thank you for contacting|' +
      'thanks for contacting|for bearing with us|for your understanding|vielen dank für ihre geduld|merci de votre patience|gracias por su paciencia|obrigado pela paciência|thank you for flying|thank you for choosing|thanks for choosing|we appreciate your',
  ),
  request: split(
    'please fix|please help|please look|help please|fix this|fix it please|any update|any updates|any eta|is it just me|anyone else|anybody else|whats going on|what is going on|when will|can someone|can you|could you|is there a way|why is|how do i|how can i|does anyone|bitte fixen|noch jemand|alguien más|quelqu un|alguém mais|qualcun altro',
  ),
  'joke-frame': split(
    'breaking news|plot twist|why did the|walks into a bar|knock knock|in other news|rumor has it|rumour has it|legend has it|sources say|source trust me|trust me bro|i heard that|they say that|pov|be like|how many engineers|a haiku|roses are red|unpopular opinion|hot take|fun fact|petition to',
  ),
  heart: split('❤|❤️|💜|💙|💚|🧡|💛|🤗|🥰|😍|🫂|💖|💕|💐|🍫'),
  people: split(
    'team|teams|everyone|everybody|engineers|engineer|on call|oncall|crew|folks|people|staff|ops|sre|devs|all of you|whoever|you guys|hugops|hug ops|équipe|equipo|equipe|squadra|leute|alle|tutti|todos|команде|команда|equipa|team von|postmortem',
  ),
  denial: split(
    'not down|isnt down|works for me|works fine|working fine|no issues|no issue|no problem|no problems|no worries|np|up for me|fine here|fine for me|all good here|never down|never had an outage|zero downtime|no downtime|no outage',
  ),
};
