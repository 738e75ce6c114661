import { createSign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type SnsMessage, signedText, snsSchema } from '../../src/watch/inbound/sns-signature.ts';
import { createAuthority } from './certificates.ts';

const host = 'sns.eu-central-1.amazonaws.com';

/** Amazon SNS on this machine: it signs messages and serves its certificate by https under an authority of its own. */
export async function openFakeSns(now: number) {
  const authority = createAuthority('Fake Amazon');
  // Who connects judges it by the real time, the signature by the given one.
  const tls = authority.issue([host], Date.UTC(2000, 0, 1), Date.UTC(2099, 0, 1));
  const signing = authority.issue(['sns.amazonaws.com'], now - 86_400_000, now + 86_400_000, 'rsa');
  const pemPath = `/SimpleNotificationService-${'a1'.repeat(16)}.pem`;
  /** Paths that were asked for. */
  const asked: string[] = [];
  const served = { status: 200 };
  const server = createServer({ cert: tls.cert, key: tls.key }, (incoming, answer) => {
    asked.push(incoming.url ?? '');
    answer.writeHead(served.status);
    answer.end(incoming.url === pemPath ? signing.cert : '<ConfirmSubscriptionResponse/>');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  /** What the program is given instead of the Internet: only this host exists, and only by https. */
  const fetchText = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, pathname, search } = new URL(url);
      if (hostname !== host) return reject(new Error(`${hostname} is not here`));
      const options = {
        host: '127.0.0.1',
        port,
        path: pathname + search,
        servername: host,
        ca: authority.cert,
        agent: false,
      };
      request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('end', () => (answer.statusCode === 200 ? resolve(text) : reject(new Error(`${answer.statusCode}`))));
      })
        .on('error', reject)
        .end();
    });

  let sent = 0;
  const message = (fields: object, version: '1' | '2' = '2'): SnsMessage => {
    sent++;
    const unsigned = snsSchema.parse({
      Type: 'Notification',
      MessageId: `message-${sent}`,
      TopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms',
      Message: '',
      Timestamp: new Date(now).toISOString(),
      SignatureVersion: version,
      SigningCertURL: `https://${host}${pemPath}`,
      Signature: '',
      ...fields,
    });
    const signer = createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256').update(signedText(unsigned));
    return { ...unsigned, Signature: signer.sign(signing.key, 'base64') };
  };
  return {
    host,
    asked,
    served,
    fetchText,
    /** A message of any kind, signed. */
    message,
    alarm: (state: string, version?: '1' | '2', more: object = {}): SnsMessage =>
      message(
        {
          Subject: `${state}: "Queue is long"`,
          Message: JSON.stringify({
            AlarmName: 'Queue is long',
            AlarmArn: 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:Queue is long',
            NewStateValue: state,
            NewStateReason: 'Threshold Crossed: 1 datapoint was greater than 100.',
            StateChangeTime: '2026-03-01T11:59:00.000+0000',
            Region: 'EU (Frankfurt)',
            AWSAccountId: '123456789012',
            Trigger: { MetricName: 'ApproximateNumberOfMessagesVisible', Namespace: 'AWS/SQS' },
          }),
          ...more,
        },
        version,
      ),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
