import { describe, expect, it } from 'vitest';
import type { Notice, UpstreamPart } from '../../../src/domain/upstream.ts';
import { matchNotice, matchPart, type ProviderFacts, readScope } from '../../../src/domain/upstream-scope.ts';

const aws: ProviderFacts = {
  id: 'aws',
  regions: [
    { id: 'us-east-1', names: ['N. Virginia', 'US East (N. Virginia)'] },
    { id: 'us-east-2', names: ['Ohio'] },
    { id: 'eu-west-1', names: ['Ireland'] },
    { id: 'global', names: [] },
  ],
  products: [
    { id: 'dynamodb', names: ['Amazon DynamoDB'] },
    { id: 's3', names: ['Amazon Simple Storage Service', 'Amazon S3'] },
    { id: 'step-functions', names: ['AWS Step Functions', 'state'] },
  ],
};
const azure: ProviderFacts = {
  id: 'azure',
  regions: [
    { id: 'eastus', names: ['East US'] },
    { id: 'eastus2', names: ['East US 2'] },
  ],
  products: [{ id: 'virtual-machines', names: ['Azure Virtual Machines'] }],
};
const github: ProviderFacts = { id: 'github', regions: [], products: [{ id: 'actions', names: [] }] };

const part = (name: string, more: Partial<UpstreamPart> = {}): UpstreamPart => ({
  id: name,
  name,
  group: null,
  product: null,
  regions: [],
  impact: 'major_outage',
  ...more,
});
const notice = (more: Partial<Notice> = {}): Notice => ({
  id: 'n',
  kind: 'incident',
  title: 'Increased Error Rates',
  url: null,
  state: 'investigating',
  impact: 'major_outage',
  startedAt: 0,
  updatedAt: 0,
  endedAt: null,
  publicAt: 0,
  parts: [],
  regions: [],
  updates: [],
  ...more,
});

/** `yes: part` or `no: other-region`. */
function judge(upstream: string, what: Partial<Notice>, facts: ProviderFacts = aws): string {
  const scope = readScope(upstream, facts);
  if (!scope) return 'none';
  const match = matchNotice(scope, notice(what), facts);
  return `${match.matches ? 'yes' : 'no'}: ${match.reason}`;
}

describe('reading what a service depends on', () => {
  it.each([
    ['aws/us-east-1/dynamodb', { provider: 'aws', region: 'us-east-1', product: 'dynamodb', isKnownRegion: true }],
    ['aws/us-east-1', { provider: 'aws', region: 'us-east-1', isKnownRegion: true }],
    ['aws/dynamodb', { provider: 'aws', product: 'dynamodb', isKnownRegion: true }],
    ['aws/all', { provider: 'aws', isKnownRegion: true }],
    ['aws/n-virginia/state', { provider: 'aws', region: 'us-east-1', product: 'step-functions', isKnownRegion: true }],
    [
      'aws/mars-north-1/dynamodb',
      { provider: 'aws', region: 'mars-north-1', product: 'dynamodb', isKnownRegion: false },
    ],
    ['AWS/US-EAST-1/S3', { provider: 'aws', region: 'us-east-1', product: 's3', isKnownRegion: true }],
  ])('%s', (text, scope) => {
    expect(readScope(text, aws)).toEqual(scope);
  });

  it('takes further parts for the product where a provider has no regions', () => {
    expect(readScope('github/actions/runners', github)).toEqual({
      provider: 'github',
      product: 'actions-runners',
      isKnownRegion: true,
    });
    expect(readScope('acme/eu/api', undefined)).toEqual({
      provider: 'acme',
      region: 'eu',
      product: 'api',
      isKnownRegion: false,
    });
    expect(readScope('checkout', undefined)).toBeUndefined();
  });
});

