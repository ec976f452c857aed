import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { execute, fuzz } from './fuzzer.ts';
import { readSeeds } from './seeds.ts';
import { TARGETS } from './targets/index.ts';
import type { Target } from './targets/target.ts';

const corpus = join(import.meta.dirname, 'corpus');
const found = readdirSync(corpus).filter((name) => name !== 'README.md');

describe('What strangers may send', () => {
  // Files are named <target>.<digest>; `npm run fuzz` writes them.
  for (const file of found) {
    it(`what was found once is handled now: ${file}`, async () => {
      const target = TARGETS.find(({ name }) => name === file.split('.')[0]);
      const { problem } = await execute(target as Target, readFileSync(join(corpus, file)));
      expect(problem).toBeUndefined();
    });
  }

  it('lets nothing escape in a short run', async () => {
    const { findings, outcomes } = await fuzz(TARGETS, readSeeds(), { seed: 1, executions: 40_000 });
    expect(findings).toEqual([]);
    // It is no use if everything ends at the first byte.
    expect(outcomes).toBeGreaterThan(800);
  });

  it('is the same for the same seed', async () => {
    const inputs = async (): Promise<string[]> => {
      const given: string[] = [];
      const target: Target = {
        name: 'recorder',
        weight: 1,
        seeds: ({ certificates }) => certificates,
        run: (bytes) => {
          given.push(Buffer.from(bytes).toString('hex'));
          return `${bytes.length % 50}`;
        },
      };
      await fuzz([target], readSeeds(), { seed: 5, executions: 300 });
      return given;
    };
    expect(await inputs()).toEqual(await inputs());
  });

  it('would find a defect that only some bytes reach', async () => {
    const careless: Target = {
      name: 'careless',
      weight: 1,
      seeds: ({ certificates }) => certificates,
      run: (bytes) => {
        try {
          const { serialNumber, keyUsage } = parseCertificate(bytes);
          if (serialNumber.length > 4 && serialNumber.length < 16 && keyUsage?.has('cRLSign'))
            throw new TypeError('planted');
          return 'parsed';
        } catch (error) {
          if (error instanceof TypeError) throw error;
          return 'refused';
        }
      },
    };
    const { findings } = await fuzz([careless], readSeeds(), { seed: 3, executions: 40_000 });
    expect(findings.map(({ problem }) => problem)).toEqual(['TypeError: planted']);
  });
});
