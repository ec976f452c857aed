import { readFileSync } from 'node:fs';
import { decodePem } from '../certificate/pem.ts';
import { CommandLineError } from './failure.ts';

/** DER of the certificates in a file: PEM (any number) or DER (one). Whether they are certificates is judged later. */
export const readChain = (file: string): Uint8Array[] => {
  const bytes = readInput(file);
  if (bytes[0] === 0x30) return [bytes];
  const ders = decodePem(bytes.toString('latin1'), 'CERTIFICATE');
  if (ders.length === 0) throw new CommandLineError(`${file} holds no certificate (expected PEM or DER)`);
  return ders;
};

/** @throws CommandLineError when it cannot be read */
export const readInput = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new CommandLineError(`${file}: ${(cause as Error).message}`, { cause });
  }
};
