/**
 * Every refusal OneCert can give, in the order the pipeline meets them: its HTTP status, the clause it rests
 * on, and what it tells the person in Chinese and English: what is wrong (title) and what to do next (next).
 * Codes are stable: they stand in audit entries, logs, metrics and problem+json, and are never reused.
 */
export interface CatalogueEntry {
  readonly status: number;
  /** The standard or the design decision the refusal rests on. */
  readonly clause: string;
  readonly zh: { readonly title: string; readonly next: string };
  readonly en: { readonly title: string; readonly next: string };
}

const entry = (
  status: number,
  clause: string,
  zhTitle: string,
  zhNext: string,
  enTitle: string,
  enNext: string,
): CatalogueEntry => ({
  status,
  clause,
  zh: { title: zhTitle, next: zhNext },
  en: { title: enTitle, next: enNext },
});

const CONTACT_CA_ZH = '请联系为您签发证书的电子认证机构';
const CONTACT_CA_EN = 'Please contact the certification authority that issued your certificate';

export const CATALOGUE = {
  // The request itself
  ONECERT_REQUEST_MALFORMED: entry(
    400,
    'RFC 9112 sections 2.2, 5.2 and 6.3',
    '请求格式不正确，连接已关闭',
    '请刷新页面重试；如果您在开发对接程序，请检查 HTTP 报文格式（长度声明、换行和请求头折行）。',
    'The request was malformed and the connection was closed',
    'Reload the page. If you are writing a client, check message framing: one length, CRLF line ends, no folded headers.',
  ),
  ONECERT_PATH_AMBIGUOUS: entry(
    400,
    'RFC 3986 section 6.2; design: one reading of a path',
    '请求地址含有歧义字符',
    '请从服务目录重新进入该服务；地址中不能含有编码的斜杠、反斜杠、空字符或“..”。',
    'The address can be read in more than one way',
    'Open the service again from the directory. Encoded slashes, backslashes, NUL and dot segments are not accepted.',
  ),
  ONECERT_BODY_TOO_LARGE: entry(
    413,
    'RFC 9110 section 15.5.14; the limit in the enrolment of the service',
    '提交的内容超过该服务允许的大小',
    '请减小附件后重新提交。',
    'What you sent is larger than this service accepts',
    'Make the attachment smaller and send it again.',
  ),
  ONECERT_REQUEST_TIMEOUT: entry(
    408,
    'RFC 9110 section 15.5.9',
    '等待请求内容超时',
    '请检查网络后重试。',
    'The request did not arrive in time',
    'Check your connection and try again.',
  ),

  // Credential
  ONECERT_CERTIFICATE_REQUIRED: entry(
    401,
    'RFC 8446 section 4.4.2.4; RFC 9110 section 15.5.2',
    '需要数字证书才能访问',
    '请插入您的数字证书（或导入证书文件），关闭并重新打开浏览器后再次访问，并在提示时选择您的证书。',
    'A digital certificate is needed here',
    'Plug in your key device (or import your certificate file), restart the browser, open this page again and choose your certificate when asked.',
  ),
  ONECERT_CERTIFICATE_MALFORMED: entry(
    403,
    'RFC 5280 section 4.1; X.690 section 10',
    '证书格式不正确，无法读取',
    `${CONTACT_CA_ZH}，更换证书。`,
    'The certificate cannot be read: it is not well formed',
    `${CONTACT_CA_EN} for a new one.`,
  ),

  // Credential: signed challenge
  ONECERT_CHALLENGE_UNKNOWN: entry(
    403,
    'Design: a challenge is issued here, for one sign-in',
    '没有找到这次登录的签名内容',
    '请回到登录页重新开始登录。',
    'The text that was signed belongs to no sign-in under way here',
    'Go back to the sign-in page and start again.',
  ),
  ONECERT_CHALLENGE_EXPIRED: entry(
    403,
    'Design: a challenge lives two minutes',
    '签名用时过长，本次登录已失效',
    '请回到登录页重新开始，并在两分钟内完成签名。',
    'Signing took too long: this sign-in has lapsed',
    'Go back to the sign-in page, start again and sign within two minutes.',
  ),
  ONECERT_CHALLENGE_REPLAYED: entry(
    403,
    'Design: a challenge is accepted once',
    '这次签名已经使用过，不能再次使用',
    '请回到登录页重新开始登录。如果不是您本人重复提交，请联系平台服务台。',
    'This signature has been used already; it cannot be used again',
    'Start again from the sign-in page. If it was not you who sent it twice, tell the help desk.',
  ),
  ONECERT_CHALLENGE_ORIGIN: entry(
    403,
    'RFC 6454; design: a challenge is bound to the site it was issued for',
    '签名来自另一个网站，已拒绝',
    '请检查浏览器地址栏，只在一证通官方登录页签名；请勿在其他网站上使用您的证书签名登录。',
    'The signature was sent from another site and is refused',
    'Check the address bar: sign only on the sign-in page of this platform, never for another site.',
  ),
  ONECERT_CHALLENGE_SESSION: entry(
    403,
    'Design: a challenge is bound to the browser it was issued to',
    '签名不是在发起登录的浏览器中提交的',
    '请在同一个浏览器窗口中重新开始并完成登录；请允许本站使用 Cookie。',
    'The signature did not come from the browser that started the sign-in',
    'Start again and finish in the same browser window, with cookies allowed for this site.',
  ),
  ONECERT_CHALLENGE_CONTENT: entry(
    403,
    'RFC 5652 sections 5.4 and 11.2',
    '签名的内容与登录页给出的内容不一致',
    '请回到登录页重新登录；如果再次出现，请升级证书驱动（证书助手）后重试。',
    'What was signed is not what the sign-in page asked to sign',
    'Start again from the sign-in page. If it happens again, update the software of your key device.',
  ),
  ONECERT_SIGNED_RESPONSE_MALFORMED: entry(
    400,
    'RFC 5652 section 5.1; GM/T 0010; X.690',
    '签名数据格式不正确，无法读取',
    '请升级证书驱动（证书助手）后重新登录；如果您在开发对接程序，请检查签名数据的编码。',
    'The signature data cannot be read: it is not well formed',
    'Update the software of your key device and sign in again. If you write a client, check how the data is encoded.',
  ),
  ONECERT_SIGNED_RESPONSE_TOO_LARGE: entry(
    413,
    'RFC 9110 section 15.5.14; design: bounded input',
    '签名数据过大',
    '请升级证书驱动（证书助手）后重新登录；签名数据中只应包含您的证书和签发机构的证书。',
    'The signature data is too large',
    'Update the software of your key device. The data should hold your certificate and its issuers, nothing more.',
  ),
  ONECERT_SIGNED_RESPONSE_CONTENT_TYPE: entry(
    403,
    'RFC 5652 sections 4, 5.2 and 11.1; GM/T 0010',
    '签名数据的类型不正确',
    '请升级证书驱动（证书助手）后重新登录；登录只接受对登录内容本身的签名（SignedData，data）。',
    'The signature data is of the wrong content type',
    'Update the software of your key device. Only SignedData over plain data is accepted for signing in.',
  ),
  ONECERT_SIGNED_RESPONSE_SIGNERS: entry(
    403,
    'RFC 5652 section 5.1; design: one person signs in',
    '签名数据必须有且只有一个签名人',
    '请只插入一个证书介质，重新登录并只选择一张证书签名。',
    'The signature data must have exactly one signer',
    'Plug in one key device only, sign in again and choose one certificate.',
  ),
  ONECERT_SIGNED_RESPONSE_CERTIFICATE: entry(
    403,
    'RFC 5652 section 5.3 (sid); RFC 5035 section 3',
    '签名数据中的证书不是签名人的证书',
    '请重新插入证书介质后再次登录；如果再次出现，请升级证书驱动（证书助手）。',
    'The certificate in the signature data is not that of its signer',
    'Plug the key device in again and sign in. If it happens again, update its software.',
  ),
  ONECERT_SIGNING_CERTIFICATE_REQUIRED: entry(
    403,
    'RFC 5035 section 3 (signingCertificateV2); the trust list',
    '签名没有写明所用的证书，签发机构的规则要求写明',
    '请升级证书驱动（证书助手）后重新登录，或换用其他登录方式。',
    'The signature does not say which certificate it was made with, which the rules for its authority demand',
    'Update the software of your key device and sign in again, or sign in another way.',
  ),
  ONECERT_SIGNED_RESPONSE_ATTRIBUTES: entry(
    403,
    'RFC 5652 sections 5.3 and 11',
    '签名数据的属性不符合要求',
    '请升级证书驱动（证书助手）后重新登录。',
    'The attributes of the signature are not as they must be',
    'Update the software of your key device and sign in again.',
  ),
  ONECERT_SIGNED_RESPONSE_ALGORITHM: entry(
    403,
    'RFC 5754; RFC 8419; GM/T 0009; NIST SP 800-131A',
    '签名算法不被接受，或与证书的密钥不符',
    '请升级证书驱动（证书助手）后重新登录；本平台不接受 SHA-1 和 MD5 签名。',
    'The signature algorithm is not accepted here, or does not fit the key of the certificate',
    'Update the software of your key device and sign in again. Signatures with SHA-1 or MD5 are not accepted.',
  ),
  ONECERT_SIGNED_RESPONSE_SIGNATURE: entry(
    403,
    'RFC 5652 section 5.6; GM/T 0009',
    '签名验证失败',
    '请重新插入证书介质后再次登录；如果再次出现，请联系为您签发证书的电子认证机构。',
    'The signature is not valid',
    'Plug the key device in again and sign in. If it happens again, contact the authority that issued your certificate.',
  ),

  // Credential: certificate handed on by a terminator
  ONECERT_TERMINATOR_HEADER_MALFORMED: entry(
    400,
    'RFC 9440 section 2; RFC 8941; docs/terminators.md',
    '接入设备转交的证书无法读取',
    '这不是您的问题。请稍后再试；运维人员需要检查接入设备的配置。',
    'The certificate handed on by the terminator in front cannot be read',
    'This is not your doing. Try again later; the operators have to check its settings.',
  ),
  ONECERT_FORWARD_AUTH_MALFORMED: entry(
    403,
    'docs/terminators.md: one way of saying which call is asked about',
    '接入设备没有说清要核验的是哪个请求',
    '请从服务目录重新进入该服务；如果仍然不行，运维人员需要检查接入设备的配置。',
    'The proxy in front does not say clearly which call it asks about',
    'Open the service again from the directory. If that does not help, the operators have to check its settings.',
  ),

  // Verdict: path
  ONECERT_CERTIFICATE_UNTRUSTED: entry(
    403,
    'RFC 5280 section 6.1; the trust list',
    '证书不是由本平台认可的电子认证机构签发的',
    '请换用认可机构签发的证书重新登录；认可机构名单见首页。',
    'The certificate was not issued by an authority this platform accepts',
    'Choose a certificate of an accepted authority and try again. The home page lists them.',
  ),
  ONECERT_AUTHORITY_WITHDRAWN: entry(
    403,
    'The trust list (status, validity)',
    '本平台已停止认可签发该证书的电子认证机构',
    '您的证书不能再用于本平台。请换用其他认可机构签发的证书；认可机构名单见首页。',
    'This platform no longer accepts the authority that issued the certificate',
    'Your certificate cannot be used here any more. Use one of another accepted authority; the home page lists them.',
  ),
  ONECERT_AUTHORITY_WINDING_DOWN: entry(
    403,
    'The trust list (status: winding-down, acceptIssuedBefore)',
    '签发该证书的机构正在退出，本平台只认可其在截止日之前签发的证书',
    '您的证书签发于截止日之后。请换用其他认可机构签发的证书；认可机构名单见首页。',
    'The authority that issued the certificate is winding down: only its older certificates are accepted',
    'Yours was issued after the last day. Use a certificate of another accepted authority; the home page lists them.',
  ),
  ONECERT_TRUST_LIST_EXPIRED: entry(
    503,
    'The trust list (expires)',
    '本平台的信任列表已过期，暂时不能判定任何证书',
    '您的证书没有问题的迹象。请稍后再试；运维人员需要重新签署信任列表。',
    'The trust list of this platform has expired, so no certificate can be judged',
    'Nothing says that your certificate is bad. Try again later; the operators have to sign the trust list again.',
  ),
  ONECERT_CERTIFICATE_SIGNATURE_INVALID: entry(
    403,
    'RFC 5280 section 6.1.3 (a)(1)',
    '证书的签名验证失败',
    `证书可能已损坏或被篡改，${CONTACT_CA_ZH}。`,
    'The signature on the certificate is not valid',
    `The certificate may be damaged or altered. ${CONTACT_CA_EN}.`,
  ),
  ONECERT_CERTIFICATE_EXPIRED: entry(
    403,
    'RFC 5280 section 6.1.3 (a)(2)',
    '证书已过期',
    `${CONTACT_CA_ZH}办理续期，再用新证书登录。`,
    'The certificate has expired',
    `${CONTACT_CA_EN} to renew it, then sign in with the new one.`,
  ),
  ONECERT_CERTIFICATE_NOT_YET_VALID: entry(
    403,
    'RFC 5280 section 6.1.3 (a)(2)',
    '证书尚未到生效时间',
    '请在证书生效后再试；如果生效日期有误，请联系签发机构。',
    'The certificate is not valid yet',
    'Try again once it has become valid. If the date is wrong, contact the authority that issued it.',
  ),
  ONECERT_CERTIFICATE_ENCRYPTION_ONLY: entry(
    403,
    'RFC 5280 section 4.2.1.3; GB/T 20518 (key usage)',
    '您选择的是加密证书，不能用于登录',
    '同一介质中还有一张签名证书，请重新打开浏览器并选择签名证书。',
    'You chose the encryption certificate; it cannot sign you in',
    'The same device holds a signing certificate too. Restart the browser and choose that one.',
  ),
  ONECERT_CERTIFICATE_USAGE: entry(
    403,
    'RFC 5280 sections 4.2.1.3 and 4.2.1.12',
    '该证书的用途不包括身份登录',
    '请选择用于身份认证的签名证书；如果没有，请联系签发机构。',
    'This certificate is not meant for signing in',
    'Choose your signing certificate. If you have none, contact the authority that issued it.',
  ),
  ONECERT_CERTIFICATE_WEAK: entry(
    403,
    'The algorithm policy of the authority; GM/T 0015; NIST SP 800-131A',
    '证书的密钥或签名算法强度不足',
    `${CONTACT_CA_ZH}，更换符合强度要求的证书。`,
    'The key or the signature algorithm of the certificate is too weak',
    `${CONTACT_CA_EN} for one that meets the required strength.`,
  ),
  ONECERT_CERTIFICATE_CHAIN: entry(
    403,
    'RFC 5280 sections 6.1.3 and 6.1.4',
    '签发链上的上级证书不符合要求',
    `这不是您的问题，${CONTACT_CA_ZH}或平台运维人员。`,
    'A certificate in the issuing chain does not meet the rules',
    `This is not your doing. ${CONTACT_CA_EN}, or the operators of this platform.`,
  ),
  ONECERT_CERTIFICATE_EXTENSION_UNKNOWN: entry(
    403,
    'RFC 5280 sections 4.2 and 6.1.5 (f)',
    '证书含有本平台不能识别的关键扩展',
    `${CONTACT_CA_ZH}，说明需要用于一证通登录的证书。`,
    'The certificate has a critical extension that this platform does not know',
    `${CONTACT_CA_EN} and ask for a certificate fit for signing in here.`,
  ),
  ONECERT_CERTIFICATE_CONSTRAINT: entry(
    403,
    'RFC 5280 sections 4.2.1.10, 4.2.1.11 and 6.1.3',
    '证书超出了签发机构被允许的签发范围',
    `${CONTACT_CA_ZH}。`,
    'The certificate is outside what its issuer may issue',
    `${CONTACT_CA_EN}.`,
  ),

  ONECERT_CERTIFICATE_POLICY: entry(
    403,
    'RFC 5280 sections 4.2.1.4 and 6.1.5 (g); the policies the trust list demands of the authority',
    '证书所依据的证书策略不在本平台接受的范围内',
    `请换用符合要求的证书；如果没有，${CONTACT_CA_ZH}。`,
    'The certificate was not issued under a policy that this platform accepts',
    `Choose another certificate. If you have none, ${CONTACT_CA_EN.toLowerCase()}.`,
  ),

  // Verdict: revocation
  ONECERT_CERTIFICATE_REVOKED: entry(
    403,
    'RFC 5280 sections 5.3.1 and 6.3; RFC 6960 section 2.2',
    '证书已被吊销',
    `如果不是您本人申请吊销的，${CONTACT_CA_ZH}；否则请办理新证书。`,
    'The certificate has been revoked',
    `If you did not ask for this, ${CONTACT_CA_EN.toLowerCase()}; otherwise apply for a new certificate.`,
  ),
  ONECERT_CERTIFICATE_ON_HOLD: entry(
    403,
    'RFC 5280 section 5.3.1 (certificateHold)',
    '证书已被临时冻结',
    `${CONTACT_CA_ZH}办理解冻，之后即可继续使用原证书。`,
    'The certificate is on hold',
    `${CONTACT_CA_EN} to lift the hold; the same certificate then works again.`,
  ),
  ONECERT_REVOCATION_UNKNOWN: entry(
    403,
    'RFC 5280 section 6.3.3; RFC 6960 section 2.2; design: hard fail',
    '暂时无法确认证书是否有效',
    '您的证书没有问题的迹象，但签发机构的状态服务暂时不可用。请稍后再试；运维人员已收到提示。',
    'Whether the certificate is still in force cannot be told right now',
    "Nothing says that your certificate is bad, but the authority's status service cannot be reached. Try again later; the operators have been told.",
  ),

  // Identity
  ONECERT_IDENTIFIER_MISSING: entry(
    403,
    'GB/T 20518; the identity profile of the authority',
    '证书中没有可识别的身份号码',
    `${CONTACT_CA_ZH}，更换含有身份证号或统一社会信用代码的证书。`,
    'The certificate carries no identifier we can use',
    `${CONTACT_CA_EN} for one that carries the citizen ID number or the unified social credit code.`,
  ),
  ONECERT_IDENTIFIER_INVALID: entry(
    403,
    'GB 11643; GB 32100; GB 11714 (check digits)',
    '证书中的身份号码有误，校验位不符',
    `${CONTACT_CA_ZH}核对并更正证书信息。`,
    'The identifier in the certificate is wrong: its check digit does not match',
    `${CONTACT_CA_EN} to have it corrected.`,
  ),
  ONECERT_IDENTITY_CONFLICT: entry(
    403,
    'Design, decision 7: identities never merge by themselves',
    '证书信息与已登记的身份不一致',
    '为保护您的身份，系统没有自动处理。请联系平台服务台人工核实。',
    'The certificate disagrees with the identity on record',
    'To protect you nothing was changed. Please contact the help desk so that a person can check.',
  ),

  // Decision
  ONECERT_SERVICE_NOT_FOUND: entry(
    404,
    'Design, decision by enrolment: what is not enrolled is denied',
    '没有这个服务，或该服务尚未接入',
    '请从服务目录进入；如果您是部门管理员，请先登记该服务。',
    'There is no such service here, or it is not enrolled',
    'Open it from the service directory. If you run the service, enrol it first.',
  ),
  ONECERT_SERVICE_DISABLED: entry(
    403,
    'The enrolment of the service (status)',
    '该服务已暂停',
    '请稍后再试，或联系主管部门。',
    'The service is switched off',
    'Try again later, or contact the department.',
  ),
  ONECERT_METHOD_NOT_ENROLLED: entry(
    403,
    'The enrolment of the service (methods and paths)',
    '该服务没有开放这项操作',
    '请从服务目录重新进入并按页面提示操作。',
    'The service does not offer this operation here',
    'Open the service again from the directory and follow its pages.',
  ),
  ONECERT_SUBJECT_KIND_NOT_ACCEPTED: entry(
    403,
    'The enrolment of the service (kinds of subject)',
    '该服务不面向此类用户',
    '面向企业的服务请使用企业证书，面向个人的服务请使用个人证书登录。',
    'This service is not for this kind of user',
    'Use an enterprise certificate for enterprise services and a personal one for personal services.',
  ),
  ONECERT_EXCHANGE_NOT_ENROLLED: entry(
    403,
    'RFC 8693 section 2.2.2; `exchange.from` in the enrolment of the service',
    '该业务系统不能代您调用另一部门的服务',
    '请告知您正在使用的业务系统的部门：需要由被调用的部门在服务登记中允许。',
    'This service may not call that other service for you',
    'Tell the department whose service you are using: the other department has to allow it in its enrolment.',
  ),
  ONECERT_AUTHORITY_NOT_ACCEPTED: entry(
    403,
    'The enrolment of the service (accepted authorities)',
    '该服务不接受此机构签发的证书',
    '请换用该服务接受的机构签发的证书。',
    'This service does not accept certificates of that authority',
    'Use a certificate of an authority the service accepts.',
  ),

  // Forwarding
  ONECERT_UPSTREAM_UNREACHABLE: entry(
    502,
    'RFC 9110 section 15.6.3',
    '部门的业务系统暂时无法连接',
    '您的登录没有问题。请稍后再试；如果刚才提交了办理事项，请先查询是否已经受理。',
    "The department's system cannot be reached",
    'Your sign-in is fine. Try again later; if you have just submitted something, check first whether it arrived.',
  ),
  ONECERT_UPSTREAM_TIMEOUT: entry(
    504,
    'RFC 9110 section 15.6.5; the time-outs in the enrolment of the service',
    '部门的业务系统没有及时答复',
    '请稍后再试；如果刚才提交了办理事项，请先查询是否已经受理。',
    "The department's system did not answer in time",
    'Try again later; if you have just submitted something, check first whether it arrived.',
  ),

  // Sessions and forms
  ONECERT_SESSION_UNAVAILABLE: entry(
    503,
    'RFC 9110 section 15.6.4; design, decision 5',
    '登录状态暂时无法查询',
    '您的证书没有问题。请稍后刷新页面；如果一直这样，请联系平台服务台。',
    'Sign-in sessions cannot be looked up at the moment',
    'Your certificate is fine. Reload the page in a moment; if it keeps happening, contact the help desk.',
  ),
  ONECERT_HANDOVER_INVALID: entry(
    400,
    'Design: a code is used once, within a minute, in the browser that asked for it',
    '登录跳转已失效',
    '请回到您要办理的服务，重新登录；请不要使用他人发来的登录链接。',
    'The way back from sign-in is no longer valid',
    'Go back to the service and sign in again. Do not use sign-in links that others have sent you.',
  ),
  ONECERT_CROSS_SITE: entry(
    403,
    'CWE-352; W3C Fetch Metadata; RFC 6454',
    '该操作来自其他网站，没有执行',
    '请直接打开本平台的页面再操作。',
    'Another site asked for this and nothing was done',
    'Open the page on this site and do it from there.',
  ),
  ONECERT_FORM_EXPIRED: entry(
    403,
    'CWE-352; the form token of the page',
    '页面已过期，操作没有执行',
    '请刷新页面后再试一次；如果是从其他网站跳转来的，请直接打开本平台操作。',
    'The page has expired and nothing was done',
    'Reload the page and try again. If another site sent you here, open this site directly.',
  ),
  ONECERT_TOO_MANY_ATTEMPTS: entry(
    429,
    'RFC 6585 section 4',
    '尝试次数过多，请稍候',
    '请等待几分钟后再试。',
    'Too many attempts',
    'Wait a few minutes and try again.',
  ),

  // The gateway itself
  ONECERT_AUDIT_UNAVAILABLE: entry(
    503,
    'Design, decision 9: nothing is answered that is not recorded',
    '系统暂时无法记录操作，已停止办理',
    '请稍后再试；运维人员已收到提示。',
    'The audit log cannot be written, so nothing is processed',
    'Try again later; the operators have been told.',
  ),
  ONECERT_SHUTTING_DOWN: entry(
    503,
    'RFC 9110 section 15.6.4',
    '系统正在重启',
    '请稍后刷新页面。',
    'The gateway is restarting',
    'Reload the page in a moment.',
  ),
  ONECERT_INTERNAL: entry(
    500,
    'RFC 9110 section 15.6.1',
    '系统内部错误',
    '请稍后再试；如果反复出现，请把页面上的编号告诉平台服务台。',
    'Something went wrong inside the gateway',
    'Try again later. If it keeps happening, tell the help desk the reference on this page.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type RefusalCode = keyof typeof CATALOGUE;
