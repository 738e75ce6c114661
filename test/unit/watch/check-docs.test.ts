import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderCheckDocs } from '../../../scripts/check-docs.ts';
import { checkConfigSchema, checkKinds } from '../../../src/watch/index.ts';
import { goodConfig } from '../app/config-kit.ts';

const page = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8');

describe('docs/checks.md', () => {
  it('is current (npx node scripts/check-docs.ts writes it)', () => {
    expect(page).toBe(renderCheckDocs());
  });

  it('has a row with words for every field of every kind', () => {
    for (const { kind } of checkKinds) expect(page).toContain(`\n## ${kind}\n`);
    const wordless = page.split('\n').filter((line) => /^\| `.*\|\s*\|$/.test(line));
    expect(wordless).toEqual([]);
  });

  it('shows examples that both the API and hugops.yaml take', () => {
    for (const { kind, example } of checkKinds) {
      const parsed = checkConfigSchema.safeParse({ kind, ...example });
      expect({ kind, error: parsed.error?.issues }).toEqual({ kind, error: undefined });
    }
    const examples = [...page.matchAll(/```yaml\nexample:\n([^`]*)```/g)].map(([, text = '']) => text);
    expect(examples).toHaveLength(checkKinds.length);
    for (const text of examples) {
      const indented = text.replaceAll(/^(?=.)/gm, '      ').trimEnd();
      const interval = text.includes('kind: heartbeat') ? '        interval: 1h\n' : '';
      const file = `services:\n  shop:\n    name: Shop\n    checks:\n      one:\n${indented}\n${interval}`;
      const variables = Object.fromEntries(
        [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => [name, 'x'.repeat(32)]),
      );
      expect(Object.keys(goodConfig(file, variables).services['shop']?.checks ?? {})).toEqual(['one']);
    }
  });
});
