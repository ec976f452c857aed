import { text } from '../check.ts';

/** Headings of the clauses that checks name; a clause that does not stand here must not be named. */
export const GBT22239: Readonly<Record<string, string>> = {
  '8.1.2.1': '网络架构',
  '8.1.2.2': '通信传输',
  '8.1.4.1': '身份鉴别',
  '8.1.4.2': '访问控制',
  '8.1.4.3': '安全审计',
  '8.1.4.4': '入侵防范',
  '8.1.4.7': '数据完整性',
  '8.1.4.8': '数据保密性',
  '8.1.4.9': '数据备份恢复',
  '8.1.4.11': '个人信息保护',
  '8.1.7.2': '人员配备',
  '8.1.10.5': '漏洞和风险管理',
};

export const GBT39786: Readonly<Record<string, string>> = {
  '8.2': '网络和通信安全',
  '8.3': '设备和计算安全',
  '8.4': '应用和数据安全',
  '8.5': '管理制度',
  '8.6': '人员管理',
};

/** OWASP ASVS 4.0.3, in a few words. */
export const ASVS: Readonly<Record<string, string>> = {
  '1.2.1': 'low-privilege operating system accounts',
  '1.6.1': 'key management policy and key lifecycle',
  '1.6.2': 'key material is protected',
  '1.6.3': 'keys and passwords are replaceable',
  '1.7.2': 'logs are sent to a remote system',
  '1.9.1': 'communication between components is encrypted',
  '1.14.6': 'no unsupported or deprecated technologies',
  '4.1.3': 'least privilege',
  '6.2.2': 'approved algorithms',
  '6.4.1': 'secrets management',
  '7.3.3': 'logs are protected from access and modification',
  '7.3.4': 'time sources are synchronised',
  '8.1.5': 'regular backups',
  '8.3.3': 'clear language on collection and use of personal information',
  '8.3.5': 'access to sensitive data is audited',
  '9.1.2': 'only strong cipher suites',
  '9.1.3': 'only the latest recommended versions of TLS',
  '9.2.1': 'trusted TLS certificates',
  '9.2.2': 'TLS for all connections in and out',
  '9.2.4': 'certificate revocation',
  '11.1.4': 'anti-automation controls',
  '13.2.1': 'enabled HTTP methods are a valid choice',
  '14.1.3': 'hardened server configuration',
  '14.2.1': 'components are up to date',
  '14.2.2': 'unneeded features are removed',
};

export const NOT_CRYPTOGRAPHY = {
  none: text(
    '本标准只规定密码应用，此项与密码应用无关',
    'this standard is of cryptography; the check is not',
  ),
};
export const NOT_IN_ASVS = {
  none: text(
    'ASVS 只规定应用本身，此项属于组织管理',
    'ASVS is of the application; this is how the city organises itself',
  ),
};