describe('whom a notice concerns', () => {
  const dynamo = part('Amazon DynamoDB', { product: 'dynamodb', regions: ['us-east-1'] });

  it('DynamoDB in N. Virginia', () => {
    const told = { parts: [dynamo], regions: ['us-east-1'] };
    expect(judge('aws/us-east-1/dynamodb', told)).toBe('yes: part');
    expect(judge('aws/dynamodb', told)).toBe('yes: part');
    expect(judge('aws/us-east-1', told)).toBe('yes: part');
    expect(judge('aws/all', told)).toBe('yes: part');
    expect(judge('aws/us-east-2/dynamodb', told)).toBe('no: other-region');
    expect(judge('aws/us-east-1/s3', told)).toBe('no: other-product');
    // A part of a name is not the name.
    expect(judge('aws/us-east-1/state', told)).toBe('no: other-product');
  });

  it('the region by its name, on the notice, the part, the group or in the title', () => {
    expect(judge('aws/us-east-1/dynamodb', { parts: [part('DynamoDB')], regions: ['N. Virginia'] })).toBe('yes: part');
    expect(judge('aws/eu-west-1/dynamodb', { parts: [part('DynamoDB')], regions: ['N. Virginia'] })).toBe(
      'no: other-region',
    );
    expect(judge('aws/us-east-1/dynamodb', { parts: [part('DynamoDB (Ohio)')] })).toBe('no: other-region');
    expect(judge('aws/us-east-1/dynamodb', { parts: [part('DynamoDB', { group: 'US East (N. Virginia)' })] })).toBe(
      'yes: part',
    );
    expect(judge('aws/us-east-1/dynamodb', { parts: [part('DynamoDB', { group: 'Ireland' })] })).toBe(
      'no: other-region',
    );
    expect(judge('aws/us-east-1/dynamodb', { title: 'Power lost in Ireland' })).toBe('no: other-region');
    expect(judge('aws/eu-west-1/dynamodb', { title: 'Power lost in Ireland' })).toBe('yes: whole-region');
  });

  it('without a region all regions, without a product all products', () => {
    expect(judge('aws/us-east-1/dynamodb', { parts: [part('Amazon DynamoDB', { product: 'dynamodb' })] })).toBe(
      'yes: part',
    );
    expect(judge('aws/us-east-1/dynamodb', {})).toBe('yes: whole-provider');
    expect(judge('aws/us-east-1/dynamodb', { regions: ['us-east-1'] })).toBe('yes: whole-region');
    expect(judge('aws/us-east-1/dynamodb', { regions: ['eu-west-1'] })).toBe('no: other-region');
    expect(judge('aws/us-east-1/dynamodb', { regions: ['global'] })).toBe('yes: whole-region');
  });

  it('the title names the product where no part does', () => {
    expect(judge('aws/us-east-1/s3', { title: 'Amazon S3 errors' })).toBe('yes: title');
    expect(judge('aws/us-east-1/dynamodb', { title: 'Amazon S3 errors' })).toBe('no: other-product');
    expect(judge('aws/us-east-1', { title: 'Amazon S3 errors' })).toBe('yes: whole-provider');
  });

  it('an exact machine name is exact, a name on a page may stand among others', () => {
    const replication = part('Amazon S3 Replication Time Control', { product: 's3rtc', regions: ['us-east-1'] });
    expect(judge('aws/us-east-1/s3', { parts: [replication] })).toBe('no: other-product');
    expect(judge('github/actions', { parts: [part('GitHub Actions: runners')] }, github)).toBe('yes: part');
    expect(judge('github/actions', { parts: [part('Interactions')] }, github)).toBe('no: other-product');
    // Not in the catalogue, and still found by its words.
    expect(judge('github/git-operations', { parts: [part('Git Operations')] }, github)).toBe('yes: part');
    expect(judge('github/all', { parts: [part('Git Operations')] }, github)).toBe('yes: part');
  });

  it('regions listed among the products say where', () => {
    const told = { parts: [part('Azure Virtual Machines'), part('East US 2')] };
    expect(judge('azure/eastus2/virtual-machines', told, azure)).toBe('yes: part');
    expect(judge('azure/eastus/virtual-machines', told, azure)).toBe('no: other-region');
    expect(judge('azure/eastus2/virtual-machines', { parts: [part('East US 2')] }, azure)).toBe('yes: whole-region');
    expect(judge('azure/eastus/virtual-machines', { parts: [part('East US 2')] }, azure)).toBe('no: other-region');
    expect(judge('azure/eastus/virtual-machines', { title: 'Virtual Machines - East US 2' }, azure)).toBe(
      'no: other-region',
    );
  });

  it('a region that nobody knows is reached only by what names none', () => {
    expect(judge('aws/mars-north-1/dynamodb', { parts: [dynamo] })).toBe('no: other-region');
    expect(judge('aws/mars-north-1/dynamodb', {})).toBe('yes: whole-provider');
  });

  it('says which parts, for how bad it is there', () => {
    const scope = readScope('aws/us-east-1/dynamodb', aws);
    const other = part('Amazon DynamoDB', { id: 'x', product: 'dynamodb', regions: ['eu-west-1'] });
    const match = scope && matchNotice(scope, notice({ parts: [other, dynamo] }), aws);
    expect(match?.matches === true && match.parts).toEqual([dynamo]);
  });
});

describe("what of a provider's page concerns a scope", () => {
  const concerns = (upstream: string, of: UpstreamPart, facts: ProviderFacts): boolean => {
    const scope = readScope(upstream, facts);
    return scope !== undefined && matchPart(scope, of, facts);
  };

  it('its product there, and the region itself', () => {
    expect(concerns('github/actions', part('Actions'), github)).toBe(true);
    expect(concerns('github/actions', part('Pages'), github)).toBe(false);
    expect(concerns('azure/eastus/virtual-machines', part('East US'), azure)).toBe(true);
    expect(concerns('azure/eastus/virtual-machines', part('East US 2'), azure)).toBe(false);
    expect(concerns('azure/eastus/virtual-machines', part('Virtual Machines', { group: 'East US 2' }), azure)).toBe(
      false,
    );
  });
});
