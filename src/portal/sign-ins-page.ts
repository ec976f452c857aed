import type { SignInRecord } from '../audit/read-sign-ins.ts';
import { html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import { renderMoment } from './moment.ts';
import { authorityName, proofName, renderMyHeading, titleOf } from './my-pages.ts';
import type { PortalAuthority } from './portal-parts.ts';

export interface SignInsPage {
  /** The latest first. */
  readonly signIns: readonly SignInRecord[];
  readonly authorities: readonly PortalAuthority[];
}

const TEXTS = {
  zh: {
    lead: '审计日志中您最近的登录记录。日志只能追加，每一条都带有自身的哈希值：凭序号和哈希值可以证明这条记录没有被改动。',
    none: '最近没有登录记录。',
    caption: '登录记录，最近的在前',
    at: '时间',
    proof: '登录方式',
    certificate: '证书签发机构',
    from: '来自',
    entry: '审计序号与哈希值',
    number: (seq: number) => `第 ${seq} 条`,
  },
  en: {
    lead: 'Your latest sign-ins as the audit log has them. The log is append-only and every entry carries its hash: number and hash prove that an entry was not changed.',
    none: 'No recent sign-ins.',
    caption: 'Sign-ins, the latest first',
    at: 'Time',
    proof: 'Way',
    certificate: 'Certificate of',
    from: 'From',
    entry: 'Entry of the audit log, and its hash',
    number: (seq: number) => `No. ${seq}`,
  },
} as const;

export const signInsPage = (
  { signIns, authorities }: SignInsPage,
  language: Language,
): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const main = html`${renderMyHeading('sign-ins', language)}
    <p class="muted">${texts.lead}</p>
    ${
      signIns.length === 0
        ? html`<p>${texts.none}</p>`
        : html`<div class="card table">
            <table>
              <caption class="hidden">
                ${texts.caption}
              </caption>
              <thead>
                <tr>
                  ${[texts.at, texts.proof, texts.certificate, texts.from, texts.entry].map(
                    (heading) => html`<th scope="col">${heading}</th>`,
                  )}
                </tr>
              </thead>
              <tbody>
                ${signIns.map(
                  (each) =>
                    html`<tr>
                      <td data-label="${texts.at}">${renderMoment(each.at, language)}</td>
                      <td data-label="${texts.proof}">${proofName(each.proof, language)}</td>
                      <td data-label="${texts.certificate}">
                        ${authorityName(authorities, each.authority, language)}
                      </td>
                      <td data-label="${texts.from}"><bdi>${each.from}</bdi></td>
                      <td data-label="${texts.entry}">
                        ${texts.number(each.seq)}<br /><code class="long">${each.hash}</code>
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }`;
  return { title: titleOf('sign-ins', language), main, width: 'wide' };
};
