#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// `npx hugops` on whatever Node.js a machine has: HugOps needs 26 (Temporal), and brings it as the npm package `node`.

const needed = 26;
const main = new URL('../dist/main.js', import.meta.url);

/** The path of the Node.js that npm installed with HugOps; undefined when its install script did not run. */
function ownNode() {
  try {
    const home = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    return ['node', 'node.exe'].map((name) => join(home, 'bin', name)).find((path) => existsSync(path));
  } catch {
    return undefined;
  }
}

if (Number.parseInt(process.versions.node, 10) >= needed) {
  await import(main.href);
} else {
  const node = ownNode();
  if (node === undefined) {
    process.stderr.write(
      `HugOps needs Node.js ${needed}; this is ${process.versions.node}, and the one that comes with HugOps is not installed: ` +
        'npm did not run the install script of the package `node`. Allow it and run `npm rebuild node`, ' +
        `or start HugOps with Node.js ${needed}.\n`,
    );
    process.exit(1);
  }
  // The fourth channel only tells HugOps that this process is gone, should it be killed.
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
