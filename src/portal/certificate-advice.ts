import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';

const TEXTS = {
  zh: {
    wrong: '想换一张证书？',
    remembers: '浏览器会记住您选过的证书，不再询问。要重新选择，请任选一种方法：',
    ways: [
      '关闭浏览器的所有窗口，重新打开后再登录；',
      '或者打开一个“无痕/隐私”窗口登录；',
      '如果用的是 USB Key，请拔下后重新插入，再重新打开浏览器。',
    ],
    again: '返回登录页，重新选择',
    none: '没有选择证书',
    because: '浏览器没有出示证书：可能没有可用的证书，也可能您在弹出窗口中点了“取消”。',
    next: '接下来怎么做',
    steps: [
      '确认 USB Key 已插好、驱动已安装，或证书已导入浏览器；',
      '关闭浏览器的所有窗口，重新打开后再登录，并在弹出窗口中选择您的签名证书；',
      '如果一直没有弹出窗口，请返回登录页，改用“USB Key 与证书助手”或“证书文件”。',
    ],
  },
  en: {
    wrong: 'Want to use another certificate?',
    remembers: 'Browsers remember the certificate you chose and do not ask again. To choose again, either',
    ways: [
      'close all windows of the browser, open it again and sign in,',
      'or sign in from a private (incognito) window.',
      'If you use a key device, unplug it, plug it in again and restart the browser.',
    ],
    again: 'Back to sign-in, to choose again',
    none: 'No certificate was chosen',
    because:
      'The browser showed no certificate: there may be none it can use, or you closed its window with “Cancel”.',
    next: 'What to do next',
    steps: [
      'Check that your key device is plugged in and its software installed, or your certificate imported.',
      'Close all windows of the browser, open it again, sign in and choose your signing certificate when asked.',
      'If the browser never asks, go back and use “Key device with its agent” or “Certificate file” instead.',
    ],
  },
} as const;

/** How to choose again after a certificate was refused. `again`: address of the sign-in page. */
export const certificateAdvice = (again: string, language: Language): Html => {
  const texts = TEXTS[language];
  return html`<section class="card">
    <h2>${texts.wrong}</h2>
    <p>${texts.remembers}</p>
    <ul class="dots">
      ${texts.ways.map((way) => html`<li>${way}</li>`)}
    </ul>
    <p class="act"><a class="button" href="${again}">${texts.again}</a></p>
  </section>`;
};

/** Nobody showed a certificate, or the person cancelled: which of the two, TLS does not tell. */
export const noCertificatePage = (again: string, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const main = html`<div class="card refused passing">
    <h1>${texts.none}</h1>
    <p class="because">${texts.because}</p>
    <div class="next">
      <h2>${texts.next}</h2>
      <ol class="dots numbered">
        ${texts.steps.map((step) => html`<li>${step}</li>`)}
      </ol>
    </div>
    <p class="act"><a class="button" href="${again}">${texts.again}</a></p>
  </div>`;
  return { title: texts.none, main, width: 'narrow' };
};
