import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildConsole, isConsoleStale } from './build-console.ts';

// `npm run build`: the package in dist/, which runs without TypeScript, without the console's tools and without this checkout.

const root = dirname(import.meta.dirname);
const dist = join(root, 'dist');

/** Files that the code reads beside itself; the compiler leaves them behind. */
const assets = ['src/tell/render/*.css', 'src/tell/client/*.js'];

function compile(outDir: string): void {
  const compiler = join(root, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), '--outDir', outDir], { stdio: 'inherit' });
}

function copyAssets(outDir: string): void {
  for (const path of assets.flatMap((pattern) => globSync(pattern, { cwd: root }))) {
    const target = join(outDir, path.slice('src/'.length));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, path), target);
  }
  cpSync(join(root, 'web/dist'), join(outDir, 'web'), { recursive: true });
  // Only its one file is wanted: the package around it is a hundred others.
  const reference = new URL('browser/standalone.js', import.meta.resolve('@scalar/api-reference'));
  copyFileSync(reference, join(outDir, 'reference.js'));
}

const startedAt = performance.now();
if (isConsoleStale()) await buildConsole();
const shelf = join(root, 'node_modules/.cache/hugops');
mkdirSync(shelf, { recursive: true });
const work = mkdtempSync(join(shelf, 'package-'));
try {
  // Made aside and put in place whole: a failed build leaves the last good one.
  const made = join(work, 'dist');
  compile(made);
  copyAssets(made);
  if (existsSync(dist)) renameSync(dist, join(work, 'old'));
  renameSync(made, dist);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`The package is built (${((performance.now() - startedAt) / 1000).toFixed(1)} s).`);
