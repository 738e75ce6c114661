import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { owner } from '../src/app/replay/crew.ts';
import { openBrowser } from '../test/harness/browser.ts';

// Pictures of the public page and the console while 20 September 2015 is replayed, and of the report after it, in docs/: for the README.
// Takes as long as the replay: about seven minutes at the usual speed. `-- SPEED` takes another.

const root = join(import.meta.dirname, '..');
const pictures = join(root, 'docs/replay');
const speed = process.argv[2] ?? '60';
const viewport = { width: 1_180, height: 760 };
const work = mkdtempSync(join(tmpdir(), 'hugops-pictures-'));

function start(): { child: ChildProcess; said: () => string; ended: Promise<number | null> } {
  const args = [join(root, 'src/main.ts'), 'replay', '--speed', speed, '--report', join(work, 'report.html')];
  const child = spawn(process.execPath, args, { cwd: work, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      process.stdout.write(bytes);
    });
  return { child, said: () => said, ended: new Promise((resolve) => child.on('exit', resolve)) };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the status page says something, as a reader would. */
async function until(url: string, says: RegExp, stop: () => boolean): Promise<void> {
  while (!stop()) {
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => '',
    );
    if (says.test(text)) return;
    await pause(500);
  }
}

async function shoot(context: BrowserContext, url: string, name: string, whole = false): Promise<void> {
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('h1:visible').first().waitFor();
  await pause(700);
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: whole });
  await page.close();
}

mkdirSync(pictures, { recursive: true });
const { child, said, ended } = start();
const browser = await openBrowser();
let isOver = false;
void ended.then(() => (isOver = true));
try {
  while (!isOver && !/127\.0\.0\.1:\d+/.test(said())) await pause(200);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said())?.[0] ?? '';
  const context = await browser.newContext({ viewport, colorScheme: 'light' });
  await until(url, /A database service of our provider fails/, () => isOver);
  const signIn = await context.request.post(`${url}/api/auth/sign-in/email`, { data: owner, headers: { origin: url } });
  if (!signIn.ok()) throw new Error(`signing in ended with ${signIn.status()}`);
  await shoot(context, url, 'status-page');
  await shoot(context, `${url}/console`, 'console');
  const incidents = (await (await context.request.get(`${url}/api/v1/incidents`)).json()) as {
    incidents: { id: string }[];
  };
  const [incident] = incidents.incidents;
  if (incident !== undefined) await shoot(context, `${url}/console/incidents/${incident.id}`, 'incident');
  const code = await ended;
  const report = await browser.newContext({ viewport, colorScheme: 'light' });
  await shoot(report, `file://${join(work, 'report.html')}`, 'report');
  process.exitCode = code ?? 1;
} finally {
  child.kill('SIGINT');
  await ended;
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
