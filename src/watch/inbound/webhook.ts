import { cleanEvidence } from './clean-evidence.ts';
import { type InboundTool, type ParsedSignal, type ParseFacts, type Refusal, respondWithProblems } from './inbound.ts';
import { itemsOf, readMapped } from './mapped-alert.ts';
import { refuseFields } from './prometheus-alert.ts';

/** Whatever posts JSON: the source's mapping says where in it the key, the status and the rest are. */
export const webhook: InboundTool = {
  kind: 'webhook',
  label: 'Webhook',
  paths: ['/inbound/webhook', '/inbound/webhook/:key'],
  maxBytes: 1_000_000,
  parse: (body, facts) => {
    const { mapping } = facts.config;
    if (mapping === undefined) return refuseFields([{ path: 'mapping', message: 'this source has none yet' }]);
    const items = itemsOf(body, mapping);
    if (!Array.isArray(items)) return refuseFields([items]);
    const signals: ParsedSignal[] = [];
    for (const item of items) {
      const signal = toSignal(item, facts);
      if ('code' in signal) return signal;
      signals.push(signal);
    }
    return { signals, acknowledgements: [] };
  },
  respond: respondWithProblems,
};

function toSignal(item: unknown, { config, now }: ParseFacts): ParsedSignal | Refusal {
  const { alert, issues } = readMapped(item, config.mapping ?? {});
  if (issues.length > 0) return refuseFields(issues);
  const { key = '', status = 'firing', severity, summary, link } = alert;
  return {
    dedupKey: key,
    status,
    severity: severity ?? config.severity ?? 'major',
    summary: summary ?? key,
    evidence: cleanEvidence({ link, details: item }),
    at: now,
  };
}
