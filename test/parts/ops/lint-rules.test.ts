import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchDirectory } from './hugops-command.ts';

// The rules of the house bite: a planted violation of each is refused by the real configuration, with a message that says what to do instead.

interface Planted {
  rule: string;
  path: string;
  text: string;
  says: RegExp;
}

const imports = (from: string): string => `import { thing } from '${from}';\nexport const other = thing;\n`;

const refused: Planted[] = [
  // Who may import whom.
  {
    rule: 'domain imports platform',
    path: 'src/domain/a1.ts',
    text: imports('../platform/clock.ts'),
    says: /pure law.+pass the facts in as arguments/,
  },
  { rule: 'domain does I/O', path: 'src/domain/a2.ts', text: imports('node:fs'), says: /domain does no I\/O/ },
  {
    rule: 'domain imports a package',
    path: 'src/domain/a3.ts',
    text: imports('zod'),
    says: /domain imports no package/,
  },
  {
    rule: 'domain imports a type of a room',
    path: 'src/domain/a4.ts',
    text: "import type { Thing } from '../respond/index.ts';\nexport type Other = Thing;\n",
    says: /pure law/,
  },
  {
    rule: 'detect imports platform',
    path: 'src/detect/b1.ts',
    text: imports('../platform/clock.ts'),
    says: /pure streaming engine/,
  },
  { rule: 'detect does I/O', path: 'src/detect/b2.ts', text: imports('node:fs'), says: /detect does no I\/O/ },
  {
    rule: 'detect imports a package',
    path: 'src/detect/b4.ts',
    text: imports('kysely'),
    says: /detect imports no package/,
  },
  {
    rule: 'detect, deeper, imports a room',
    path: 'src/detect/deep/b3.ts',
    text: imports('../../listen/index.ts'),
    says: /pure streaming engine/,
  },
  {
    rule: 'platform imports a room',
    path: 'src/platform/c1.ts',
    text: imports('../respond/index.ts'),
    says: /platform knows no room/,
  },
  {
    rule: 'platform, deeper, imports a room',
    path: 'src/platform/db/c2.ts',
    text: imports('../../tell/index.ts'),
    says: /platform knows no room/,
  },
  {
    rule: 'platform imports the law',
    path: 'src/platform/c3.ts',
    text: imports('../domain/incident.ts'),
    says: /platform knows no room/,
  },
  {
    rule: 'platform imports app',
    path: 'src/platform/c4.ts',
    text: imports('../app/serve.ts'),
    says: /platform knows no room/,
  },
  {
    rule: 'watch imports tell',
    path: 'src/watch/d1.ts',
    text: imports('../tell/index.ts'),
    says: /Nothing calls them/,
  },
  {
    rule: 'listen imports thank',
    path: 'src/listen/d2.ts',
    text: imports('../thank/index.ts'),
    says: /Nothing calls them/,
  },
  {
    rule: 'watch imports listen',
    path: 'src/watch/d7.ts',
    text: imports('../listen/index.ts'),
    says: /watch and listen do not know each other/,
  },
  {
    rule: 'listen imports watch',
    path: 'src/listen/d8.ts',
    text: imports('../watch/index.ts'),
    says: /watch and listen do not know each other/,
  },
  {
    rule: "watch imports respond's inner file",
    path: 'src/watch/d3.ts',
    text: imports('../respond/on-call.ts'),
    says: /only by its index\.ts/,
  },
  {
    rule: "watch, deeper, imports respond's inner file",
    path: 'src/watch/checks/d4.ts',
    text: imports('../../respond/incidents/open.ts'),
    says: /only by its index\.ts/,
  },
  {
    rule: "tell imports respond's inner file",
    path: 'src/tell/d5.ts',
    text: imports('../respond/on-call.ts'),
    says: /only by its index\.ts/,
  },
  {
    rule: "tell imports an inner file of respond's folder",
    path: 'src/tell/render/d6.ts',
    text: imports('../../respond/incidents/open.ts'),
    says: /only by its index\.ts/,
  },
  {
    rule: 'respond imports watch',
    path: 'src/respond/e1.ts',
    text: imports('../watch/index.ts'),
    says: /respond calls no other room/,
  },
  {
    rule: 'respond imports tell',
    path: 'src/respond/incidents/e2.ts',
    text: imports('../../tell/index.ts'),
    says: /respond calls no other room/,
  },
  {
    rule: 'tell imports watch',
    path: 'src/tell/f1.ts',
    text: imports('../watch/index.ts'),
    says: /tell and thank follow events by cursor/,
  },
  {
    rule: 'thank imports listen',
    path: 'src/thank/f2.ts',
    text: imports('../listen/index.ts'),
    says: /tell and thank follow events by cursor/,
  },
  {
    rule: "thank imports tell's inner file",
    path: 'src/thank/f3.ts',
    text: imports('../tell/model.ts'),
    says: /only by its index\.ts/,
  },
  ...['watch', 'listen', 'respond', 'tell', 'thank', 'detect', 'platform'].map((room) => ({
    rule: `${room} imports app`,
    path: `src/${room}/g1.ts`,
    text: imports('../app/create-app.ts'),
    says: /app/,
  })),
  {
    rule: 'the console runs server code',
    path: 'web/src/h1.ts',
    text: imports('../../src/respond/read-incidents.ts'),
    says: /only types .+ and plain words/,
  },
  {
    rule: 'the console imports a module of Node.js',
    path: 'web/src/h2.ts',
    text: imports('node:fs'),
    says: /there is no Node\.js here/,
  },
  {
    rule: 'a cycle',
    path: 'src/thank/i1.ts',
    text: "import { two } from './i2.ts';\nexport const one = (): number => two();\n",
    says: /cycle/i,
  },
  {
    rule: 'a cycle of types',
    path: 'src/thank/i3.ts',
    text: "import type { Two } from './i4.ts';\nexport interface One { two: Two }\n",
    says: /cycle/i,
  },

  // Time, chance and the process are arguments.
  {
    rule: 'Date.now',
    path: 'src/respond/j1.ts',
    text: 'export const at = (): number => Date.now();\n',
    says: /Time is an argument/,
  },
  {
    rule: 'Temporal.Now',
    path: 'src/domain/j5.ts',
    text: 'export const at = (): number => Temporal.Now.instant().epochMilliseconds;\n',
    says: /Time is an argument/,
  },
  {
    rule: 'Math.random',
    path: 'src/platform/j2.ts',
    text: 'export const die = (): number => Math.random();\n',
    says: /Take randomness from ctx\.random/,
  },
  {
    rule: 'process in a room',
    path: 'src/watch/j3.ts',
    text: "export const home = process.env['HOME'];\n",
    says: /Only src\/main\.ts touches process/,
  },
  {
    rule: 'process in app',
    path: 'src/app/j4.ts',
    text: "export const home = process.env['HOME'];\n",
    says: /Only src\/main\.ts touches process/,
  },
  {
    rule: 'process as an import',
    path: 'src/app/j7.ts',
    text: "import process from 'node:process';\nexport const home = process.env['HOME'];\n",
    says: /Only src\/main\.ts touches process/,
  },
  {
    rule: 'console',
    path: 'src/tell/j8.ts',
    text: "export const say = (): void => console.log('x');\n",
    says: /console/,
  },
  { rule: 'any', path: 'src/tell/j9.ts', text: 'export const thing = (value: any): unknown => value;\n', says: /any/ },
  {
    rule: 'a non-null assertion',
    path: 'src/tell/k1.ts',
    text: 'export const first = (list: number[]): number => list[0]!;\n',
    says: /[Nn]on-null assertion/,
  },
  { rule: 'a default export', path: 'src/tell/k2.ts', text: 'export default 1;\n', says: /default/ },
  {
    rule: 'a focused test',
    path: 'test/unit/k3.test.ts',
    text: "import { expect, it } from 'vitest';\nit.only('x', () => expect(1).toBe(1));\n",
    says: /focus|only/i,
  },
  {
    rule: 'a test that asserts nothing',
    path: 'test/unit/k4.test.ts',
    text: "import { it } from 'vitest';\nit('x', () => {});\n",
    says: /no assertions/,
  },
  {
    rule: 'a file of more than 400 lines',
    path: 'src/tell/k5.ts',
    text: `${'// A line.\n'.repeat(401)}export const long = 1;\n`,
    says: /too many lines/,
  },
];

