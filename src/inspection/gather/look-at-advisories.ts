import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { AdvisoryLevel } from '../facts.ts';

const TIMEOUT_MS = 30_000;
const level = z.enum(['critical', 'high', 'moderate', 'low', 'info']);
const answer = z.object({ vulnerabilities: z.record(z.string(), z.object({ severity: level })) });

/** `npm audit` in the folder of package-lock.json. Rejects where there is none, or the registry does not answer. */
export const lookAtAdvisories = (
  folder: string,
  npm = 'npm',
): Promise<readonly { readonly name: string; readonly level: AdvisoryLevel }[]> =>
  new Promise((resolve, reject) => {
    statSync(join(folder, 'package-lock.json'));
    execFile(
      npm,
      ['audit', '--json', '--omit=dev'],
      { cwd: folder, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 },
      // Exit code 1 says that there are some.
      (_error, stdout) => {
        const read = answer.safeParse(parseJson(stdout));
        if (!read.success) reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
        else {
          const found = Object.entries(read.data.vulnerabilities).map(([name, { severity }]) => ({
            name,
            level: severity,
          }));
          resolve(found.sort((a, b) => (a.name < b.name ? -1 : 1)));
        }
      },
    );
  });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
