import { DURATION_BOUNDS } from './audit-index.ts';
import type { AuditSink } from './entry.ts';

export interface AnswerFigures {
  /** A call to a service was answered. @param ms from its head to the end of the answer */
  answered(department: string, service: string, status: number, ms: number): void;
  /** Records what was counted since the last time; an entry `answers` for each service that was called. */
  flush(): void;
}

interface Cell {
  readonly department: string;
  readonly service: string;
  answered: number;
  serverErrors: number;
  duration: number;
  readonly histogram: number[];
}

/**
 * How long answers took, summed up: an entry for each call would be as many again as there are calls. Where an entry
 * cannot be kept its figures are lost; no call waits for them.
 */
export const createAnswerFigures = (audit: AuditSink, clock: () => number = Date.now): AnswerFigures => {
  let cells = new Map<string, Cell>();
  let since = clock();
  return {
    answered: (department, service, status, ms) => {
      let cell = cells.get(service);
      if (cell === undefined) {
        const histogram = Array<number>(DURATION_BOUNDS.length + 1).fill(0);
        cell = { department, service, answered: 0, serverErrors: 0, duration: 0, histogram };
        cells.set(service, cell);
      }
      const bound = DURATION_BOUNDS.findIndex((most) => ms <= most);
      const at = bound === -1 ? DURATION_BOUNDS.length : bound;
      cell.histogram[at] = (cell.histogram[at] ?? 0) + 1;
      cell.answered += 1;
      cell.duration += ms;
      if (status >= 500) cell.serverErrors += 1;
    },
    flush: () => {
      const at = clock();
      for (const { duration, histogram, ...cell } of cells.values()) {
        const counted = { since, ...cell, duration: Math.round(duration), histogram: histogram.join(',') };
        audit.record({ event: 'answers', at, ...counted }, 'written', () => undefined);
      }
      cells = new Map();
      since = at;
    },
  };
};
