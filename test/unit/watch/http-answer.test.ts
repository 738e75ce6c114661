import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckError } from '../../../src/watch/checks/check-kind.ts';
import { AnswerReader, type HttpAnswer } from '../../../src/watch/checks/http-answer.ts';

interface Read {
  done: boolean;
  answer: HttpAnswer;
}

/** Feeds the text in pieces cut at the given places, then the end. */
function read(text: string, cuts: readonly number[] = [], method = 'GET', maxBodyBytes = 1000): Read {
  const reader = new AnswerReader(method, maxBodyBytes);
  const bytes = Buffer.from(text, 'latin1');
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  let done = false;
  for (let i = 1; i < places.length && !done; i++) done = reader.push(bytes.subarray(places[i - 1], places[i]));
  return { done: done || reader.end(), answer: reader.answer };
}

const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a:  2 \r\n\r\nhello';
const chunked =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7;ext="1"\r\n, world\r\n0\r\nX-Trailer: t\r\n\r\n';
const untilClose = 'HTTP/1.0 200\r\nserver: old\r\n\r\nhello';
const interim = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n';

describe('AnswerReader', () => {
  it.each([
    ['sized', sized, 200, 'hello'],
    ['chunked', chunked, 200, 'hello, world'],
    ['until close', untilClose, 200, 'hello'],
    ['interim', interim, 204, ''],
    ['empty', 'HTTP/1.1 500 \r\ncontent-length: 0\r\n\r\n', 500, ''],
  ])('reads an answer that is %s, wherever it is cut', (_name, text, status, body) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        const { done, answer } = read(text, cuts);
        expect([done, answer.status, answer.body.toString(), answer.truncated]).toEqual([true, status, body, false]);
      }),
    );
  });

  it('joins headers of one name', () => {
    expect(read(sized).answer.headers.get('x-a')).toBe('1, 2');
  });

  it('expects no body for HEAD, 204 and 304', () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n';
    expect(read(head, [], 'HEAD').done).toBe(true);
    expect(read(head).done).toBe(false);
    expect(read('HTTP/1.1 304 x\r\ncontent-length: 5\r\n\r\n').done).toBe(true);
  });

  it.each([
    ['sized', `HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n${'x'.repeat(2000)}`],
    ['chunked', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7d0\r\n${'x'.repeat(2000)}`],
    [
      'chunked in many',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${`64\r\n${'x'.repeat(100)}\r\n`.repeat(30)}`,
    ],
    ['until close', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(2000)}`],
  ])('stops at the limit of the body (%s), wherever it is cut', (_name, text) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        const { done, answer } = read(text, cuts);
        expect([done, answer.truncated, answer.body.length]).toEqual([true, true, 1000]);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['half a body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel'],
    ['half a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel'],
    ['no last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ])('is not content with %s', (_name, text) => {
    expect(read(text).done).toBe(false);
  });

  it.each([
    ['SSH-2.0-OpenSSH_9.6\r\n'],
    ['HTTP/2 200\r\n\r\n'],
    ['HTTP/1.1 OK\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\nspace : x\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhello\r\n'],
    [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`],
    ['HTTP/1.1 100 Continue\r\n\r\n'.repeat(20)],
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(CheckError);
  });

  it('never fails in another way, and never calls garbage an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
        const text = Buffer.from(bytes).toString('latin1');
        try {
          const { done } = read(text, cuts);
          expect(done && !text.startsWith('HTTP/1.')).toBe(false);
        } catch (error) {
          expect(error).toBeInstanceOf(CheckError);
        }
      }),
    );
  });
});
