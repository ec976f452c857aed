import type { Identity } from '../identity/identity.ts';
import type { Assets } from './assets.ts';
import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import { shownName } from './masked.ts';
import type { Bilingual, PortalAuthority } from './portal-parts.ts';

export interface SignInPage {
  /** Where the listener that asks for certificates takes over. */
  readonly certificateUrl: string;
  /** Where to go after sign-in: a path. */
  readonly target: string;
  /** What the person wanted to go to. */
  readonly service: Bilingual | undefined;
  readonly authorities: readonly PortalAuthority[];
  readonly assets: Assets;
  /** Of this page. */
  readonly origin: string;
  /** Addresses of key agents on the person's machine, asked one after the other. */
  readonly keyAgents: readonly string[];
  /** Who is signed in already. */
  readonly caller?: Identity;
}

const TEXTS = {
  zh: {
    title: '登录',
    lead: '用您的数字证书登录。任选一种方式，结果相同。',
    going: '登录后前往：',
    signedIn: (name: string) => `您已登录为 ${name}。用另一张证书登录后，当前登录会结束。`,
    goOn: '继续，不重新登录',
    browser: {
      title: '浏览器中的证书',
      who: '证书已导入这台电脑，或 USB Key 插上后浏览器能直接识别。',
      does: '点击后，浏览器会弹出窗口，请选择您的签名证书。',
      button: '选择证书登录',
    },
    agent: {
      title: 'USB Key 与证书助手',
      who: '浏览器不能直接识别的 USB Key，通过证书机构的证书助手登录。',
      button: '连接证书助手',
      certificates: '选择证书',
      sign: '签名并登录',
    },
    file: {
      title: '证书文件',
      who: '扩展名为 .p12 或 .pfx 的证书文件。',
      safe: '文件和密码只在本页使用，不会上传。',
      file: '证书文件',
      pin: '证书文件的密码',
      button: '打开证书文件',
      sign: '签名并登录',
    },
    text: '将要签名的内容',
    noScript: '这种方式需要启用 JavaScript。您可以改用“浏览器中的证书”登录。',
    accepted: '认可的电子认证机构',
  },
  en: {
    title: 'Sign in',
    lead: 'Sign in with your digital certificate. Choose the way that suits you; all lead to the same place.',
    going: 'You will go on to: ',
    signedIn: (name: string) =>
      `You are signed in as ${name}. Signing in with another certificate ends that.`,
    goOn: 'Go on without signing in again',
    browser: {
      title: 'Certificate in this browser',
      who: 'Your certificate has been imported on this computer, or the browser knows your key device.',
      does: 'The browser will open a window: choose your signing certificate there.',
      button: 'Choose a certificate',
    },
    agent: {
      title: 'Key device with its agent',
      who: 'For key devices that browsers do not know, through the program of your certification authority.',
      button: 'Connect to the key agent',
      certificates: 'Choose a certificate',
      sign: 'Sign and sign in',
    },
    file: {
      title: 'Certificate file',
      who: 'A certificate file that ends in .p12 or .pfx.',
      safe: 'File and password are used in this page only; they are not sent.',
      file: 'Certificate file',
      pin: 'Password of the certificate file',
      button: 'Open the certificate file',
      sign: 'Sign and sign in',
    },
    text: 'What you are about to sign',
    noScript: 'This way needs JavaScript. You can use “Certificate in this browser” instead.',
    accepted: 'Accepted certification authorities',
  },
} as const;

