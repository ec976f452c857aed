import { openPkcs12, type OpenedIdentity } from '../../signin/browser/pkcs12.ts';
import { answerChallenge, askForChallenge, type IssuedChallenge } from './exchange.ts';
import { openWay } from './way.ts';

/**
 * Sign-in with a certificate file. The file is opened here and its key signs here: neither they nor the password are sent
 * anywhere.
 */
export const startFileForm = (form: HTMLFormElement, target: string): void => {
  const way = openWay(form);
  const file = way.part<HTMLInputElement>('file');
  const pin = way.part<HTMLInputElement>('pin');
  const open = way.part('open');
  const confirm = way.part('confirm');
  let opened: { readonly identity: OpenedIdentity; readonly challenge: IssuedChallenge } | undefined;

  const close = (): void => {
    opened = undefined;
    confirm.hidden = true;
    open.hidden = false;
  };
  file.addEventListener('change', close);
  pin.addEventListener('input', close);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    // Enter in a field opens the file, never signs.
    const signs = event.submitter === way.part('sign');
    void way.step(async () => {
      if (signs && opened !== undefined) {
        const { identity, challenge } = opened;
        // Whatever comes of it, a challenge is answered once.
        close();
        way.tell('sending');
        await answerChallenge(challenge.challenge, await identity.sign(challenge.text), target);
        way.tell('signed-in');
        return;
      }
      const [chosen] = file.files ?? [];
      if (chosen === undefined) return way.tell('no-file');
      way.tell('opening');
      const [identity] = await openPkcs12(new Uint8Array(await chosen.arrayBuffer()), pin.value);
      if (identity === undefined) return way.tell('no-key');
      const challenge = await askForChallenge(target);
      opened = { identity, challenge };
      way.part('text').textContent = challenge.text;
      confirm.hidden = false;
      open.hidden = true;
      way.tell('opened');
    });
  });
};
