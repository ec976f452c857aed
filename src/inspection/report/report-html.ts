import { hash } from 'node:crypto';
import type { Clauses } from '../check.ts';
import { WEIGHTS, type Report, type Result } from '../inspect.ts';
import type { Text } from '../facts.ts';
import { STYLE } from './style.ts';

const STATUS: Readonly<Record<Result['status'], Text>> = {
  fail: { zh: '不合格', en: 'fail' },
  warn: { zh: '待改进', en: 'warn' },
  unknown: { zh: '未能查看', en: 'unknown' },
  pass: { zh: '合格', en: 'pass' },
};
const SEVERITY: Readonly<Record<Result['severity'], Text>> = {
  critical: { zh: '严重', en: 'critical' },
  high: { zh: '高', en: 'high' },
  medium: { zh: '中', en: 'medium' },
  low: { zh: '低', en: 'low' },
};
const GROUPS: Readonly<Record<string, Text>> = {
  tls: { zh: 'TLS 与服务器证书', en: 'TLS and the server certificate' },
  keys: { zh: '密钥与文件权限', en: 'Keys and permissions' },
  revocation: { zh: '吊销状态', en: 'Revocation' },
  trust: { zh: '信任列表', en: 'Trust list' },
  enrolments: { zh: '服务登记', en: 'Enrolments' },
  people: { zh: '人员与角色', en: 'People and roles' },
  audit: { zh: '审计日志', en: 'Audit log' },
  stores: { zh: '存储与管理端口', en: 'Stores and admin listener' },
  backup: { zh: '备份', en: 'Backup' },
  dependencies: { zh: '依赖', en: 'Dependencies' },
  clock: { zh: '时钟', en: 'Clock' },
  host: { zh: '主机', en: 'Host' },
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (value: string | number): string =>
  String(value)
    .replace(CONTROLS, '')
    .replace(/[&<>"']/g, (each) => ENTITIES[each] ?? '');

/** Not allowed in HTML, whitespace aside (HTML, 13.1.4). */
// eslint-disable-next-line no-control-regex -- they are what this is about
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Chinese first, English below it. */
const both = ({ zh, en }: Text): string => `${escape(zh)} <span lang="en">${escape(en)}</span>`;

/** One page that stands alone: no script, nothing fetched, made for paper too. */
export const reportHtml = (report: Report): string => {
  const groups = [...new Set(report.results.map(({ group }) => group))];
  const policy = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'`;
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>安全检查报告 · ${escape(report.gateway)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>一证通网关安全检查报告 <span lang="en">OneCert security inspection</span></h1>
<dl>
<div><dt>网关 <span lang="en">gateway</span></dt><dd>${escape(report.gateway)}</dd></div>
<div><dt>时间 <span lang="en">time (UTC)</span></dt><dd><time datetime="${escape(report.at)}">${escape(report.at)}</time></dd></div>
</dl>
</header>
<section class="summary" aria-label="总评 / summary">
<p class="score"><strong>${report.score}</strong><span>/ 100 分 <span lang="en">points</span></span></p>
<ul>${(['fail', 'warn', 'unknown', 'pass'] as const).map((status) => `<li class="${status}"><strong>${report.counts[status]}</strong> ${both(STATUS[status])}</li>`).join('')}</ul>
</section>
<p class="formula">得分 = 100 ×（合格项权重 + 待改进项权重 ÷ 2）÷ 全部权重，向下取整；权重：严重 ${WEIGHTS.critical}、高 ${WEIGHTS.high}、中 ${WEIGHTS.medium}、低 ${WEIGHTS.low}；未能查看的不得分。
<span lang="en">Score = 100 × (weights of what passed + half of what warned) ÷ all weights, rounded down. What could not be looked at earns nothing.</span></p>
<main>
${groups
  .map((group) =>
    groupHtml(
      group,
      report.results.filter((each) => each.group === group),
    ),
  )
  .join('\n')}
</main>
<footer>GB/T 22239-2019（等级保护 2.0，第三级） · GB/T 39786-2021（第三级） · OWASP ASVS 4.0.3</footer>
</body>
</html>
`;
};

const groupHtml = (group: string, results: readonly Result[]): string => `<section>
<h2>${both(GROUPS[group] ?? { zh: group, en: group })}</h2>
${results.map(resultHtml).join('\n')}
</section>`;

const resultHtml = ({
  id,
  status,
  severity,
  title,
  findings,
  mend,
  clauses,
}: Result): string => `<article class="${status}" id="${escape(id)}">
<h3><span class="status">${both(STATUS[status])}</span> ${escape(title.zh)} <span lang="en">${escape(title.en)}</span></h3>
${findings.length === 0 ? '' : `<ul>${findings.map((each) => `<li class="${each.status}">${both(each.text)}</li>`).join('')}</ul>`}
${status === 'pass' ? '' : `<p class="mend"><b>整改 <span lang="en">To mend</span></b> ${both(mend)}</p>`}
<p class="clauses"><code>${escape(id)}</code> · ${both(SEVERITY[severity])} · ${[
  ['GB/T 22239', clauses.gbt22239],
  ['GB/T 39786', clauses.gbt39786],
  ['ASVS', clauses.asvs],
]
  .map(([name, of]) => clausesHtml(name as string, of as Clauses))
  .join(' · ')}</p>
</article>`;

const clausesHtml = (name: string, clauses: Clauses): string =>
  'none' in clauses
    ? `<span title="${escape(clauses.none.zh)}">${escape(name)} —</span>`
    : `${escape(name)} ${escape(clauses.join(', '))}`;
