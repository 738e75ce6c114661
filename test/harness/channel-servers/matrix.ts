import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub } from './http-stub.ts';

// Written from https://spec.matrix.org/v1.16/client-server-api/: PUT /rooms/{roomId}/send/{eventType}/{txnId}, standard error response, transaction
// identifiers (the same one gives the same event), m.room.message, user and room mentions, and the size limit of events (65,536 bytes).

const content = z.strictObject({
  msgtype: z.enum(['m.text', 'm.notice']),
  body: z.string(),
  format: z.literal('org.matrix.custom.html'),
  formatted_body: z.string(),
  'm.mentions': z.strictObject({ user_ids: z.array(z.string()).optional(), room: z.boolean().optional() }),
});

export type MatrixMessage = z.output<typeof content> & { txnId: string; eventId: string };

export interface MatrixServer extends HttpStub {
  /** Every request that was accepted, repetitions included. */
  accepted: MatrixMessage[];
  /** What the room shows: a known transaction makes no second event. */
  shown(): MatrixMessage[];
}

export async function startMatrixServer(options: { token: string; rooms: readonly string[] }): Promise<MatrixServer> {
  const accepted: MatrixMessage[] = [];
  const refuse = (status: number, errcode: string, error: string) => json(status, { errcode, error });
  const stub = await startHttpStub(({ method, path, headers, body }) => {
    const match = /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([^/?]+)$/.exec(path);
    const [, room = '', txn = ''] = match ?? [];
    if (match === null || method !== 'PUT') return refuse(404, 'M_UNRECOGNIZED', 'Unrecognized request');
    if (headers['authorization'] === undefined) return refuse(401, 'M_MISSING_TOKEN', 'Missing access token');
    if (headers['authorization'] !== `Bearer ${options.token}`)
      return refuse(401, 'M_UNKNOWN_TOKEN', 'Invalid access token');
    const roomId = decodeURIComponent(room);
    if (!options.rooms.includes(roomId)) return refuse(403, 'M_FORBIDDEN', `User not in room ${roomId}`);
    if (Buffer.byteLength(body) > 65_000) return refuse(413, 'M_TOO_LARGE', 'event too large');
    const parsed = content.safeParse(parseJson(body));
    if (!parsed.success) return refuse(400, 'M_BAD_JSON', 'Invalid event content');
    const txnId = decodeURIComponent(txn);
    const eventId = accepted.find((one) => one.txnId === txnId)?.eventId ?? `$event${accepted.length}`;
    accepted.push({ ...parsed.data, txnId, eventId });
    return json(200, { event_id: eventId });
  });
  return Object.assign(stub, {
    accepted,
    shown: () =>
      accepted.filter((one, index) => accepted.findIndex((other) => other.eventId === one.eventId) === index),
  });
}
