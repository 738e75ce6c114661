import type { EpochMs } from '../../domain/words.ts';
import { callUntilThere } from './call-api.ts';
import { type Crew, gatherCrew } from './crew.ts';
import { type Crowd, openCrowd } from './crowd-voices.ts';
import { generateCrowd, type Voice } from './generate-crowd.ts';
import { readStory, type Story } from './read-story.ts';
import { personEmail, postsKeyVariable, scenarioConfig } from './scenario-config.ts';
import type { Scenario } from './scenario.ts';
import type { Mood, Stage, StageParts } from './stage.ts';
import { type Mailbox, openMailbox } from './world/mailbox.ts';
import { openWorldFeeds, type WorldFeeds } from './world/provider-feed.ts';
import { openWorldServices, type WorldServices } from './world/services.ts';

export interface ReplayOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The clock of the scenario; stands at its start. */
  now(): EpochMs;
  openStage(parts: StageParts): Promise<Stage>;
  /** The program is killed each time so much has passed. */
  readonly killEveryMs?: number | undefined;
  readonly stop?: AbortSignal;
  /** Told now and then, for people who watch. */
  onProgress?(at: EpochMs, url: string): void;
}

/** The replay was broken off; nothing of it is left. */
export class ReplayStopped extends Error {
  override readonly name = 'ReplayStopped';
}

const minute = 60_000;
/** From so long before a change until so long after it time is followed closely. */
const busyBeforeMs = 5 * minute;
const busyMs = 3 * minute;
const postsAtOnce = 200;
/** Any key will do: it lives as long as the sandbox. */
const postsKey = 'the-posts-of-this-replay-0123456789';

