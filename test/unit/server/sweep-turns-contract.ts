import { randomBytes } from 'node:crypto';
import { createSweepTurns, type SweepTurn, type TurnMarks } from '../../../src/server/sweep-turns.ts';
import { eventually } from '../../integration/city.ts';

/** Who of several replicas looks, whichever store they share. */
export const describeSweepTurns = (name: string, marks: () => TurnMarks): void => {
  describe(`turns at looking through sessions, in ${name} stores`, () => {
    const state = (): string => randomBytes(8).toString('hex');
    const open = (leaseMs?: number) => createSweepTurns(marks(), leaseMs);
    const taken = (answer: SweepTurn | 'done' | 'busy'): SweepTurn => {
      if (typeof answer === 'string') throw new Error(answer);
      return answer;
    };

    it('one of many that ask has it, the others hear when all is looked at', async () => {
      const [turns, of] = [open(), state()];
      const numbers = await Promise.all([turns.next(of), turns.next(of), turns.next(of)]);
      expect(numbers).toEqual([1, 1, 1]);
      const answers = await Promise.all(numbers.map((number) => turns.take(of, number)));
      expect(answers.filter((answer) => answer === 'busy')).toHaveLength(2);
      const turn = taken(answers.find((answer) => typeof answer !== 'string') ?? 'busy');
      await turn.goOn();
      expect(await turns.take(of, 1)).toBe('busy');
      await turn.done();
      expect(await turns.take(of, 1)).toBe('done');
    });

    it('a look that had begun before says nothing to who came later, who waits until it is over', async () => {
      const [turns, of] = [open(), state()];
      const first = taken(await turns.take(of, await turns.next(of)));
      const number = await turns.next(of);
      expect(number).toBe(2);
      expect(await turns.take(of, number)).toBe('busy');
      await first.done();
      await taken(await turns.take(of, number)).done();
      expect(await turns.take(of, number)).toBe('done');
      expect(await turns.next(of)).toBe(3);
      // Another trust list or CRL is another matter.
      expect(await turns.next(state())).toBe(1);
    });

    it('given back, or lost by who ended without a word, it is the next one’s', async () => {
      const [turns, of] = [open(100), state()];
      await taken(await turns.take(of, 1)).giveBack();
      const lost = taken(await turns.take(of, 1));
      let next: SweepTurn | 'done' | 'busy' = 'busy';
      await eventually('the turn is lost', async () => {
        next = await turns.take(of, 1);
        return next !== 'busy';
      });
      taken(next);
      await eventually('that one is lost too', async () => (await turns.next(of)) === 1);
      // Whoever lost it has not looked for those who came meanwhile.
      await lost.done();
      expect(await turns.next(of)).toBe(1);
    });
  });
};
