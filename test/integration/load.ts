/** What is asked again and again until it is ended. */
export interface Load {
  /** How often it went well. */
  good(): number;
  /** What went wrong so far. */
  failures(): readonly string[];
  /** Ends when the last one is answered; what went wrong. */
  end(): Promise<readonly string[]>;
}

/** `ask` gives what went wrong, or undefined; what it throws went wrong too. */
export const startLoad = (ask: () => Promise<string | undefined>, everyMs: number): Load => {
  const failures: string[] = [];
  let good = 0;
  let ended = false;
  const running = (async () => {
    while (!ended) {
      const failure = await ask().catch((error: unknown) => String(error));
      if (failure === undefined) good += 1;
      else failures.push(`${new Date().toISOString()} ${failure}`);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    good: () => good,
    failures: () => failures,
    end: async () => {
      ended = true;
      await running;
      return failures;
    },
  };
};
