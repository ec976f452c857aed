import {
  ONLY_DOCUMENT,
  type DocumentKey,
  type DocumentKind,
  type ProposalState,
} from '../../changes/document.ts';
import type { Language } from '../../portal/language.ts';
import { departmentName } from '../console-page.ts';
import type { PageCall } from '../section.ts';

const KINDS: Readonly<Record<Language, Readonly<Record<DocumentKind, string>>>> = {
  zh: {
    department: '部门与服务',
    'trust-list': '信任列表',
    roles: '角色',
    guide: '办事指南',
    targets: '年度指标',
    identity: '身份锁定',
    conflict: '身份冲突处理',
  },
  en: {
    department: 'Department and services',
    'trust-list': 'Trust list',
    roles: 'Roles',
    guide: 'Guide',
    targets: 'Targets of the year',
    identity: 'Standing of an identity',
    conflict: 'Identity conflict',
  },
};

const STATES: Readonly<Record<Language, Readonly<Record<ProposalState, string>>>> = {
  zh: { draft: '草稿', submitted: '待批准', approved: '已批准', rejected: '已退回', withdrawn: '已撤回' },
  en: {
    draft: 'Draft',
    submitted: 'Waiting for approval',
    approved: 'Approved',
    rejected: 'Rejected',
    withdrawn: 'Withdrawn',
  },
};

export const kindName = (kind: DocumentKind, language: Language): string => KINDS[language][kind];
export const stateName = (state: ProposalState, language: Language): string => STATES[language][state];

export const STATE_LOOKS = {
  draft: 'plain',
  submitted: 'open',
  approved: 'good',
  rejected: 'bad',
  withdrawn: 'plain',
} as const;

/** A document as people are told of it: "Trust list", "Department and services: Tax Bureau". */
export const documentTitle = (
  call: Pick<PageCall, 'parts' | 'language'>,
  { kind, name }: DocumentKey,
): string => {
  const title = kindName(kind, call.language);
  if (name === ONLY_DOCUMENT) return title;
  const shown = kind === 'department' ? departmentName(call, name) : name;
  return `${title}${call.language === 'zh' ? '：' : ': '}${shown}`;
};

/** The department a document is of; undefined for the city's own. */
export const departmentOfDocument = ({ kind, name }: DocumentKey): string | undefined =>
  kind === 'department' ? name : undefined;

export const documentPath = ({ kind, name }: DocumentKey): string =>
  `/console/changes/of/${kind}/${encodeURIComponent(name)}`;
