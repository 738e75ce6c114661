import { expect, test } from 'vitest';
import { openServerEvents } from '../../../src/listen/sources/server-events.ts';
import type { SourceIo } from '../../../src/listen/sources/source.ts';

const url = new URL('https://social.example/stream');

async function messagesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  const response = new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  const io: SourceIo = { fetch: async () => response, now: () => 0, wait: async () => {} };
  const events = await openServerEvents(io, url, {}, new AbortController().signal);
  const messages: string[] = [];
  for (;;) {
    try {
      messages.push(...(await events.take(100, 1_000)));
    } catch {
      return messages;
    }
  }
}

test.each(['\n', '\r\n', '\r'])('an event is whole wherever the network cuts it; line break %j', async (end) => {
  const lines = [
    ':)',
    'event: update',
    'data: {"a":"\u00e9\u{1f49b}"}',
    '',
    'event:delete',
    'data:1',
    'data: 2',
    '',
    'event: none',
    '',
  ];
  const bytes = new TextEncoder().encode(lines.map((line) => line + end).join(''));
  const expected = ['', 'update\n{"a":"\u00e9\u{1f49b}"}', 'delete\n1\n2'];
  for (let at = 0; at <= bytes.length; at++)
    expect(await messagesOf([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
  expect(await messagesOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
});

test('an event without end is cut off', async () => {
  const chunk = new TextEncoder().encode(`data: ${'x'.repeat(1_000_000)}`);
  expect(await messagesOf([chunk, chunk, chunk])).toEqual([]);
});
