import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hono } from 'hono';
import { type Auth, openAuth } from '../platform/auth/auth.ts';
import type { ApiEnv } from '../platform/http/api.ts';
import { listen } from '../platform/http/server.ts';
import type { Clock } from '../platform/clock.ts';
import type { Ctx } from '../platform/context.ts';
import { requireDatabase } from '../platform/db/is-unavailable.ts';
import { type DatabasePlace, openDatabase, type Opened } from '../platform/db/open-database.ts';
import type { Log } from '../platform/log.ts';
import { releaseMails } from '../platform/mail/queue.ts';
import { openMailTransport } from '../platform/mail/transport.ts';
import { openMetrics } from '../platform/metrics.ts';
import { createProofOfWork, fullCost, tokenCost } from '../platform/proof-of-work.ts';
import type { Random } from '../platform/random.ts';
import { channels, openChannelIo } from '../respond/channels/index.ts';
import { acknowledgeRoutes, calendarRoutes, readVapidKeys, releaseLeases, respondRoutes } from '../respond/index.ts';
import { inboundPostRoutes, listeningRoutes, listenRoutes } from '../listen/index.ts';
import {
  createPublisher,
  createPusher,
  createSite,
  maintenanceRoutes,
  openPushHttp,
  publicationRoutes,
  tellRoutes,
} from '../tell/index.ts';
import { changeRoutes, hugRoutes, thankRoutes } from '../thank/index.ts';
import {
  type Scheduler,
  createOwnNetwork,
  createScheduler,
  createUpstreamFollower,
  heartbeatRoutes,
  inboundRoutes,
  openSourceTally,
  openFeedHttp,
  probeEditRoutes,
  probeRoutes,
  tellNetworkTurn,
  upstreamRoutes,
  watchRoutes,
} from '../watch/index.ts';
import { accountRoutes } from './api/account-routes.ts';
import { entryRoutes } from './api/entry-routes.ts';
import { consoleFiles } from './console-files.ts';
import { databasePlace, type Environment, readVersion } from './environment.ts';
import { createHttpApp, transportSecurity } from './http-app.ts';
import { createLiveHub } from './live.ts';
import { createLoops, type Loops } from './loops.ts';
import { createAuditor } from './auditor.ts';
import { openListening } from './open-listening.ts';
import { loadConfig } from './load-config.ts';
import { altchaRoutes } from './altcha-routes.ts';
import { servePublished } from './serve-published.ts';
import { secretsOf } from './resolve-secret.ts';
import { readSecret } from './secret.ts';
import { setUpFromEnvironment, ensureStatusPage } from './set-up.ts';
import { consoleDirectory, referencePath } from './shipped-files.ts';
import { createTasks } from './tasks.ts';

export interface AppOptions {
  environment: Environment;
  clock: Clock;
  random: Random;
  log: Log;
  /** Where the database is; the environment says by default. */
  place?: DatabasePlace;
  /** The embedded database died: the process must end. */
  onFatal(error: Error): void;
  /** Node.js process metrics; a timer that tests do not want. */
  withProcessMetrics: boolean;
  /** `token` asks next to nothing of those who report and thank: for a replay, in which one machine is a whole crowd. */
  proofOfWork?: 'full' | 'token';
  pid?: number;
}

export interface App {
  ctx: Ctx;
  auth: Auth;
  http: Hono<ApiEnv>;
  /** The opened port. */
  port: number;
  /** Starts checks and loops on the real clock. */
  start(): void;
  /** Does everything that is due at the clock's time, until nothing is: for tests under a fake clock. */
  tick(): Promise<void>;
  /** Lets go of everything in the reverse order of its making. */
  stop(): Promise<void>;
}

