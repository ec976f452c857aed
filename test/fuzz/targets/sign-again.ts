import { createPrivateKey } from 'node:crypto';
import { bitString, sequence } from '../../conformance/chains/der-writer.ts';
import { keyOf } from '../../conformance/chains/test-key.ts';
import { elementsOf, replaceElement, type Element } from '../elements.ts';

/** Ed25519 keys that are always the same: what they sign is, too. */
export const fixedKey = (octet: number) =>
  keyOf(
    createPrivateKey({
      key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, octet)]),
      format: 'der',
      type: 'pkcs8',
    }),
  );

/**
 * A certificate, CRL or BasicOCSPResponse whose first part is signed anew with `key`, so that what was changed in it
 * gets past the check of its signature; the bytes as they are where no first part can be made out.
 */
export const signAgain = (bytes: Uint8Array, key: ReturnType<typeof fixedKey>): Uint8Array => {
  const elements = elementsOf(bytes);
  const [outer] = elements;
  const [first, algorithm, ...others] = elements.filter(({ parent }) => parent === 0);
  if (outer?.end !== bytes.length || first === undefined || algorithm === undefined) return bytes;
  const octetsOf = ({ start, end }: Element): Uint8Array => bytes.subarray(start, end);
  // The same algorithm has to stand inside.
  const isInner = (element: Element): boolean =>
    element.parent === 1 && Buffer.compare(octetsOf(element), octetsOf(algorithm)) === 0;
  const inner = elements.findIndex(isInner);
  const replaced = inner === -1 ? bytes : replaceElement(bytes, elements, inner, key.algorithm);
  const signed = inner === -1 ? octetsOf(first) : firstOf(replaced);
  return sequence(signed, key.algorithm, bitString(key.sign(signed)), ...others.slice(1).map(octetsOf));
};

const firstOf = (bytes: Uint8Array): Uint8Array => {
  const first = elementsOf(bytes)[1];
  return bytes.subarray(first?.start, first?.end);
};
