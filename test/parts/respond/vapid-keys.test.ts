import { createECDH } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Opened } from '../../../src/platform/db/open-database.ts';
import { type Random, systemRandom } from '../../../src/platform/random.ts';
import { readVapidKeys } from '../../../src/respond/vapid-keys.ts';
import { both } from '../db/both.ts';

const publicUrl = 'https://status.example.com';

describe.each(both)('the keys for web push on $kind', ({ open }) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  it('are made once, also when two nodes start together, and belong together', async () => {
    const [first, second] = await Promise.all([
      readVapidKeys(opened.db, systemRandom, publicUrl, 1),
      readVapidKeys(opened.db, systemRandom, publicUrl, 1),
    ]);
    expect(second).toEqual(first);
    expect(await readVapidKeys(opened.db, systemRandom, publicUrl, 2)).toEqual(first);
    expect(Buffer.from(first.publicKey, 'base64url')).toHaveLength(65);
    expect(Buffer.from(first.privateKey, 'base64url')).toHaveLength(32);
    const curve = createECDH('prime256v1');
    curve.setPrivateKey(Buffer.from(first.privateKey, 'base64url'));
    expect(curve.getPublicKey('base64url')).toBe(first.publicKey);
  });

  it('name an address that a push service accepts', async () => {
    const subjectFor = async (url: string) => (await readVapidKeys(opened.db, systemRandom, url, 3)).subject;
    expect(await subjectFor('https://status.example.com/x')).toBe('https://status.example.com');
    for (const inside of ['http://hugops:8080', 'https://localhost:8443']) {
      expect(await subjectFor(inside)).toBe('mailto:hugops@example.invalid');
    }
  });

  it('keep their length when the private key begins with zeros', async () => {
    await opened.db.deleteFrom('settings').where('key', '=', 'vapid').execute();
    const small: Random = { bytes: (count) => Buffer.concat([Buffer.alloc(count - 2), Buffer.from([7, 1])]) };
    const { privateKey, publicKey } = await readVapidKeys(opened.db, small, publicUrl, 4);
    expect(Buffer.from(privateKey, 'base64url')).toHaveLength(32);
    expect(Buffer.from(publicKey, 'base64url')).toHaveLength(65);
  });
});
