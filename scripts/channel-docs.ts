import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Channel, channels } from '../src/respond/channels/index.ts';
import { placeholders } from '../src/respond/channels/template.ts';

// Writes docs/channels.md from the schemas of the channels. With --check it only says whether the file is current.

export const channelDocsPath = fileURLToPath(new URL('../docs/channels.md', import.meta.url));

/** docs/channels.md as the channels are now. */
export function channelDocs(): string {
  const all = [...channels.values()];
  return (
    [
      '# Contact methods',
      'Every way in which HugOps can page a person. This page is made from the channels themselves: `node scripts/channel-docs.ts`.',
      'The fields stand under `contact` of a person in `hugops.yaml` ([configuration](configuration.md)) and are the same in the API. Each entry may have a `label`. A secret ' +
        'is never shown again once it is stored; in `hugops.yaml` write it as a reference, as `${env:NAME}`. After every change, send a test page.',
      all.map(({ kind, label }) => `- [${label}](#${kind})`).join('\n'),
      ...all.flatMap(section),
      '## Placeholders',
      'In the `url` and `body` of `http-gateway` and the `template` of `webhook`, as `{{title}}`. Nothing is computed, and a value is never read as a template.',
      table(
        ['placeholder', 'stands for'],
        Object.entries(placeholders).map(([name, meaning]) => [`{{${name}}}`, meaning]),
      ),
    ].join('\n\n') + '\n'
  );
}

interface Field {
  type?: string;
  enum?: string[];
  default?: unknown;
  description?: string;
  writeOnly?: boolean;
}

function section(channel: Channel): string[] {
  const { kind, label, about = '', schema } = channel;
  const { properties, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties: Record<string, Field>;
    required?: string[];
  };
  const rows = Object.entries(properties)
    .filter(([name]) => name !== 'kind')
    .map(([name, field]) => [`\`${name}\``, whenLeftOut(name, field, required), meaningOf(field)]);
  return [`## ${kind}`, `**${label}.** ${about}`, table(['field', 'when left out', ''], rows)];
}

const whenLeftOut = (name: string, field: Field, required: readonly string[]): string =>
  required.includes(name) ? 'required' : field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``;

function meaningOf({ writeOnly, description = '', enum: choices }: Field): string {
  const values = choices ? `One of ${choices.map((choice) => `\`${choice}\``).join(', ')}.` : '';
  return [writeOnly === true ? 'Secret.' : '', description, values].filter(Boolean).join(' ');
}

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) writeFileSync(channelDocsPath, channelDocs());
  else if (readFileSync(channelDocsPath, 'utf8') !== channelDocs()) process.exitCode = 1;
}
