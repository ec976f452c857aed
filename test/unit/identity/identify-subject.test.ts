import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedRegister } from '../../../src/identity/embedded-register.ts';
import { identifySubject } from '../../../src/identity/identify-subject.ts';
import { identityProfileSchema } from '../../../src/identity/profile.ts';
import { citizenIdNumber, enterprise } from './invented-numbers.ts';
import { hasOpenssl, openCertificateMaker } from './openssl-certificates.ts';

const CITY = '2.16.156.112548';
const ID_CARD = '1.2.156.10260.4.1.1';
const ZHANG = citizenIdNumber('44030519900307123');
const FIRM = enterprise('MA5F1234');

(hasOpenssl() ? describe : describe.skip)('identifying the subject of a certificate', () => {
  it('is one identity whatever profile reads it, and queues what contradicts itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onecert-identify-'));
    const maker = openCertificateMaker();
    const keys = { fieldKey: Buffer.alloc(32, 1), hashKey: Buffer.alloc(32, 2) };
    const register = openEmbeddedRegister({ file: join(folder, 'register.db'), ...keys });
    try {
      const city = identityProfileSchema.parse({
        sources: [
          { from: { extension: CITY }, types: ['citizen-id-number', 'unified-social-credit-code'] },
          { from: { extension: ID_CARD }, types: ['citizen-id-number'] },
        ],
      });
      const prefixed = identityProfileSchema.parse({
        sources: [{ from: { extension: ID_CARD }, prefixes: { SF: 'citizen-id-number' } }],
      });
      const one = maker.make('/CN=张三', { [CITY]: `ASN1:UTF8String:${ZHANG}` });
      const two = maker.make('/CN=张 三', { [ID_CARD]: `ASN1:PRINTABLESTRING:SF${ZHANG}` });
      const first = await identifySubject(register, one, city, { authority: 'yuean', at: 1 });
      const second = await identifySubject(register, two, prefixed, { authority: 'nanxin', at: 2 });
      expect(second).toEqual(first);

      const both = maker.make('/CN=张三', {
        [CITY]: `ASN1:UTF8String:${FIRM}`,
        [ID_CARD]: `ASN1:UTF8String:${ZHANG}`,
      });
      await expect(
        identifySubject(register, both, city, { authority: 'yuean', at: 3 }),
      ).rejects.toMatchObject({
        code: 'ONECERT_IDENTITY_CONFLICT',
      });
      expect(await register.listConflicts({ limit: 5 })).toMatchObject([
        {
          reason: 'contradictory-certificate',
          thumbprint: Buffer.from(both.fingerprint, 'hex').toString('base64url'),
        },
      ]);
      await expect(
        identifySubject(register, maker.make('/CN=张三'), city, { authority: 'yuean', at: 4 }),
      ).rejects.toMatchObject({ code: 'ONECERT_IDENTIFIER_MISSING' });
      expect(await register.count()).toEqual({ citizens: 1, enterprises: 0, conflicts: 1 });
    } finally {
      await register.close();
      maker.close();
      rmSync(folder, { recursive: true });
    }
  });
});
