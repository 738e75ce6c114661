import { describe, expect, it } from 'vitest';
import { openMailTransport } from '../../../src/platform/mail/transport.ts';
import { parseSmtpUrl } from '../../../src/platform/mail/smtp-url.ts';

describe('parseSmtpUrl', () => {
  it('never sends a password in clear over the network', () => {
    const remote = parseSmtpUrl('smtp://hugops:p%40ss@mail.example.com');
    expect(remote).toMatchObject({
      port: 587,
      secure: false,
      requireTls: true,
      auth: { user: 'hugops', pass: 'p@ss' },
    });
    expect(() => parseSmtpUrl('smtp://hugops:p%40ss@mail.example.com?tls=off')).toThrow('in clear');
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      expect(parseSmtpUrl(`smtp://a:b@${host}`)).toMatchObject({ requireTls: false });
      expect(parseSmtpUrl(`smtp://a:b@${host}?tls=off`)).toMatchObject({ ignoreTls: true });
    }
  });

  it('knows the usual ports', () => {
    expect(parseSmtpUrl('smtps://a:b@mail.example.com')).toMatchObject({ port: 465, secure: true, unverified: false });
    expect(parseSmtpUrl('smtp://mail.example.com')).toMatchObject({ port: 25, requireTls: false, auth: undefined });
    expect(parseSmtpUrl('smtp://[::1]:2525/')).toMatchObject({ host: '::1', port: 2525 });
    expect(parseSmtpUrl('smtp://mail.example.com?tls=unverified')).toMatchObject({ unverified: true });
  });

  it('says what was expected and never quotes the URL', () => {
    const bad = [
      '',
      'mail.example.com:25',
      'http://hugops:hunter2secret@mail.example.com',
      'smtp://hugops:hunter2secret@mail.example.com/path',
      'smtp://hugops:hunter2secret@mail.example.com?tls=maybe',
      'smtp://hugops:hunter2secret@mail.example.com?pool=true',
      'smtps://hugops:hunter2secret@mail.example.com?tls=off',
      'smtp://hugops@mail.example.com',
      'smtp://:hunter2secret@mail.example.com',
      'smtp://hugops:100%hunter2secret@mail.example.com',
    ];
    for (const url of bad) {
      const said = messageOf(() => openMailTransport({ url, from: 'hugops@example.com' }));
      expect({ url, said }).toMatchObject({
        said: expect.stringMatching(/expected|TLS|clear|option|one of|path|percent/) as string,
      });
      expect(said).not.toContain('hunter2');
    }
    expect(() => openMailTransport({ from: 'nobody' })).toThrow('not one address');
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
