import { isAbsolute, relative } from 'node:path';
import { styleText } from 'node:util';
import type { DemoCity } from './open-demo-city.ts';
import { PKCS12_PASSWORD } from './pkcs12-password.ts';

/** Where the gateway is, as a browser or curl reaches it: https://localhost:8443. */
export interface DemoUrls {
  readonly gateway: string;
  /** Where people open the portal: https://localhost:8440. */
  readonly browser: string;
}

const bold = (text: string): string => styleText('bold', text);
const dim = (text: string): string => styleText('dim', text);
const link = (text: string): string => styleText(['cyan', 'underline'], text);

/**
 * What `npm start` prints: where to go, what to import, and commands that work when pasted into a shell in the
 * current folder. Coloured where standard output is a terminal that has colours.
 */
export const demoSummary = (city: DemoCity, { gateway, browser }: DemoUrls): string => {
  const call = (person: string, authority: string, path: string): string => {
    const { certificate, key } = city.certificate(person, authority);
    const files = `--cacert ${shown(city.files.tls.ca)} --cert ${shown(certificate)} --key ${shown(key)}`;
    return `curl ${files} ${gateway}${path}`;
  };
  const zhujiang = `http://127.0.0.1:${city.cityPort}/zhujiang`;
  const lines = [
    '',
    `  ${bold('OneCert 一证通网关')}  演示城市 · demo city`,
    '',
    `  打开 open     ${link(browser)}`,
    `  导入 import   ${shown(`${city.files.people}/li-wei-yuean.p12`)}  密码 password: ${bold(PKCS12_PASSWORD)}`,
    `                ${dim('同一文件夹里还有别的人和企业 · more people and enterprises in the same folder')}`,
    `  信任 trust    ${shown(city.files.tls.ca)}  ${dim('浏览器里作为颁发机构导入 · as an authority, in the browser')}`,
    '',
    `  控制台 console ${link(`${browser}/console`)}  ${dim('同一密码 · same password')}`,
    ...city.staff.map(
      ({ name, duty, certificate: { pkcs12 = '' } }) =>
        `                ${shown(pkcs12)}  ${name} ${dim(`${duty.zh} · ${duty.en}`)}`,
    ),
    '',
    heading('李伟（市民）查询居住证', 'a citizen, his residence permit'),
    command(call('li-wei', 'zhujiang', '/residence-permit')),
    heading('鹏湾科技（企业）联合办税登记', 'an enterprise, joint tax registration'),
    command(call('pengwan-tech', 'yuean', '/joint-tax')),
    heading('证书已吊销：拒绝，并说明原因', 'a revoked certificate: refused, and told why'),
    command(call('revoked', 'zhujiang', '/residence-permit')),
    heading(
      '冻结李伟的证书，几秒后再试第一条；然后解冻',
      'put 李伟 on hold, try the first line again in a few seconds; then lift it',
    ),
    command(`curl -d person=li-wei ${zhujiang}/revoke`),
    command(`curl -d person=li-wei ${zhujiang}/release`),
    '',
  ];
  return lines.join('\n');
};

const heading = (zh: string, en: string): string => `  ${bold(zh)}  ${dim(en)}`;
const command = (line: string): string => `    ${line}`;

/** A path as it is typed in the current folder, quoted where a shell would take it apart. */
const shown = (file: string): string => {
  const near = relative(process.cwd(), file);
  const path = near.startsWith('..') || isAbsolute(near) ? file : near;
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
};
