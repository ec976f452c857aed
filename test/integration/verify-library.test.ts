import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem, loadTrustList, openVerifier, type Verifier } from 'onecert/verify';
import { openCity, type OpenedCity } from './opened-demo-city.ts';

describe('onecert/verify, as a program of its own would use it', () => {
  let city: OpenedCity;
  let folder: string;
  const environment = { ...process.env };
  let verifier: Verifier | undefined;

  beforeAll(async () => {
    city = await openCity();
    folder = city.folder;
    Object.assign(process.env, city.city.environment);
  });
  afterEach(async () => {
    await verifier?.close();
    verifier = undefined;
  });
  afterAll(async () => {
    process.env = environment;
    await city.close();
  });

  const chainOf = (person: string, authority: string): Uint8Array[] =>
    decodePem(readFileSync(city.city.certificate(person, authority).certificate, 'utf8'));
  const trust = () => loadTrustList(join(import.meta.dirname, '../../ca-trust'), 1);

  it('decides by the network as the policies say, for every authority', async () => {
    verifier = await openVerifier({ trust: trust(), keepIn: join(folder, 'crls') });
    for (const authority of ['yuean', 'zhujiang', 'pengcheng']) {
      expect(await verifier.verify(chainOf('li-wei', authority))).toMatchObject({
        outcome: 'good',
        authority,
      });
    }
    expect(await verifier.verify(chainOf('revoked', 'zhujiang'))).toMatchObject({
      outcome: 'refused',
      code: 'ONECERT_CERTIFICATE_REVOKED',
    });
    expect(await verifier.verify([Buffer.from('no certificate')])).toMatchObject({
      outcome: 'refused',
      code: 'ONECERT_CERTIFICATE_MALFORMED',
    });
  });

  it('remembers a verdict while nothing has changed', async () => {
    verifier = await openVerifier({ trust: trust() });
    const first = await verifier.verify(chainOf('li-wei', 'yuean'));
    // The CRLs that the first verdict waited for may still have been coming in.
    const second = await verifier.verify(chainOf('li-wei', 'yuean'));
    const third = await verifier.verify(chainOf('li-wei', 'yuean'));
    expect(first.outcome).toBe('good');
    expect(third.id).toBe(second.id);
  });

  it('decides by given CRLs alone: what they do not cover is unknown', async () => {
    const crls = await Promise.all(
      ['root', 'issuing'].map(async (name) => {
        const answer = await fetch(`http://127.0.0.1:${city.city.cityPort}/yuean/${name}.crl`);
        const file = join(folder, `${name}.crl`);
        writeFileSync(file, Buffer.from(await answer.arrayBuffer()));
        return file;
      }),
    );
    verifier = await openVerifier({ trust: trust(), files: { crls, ocspResponses: [] } });
    expect(await verifier.verify(chainOf('li-wei', 'yuean'))).toMatchObject({ outcome: 'good' });
    expect(await verifier.verify(chainOf('li-wei', 'zhujiang'))).toMatchObject({
      code: 'ONECERT_REVOCATION_UNKNOWN',
    });
  });

  it('says which CRL cannot be used', async () => {
    const file = join(folder, 'broken.crl');
    writeFileSync(file, 'nothing of the kind');
    await expect(
      openVerifier({ trust: trust(), files: { crls: [file], ocspResponses: [] } }),
    ).rejects.toMatchObject({ name: 'CrlError', code: 'malformed' });
  });
});