/**
 * Wires HugOps in one straight line and opens its port. The last published page is served from disk before the database is open. Whatever
 * fails on the way, what was opened before is closed again.
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { environment, clock, random, log } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    stopping.abort();
    for (let close = closers.pop(); close; close = closers.pop()) {
      try {
        await close();
      } catch (error) {
        log.error({ err: error }, 'something could not be closed cleanly');
      }
    }
  };
  try {
    // 1. The page first: readers get the last publication while the rest is still starting.
    const site = createSite({ directory: join(environment.dataDir, 'public'), log });
    await site.loadFromDisk();
    const metrics = openMetrics(options.withProcessMetrics);
    const front: { app: Hono<ApiEnv> | undefined } = { app: undefined };
    const server = await listen({
      door: servePublished(site, { transportSecurity: transportSecurity(environment.publicUrl), metrics, clock }),
      fetch: (request, env) => front.app?.fetch(request, env) ?? starting(),
      port: environment.port,
      trustedProxies: environment.trustedProxies,
    });
    closers.push(() => server.close(graceMs));

    // 2. The database, and what lives in it.
    const database = await openDatabase(options.place ?? databasePlace(environment), {
      log,
      clock,
      onFatal: options.onFatal,
      ...(options.pid === undefined ? {} : { pid: options.pid }),
    });
    closers.push(() => database.close());
    const live = createLiveHub();
    closers.push(() => live.close());
    const ctx: Ctx = {
      db: database.db,
      clock,
      random,
      log,
      metrics,
      publicUrl: environment.publicUrl,
      secret: await readSecret(database.db, random, clock.now()),
      nodeId: randomUUID(),
      wake: (loop) => (loop === 'live' ? live.wake() : wakeLoop(loop)),
    };
    let wakeLoop: Ctx['wake'] = () => {};

    // 3. What the people who run this have written down.
    await ensureStatusPage(ctx);
    const config = await loadConfig(ctx, environment);
    const auth = openAuth({ db: database.db, secret: ctx.secret, publicUrl: environment.publicUrl, log });
    await setUpFromEnvironment(ctx, auth, environment.admin);

    // 4. The ways out, then the rooms.
    const mail = openMailTransport({ url: config.mail.url, from: config.mail.from });
    closers.push(() => mail.close());
    const vapid = await readVapidKeys(database.db, random, environment.publicUrl, clock.now());
    const io = openChannelIo({ mail, clock, vapid });
    closers.push(() => io.close());
    const proofOfWork = createProofOfWork(ctx, options.proofOfWork === 'token' ? tokenCost : fullCost);
    const publisher = createPublisher(ctx, site);
    const resolveSecret = secretsOf(environment);
    const pushHttp = openPushHttp();
    closers.push(() => pushHttp.close());
    const pusher = createPusher(ctx, { publicationOf: site.publicationOf, http: pushHttp.http, resolveSecret });
    const network = createOwnNetwork({
      references: config.networkReferences,
      clock,
      log,
      onTurn: (turn, after, before) => tellNetworkTurn(ctx, turn, after, before),
    });
    const scheduler = createScheduler(ctx, {
      network,
      allowPrivateNetworks: environment.allowPrivateNetworks,
      resolveSecret,
    });
    const upstreams = createUpstreamFollower(
      ctx,
      openFeedHttp({ allowPrivateNetworks: environment.allowPrivateNetworks }),
    );
    const sources = openSourceTally(ctx);
    const listening = await openListening(ctx, environment);
    closers.push(() => listening.listener.stop());
    // The data directory has one process, this one: what was on its way when the last one ended has no sender any more.
    if (database.kind === 'embedded') await Promise.all([releaseLeases(ctx), releaseMails(ctx)]);

    const auditor = createAuditor(ctx, { pulse: () => loops.pulse(), http: io.http, deadMan: config.deadMan });

    // 5. The loops that carry out what the rows say.
    const loops: Loops = createLoops(
      createTasks({
        ctx,
        database,
        publisher,
        network,
        pusher,
        scheduler,
        upstreams,
        sources,
        listener: listening.listener,
        retention: config.retention,
        mail,
        pager: { channels, io },
        auditor,
      }),
      ctx,
    );
    wakeLoop = crossNodeWake(ctx, database, loops.wake, closers);

    const http = createHttpApp({
      ctx,
      auth,
      live,
      version: readVersion(),
      publicRoutes: [
        inboundRoutes(ctx, { tally: sources }),
        heartbeatRoutes(ctx),
        probeRoutes(ctx, scheduler),
        acknowledgeRoutes(ctx),
        calendarRoutes(ctx),
        altchaRoutes(ctx, proofOfWork),
        listenRoutes(ctx, proofOfWork),
        inboundPostRoutes(ctx, listening.hearing),
        hugRoutes(ctx, proofOfWork),
        changeRoutes(ctx),
        consoleFiles(consoleDirectory()),
        tellRoutes(ctx, publisher),
      ],
      entryRoutes: entryRoutes(ctx, auth),
      memberRoutes: [
        accountRoutes(ctx, auth, () => mail.configured),
        respondRoutes(ctx),
        watchRoutes(ctx, () => reloadChecks(scheduler, log, stopping.signal)),
        upstreamRoutes(ctx),
        probeEditRoutes(ctx),
        listeningRoutes(ctx),
        thankRoutes(ctx),
        maintenanceRoutes(ctx),
        publicationRoutes(ctx, site),
      ],
      readReference: () => readFile(referencePath(), 'utf8'),
      isReady: () => answersInTime(requireDatabase(database.db)),
      notFound: () => site.notFound(),
    });
    await scheduler.reload();
    // The last thing, and nothing is waited for after it: from the first answer on, the caller can stop this.
    front.app = http;
    // Let go of before the database: requests under way still need it.
    closers.push(async () => {
      live.close();
      await server.close(graceMs);
    });
    return {
      ctx,
      auth,
      http,
      port: server.port,
      start() {
        loops.start();
        closers.push(() => withinGrace(loops.stop(), log));
        // Before the loops, which wait for what is under way: a feed that hangs is broken off.
        closers.push(() => upstreams.stop());
        scheduler.start();
        closers.push(() => scheduler.stop());
      },
      async tick() {
        await scheduler.tick(clock.now());
        await loops.settle(clock.now());
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How long a request or a batch of work under way may take when the program stops. */
const graceMs = 2_000;

