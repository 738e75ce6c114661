import { describe, expect, it } from 'vitest';
import {
  fillTemplate,
  templateFault,
  type TemplateFormat,
  templateValues,
} from '../../../src/respond/channels/template.ts';
import { incidentPage } from '../../parts/channels/contract.ts';

const title = `'"><a b="1">&amp; %20+ü\u0001{{ackUrl}} $& \\`;
const values = templateValues(incidentPage({}, { title }), 500, '+4915112345678');
const fill = (template: string, format: TemplateFormat) => fillTemplate(template, format, values);

describe('a template', () => {
  it('writes each value so that it stays one, wherever it stands', () => {
    const said = values.title;
    expect(said).toContain('{{ackUrl}}');
    expect(JSON.parse(fill('{"a": "{{title}}"}', 'json'))).toEqual({ a: said });
    expect(new URLSearchParams(fill('a={{title}}&b={{to}}', 'form')).get('a')).toBe(said);
    expect(new URL(fill('https://x.example.com/{{id}}?a={{title}}&b=1', 'url')).searchParams.get('a')).toBe(said);
    expect(fill('{{title}}', 'text')).toBe(said);
    const xml = fill(`<s a="{{title}}" b='{{title}}'>{{title}}</s>`, 'xml');
    // Nothing of the value can end an attribute or begin an element.
    expect(
      xml
        .replace(/&(?:amp|lt|gt|quot|apos);/g, '')
        .match(/[<>"'&]/g)
        ?.join(''),
    ).toBe(`<""''><>`);
  });

  it('leaves empty what a page does not have, and fills in what it has', () => {
    const { incident: _, ackUrl: __, ...page } = incidentPage({ kind: 'test' });
    const test = templateValues(page, 500);
    expect(test).toMatchObject({
      kind: 'test',
      severity: '',
      number: '',
      service: '',
      openedAt: '',
      ackUrl: '',
      to: '',
    });
    expect(values).toMatchObject({ severity: 'critical', number: '42', service: 'Checkout', person: 'Alice' });
    expect(values.text.length).toBeLessThanOrEqual(500);
  });

  it.each([
    ['{"a": "{{title}}", "b": {"c": {"d": 1}}}', 'json', undefined],
    ['{{ title }}', 'text', undefined],
    ['{"a": {{number}}}', 'json', 'within quotes'],
    ['{{toString}}', 'text', 'not toString'],
    ['{{}}', 'text', 'expected in {{ }}'],
    ['{{a secret that stands in braces}}', 'text', 'expected in {{ }}'],
    ['{{title', 'form', 'a }} for each {{'],
    ['https://{{title}}/', 'url', 'behind the host'],
    ['https://x.example.com{{title}}/', 'url', 'behind the host'],
    ['https://x.example.com/{{title}}', 'url', undefined],
  ] as const)('%s as %s', (template, format, fault) => {
    const found = templateFault(template, format);
    if (fault === undefined) expect(found).toBe(undefined);
    else expect(found).toContain(fault);
    expect(found ?? '').not.toContain('secret');
  });
});
