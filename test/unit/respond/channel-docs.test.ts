import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { channelDocs, channelDocsPath } from '../../../scripts/channel-docs.ts';
import { channels } from '../../../src/respond/channels/index.ts';

describe('docs/channels.md', () => {
  const written = readFileSync(channelDocsPath, 'utf8');

  it('is current (node scripts/channel-docs.ts writes it)', () => {
    expect(written).toBe(channelDocs());
  });

  it('explains every channel and every field, and marks every secret', () => {
    for (const { kind, label, about = '', schema, secretFields } of channels.values()) {
      const [, section = ''] = written.split(`\n## ${kind}\n`);
      const own = section.split('\n## ')[0] ?? '';
      expect(about.length).toBeGreaterThan(60);
      expect(own).toContain(`**${label}.** ${about}`);
      for (const field of Object.keys(schema.shape).filter((name) => name !== 'kind')) {
        const row = own.split('\n').find((line) => line.startsWith(`| \`${field}\` |`));
        expect({ kind, field, isSecret: row?.includes('Secret.') }).toEqual({
          kind,
          field,
          isSecret: secretFields.includes(field),
        });
      }
    }
  });
});