/** Plays a scenario from its start to its end, and tells what came of it. Closes all that it has opened, however it ends. */
export async function runReplay(options: ReplayOptions): Promise<Story> {
  const { scenario, seed, now } = options;
  const closers: (() => Promise<void>)[] = [];
  try {
    const services = await openWorldServices(scenario, seed, now);
    closers.push(() => services.close());
    const feeds = await openWorldFeeds(scenario, now);
    closers.push(() => feeds.close());
    const mailbox = await openMailbox(now);
    closers.push(() => mailbox.close());
    const stage = await options.openStage({
      config: scenarioConfig(scenario, { services: services.addresses, smtpUrl: mailbox.url }),
      variables: { [postsKeyVariable]: postsKey },
    });
    closers.push(() => stage.stop());
    const play = new Play(options, { services, feeds, mailbox, stage });
    await play.prepare();
    await play.run();
    const missed = play.missed();
    const { mails } = mailbox;
    return await stage.finish((db) => readStory(db, { scenario, mails, missed, killed: play.killed }));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

interface Parts {
  services: WorldServices;
  feeds: WorldFeeds;
  mailbox: Mailbox;
  stage: Stage;
}

interface Due {
  at: EpochMs;
  what: string;
  /** Tried again a minute later when false. */
  run(): Promise<boolean>;
  triesLeft: number;
}

class Play {
  readonly #options: ReplayOptions;
  readonly #parts: Parts;
  readonly #crowd: readonly Voice[];
  readonly #agenda: Due[] = [];
  readonly #missed: string[] = [];
  readonly #changes: readonly EpochMs[];
  /** After this nothing comes from the scenario any more. */
  readonly #lastAt: EpochMs;
  #spoken = 0;
  #mailsRead = 0;
  #nextKillAt: EpochMs;
  #crew: Crew | undefined;
  #voices: Crowd | undefined;
  killed = 0;

  constructor(options: ReplayOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    const { scenario } = options;
    this.#crowd = generateCrowd(scenario, options.seed);
    this.#changes = [...scenario.services.values()]
      .flatMap(({ health }) => health.map((change) => change.at))
      .toSorted((a, b) => a - b);
    for (const act of scenario.acts) {
      this.#agenda.push({
        at: act.at,
        what: `${act.who} could not ${act.does} about ${act.about}`,
        run: () => this.#need().crew.act(act),
        triesLeft: 20,
      });
    }
    const posts = [...scenario.providers.values()].flatMap(({ notices }) =>
      [...notices.values()].flatMap((notice) => notice.posts.map((post) => post.at)),
    );
    this.#lastAt = Math.max(
      scenario.startsAt,
      ...posts,
      ...this.#changes,
      ...scenario.acts.map((act) => act.at),
      this.#crowd.at(-1)?.at ?? 0,
    );
    this.#nextKillAt = scenario.startsAt + (options.killEveryMs ?? Number.POSITIVE_INFINITY);
  }

  #need(): { crew: Crew; voices: Crowd } {
    if (this.#crew === undefined || this.#voices === undefined) throw new Error('nobody is there yet');
    return { crew: this.#crew, voices: this.#voices };
  }

  missed(): string[] {
    return [...this.#missed, ...this.#agenda.map(({ what }) => what)];
  }

  /** Signs people up, and tells the program where the providers' feeds are. */
  async prepare(): Promise<void> {
    const { stage, feeds } = this.#parts;
    this.#crew = await gatherCrew(this.#options.scenario, stage.url);
    this.#voices = openCrowd(stage.url, { ownerKey: this.#crew.ownerKey, postsKey });
    for (const [id, provider] of this.#options.scenario.providers) {
      const added = await callUntilThere(`${stage.url}/api/v1/upstream-providers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#crew.ownerKey}` },
        body: {
          id,
          name: provider.name,
          pageUrl: 'https://status.example.com',
          feed: { kind: provider.format, url: feeds.addresses.get(id) ?? '' },
        },
      });
      if (added.status !== 204) throw new Error(`the provider ${id} was refused: ${JSON.stringify(added.body)}`);
    }
  }

  async run(): Promise<void> {
    const { scenario, now, stop, onProgress } = this.#options;
    const { stage } = this.#parts;
    for (let at = now(); at < scenario.endsAt; at = now()) {
      if (stop?.aborted === true) throw new ReplayStopped('The replay was stopped.');
      onProgress?.(at, stage.url);
      await stage.advance(Math.min(this.#nextAt(), scenario.endsAt), this.#moodAt(at));
      this.#readMails();
      await this.#speak(now());
      await this.#runDue(now());
      if (now() >= this.#nextKillAt) {
        this.#nextKillAt += this.#options.killEveryMs ?? Number.POSITIVE_INFINITY;
        this.killed++;
        await stage.kill();
      }
    }
    onProgress?.(scenario.endsAt, stage.url);
  }

  #nextAt(): EpochMs {
    return Math.min(
      this.#crowd[this.#spoken]?.at ?? Number.POSITIVE_INFINITY,
      this.#nextKillAt,
      ...this.#agenda.map((due) => due.at),
    );
  }

  #moodAt(at: EpochMs): Mood {
    if (this.#changes.some((change) => change <= at + busyBeforeMs && at < change + busyMs)) return 'busy';
    if (at < (this.#changes[0] ?? 0)) return 'calm';
    if (at > this.#lastAt + 30 * minute && this.#agenda.length === 0) return 'quiet';
    return 'steady';
  }

  /** Whoever is paged follows the link when the scenario says that they wake up. */
  #readMails(): void {
    const { mailbox, stage } = this.#parts;
    for (const mail of mailbox.mails.slice(this.#mailsRead)) {
      this.#mailsRead++;
      const link = /https?:\/\/\S+\/a\/[\w.~%-]+/.exec(mail.text)?.[0];
      const found = [...this.#options.scenario.people].find(([id]) => personEmail(id) === mail.to);
      const delay = found?.[1].acknowledges;
      if (link === undefined || found === undefined || delay === undefined) continue;
      const path = `${stage.url}${new URL(link).pathname}`;
      this.#agenda.push({
        at: mail.at + delay,
        what: `${found[0]} could not acknowledge`,
        // Somebody else may have been first; then there is nothing left to do.
        run: () =>
          this.#need()
            .crew.acknowledge(path)
            .then(() => true),
        triesLeft: 1,
      });
    }
  }

  async #speak(at: EpochMs): Promise<void> {
    const { voices } = this.#need();
    let posts: Extract<Voice, { as: 'post' }>[] = [];
    const flush = async (): Promise<void> => {
      const sent = posts;
      posts = [];
      if (sent.length > 0 && (await voices.post(sent)) < sent.length)
        this.#missed.push(`${sent.length} posts were refused`);
    };
    for (;;) {
      const voice = this.#crowd[this.#spoken];
      if (voice === undefined || voice.at > at) break;
      this.#spoken++;
      if (voice.as === 'post') {
        posts.push(voice);
        if (posts.length >= postsAtOnce) await flush();
      } else if (voice.as === 'report') {
        if (!(await voices.report(voice))) this.#missed.push(`the report ${voice.id} was refused`);
      } else {
        this.#agenda.push({
          at: voice.at,
          what: `the hug ${voice.id} was refused`,
          run: () => voices.hug(voice),
          triesLeft: 20,
        });
      }
    }
    await flush();
  }

  async #runDue(at: EpochMs): Promise<void> {
    const due = this.#agenda.filter((one) => one.at <= at).toSorted((a, b) => a.at - b.at);
    for (const one of due) {
      if (await one.run()) this.#agenda.splice(this.#agenda.indexOf(one), 1);
      else if (--one.triesLeft > 0) one.at = at + 3 * minute;
      else {
        this.#agenda.splice(this.#agenda.indexOf(one), 1);
        this.#missed.push(one.what);
      }
    }
  }
}
