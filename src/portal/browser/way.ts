import { isMessage, say, type Message } from './messages.ts';

/** One way to sign in, on the page. */
export interface Way {
  readonly form: HTMLFormElement;
  /** Element of the form by its data-part. */
  part<E extends HTMLElement>(name: string): E;
  tell(message: Message): void;
  /** Runs one step at a time; what goes wrong is told to the person. */
  step(run: () => Promise<void>): Promise<void>;
}

export const openWay = (form: HTMLFormElement): Way => {
  const part = <E extends HTMLElement>(name: string): E => {
    const found = form.querySelector<E>(`[data-part="${name}"]`);
    if (found === null) throw new Error(`no part ${name}`);
    return found;
  };
  const status = part('status');
  const problem = part('problem');
  const tell = (message: Message): void => {
    problem.textContent = '';
    status.textContent = say(message);
  };
  return {
    form,
    part,
    tell,
    step: async (run) => {
      const buttons = form.querySelectorAll('button');
      for (const button of buttons) button.disabled = true;
      form.setAttribute('aria-busy', 'true');
      try {
        await run();
      } catch (error) {
        status.textContent = '';
        problem.textContent = describe(error);
      } finally {
        form.removeAttribute('aria-busy');
        for (const button of buttons) button.disabled = false;
      }
    },
  };
};

/** Failures of agents and certificate files have a code; refusals of the site a text for the person. */
const describe = (error: unknown): string => {
  const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
  if (name === 'SignInRefused' && message !== undefined) return message;
  return say(typeof code === 'string' && isMessage(code) ? code : 'failed');
};
