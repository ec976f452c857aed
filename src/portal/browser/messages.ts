/** What the sign-in page says while it works, by the language of the page. */
const TEXTS = {
  zh: {
    connecting: '正在连接证书助手……',
    'no-certificates': '没有找到签名证书。请插入证书介质（USB Key）后重试。',
    choose: '请选择要使用的证书，然后签名登录。',
    signing: '请在证书助手的窗口中核对内容、输入 PIN 码……',
    opening: '正在打开证书文件……',
    'no-file': '请先选择证书文件。',
    opened: '证书已在本页打开。请核对下面的内容，确认后签名登录。',
    sending: '正在登录……',
    'signed-in': '登录成功，正在跳转……',
    'agent-unreachable': '没有找到证书助手。请先安装并启动您的证书机构提供的证书助手，然后重试。',
    'origin-refused': '证书助手不允许本网站使用。请在证书助手的设置中添加本网站。',
    cancelled: '您取消了签名，没有登录。',
    'no-device': '没有找到证书介质。请插入 USB Key 后重试。',
    'unknown-certificate': '所选证书已不在证书介质上。请重新连接。',
    'pin-wrong': 'PIN 码不正确。多次输错会锁定证书介质，请核对后再试。',
    'pin-locked': '证书介质已锁定。请联系为您签发证书的机构解锁。',
    'not-a-challenge': '证书助手拒绝签名这段内容。请刷新页面后重试。',
    malformed: '证书助手的版本不兼容。请升级后重试。',
    failed: '证书助手签名失败。请重新插入证书介质后重试。',
    'not-a-certificate-file': '这不是证书文件。请选择扩展名为 .p12 或 .pfx 的文件。',
    'wrong-pin': '证书文件的密码不正确，请重新输入。',
    'old-encryption': '证书文件使用的加密方式过旧。请用新版软件重新导出（AES 加密）后再试。',
    'no-key': '文件中没有私钥，不能用来登录。请选择连同私钥一起导出的证书文件。',
    'unsupported-key': '浏览器不支持这种密钥（如国密 SM2）。请改用 USB Key 与证书助手登录。',
    offline: '连接不上本网站。请检查网络后重试。',
  },
  en: {
    connecting: 'Looking for the key agent …',
    'no-certificates': 'No signing certificate was found. Plug in your key device and try again.',
    choose: 'Choose a certificate, then sign in.',
    signing: "Check the text in the key agent's window and enter your PIN there …",
    opening: 'Opening the certificate file …',
    'no-file': 'Choose a certificate file first.',
    opened: 'The certificate is open in this page. Check the text below, then sign in.',
    sending: 'Signing in …',
    'signed-in': 'You are signed in. One moment …',
    'agent-unreachable':
      'No key agent was found. Install and start the one that your certification authority provides, then try again.',
    'origin-refused': 'The key agent does not serve this site. Add the site in its settings.',
    cancelled: 'You cancelled. You are not signed in.',
    'no-device': 'No key device was found. Plug it in and try again.',
    'unknown-certificate': 'That certificate is no longer on the device. Connect again.',
    'pin-wrong': 'The PIN is wrong. Too many wrong PINs lock the device: check before you try again.',
    'pin-locked': 'The device is locked. Ask the authority that issued your certificate to unlock it.',
    'not-a-challenge': 'The key agent refuses to sign this text. Reload the page and try again.',
    malformed: 'The key agent is of a version that does not fit. Update it and try again.',
    failed: 'The key agent could not sign. Plug the device in again and try once more.',
    'not-a-certificate-file': 'This is not a certificate file. Choose one that ends in .p12 or .pfx.',
    'wrong-pin': 'The password of the certificate file is wrong. Enter it again.',
    'old-encryption':
      'The file is encrypted in an outdated way. Export it again with current software (AES), then try again.',
    'no-key': 'There is no private key in this file. Choose one that was exported with its key.',
    'unsupported-key':
      'Browsers cannot sign with this kind of key (such as SM2). Use a key device with its agent instead.',
    offline: 'This site cannot be reached. Check your connection and try again.',
  },
} as const;

export type Message = keyof (typeof TEXTS)['zh'];

export const language = document.documentElement.lang.startsWith('en') ? 'en' : 'zh';

export const say = (message: Message): string => TEXTS[language][message];

export const isMessage = (code: string): code is Message => Object.hasOwn(TEXTS.zh, code);
