import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(import.meta.dirname);
const web = join(root, 'web');
const dist = join(web, 'dist');

// What the console takes from the server's source besides types.
const shared = ['src/domain/words.ts', 'src/domain/duration.ts', 'src/platform/auth/auth-rules.ts'];

/** Whether the console on disk is older than anything that it is made of. A few milliseconds: it is asked at every start. */
export function isConsoleStale(): boolean {
  const built = changedAt(join(dist, 'index.html'));
  if (built === 0) return true;
  const inputs = [...shared, 'package-lock.json', ...schemaFiles()].map((path) => join(root, path));
  return inputs.some((path) => changedAt(path) > built) || newestIn(web) > built;
}

/** Epoch milliseconds; 0 when there is no such file. */
const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function schemaFiles(): string[] {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...rooms.map((room) => `src/${room.name}/schemas.ts`), 'src/app/api/schemas.ts'];
}

/** The newest file or folder below; a deleted file makes its folder newer. */
function newestIn(directory: string): number {
  let newest = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (path === dist) continue;
    newest = Math.max(newest, changedAt(path), entry.isDirectory() ? newestIn(path) : 0);
  }
  return newest;
}

/** Builds the console into web/dist. It is built aside and put in place as a whole, so that nobody ever serves half of it. */
export async function buildConsole(): Promise<void> {
  const { build } = await import('vite');
  const shelf = join(root, 'node_modules/.cache/hugops');
  mkdirSync(shelf, { recursive: true });
  const work = mkdtempSync(join(shelf, 'console-'));
  // Whoever builds, a test runner too, builds what is shipped: React is another one under another NODE_ENV.
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    const outDir = join(work, 'new');
    await build({
      root: web,
      configFile: join(web, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir, emptyOutDir: true },
    });
    putInPlace(outDir, join(work, 'old'));
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
    rmSync(work, { recursive: true, force: true });
  }
}

function putInPlace(made: string, aside: string): void {
  try {
    if (changedAt(dist) > 0) renameSync(dist, aside);
    renameSync(made, dist);
  } catch (error) {
    // Another build put its own in place in the same moment; it is made of the same.
    if (isConsoleStale()) throw error;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--if-stale') || isConsoleStale()) {
    const startedAt = performance.now();
    await buildConsole();
    console.log(`The console is built (${((performance.now() - startedAt) / 1000).toFixed(1)} s).`);
  }
}
