import { httpKeyAgent, webSocketKeyAgent } from '../../signin/browser/key-agent.ts';
import type { KeyCertificate, KeyMiddleware } from '../../signin/key-middleware.ts';
import { answerChallenge, askForChallenge } from './exchange.ts';
import { openWay } from './way.ts';

/** Sign-in with a key device through the program that its authority has put on this machine. */
export const startAgentForm = (form: HTMLFormElement, target: string): void => {
  const way = openWay(form);
  const agents = (form.dataset['agents'] ?? '').split(' ').map(agentAt);
  const choice = way.part('choice');
  const list = way.part('certificates');
  let known: { readonly agent: KeyMiddleware; readonly certificates: readonly KeyCertificate[] } | undefined;

  const connect = async (): Promise<void> => {
    way.tell('connecting');
    const agent = await firstThatAnswers(agents);
    const certificates = (await agent.certificates()).filter(({ usage }) => usage === 'signing');
    if (certificates.length === 0) return way.tell('no-certificates');
    known = { agent, certificates };
    list.replaceChildren(...certificates.map(renderChoice));
    choice.hidden = false;
    way.part('connect').hidden = true;
    way.tell('choose');
    list.querySelector('input')?.focus();
  };
  const sign = async (agent: KeyMiddleware, handle: string): Promise<void> => {
    const { challenge, text } = await askForChallenge(target);
    way.part('text').textContent = text;
    way.part('shown').hidden = false;
    way.tell('signing');
    const signature = await agent.sign(handle, text);
    way.tell('sending');
    await answerChallenge(challenge, signature, target);
    way.tell('signed-in');
  };

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void way.step(async () => {
      const handle = new FormData(form).get('certificate');
      if (known === undefined || typeof handle !== 'string') return connect();
      return sign(known.agent, handle);
    });
  });
};

const agentAt = (url: string): KeyMiddleware =>
  url.startsWith('ws') ? webSocketKeyAgent(url) : httpKeyAgent(url);

/** Different authorities' agents listen at different addresses. */
const firstThatAnswers = async (agents: readonly KeyMiddleware[]): Promise<KeyMiddleware> => {
  let failure: unknown;
  for (const agent of agents) {
    try {
      await agent.info();
      return agent;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
};

const renderChoice = ({ handle, label }: KeyCertificate, index: number): HTMLElement => {
  const line = document.createElement('label');
  line.className = 'choice';
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = 'certificate';
  input.value = handle;
  input.checked = index === 0;
  const name = document.createElement('bdi');
  name.textContent = label;
  line.append(input, name);
  return line;
};
