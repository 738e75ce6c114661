import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { describeSchema } from '../../src/platform/db/describe-schema.ts';
import { both } from './db/both.ts';

// The schema that the migrations make, for reading and for review of what a migration changes. To accept a change:
// UPDATE_GOLDEN=1 npx vitest run test/parts/golden-schema.test.ts
const golden = path.resolve(import.meta.dirname, '../golden/schema.txt');

test.each(both)('the schema on $kind is the one in test/golden/schema.txt', async ({ kind, open }) => {
  const opened = await open();
  const text = await describeSchema(opened.db);
  await opened.close();
  if (process.env['UPDATE_GOLDEN'] === '1' && kind === 'embedded') {
    await mkdir(path.dirname(golden), { recursive: true });
    await writeFile(golden, text);
  }
  expect(text).toBe(await readFile(golden, 'utf8'));
});