/** What the same rules must let through. */
const allowed: Record<string, string> = {
  'src/domain/i5.ts': imports('./words.ts'),
  'src/detect/ok.ts': imports('../domain/words.ts'),
  'src/platform/db/ok.ts': `${imports('kysely')}export { word } from '../../domain/words.ts';\n`,
  'src/watch/ok.ts': `${imports('../respond/index.ts')}export { word } from '../domain/words.ts';\n`,
  'src/watch/checks/ok.ts': imports('../../respond/index.ts'),
  'src/tell/ok.ts': imports('../respond/index.ts'),
  'src/tell/render/ok.ts': imports('../model.ts'),
  'src/thank/ok.ts': imports('../respond/index.ts'),
  'src/app/ok.ts': imports('../respond/channels/index.ts'),
  'src/main.ts': "export const home = process.env['HOME'];\nexport const at = Date.now();\n",
  'src/platform/clock.ts': 'export const now = (): number => Date.now();\n',
  'src/respond/ok.ts': 'export const day = (at: number): Date => new Date(at);\n',
  'web/src/ok.ts':
    "import type { Incident } from '../../src/respond/read-incidents.ts';\nexport type One = Incident;\nexport { schema } from '../../src/respond/schemas.ts';\n",
  // The other halves of the cycles.
  'src/thank/i2.ts': "import { one } from './i1.ts';\nexport const two = (): number => one();\n",
  'src/thank/i4.ts': "import type { One } from './i3.ts';\nexport interface Two { one: One }\n",
};

