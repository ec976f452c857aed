import type { ActingRole } from '../identity/acting.ts';
import type { IdentifierType } from '../identity/identity.ts';
import type { Language } from './language.ts';

const NUMBERS: Readonly<Record<Language, Readonly<Record<IdentifierType, string>>>> = {
  zh: {
    'citizen-id-number': '公民身份号码',
    'unified-social-credit-code': '统一社会信用代码',
    'organisation-code': '组织机构代码',
    'tax-number': '纳税人识别号',
    'business-registration-number': '工商注册号',
    'social-insurance-number': '社会保险号',
    passport: '护照号码',
    'hmt-permit': '港澳台居民证件号码',
  },
  en: {
    'citizen-id-number': 'Citizen ID number',
    'unified-social-credit-code': 'Unified social credit code',
    'organisation-code': 'Organisation code',
    'tax-number': 'Tax number',
    'business-registration-number': 'Business registration number',
    'social-insurance-number': 'Social insurance number',
    passport: 'Passport',
    'hmt-permit': 'Permit of a Hong Kong, Macao or Taiwan resident',
  },
};

const ROLES: Readonly<Record<Language, Readonly<Record<ActingRole, string>>>> = {
  zh: {
    'legal-representative': '法定代表人',
    finance: '财务人员',
    agent: '经办人',
    seal: '电子印章',
    unit: '单位',
    unknown: '证书未注明',
  },
  en: {
    'legal-representative': 'Legal representative',
    finance: 'Finance',
    agent: 'Agent',
    seal: 'Seal',
    unit: 'The organisation itself',
    unknown: 'The certificate does not say',
  },
};

export const numberName = (type: IdentifierType, language: Language): string => NUMBERS[language][type];
export const actingRoleName = (role: ActingRole, language: Language): string => ROLES[language][role];
