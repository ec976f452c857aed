import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DSA, folder, judge, runs } from './pkits/judge.ts';

describe(`PKITS: ${runs.length} runs, ${runs.filter(({ id }) => DSA.has(id)).length} of them of DSA`, () => {
  it.each(runs.map((run) => [`${run.id}${run.subpart ?? ''} ${run.title}`, run] as const))(
    '%s',
    async (_title, run) => {
      const path = await judge(run);
      expect(path !== undefined).toBe(DSA.has(run.id) ? false : run.shouldValidate);
      if (path !== undefined) {
        expect([...path.policies].sort()).toEqual([...run.expectedUserConstrainedPolicySet].sort());
      }
    },
  );

  it('has every file it names', () => {
    const missing = runs
      .flatMap(({ crls }) => crls)
      .filter((name) => !existsSync(join(folder, 'crls', name)));
    expect(missing).toEqual([]);
  });
});
