import { generateKeyPairSync } from 'node:crypto';
import { checkpointBody, parseCheckpoint, signersOf } from '../../../src/audit/checkpoint/checkpoint.ts';
import {
  COSIGNATURE,
  noteSigner,
  parseNote,
  parseVerifierKey,
  verifySignature,
} from '../../../src/audit/checkpoint/note.ts';
import { EMPTY_ROOT } from '../../../src/audit/tree/merkle.ts';

const pem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

describe('signed notes', () => {
  /** Example of golang.org/x/mod/sumdb/note. */
  const key = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
  const text =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

  it('verify as those of Go do', () => {
    const note = parseNote(text);
    const verifier = parseVerifierKey(key);
    const [signature] = note?.signatures ?? [];
    if (note === undefined || verifier === undefined || signature === undefined)
      throw new Error('not parsed');
    expect(verifier).toMatchObject({ name: 'PeterNeumann', id: 'c74f20a3', text: key });
    expect(signature.id).toBe(verifier.id);
    expect(verifySignature(note.body, signature, verifier)).toEqual({ time: 0 });
    expect(verifySignature(note.body.replace('think', 'drink'), signature, verifier)).toBeUndefined();
  });

  it.each([
    ['no line end', text.slice(0, -1)],
    ['no signature', text.slice(0, text.indexOf('—'))],
    ['a line that is none', `${text}and more\n`],
    ['a control character', text.replace('you', 'y\u0007u')],
    ['another spelling of the same base64', text.replace('nAM=', 'nAN=')],
    ['nothing', ''],
  ])('are none with %s', (_name, changed) => {
    expect(parseNote(changed)).toBeUndefined();
  });

  it.each([
    key.replace('c74f20a3', 'c74f20a4'),
    key.replace('Peter', 'P ter'),
    key.slice(0, -4),
    key.replace('+ARp', '+BRp'),
    'x',
  ])('have no key %s', (changed) => {
    expect(parseVerifierKey(changed)).toBeUndefined();
  });

  it('are checkpoints where the text is one, signed by log and witnesses', () => {
    const log = noteSigner('gateway.example/audit/one', pem());
    const witness = noteSigner('witness.example/w1', pem(), COSIGNATURE);
    const body = checkpointBody('gateway.example/audit/one', 12, EMPTY_ROOT);
    const note = `${body}\n${log.sign(body)}${witness.sign(body, 1_700_000_000)}`;
    const checkpoint = parseCheckpoint(note);
    if (checkpoint === undefined) throw new Error('not parsed');
    expect(checkpoint).toMatchObject({ size: 12, root: EMPTY_ROOT });
    const keys = [log.verifierKey, parseVerifierKey(witness.verifierKey.text) ?? log.verifierKey];
    expect(signersOf(checkpoint, keys)).toEqual({
      log: [log.verifierKey],
      witnesses: [{ name: 'witness.example/w1', at: 1_700_000_000_000 }],
    });
    expect(signersOf(checkpoint, [])).toEqual({ log: [], witnesses: [] });
    const other = parseCheckpoint(note.replace('\n12\n', '\n13\n'));
    expect(other && signersOf(other, keys)).toBeUndefined();
    expect(parseCheckpoint(note.replace('\n12\n', '\n012\n'))).toBeUndefined();
  });
});
