import { startAgentForm } from './agent-form.ts';
import { startFileForm } from './file-form.ts';

/** Brings the sign-in page to life. Without it the page says which ways need a script. */
const start = (id: string, begin: (form: HTMLFormElement, target: string) => void): void => {
  const form = document.getElementById(id);
  if (!(form instanceof HTMLFormElement)) return;
  begin(form, form.dataset['return'] ?? '/');
  form.hidden = false;
};

start('agent', startAgentForm);
start('file', startFileForm);
