import { describe, expect, it } from 'vitest';
import { layoutMail } from '../../../src/platform/mail/layout.ts';

describe('layoutMail', () => {
  it('says the same in text and in HTML, the button first', () => {
    const { text, html } = layoutMail({
      heading: 'Checkout answers 503',
      badge: { word: 'critical', tone: 'critical' },
      buttons: [{ label: 'Acknowledge', url: 'https://status.example.com/a/x' }],
      facts: [['Since', '03:10']],
      paragraphs: ['Two lines\nin one.'],
      list: ['GET: 503'],
      footer: ['For Alice.'],
      footerLinks: [{ label: 'Unsubscribe', url: 'https://status.example.com/u' }],
    });
    expect(text).toBe(
      [
        'CRITICAL: Checkout answers 503',
        '',
        'Acknowledge: https://status.example.com/a/x',
        '',
        'Since: 03:10',
        '',
        'Two lines',
        'in one.',
        '',
        '- GET: 503',
        '',
        '-- ',
        'For Alice.',
        'Unsubscribe: https://status.example.com/u',
        '',
      ].join('\n'),
    );
    for (const said of [
      'critical',
      'Checkout answers 503',
      'Acknowledge',
      '03:10',
      'GET: 503',
      'For Alice.',
      'Unsubscribe',
    ]) {
      expect(html).toContain(said);
    }
    expect(html.indexOf('Acknowledge')).toBeLessThan(html.indexOf('03:10'));
    expect(html).toContain('Two lines<br>in one.');
  });

  it('lets nothing become a tag, an attribute, a script link or a new line', () => {
    const evil = '"><img src=x onerror=alert(1)>\r\nSecond: line';
    const { text, html } = layoutMail({
      heading: evil,
      badge: { word: evil, tone: 'minor' },
      buttons: [
        { label: evil, url: 'javascript:alert(1)' },
        { label: 'ok', url: 'https://example.com/"onmouseover="x' },
        { label: evil, url: 'https://example.com/?a=1&b=2' },
      ],
      facts: [[evil, evil]],
      paragraphs: [evil],
      list: [evil],
      footer: [evil],
      footerLinks: [{ label: 'x', url: 'data:text/html,x' }],
    });
    expect(html).not.toMatch(/<img|javascript:|data:text|"onmouseover/);
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, url]) => url)).toEqual(['https://example.com/?a=1&amp;b=2']);
    expect(text).not.toContain('javascript:');
    // Only a paragraph may have lines.
    expect(text.split('\n').filter((line) => line.startsWith('Second')).length).toBe(1);
  });
});
