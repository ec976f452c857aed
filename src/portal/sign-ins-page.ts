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
    download: '下载证明',
    downloadOf: (seq: number) => `：第 ${seq} 条的证明`,
    about: '这份证明说明什么',
    proves:
      '证明文件含有这条记录的原文、它在默克尔树中的位置和带签名的检查点，证明该记录在审计日志中，此后没有被改动或删除。任何人都可以用本平台的审计公钥核对，无须信任本平台：',
    sealed: '记录中的个人信息是加密的，把文件交给他人不会泄露。',
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
    download: 'Download its proof',
    downloadOf: (seq: number) => ` of entry ${seq}`,
    about: 'What a proof says',
    proves:
      'It holds the entry as it was written, its place in the Merkle tree and a signed checkpoint, and proves that the entry is in the audit log and was neither changed nor taken out since. Anybody can check it with the public key of the log, and need not trust us:',
    sealed: 'What the entry tells of you is encrypted: handing the file on gives nothing away.',
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
                          ${texts.number(each.seq)}<br /><code class="long">${each.hash}</code><br /><a
                            href="/me/sign-ins/${each.seq}/proof"
                            >${texts.download}<span class="hidden">${texts.downloadOf(each.seq)}</span></a
                          >
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>
            <section class="card" aria-labelledby="about-proofs">
              <h2 id="about-proofs">${texts.about}</h2>
              <p>${texts.proves}</p>
              <p><code class="long">onecert audit check-proof sign-in.proof.json --key &lt;vkey&gt;</code></p>
              <p class="muted small note">${texts.sealed}</p>
            </section>`
    }`;
  return { title: titleOf('sign-ins', language), main, width: 'wide' };
};
