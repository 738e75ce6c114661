import type { EpochMs } from '../../domain/words.ts';
import type { Tried } from '../schemas.ts';
import { groupValues } from './group-alerts.ts';
import { isRefusal, type InboundTool } from './inbound.ts';
import { parseJson } from './json-body.ts';
import type { IntegrationKind, SourceConfig } from './source-config.ts';
import { inboundTools } from './tools.ts';

function toolOf(kind: IntegrationKind): InboundTool {
  const tool = inboundTools.find((one) => one.kind === kind);
  if (tool === undefined) throw new Error(`no tool is ${kind}`);
  return tool;
}

/** Where the tool is to post, with the key in it where that has a place. */
export function pathOf(kind: IntegrationKind, key: string): string {
  const { paths } = toolOf(kind);
  return (paths.find((path) => path.endsWith('/:key')) ?? paths[0] ?? '').replace(':key', key);
}

const refused = (refusal: string, problems: Tried['problems'] = []): Tried => ({
  signals: [],
  acknowledgements: [],
  refusal,
  problems,
});

/** What a message would become, without a key, without proof, and without keeping anything. */
export function tryMessage(
  input: { kind: IntegrationKind; config: SourceConfig; message: string },
  now: EpochMs,
): Tried {
  const { kind, config, message } = input;
  const body = parseJson(new TextEncoder().encode(message));
  if ('refused' in body) return refused(body.refused.message);
  const parsed = toolOf(kind).parse(body.json, { headers: new Headers(), now, newKey: () => 'a new one', config });
  if (isRefusal(parsed)) return refused(parsed.message, parsed.fields);
  return {
    signals: parsed.signals.map(({ dedupKey, status, severity, summary, evidence }) => ({
      key: dedupKey,
      status,
      severity,
      summary,
      link: typeof evidence['link'] === 'string' ? evidence['link'] : null,
      group: config.groupBy === undefined ? null : groupValues(evidence, config.groupBy),
    })),
    acknowledgements: parsed.acknowledgements,
    refusal: null,
    problems: [],
  };
}