/** The choice of ways to sign in. */
export const signInPage = (content: SignInPage, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const { assets, origin, keyAgents } = content;
  const main = html`<div class="hero">
      <h1>${texts.title}</h1>
      <p>${texts.lead}</p>
      ${content.service && html`<p class="going">${texts.going}<strong>${content.service[language]}</strong></p>`}
    </div>
    ${content.caller && renderCaller(content.caller, content.target, language)}
    <div class="ways-in">
      ${renderBrowserWay(content, language)} ${renderAgentWay(content, language)}
      ${renderFileWay(content, language)}
    </div>
    <section aria-labelledby="accepted">
      <h2 id="accepted" class="quiet-title">${texts.accepted}</h2>
      <ul class="names">
        ${content.authorities.map(({ name }) => html`<li>${name[language]}</li>`)}
      </ul>
    </section>`;
  return {
    title: texts.title,
    main,
    width: 'wide',
    script: assets.pathOf('sign-in'),
    allowance: {
      forms: true,
      scripts: {
        from: `${origin}${assets.base}`,
        connect: [`${origin}/signin/`, ...keyAgents.map((url) => new URL(url).origin)].join(' '),
      },
    },
  };
};

const renderCaller = (caller: Identity, target: string, language: Language): Html => {
  const texts = TEXTS[language];
  return html`<p class="card caller">
    <span>${texts.signedIn(shownName(caller))}</span> <a href="${target}">${texts.goOn}</a>
  </p>`;
};

/** Nothing but a link: this way works without a script. */
const renderBrowserWay = ({ certificateUrl }: SignInPage, language: Language): Html => {
  const texts = TEXTS[language].browser;
  return html`<section class="card way" aria-labelledby="by-browser">
    <h2 id="by-browser">${texts.title}</h2>
    <p>${texts.who}</p>
    <p class="muted small">${texts.does}</p>
    <p class="act"><a class="button" href="${certificateUrl}">${texts.button}</a></p>
  </section>`;
};

const renderAgentWay = ({ target, keyAgents }: SignInPage, language: Language): Html => {
  const { agent: texts, text } = TEXTS[language];
  return html`<section class="card way" aria-labelledby="by-agent">
    <h2 id="by-agent">${texts.title}</h2>
    <p>${texts.who}</p>
    ${renderNoScript(language)}
    <form id="agent" hidden data-return="${target}" data-agents="${keyAgents.join(' ')}">
      <div data-part="connect"><button class="button">${texts.button}</button></div>
      ${renderTold()}
      <div data-part="choice" hidden>
        <fieldset>
          <legend>${texts.certificates}</legend>
          <div data-part="certificates"></div>
        </fieldset>
        <div data-part="shown" hidden>
          <h3 class="field-title">${text}</h3>
          <pre class="text" data-part="text" tabindex="0"></pre>
        </div>
        <button class="button">${texts.sign}</button>
      </div>
    </form>
  </section>`;
};

const renderFileWay = ({ target }: SignInPage, language: Language): Html => {
  const { file: texts, text } = TEXTS[language];
  return html`<section class="card way" aria-labelledby="by-file">
    <h2 id="by-file">${texts.title}</h2>
    <p>${texts.who}</p>
    ${renderNoScript(language)}
    <form id="file" hidden data-return="${target}">
      <div class="field">
        <label for="p12">${texts.file}</label>
        <input id="p12" type="file" accept=".p12,.pfx,application/x-pkcs12" data-part="file" />
      </div>
      <div class="field">
        <label for="pin">${texts.pin}</label>
        <input id="pin" type="password" autocomplete="off" data-part="pin" aria-describedby="pin-safe" />
        <p id="pin-safe" class="muted small">${texts.safe}</p>
      </div>
      <button class="button" data-part="open">${texts.button}</button>
      ${renderTold()}
      <div data-part="confirm" hidden>
        <h3 class="field-title">${text}</h3>
        <pre class="text" data-part="text" tabindex="0"></pre>
        <button class="button" data-part="sign">${texts.sign}</button>
      </div>
    </form>
  </section>`;
};

const renderNoScript = (language: Language): Html =>
  html`<noscript><p class="muted small">${TEXTS[language].noScript}</p></noscript>`;

/** Where the page says how things stand, and what went wrong. */
const renderTold = (): Html =>
  html`<p class="status" role="status" data-part="status"></p>
    <p class="problem" role="alert" data-part="problem"></p>`;
