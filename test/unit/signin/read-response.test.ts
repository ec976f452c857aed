import { encodePem } from '../../../src/certificate/pem.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { readResponse } from '../../../src/signin/read-response.ts';

const octets = Buffer.from('30030201ff', 'hex');
const cms = { challenge: 'id', form: 'cms', signedData: octets.toString('base64') };
const raw = {
  challenge: 'id',
  form: 'raw',
  algorithm: 'ecdsa-sha256',
  signature: octets.toString('base64'),
  certificate: octets.toString('base64'),
};
const codeOf = (fields: unknown): string | undefined => {
  const read = readResponse(fields);
  return read instanceof Refusal ? read.code : undefined;
};

describe('the body of a response', () => {
  it.each([
    ['Base64', octets.toString('base64')],
    ['Base64 in lines', 'MAMC\r\nAf8=\n'],
    ['PEM', encodePem('CMS', octets)],
    ['PEM as PKCS7', encodePem('PKCS7', octets)],
  ])('takes %s', (_what, signedData) => {
    expect(readResponse({ ...cms, signedData })).toEqual({
      challenge: 'id',
      response: { form: 'cms', signedData: octets },
    });
  });
  it('takes a raw signature; DER unless said otherwise, without a chain unless given', () => {
    expect(readResponse(raw)).toEqual({
      challenge: 'id',
      response: {
        form: 'raw',
        algorithm: 'ecdsa-sha256',
        encoding: 'der',
        signature: octets,
        chain: [octets],
      },
    });
    expect(
      readResponse({ ...raw, encoding: 'fixed', chain: [raw.certificate, raw.certificate] }),
    ).toMatchObject({
      response: { encoding: 'fixed', chain: [octets, octets, octets] },
    });
  });
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'cms'],
    ['a list', []],
    ['no form', { ...cms, form: undefined }],
    ['another form', { ...cms, form: 'pdf' }],
    ['no challenge', { ...cms, challenge: undefined }],
    ['a challenge that is a list', { ...cms, challenge: ['a', 'b'] }],
    ['signed data that is a list', { ...cms, signedData: ['a', 'b'] }],
    ['signed data that is an object', { ...cms, signedData: { length: 3 } }],
    ['empty signed data', { ...cms, signedData: '' }],
    ['Base64url', { ...cms, signedData: 'MAMC-_8' }],
    ['hexadecimal with a prefix', { ...cms, signedData: '0x3003!' }],
    ['an unknown algorithm', { ...raw, algorithm: 'rsa-pkcs1-sha1' }],
    ['an unknown encoding', { ...raw, encoding: 'hex' }],
    ['no certificate', { ...raw, certificate: undefined }],
  ])('refuses %s', (_what, fields) => {
    expect(codeOf(fields)).toBe('ONECERT_SIGNED_RESPONSE_MALFORMED');
  });
  it.each<[string, unknown]>([
    ['signed data', { ...cms, signedData: 'A'.repeat(100_000) }],
    ['a signature', { ...raw, signature: 'A'.repeat(5_000) }],
    ['a certificate', { ...raw, certificate: 'A'.repeat(20_000) }],
    ['a chain', { ...raw, chain: Array<string>(10).fill(raw.certificate) }],
    ['a challenge', { ...cms, challenge: 'A'.repeat(65) }],
  ])('refuses %s that is too large', (_what, fields) => {
    expect(codeOf(fields)).toBe('ONECERT_SIGNED_RESPONSE_TOO_LARGE');
  });
  it('says where it is wrong and not what was sent', () => {
    const refusal = readResponse({ ...cms, signedData: '李伟!' }) as Refusal;
    expect(refusal.detail).toBe('the response is not as documented: signedData');
  });
});
