import { html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';

const TEXTS = {
  zh: {
    title: '您已退出',
    said: '您在本平台的登录已经结束。再次办理业务时，需要重新登录。',
    shared: '如果这是公用电脑：请拔下 USB Key，并关闭浏览器的所有窗口——浏览器可能记住了您选过的证书。',
    again: '重新登录',
    home: '返回首页',
  },
  en: {
    title: 'You are signed out',
    said: 'Your session has ended. To use a service again you will be asked to sign in.',
    shared:
      'On a shared computer, unplug your key device and close all windows of the browser: it may remember the certificate you chose.',
    again: 'Sign in again',
    home: 'Home page',
  },
} as const;

export const signedOutPage = (language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const main = html`<div class="card refused passing">
    <h1>${texts.title}</h1>
    <p class="because" role="status">${texts.said}</p>
    <p class="next">${texts.shared}</p>
    <p class="act">
      <a class="button" href="/signin">${texts.again}</a> <a class="button quiet" href="/">${texts.home}</a>
    </p>
  </div>`;
  return { title: texts.title, main, width: 'narrow' };
};
