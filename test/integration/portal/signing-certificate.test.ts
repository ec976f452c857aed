import { execFileSync } from 'node:child_process';
import type { DemoCertificate } from '../../../src/demo/index.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';
import { Visitor } from './visitor.ts';
import { describeWith } from '../../tools.ts';

/** Signs as `openssl cms` does: with signingCertificateV2 only where asked for CAdES. */
const signedByOpenssl = ({ certificate, key }: DemoCertificate, text: string, cades: boolean): object => ({
  form: 'cms',
  signedData: execFileSync(
    'openssl',
    [
      ...['cms', '-sign', '-binary', '-outform', 'DER', '-md', 'sha256'],
      ...['-signer', certificate, '-inkey', key, ...(cades ? ['-cades'] : [])],
    ],
    { input: text, stdio: ['pipe', 'pipe', 'ignore'] },
  ).toString('base64'),
});

describeWith('openssl')('an authority whose signatures must name their certificate', () => {
  let portal: OpenedPortal;
  beforeAll(async () => {
    portal = await openPortal({ requiresSigningCertificate: (authority) => authority === 'yuean' });
  });
  afterAll(() => portal.close());
  const signIn = async (authority: string, cades: boolean): Promise<unknown> => {
    const browser = new Visitor(portal.socket);
    const { challenge, text } = await browser.challenge();
    const person = portal.opened.city.certificate('li-wei', authority);
    const { status, body } = await browser.post('/signin/response', {
      challenge,
      ...signedByOpenssl(person, text, cades),
    });
    return status === 200 ? 200 : (JSON.parse(body) as { code: string }).code;
  };

  it('signs nobody in without, and somebody with; of other authorities it is not asked', async () => {
    expect(await signIn('yuean', false)).toBe('ONECERT_SIGNING_CERTIFICATE_REQUIRED');
    expect(portal.entries().some(({ event }) => event === 'sign-in')).toBe(false);
    expect(await signIn('yuean', true)).toBe(200);
    expect(await signIn('zhujiang', false)).toBe(200);
  });
});
