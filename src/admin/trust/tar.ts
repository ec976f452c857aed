import type { DocumentFile } from '../../changes/document.ts';

const BLOCK = 512;

/** Files as an archive in the ustar format (POSIX.1-1988, pax 10.1.1). `at`: ms since the epoch. @throws RangeError for a path it cannot hold */
export const writeTar = (files: readonly DocumentFile[], at: number): Buffer =>
  Buffer.concat([
    ...files.flatMap(({ path, content }) => [
      headerOf(path, content.length, at),
      content,
      Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK),
    ]),
    Buffer.alloc(2 * BLOCK),
  ]);

const headerOf = (path: string, size: number, at: number): Buffer => {
  const header = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  header.write(name, 0, 100, 'utf8');
  const octal = (value: number, offset: number, digits: number): void =>
    void header.write(value.toString(8).padStart(digits, '0'), offset, 'latin1');
  octal(0o644, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(Math.floor(at / 1_000), 136, 11);
  header.write('        0', 148, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(prefix, 345, 155, 'utf8');
  const sum = header.reduce((total, octet) => total + octet, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
};

/** A path of more than 100 octets goes into two fields, divided at a slash. */
const splitPath = (path: string): readonly [prefix: string, name: string] => {
  const octets = (text: string): number => Buffer.byteLength(text);
  if (octets(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (octets(prefix) <= 155 && octets(name) <= 100) return [prefix, name];
  }
  throw new RangeError(`${path}: too long for a tar archive`);
};