interface Diagnostic {
  message: string;
  help?: string;
  filename: string;
}

const repository = resolve(import.meta.dirname, '../../..');
let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
let found: Diagnostic[];

beforeAll(async () => {
  scratch = await scratchDirectory();
  await copyFile(join(repository, '.oxlintrc.json'), join(scratch.path, '.oxlintrc.json'));
  const files = { ...allowed, ...Object.fromEntries(refused.map(({ path, text }) => [path, text])) };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(scratch.path, path)), { recursive: true });
    await writeFile(join(scratch.path, path), text);
  }
  const oxlint = join(repository, 'node_modules/.bin/oxlint');
  const ended = spawnSync(oxlint, ['--deny-warnings', '--format=json'], { cwd: scratch.path, encoding: 'utf8' });
  expect(ended.status).toBe(1);
  found = (JSON.parse(ended.stdout) as { diagnostics: Diagnostic[] }).diagnostics;
});
afterAll(() => scratch.remove());

const about = (path: string): string[] =>
  found.filter(({ filename }) => filename === path).map(({ message, help }) => `${message} ${help ?? ''}`);

describe('refused', () => {
  it.each(refused)('$rule', ({ path, says }) => {
    expect(about(path).join('\n')).toMatch(says);
  });
});

describe('let through', () => {
  const cycles = ['src/thank/i2.ts', 'src/thank/i4.ts'];
  it.each(Object.keys(allowed).filter((path) => !cycles.includes(path)))('%s', (path) => {
    expect(about(path)).toEqual([]);
  });
});

// No rule of oxlint knows this one.
it('nowhere in src is the clock read by `new Date()`', async () => {
  const files = globSync('src/**/*.ts', { cwd: repository });
  const found: string[] = [];
  for (const file of files) if (/new Date\(\)/.test(await readFile(join(repository, file), 'utf8'))) found.push(file);
  expect(files.length).toBeGreaterThan(100);
  expect(found).toEqual([]);
});
