import { MessageChannel } from 'node:worker_threads';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { connectCalls } from '../../../src/server/call-port.ts';

type Remote = {
  double: (n: number) => number;
  refuse: (n: number) => never;
  fail: (n: number) => never;
  never: (n: number) => Promise<void>;
};

describe('connectCalls', () => {
  const answers = {
    double: (n: number) => n * 2,
    refuse: () => {
      throw new Refusal('ONECERT_IDENTIFIER_MISSING', 'nothing there');
    },
    fail: () => {
      throw new TypeError('a defect');
    },
    never: () => new Promise<void>(() => undefined),
  };
  const { port1, port2 } = new MessageChannel();
  const calls = connectCalls<Remote>(port1, {});
  connectCalls(port2, answers);
  afterAll(() => port1.close());

  it('answers many questions at once, each with its own answer', async () => {
    const doubled = await Promise.all(Array.from({ length: 100 }, (_, n) => calls.call('double', n)));
    expect(doubled).toEqual(Array.from({ length: 100 }, (_, n) => n * 2));
  });

  it('carries refusals as refusals and defects as errors', async () => {
    await expect(calls.call('refuse', 1)).rejects.toMatchObject({
      name: 'Refusal',
      code: 'ONECERT_IDENTIFIER_MISSING',
      detail: 'nothing there',
    });
    await expect(calls.call('fail', 1)).rejects.toThrow('a defect');
  });

  it('rejects what is open when the other side goes away', async () => {
    const open = calls.call('never', 1);
    port2.close();
    await expect(open).rejects.toThrow('the other thread has ended');
  });
});
