import { openEmbeddedChangeStore } from '../../../src/changes/embedded-change-store.ts';

// A process that approves what it is told to: ids on the command line, after the database; "go" on standard input.
const [file = '', ...ids] = process.argv.slice(2);
const store = openEmbeddedChangeStore(file);
process.stdout.write('ready\n');
process.stdin.once('data', () => {
  void (async () => {
    const settled = await Promise.allSettled(
      ids.map((id) => store.approve(id, { by: 'operator', note: '', at: 1 })),
    );
    const codes = settled.map((each) =>
      each.status === 'fulfilled' ? 'approved' : String((each.reason as { code?: unknown }).code),
    );
    process.stdout.write(`${JSON.stringify(codes)}\n`, () => process.exit());
  })();
});
