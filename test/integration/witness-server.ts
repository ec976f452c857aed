import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A witness (C2SP tlog-witness) as a process of its own, written from the specifications alone: nothing of the gateway
 * is in it. Arguments: its name, a PEM file with its Ed25519 key, a file for its state, and the vkey of the log.
 * Prints its port.
 */
const [name = '', keyFile = '', stateFile = '', logKey = ''] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile, 'utf8'));
const rawPublic = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
const [origin = '', logId = '', material = ''] =
  logKey.split('+').length === 3 ? logKey.split('+') : splitKey(logKey);

/** The base64 of a key may have "+" in it. */
function splitKey(text: string): string[] {
  const [first = '', second = '', ...rest] = text.split('+');
  return [first, second, rest.join('+')];
}
const logPublic = createPublicKey({
  key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(material, 'base64').subarray(1).toString('base64url') },
  format: 'jwk',
});

interface State {
  readonly size: number;
  readonly root: string;
}
const load = (): State => {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8')) as State;
  } catch {
    return { size: 0, root: '' };
  }
};

const node = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256')
    .update(Buffer.from([1]))
    .update(left)
    .update(right)
    .digest();

/** RFC 6962 section 2.1.2, by recursion: the roots that a proof gives for the old tree and the new one. */
const rootsOf = (
  old: number,
  size: number,
  proof: Buffer[],
  oldRoot: Buffer,
  whole: boolean,
): [Buffer, Buffer] => {
  if (old === size) {
    const root = whole ? oldRoot : proof.shift();
    if (root === undefined) throw new Error('too short');
    return [root, root];
  }
  let split = 1;
  while (split * 2 < size) split *= 2;
  if (old <= split) {
    const [before, after] = rootsOf(old, split, proof, oldRoot, whole);
    const right = proof.shift();
    if (right === undefined) throw new Error('too short');
    return [before, node(after, right)];
  }
  const [before, after] = rootsOf(old - split, size - split, proof, oldRoot, false);
  const left = proof.shift();
  if (left === undefined) throw new Error('too short');
  return [node(left, before), node(left, after)];
};

const isConsistent = (old: State, now: State, lines: readonly string[]): boolean => {
  if (old.size === 0) return lines.length === 0;
  const [was, is] = [Buffer.from(old.root, 'base64'), Buffer.from(now.root, 'base64')];
  const proof = lines.map((line) => Buffer.from(line, 'base64'));
  try {
    const [before, after] = rootsOf(old.size, now.size, proof, was, true);
    return proof.length === 0 && before.equals(was) && after.equals(is);
  } catch {
    return false;
  }
};

interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly type?: string;
}

const addCheckpoint = (body: string): Answer => {
  const [, digits = '', proofText = '', noteBody = '', signatures = ''] =
    /^old (0|[1-9]\d*)\n((?:[A-Za-z0-9+/=]+\n){0,63})\n([^\n]+\n\d+\n[^\n]+\n)\n((?:\u2014 .+\n)+)$/.exec(
      body,
    ) ?? [];
  const [asked = '', size = '', root = ''] = noteBody.split('\n');
  if (noteBody === '') return { status: 400 };
  if (asked !== origin) return { status: 404 };
  const signed = signatures.split('\n').some((line) => {
    const [, by, encoded = ''] = line.split(' ');
    const bytes = Buffer.from(encoded, 'base64');
    const isLog = by === origin && bytes.toString('hex', 0, 4) === logId;
    return isLog && verify(null, Buffer.from(noteBody), logPublic, bytes.subarray(4));
  });
  if (!signed) return { status: 403 };
  const now = { size: Number(size), root };
  if (Number(digits) > now.size) return { status: 400 };
  const known = load();
  const conflict = { status: 409, body: `${known.size}\n`, type: 'text/x.tlog.size' };
  if (Number(digits) !== known.size) return conflict;
  if (known.size === now.size && known.size > 0 && known.root !== now.root) return conflict;
  if (!isConsistent(known, now, proofText.split('\n').slice(0, -1))) return { status: 422 };
  writeFileSync(`${stateFile}.new`, JSON.stringify(now));
  renameSync(`${stateFile}.new`, stateFile);
  const time = Math.floor(Date.now() / 1000);
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${noteBody}`), key);
  const id = createHash('sha256')
    .update(`${name}\n`)
    .update(Buffer.from([4]))
    .update(rawPublic)
    .digest();
  const line = Buffer.concat([id.subarray(0, 4), stamp, signature]).toString('base64');
  return { status: 200, body: `\u2014 ${name} ${line}\n` };
};

const read = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const server = createServer((request, response) => {
  void read(request).then((body) => {
    const isAdd = request.method === 'POST' && request.url === '/add-checkpoint';
    const answer: Answer = isAdd ? addCheckpoint(body) : { status: 404 };
    response.writeHead(answer.status, { 'content-type': answer.type ?? 'text/plain' }).end(answer.body ?? '');
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
