import { isIPv4 } from 'node:net';

/**
 * Where a check may connect to. `metadata` is never allowed: from those addresses a cloud hands out its credentials, and no service lives there.
 * `private` covers loopback, private, shared, unspecified, multicast and reserved ranges (IANA special-purpose registries, RFC 6890).
 */
export type AddressClass = 'public' | 'private' | 'metadata';

const v4 = (a: number, b: number, c: number, d: number): number => ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;

const privateV4: readonly (readonly [base: number, bits: number])[] = [
  [v4(0, 0, 0, 0), 8],
  [v4(10, 0, 0, 0), 8],
  [v4(100, 64, 0, 0), 10],
  [v4(127, 0, 0, 0), 8],
  [v4(172, 16, 0, 0), 12],
  [v4(192, 0, 0, 0), 24],
  [v4(192, 168, 0, 0), 16],
  [v4(198, 18, 0, 0), 15],
  [v4(224, 0, 0, 0), 3],
];

// Link-local (AWS, Google Cloud, Azure, OpenStack and most others), Alibaba Cloud's 100.100.100.200, Azure's 168.63.129.16 and Oracle's 192.0.0.192.
const metadataV4: readonly (readonly [base: number, bits: number])[] = [
  [v4(169, 254, 0, 0), 16],
  [v4(100, 100, 100, 200), 32],
  [v4(168, 63, 129, 16), 32],
  [v4(192, 0, 0, 192), 32],
];

const within = (address: number, ranges: readonly (readonly [number, number])[]): boolean =>
  ranges.some(([base, bits]) => (address ^ base) >>> (32 - bits) === 0);

function classifyV4(address: number): AddressClass {
  if (within(address, metadataV4)) return 'metadata';
  return within(address, privateV4) ? 'private' : 'public';
}

function parseV4(text: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return v4(a, b, c, d);
}

/** The eight groups of an IPv6 address, with or without a zone and a dotted tail. */
function parseV6(text: string): number[] {
  let plain = text.split('%')[0] ?? '';
  const tail = plain.slice(plain.lastIndexOf(':') + 1);
  if (tail.includes('.')) {
    const low = parseV4(tail);
    plain = `${plain.slice(0, -tail.length)}${(low >>> 16).toString(16)}:${(low & 0xffff).toString(16)}`;
  }
  const [head = '', rest] = plain.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const front = groups(head);
  if (rest === undefined) return front;
  const back = groups(rest);
  return [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
}

// AWS fd00:ec2::254 and Google Cloud fd20:ce::254.
const metadataV6 = new Set(['fd00:ec2:0:0:0:0:0:254', 'fd20:ce:0:0:0:0:0:254']);

function classifyV6(groups: number[]): AddressClass {
  const [a = 0, b = 0, c = 0, , , f = 0, g = 0, h = 0] = groups;
  const lead = groups.slice(0, 5).every((group) => group === 0);
  const embedded = ((g << 16) | h) >>> 0;
  // IPv4-mapped (::ffff:0:0/96), IPv4-compatible (::/96), NAT64 (64:ff9b::/96) and 6to4 (2002::/16) lead to an IPv4 address.
  if (lead && f === 0xffff) return classifyV4(embedded);
  if (lead && f === 0 && embedded > 1) return classifyV4(embedded);
  if (a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)) return classifyV4(embedded);
  if (a === 0x2002) return classifyV4(((b << 16) | c) >>> 0);
  if ((a & 0xffc0) === 0xfe80) return 'metadata';
  if (metadataV6.has(groups.map((group) => group.toString(16)).join(':'))) return 'metadata';
  if (lead && f === 0) return 'private';
  if ((a & 0xfe00) === 0xfc00 || (a & 0xffc0) === 0xfec0 || (a & 0xff00) === 0xff00) return 'private';
  return a === 0x64 && b === 0xff9b ? 'private' : 'public';
}

/** The class of a literal IPv4 or IPv6 address. */
export const classifyAddress = (address: string): AddressClass =>
  isIPv4(address) ? classifyV4(parseV4(address)) : classifyV6(parseV6(address));
