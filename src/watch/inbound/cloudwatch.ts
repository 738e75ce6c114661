import { z } from 'zod';
import { fieldErrors } from '../../platform/http/api.ts';
import { cleanEvidence, cleanText, observedAt } from './clean-evidence.ts';
import { type InboundTool, type Parsed, type ParseFacts, type Refusal, respondWithProblems } from './inbound.ts';
import { firstLine, refuseFields } from './prometheus-alert.ts';
import { isSnsAddress, proveSns, type SnsMessage, snsSchema } from './sns-signature.ts';

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html: the alarm is JSON within the message of SNS.
const alarmSchema = z.looseObject({
  AlarmName: z.string().min(1).max(255),
  NewStateValue: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']),
  AlarmArn: z.string().max(1_600).nullish(),
  AlarmDescription: z.string().nullish(),
  NewStateReason: z.string().nullish(),
  OldStateValue: z.string().nullish(),
  StateChangeTime: z.string().nullish(),
  Region: z.string().nullish(),
  AWSAccountId: z.string().nullish(),
  Trigger: z.unknown().optional(),
});

/** Amazon CloudWatch alarms, as an SNS topic delivers them by https. Each message proves itself by its signature. */
export const cloudWatch: InboundTool = {
  kind: 'cloudwatch',
  label: 'Amazon CloudWatch',
  paths: ['/inbound/cloudwatch/:key'],
  maxBytes: 300_000,
  prove: proveSns,
  parse: (body, facts) => {
    const read = snsSchema.safeParse(body);
    if (!read.success) return refuseFields(fieldErrors(read.error));
    const message = read.data;
    switch (message.Type) {
      case 'SubscriptionConfirmation':
        return confirm(message.SubscribeURL);
      case 'UnsubscribeConfirmation':
        return { signals: [], acknowledgements: [] };
      case 'Notification':
        return parseAlarm(message, facts);
    }
  },
  respond: respondWithProblems,
};

function confirm(url: string): Parsed | Refusal {
  if (!isSnsAddress(url))
    return refuseFields([{ path: 'SubscribeURL', message: 'not an https address of Amazon SNS' }]);
  return { signals: [], acknowledgements: [], visit: url };
}

function parseAlarm(message: SnsMessage, { config, now }: ParseFacts): Parsed | Refusal {
  let json: unknown;
  try {
    json = JSON.parse(message.Message);
  } catch {
    return refuseFields([
      { path: 'Message', message: 'not the JSON of a CloudWatch alarm; deliver it without raw message delivery' },
    ]);
  }
  const read = alarmSchema.safeParse(json);
  if (!read.success) {
    return refuseFields(
      fieldErrors(read.error).map(({ path, message: words }) => ({ path: `Message.${path}`, message: words })),
    );
  }
  const alarm = read.data;
  // Without data nobody knows: it neither begins an alert nor ends one. An alarm that must page then treats missing data as breaching.
  if (alarm.NewStateValue === 'INSUFFICIENT_DATA') return { signals: [], acknowledgements: [] };
  const { AlarmName, AlarmArn, NewStateReason, AlarmDescription, Region, AWSAccountId, Trigger } = alarm;
  const signal = {
    dedupKey: cleanText(AlarmArn || [AWSAccountId, Region, AlarmName].filter(Boolean).join(' ')),
    status: alarm.NewStateValue === 'ALARM' ? 'firing' : 'ok',
    severity: config.severity ?? 'major',
    summary: firstLine([`${AlarmName}: ${NewStateReason ?? ''}`.replace(/: $/, '')], 'CloudWatch alarm'),
    evidence: cleanEvidence({
      alarmName: AlarmName,
      alarmArn: AlarmArn ?? undefined,
      description: AlarmDescription ?? undefined,
      reason: NewStateReason ?? undefined,
      previousState: alarm.OldStateValue ?? undefined,
      region: Region ?? undefined,
      account: AWSAccountId ?? undefined,
      topic: message.TopicArn,
      trigger: Trigger,
    }),
    at: observedAt(alarm.StateChangeTime ?? undefined, now),
    messageId: cleanText(message.MessageId),
  } as const;
  return { signals: [signal], acknowledgements: [] };
}
