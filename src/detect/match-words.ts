// What the matcher knows of language: which names are ordinary words, what speaks for a service, and idioms that do not.

/** Names of services that are ordinary words, folded. They count only with context. */
export const ordinaryWords: ReadonlySet<string> = new Set(
  (
    'access ally amazon amplitude apple arc asana atlas basecamp beacon bear bolt box bumble buffer calm canvas cash cast chase ' +
    'chime chrome circle citizen clear cloud clover clubhouse coda confluence copper cursor dash deliveroo delta discord discover ' +
    'docker drift drive drone dropbox edge element envoy epic express fabric figma fire flow flutter forge front gap ghost ' +
    'grab grammar grid grindr harness harvest helm hinge home hotjar hub ideal indeed insight instant intercom jira journey jump ' +
    'kayak kick lark lattice launch layer lens level lime line linear lever loom lucid lyft mail make maps match meet mercury ' +
    'messages messenger meta mint miro mirror mode monday mural nest nest notion oak office okay opera optimum oracle orange outlook ' +
    'paddle pages patch peacock peak photos pipe pixel play plex pocket podium postman prime prism pulse quest quora ramp ' +
    'rally reach redis relay render replit retool ring ripple roku root route rust safari sage segment sense shell signal ' +
    'silver sky slack snap snowflake socket sonos spark spectrum spring sprint sprout square stack stage stash status steam ' +
    'story stream stripe summit sun surge swift switch table target teams telegram temporal threads thread thrive tidal tinder toast ' +
    'today traffic travis trello truth twitch uber union unity venture verge vessel vine virgin vision visa wave webex wise word wrap ' +
    'yelp zip zoom mix bit go api app web db auth search login payments checkout store shop games game chat'
  ).split(' '),
);

/** Words and phrases near a name that speak for a service on a network rather than for the word. */
export const techContext: readonly string[] = (
  'is down|are down|went down|goes down|down again|down for|down right now|still down|been down|down today|back up|is back|back online|' +
  'came back|is up again|outage|outages|offline|unavailable|unreachable|isnt working|not working|doesnt work|wont load|not loading|' +
  'wont open|doesnt load|isnt loading|cant connect|cant reach|cant access|cant log|cant login|cant sign|log in|login|logged in|logged out|logging in|' +
  'sign in|signing in|signed in|app|website|web site|server|servers|server error|error 500|502|503|504|timeout|time out|timing out|timed out|latency|' +
  'crashing|crashed|crashes|keeps crashing|not responding|status page|api|sdk|url|dns|tls|notifications|messages|dms|uptime|downtime|' +
  'lagging|laggy|slow today|so slow|glitch|glitching|glitchy|bug|buggy|update|error|errors|hugops|sre|on call|oncall|incident|degraded|account|' +
  'chatbot|channel|channels|workspace|subscription|support team|engineers|devops|feed|matches|swipe|swiping|dashboard|checkout|payment|payments|' +
  'gestört|störung|ausfall|geht nicht|funktioniert nicht|kaputt|panne|en panne|ne marche pas|ne fonctionne pas|hors service|caído|caida|no funciona|no carga|' +
  'fora do ar|caiu|nao funciona|não funciona|não abre|non funziona|giù|down per|storing|ligt plat|werkt niet|ligger nere|funkar inte|nie działa|awaria|' +
  'не работает|упал|лежит|сбой|не грузится|çöktü|çalışmıyor|erişilemiyor|障害|落ちた|落ちてる|繋がらない|つながらない|使えない|먹통|장애|접속|안돼|崩了|挂了|宕机|打不开|登不上'
).split('|');

/** Prepositions that put a capitalised name in the place of a medium: on Slack, via Signal. */
export const mediumWords: readonly string[] = 'on via using through over with into sur auf en no na op på в'.split(' ');

/** Idioms in which an ordinary word is no service. They cover only names that need context. */
export const idioms: readonly string[] = (
  'some slack|me slack|slack off|slacking off|cut slack|no slack|slack in|slack time|picked up the slack|pick up the slack|pick up slack|on target|target audience|target market|' +
  'target practice|target date|off target|target of|the target is|easy target|a box|the box|box of|box office|boxes|in box|black box|big box|box set|check the box|tinder box|' +
  'dry tinder|ring of|ring the|a ring|gold ring|in line|on line|the line|a line|line up|next in line|chase down|chase after|chase the|to chase|square feet|square root|square metre|' +
  'town square|square one|the sky|sky is|blue sky|clear sky|the signal|a signal|no signal|turn signal|weak signal|mixed signals|a notion|the notion|a match|the match|match day|zoom in|zoom out|' +
  'zoom lens|the gap|a gap|mind the gap|steam engine|steam train|full steam|let off steam|running out of steam|a sprint|the sprint|sprint to|sprint planning|to meet|lets meet|nice to meet|' +
  'a shell|in a nutshell|egg shell|apple pie|an apple|apple tree|apples|amazon river|amazon rainforest|rain forest|the office|oval office|home office|the drive|a drive|test drive|to drive|disk drive|' +
  'the edge|on edge|cutting edge|a stripe|stripes|the wave|heat wave|a wave|monday morning|on monday|next monday|last monday|this monday|every monday|by monday|until monday|other teams|both teams|all teams|the teams|our teams|a stream|' +
  'the stream|the switch|a switch|light switch|to switch|french toast|a toast|the delta|river delta|sales teams|the oracle|an oracle|visa application|work visa|tourist visa|student visa|a visa|my visa was|the circle|' +
  'a circle|full circle|in discord|sow discord|the table|a table|dinner table|at home|go home|the status of|social status|in the mail|in the cloud|a cloud|clouds|the bear|a bear|polar bear|the match was'
).split('|');

/** What a hashtag adds to a name: #SlackDown, #ThanksSlack. Longest first. */
export const hashtagTails: readonly string[] = (
  'notworking isdownagain downagain isbroken problems problem outages outage offline isdown isback status issues issue broken sucks fails fail down hugs hugops ' +
  'störung ausfall caido caida'
)
  .normalize('NFKD')
  .replace(/\p{M}/gu, '')
  .split(' ');
export const hashtagHeads: readonly string[] = 'thankyou thanks hugops hugs fix is bring'.split(' ');
