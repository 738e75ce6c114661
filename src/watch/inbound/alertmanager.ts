import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { fieldErrors } from '../../platform/http/api.ts';
import { oneLine } from '../../platform/one-line.ts';
import { cleanEvidence, cleanText, observedAt, webAddress } from './clean-evidence.ts';
import { type InboundTool, type Parsed, type ParsedSignal, type Refusal, respondWithProblems } from './inbound.ts';

const maxAlerts = 1_000;

// https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. What is not named here is ignored.
const labels = z.record(z.string(), z.string());
const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels,
  annotations: labels.nullish(),
  startsAt: z.string().nullish(),
  endsAt: z.string().nullish(),
  generatorURL: z.string().nullish(),
  fingerprint: z.string().max(255).nullish(),
});
const messageSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().nullish(),
  receiver: z.string().nullish(),
  externalURL: z.string().nullish(),
  truncatedAlerts: z.number().nullish(),
  alerts: z.array(alertSchema),
});
type Message = z.infer<typeof messageSchema>;
type Alert = z.infer<typeof alertSchema>;

// The label is a convention, not a standard; these are the words in the field's common rule collections.
const severityWords: ReadonlyMap<string, Severity> = new Map(
  Object.entries({
    critical: ['critical', 'crit', 'page', 'fatal', 'emergency', 'emerg', 'alert', 'disaster', 'p1', 'sev1'],
    major: ['major', 'error', 'err', 'high', 'severe', 'p2', 'sev2'],
    minor: ['minor', 'warning', 'warn', 'medium', 'low', 'info', 'informational', 'notice', 'none', 'p3', 'p4', 'sev3'],
  } satisfies Record<Severity, string[]>).flatMap(([severity, words]) =>
    words.map((word) => [word, severity as Severity]),
  ),
);

/** Prometheus Alertmanager's webhook receiver, version 4 (also spoken by VictoriaMetrics, Mimir, Thanos and Loki). */
export const alertmanager: InboundTool = {
  kind: 'alertmanager',
  label: 'Prometheus Alertmanager',
  paths: ['/inbound/alertmanager', '/inbound/alertmanager/:key'],
  maxBytes: 5_000_000,
  parse: (body, { now }) => {
    const tooMany = refuseTooMany(body);
    if (tooMany !== undefined) return tooMany;
    const message = messageSchema.safeParse(body);
    if (!message.success) return invalid(fieldErrors(message.error));
    return parseMessage(message.data, now);
  },
  respond: respondWithProblems,
};

/** Before the schema, so that a list of a million is not looked at one by one. */
function refuseTooMany(body: unknown): Refusal | undefined {
  const alerts = typeof body === 'object' && body !== null && 'alerts' in body ? body.alerts : undefined;
  if (!Array.isArray(alerts) || alerts.length <= maxAlerts) return undefined;
  const message = `at most ${maxAlerts} alerts in one message, not ${alerts.length}; set max_alerts or group by more labels`;
  return invalid([{ path: 'alerts', message }]);
}

function invalid(fields: { path: string; message: string }[]): Refusal {
  const first = fields[0];
  const message = first ? `${first.path}: ${first.message}` : 'The message is not as expected.';
  return { code: 'invalid', message, fields };
}

function parseMessage(message: Message, now: number): Parsed {
  return { signals: message.alerts.map((alert) => toSignal(alert, message, now)), acknowledgements: [] };
}

/**
 * One alert, one signal, its fingerprint the key. Alertmanager has grouped them already (group_by), and a group's members come and go:
 * by the group's key, one alert's end would look like the end of all, or like none. By its own, each clears by itself.
 */
function toSignal(alert: Alert, message: Message, now: number): ParsedSignal {
  const firing = alert.status === 'firing';
  const annotations = alert.annotations ?? {};
  const runbook = annotations['runbook_url'] ?? annotations['runbook'];
  const evidence = {
    startsAt: alert.startsAt ?? undefined,
    endsAt: firing ? undefined : (alert.endsAt ?? undefined),
    generatorUrl: webAddress(alert.generatorURL ?? undefined),
    runbookUrl: webAddress(runbook),
    externalUrl: webAddress(message.externalURL ?? undefined),
    groupKey: message.groupKey ?? undefined,
    receiver: message.receiver ?? undefined,
    // What Alertmanager left out of the message is not known here, and whoever looks should know that.
    truncatedAlerts: message.truncatedAlerts ? message.truncatedAlerts : undefined,
    labels: alert.labels,
    // The largest part comes last, so that it alone is cut when all is too much.
    annotations,
  };
  return {
    dedupKey: cleanText(alert.fingerprint || fingerprint(alert.labels)),
    status: firing ? 'firing' : 'ok',
    severity: severityWords.get((alert.labels['severity'] ?? '').trim().toLowerCase()) ?? 'major',
    summary: summaryOf(alert),
    evidence: cleanEvidence(evidence),
    at: observedAt((firing ? alert.startsAt : alert.endsAt) ?? undefined, now),
  };
}

function summaryOf({ labels: names, annotations }: Alert): string {
  const candidates = [
    annotations?.['summary'],
    annotations?.['description'],
    annotations?.['message'],
    names['alertname'],
  ];
  for (const candidate of candidates) {
    const line = cutText(oneLine(candidate ?? ''), 1_024);
    if (line !== '') return line;
  }
  return 'Alert without a name';
}

/** For senders that know no fingerprint: what makes it the same alert is its labels, in any order. */
function fingerprint(names: Record<string, string>): string {
  const sorted = Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}