/** A mail server that says nothing must not hold up the end. What is cut off here is found by the next start, as after a crash. */
async function withinGrace(work: Promise<void>, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn('work under way was cut off; the next start goes on with it');
      resolve();
    }, graceMs);
  });
  await Promise.race([work, tooLate]);
  clearTimeout(timer);
}

/** A load balancer asks every few seconds; a database that is slower than this serves nobody. */
const readyWithinMs = 2_000;

async function answersInTime(query: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, readyWithinMs, false);
  });
  const answered = query.then(
    () => true,
    () => false,
  );
  const isReady = await Promise.race([answered, tooLate]);
  clearTimeout(timer);
  return isReady;
}

const reloadAgainMs = 1_000;

/** A change of checks is committed; that the database went away just then must neither end the program nor lose the change. */
function reloadChecks(scheduler: Scheduler, log: Log, stopping: AbortSignal): void {
  scheduler.reload().catch((error: unknown) => {
    if (stopping.aborted) return;
    log.warn({ err: error }, 'the checks could not be read again; trying again soon');
    setTimeout(reloadChecks, reloadAgainMs, scheduler, log, stopping).unref();
  });
}

const starting = (): Response =>
  new Response('HugOps is starting.\n', { status: 503, headers: { 'content-type': 'text/plain', 'retry-after': '2' } });

/** Wakes this process's loops at once, and those of other nodes on the same PostgreSQL through NOTIFY. */
function crossNodeWake(ctx: Ctx, database: Opened, wake: Ctx['wake'], closers: (() => void)[]): Ctx['wake'] {
  if (database.kind === 'embedded') return wake;
  const shared = ['signals', 'escalation', 'pages', 'publish', 'live'] as const;
  for (const loop of shared)
    closers.push(database.onWake(loop, () => (loop === 'live' ? ctx.wake('live') : wake(loop))));
  return (loop) => {
    wake(loop);
    database.wake(loop);
  };
}
