import { createMessageQueue, type MessageQueue } from './message-queue.ts';
import { SourceError, type SourceIo } from './source.ts';

/** An event longer than this is none that anybody wrote by hand. */
const longestEvent = 2_000_000;

export interface ServerEvents extends MessageQueue {
  close(): void;
}

/**
 * Server-sent events (WHATWG HTML, 9.2) as messages `name\npayload`; a comment (`:thump`) is an empty message, which says that the
 * connection is alive. Throws SourceError when the server does not answer with such a stream.
 */
export async function openServerEvents(
  io: SourceIo,
  url: URL,
  headers: Record<string, string>,
  stop: AbortSignal,
): Promise<ServerEvents> {
  const closing = new AbortController();
  const signal = AbortSignal.any([stop, closing.signal]);
  const response = await io
    .fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal })
    .catch((error: unknown) => {
      throw new SourceError(`${url.host} cannot be reached`, { cause: error });
    });
  if (response.status !== 200 || response.body === null) {
    closing.abort();
    throw refusalOf(url, response);
  }
  if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) {
    closing.abort();
    throw new SourceError(`${url.host} answered with something that is no stream of events`);
  }
  const queue = createMessageQueue(() => closing.abort());
  void pump(response.body, queue, url);
  return { ...queue, close: () => closing.abort() };
}

/** Why a server did not answer as it should: without a token's worth, and with what it says about when to come back. */
export function refusalOf(url: URL, response: Response): SourceError {
  const { status } = response;
  const isFinal = status === 401 || status === 403 || status === 404 || status === 422;
  const why = status === 401 || status === 403 ? ': the token is not accepted' : '';
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const isTold = Number.isFinite(seconds) && seconds > 0;
  // Who is asked too often and does not say how long, or says it as a date: a minute is no burden to anybody.
  const retryAfterMs = isTold ? seconds * 1000 : status === 429 ? 60_000 : undefined;
  return new SourceError(`${url.host} answered ${status}${why}`, {
    isFinal,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

async function pump(body: ReadableStream<Uint8Array>, queue: MessageQueue, url: URL): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let name = '';
  let data: string[] = [];
  let endedWithReturn = false;
  const line = (text: string): void => {
    if (text === '') {
      if (data.length > 0) queue.push(`${name}\n${data.join('\n')}`);
      name = '';
      data = [];
    } else if (text.startsWith(':')) queue.push('');
    else {
      const [, field = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(text) ?? [];
      if (field === 'event') name = value;
      if (field === 'data') data.push(value);
    }
  };
  try {
    for await (const bytes of body) {
      const text = decoder.decode(bytes, { stream: true });
      // One line break may come in two pieces.
      rest += endedWithReturn && text.startsWith('\n') ? text.slice(1) : text;
      if (text !== '') endedWithReturn = text.endsWith('\r');
      const lines = rest.split(/\r\n|\n|\r/);
      rest = lines.pop() ?? '';
      for (const one of lines) line(one);
      if (rest.length > longestEvent || data.reduce((sum, { length }) => sum + length, 0) > longestEvent)
        throw new SourceError(`${url.host} sends an event without end`);
    }
    queue.end(new SourceError(`${url.host} ended the stream`));
  } catch (error) {
    const known =
      error instanceof SourceError
        ? error
        : new SourceError(`the connection to ${url.host} broke off`, { cause: error });
    queue.end(known);
  }
}
