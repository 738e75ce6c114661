import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject, Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import { cleanEvidence, cleanText, observedAt, webAddress } from './clean-evidence.ts';
import type { ParsedSignal, Refusal } from './inbound.ts';
import { severityOfWord } from './severity-words.ts';

const maxAlerts = 1_000;

const labels = z.record(z.string(), z.string());

/** One alert as Alertmanager's webhook has it, and Grafana after it. What is not named here is ignored. */
export const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels,
  annotations: labels.nullish(),
  startsAt: z.string().nullish(),
  endsAt: z.string().nullish(),
  generatorURL: z.string().nullish(),
  fingerprint: z.string().max(255).nullish(),
});
type Alert = z.infer<typeof alertSchema>;

/** Before the schema, so that a list of a million is not looked at one by one. */
export function refuseTooManyAlerts(body: unknown): Refusal | undefined {
  const alerts = typeof body === 'object' && body !== null && 'alerts' in body ? body.alerts : undefined;
  if (!Array.isArray(alerts) || alerts.length <= maxAlerts) return undefined;
  const message = `at most ${maxAlerts} alerts in one message, not ${alerts.length}; set max_alerts or group by more labels`;
  return refuseFields([{ path: 'alerts', message }]);
}

/** A refusal that says in its sentence what is wrong with the first field. */
export function refuseFields(fields: { path: string; message: string }[]): Refusal {
  const first = fields[0];
  const message = first ? `${first.path}: ${first.message}` : 'The message is not as expected.';
  return { code: 'invalid', message, fields };
}

/**
 * One alert, one signal, its fingerprint the key. The tool has grouped them already (group_by), and a group's members come and go:
 * by the group's key, one alert's end would look like the end of all, or like none. By its own, each clears by itself.
 */
export function alertSignal(
  alert: Alert,
  about: { now: number; severity: Severity; summary?: string | undefined; evidence: JsonObject },
): ParsedSignal {
  const firing = alert.status === 'firing';
  const annotations = alert.annotations ?? {};
  const evidence = {
    startsAt: alert.startsAt ?? undefined,
    endsAt: firing ? undefined : (alert.endsAt ?? undefined),
    generatorUrl: webAddress(alert.generatorURL ?? undefined),
    runbookUrl: webAddress(annotations['runbook_url'] ?? annotations['runbook']),
    ...about.evidence,
    labels: alert.labels,
    // The largest part comes last, so that it alone is cut when all is too much.
    annotations,
  };
  return {
    dedupKey: cleanText(alert.fingerprint || fingerprint(alert.labels)),
    status: firing ? 'firing' : 'ok',
    severity: severityOfWord(alert.labels['severity']) ?? about.severity,
    summary: about.summary ?? summaryOf(alert),
    evidence: cleanEvidence(evidence),
    at: observedAt((firing ? alert.startsAt : alert.endsAt) ?? undefined, about.now),
  };
}

/** The first text that says something, on one line. */
export function firstLine(candidates: readonly (string | null | undefined)[], otherwise: string): string {
  for (const candidate of candidates) {
    const line = cutText(oneLine(candidate ?? ''), 1_024);
    if (line !== '') return line;
  }
  return otherwise;
}

const summaryOf = ({ labels: names, annotations }: Alert): string =>
  firstLine(
    [annotations?.['summary'], annotations?.['description'], annotations?.['message'], names['alertname']],
    'Alert without a name',
  );

/** For senders that know no fingerprint: what makes it the same alert is its labels, in any order. */
function fingerprint(names: Record<string, string>): string {
  const sorted = Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32);
}
