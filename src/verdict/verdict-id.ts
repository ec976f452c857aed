import { randomFillSync } from 'node:crypto';

const BYTES = 16;
/** Random bytes are fetched for this many verdicts at a time: asking for 16 costs what asking for 4096 does. */
const POOL = new Uint8Array(256 * BYTES);
let used = POOL.length;

/** 128 random bits, base64url. The bytes are never used twice. */
export const newVerdictId = (): string => {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const id = Buffer.from(POOL.buffer, used, BYTES).toString('base64url');
  POOL.fill(0, used, used + BYTES);
  used += BYTES;
  return id;
};
