import { readdirSync, readFileSync } from 'node:fs';
import type { Bench } from './bench.ts';

// `npm run bench` lists the names; `npm run bench -- NAME` runs one and ends with a line `NAME: figure unit (floor): ok`.

const [name] = process.argv.slice(2);
const files = readdirSync(import.meta.dirname).filter(
  (file) => /export const bench\b/.test(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')) && file !== 'run.ts',
);

if (name === undefined) {
  for (const file of files) {
    const { bench } = (await import(`./${file}`)) as { bench: Bench };
    console.log(`${bench.name.padEnd(16)} ${bench.what} (${bench.floor})`);
  }
} else {
  const file = files.find((candidate) => candidate === `${name}.ts`);
  if (file === undefined) {
    console.error(`There is no benchmark ${name}. \`npm run bench\` lists them.`);
    process.exit(2);
  }
  const { bench } = (await import(`./${file}`)) as { bench: Bench };
  const { figure, unit, ok } = await bench.run();
  console.log(`${bench.name}: ${figure} ${unit} (${bench.floor}): ${ok ? 'ok' : 'BELOW ITS FLOOR'}`);
  process.exitCode = ok ? 0 : 1;
}
