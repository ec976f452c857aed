import { text } from '../check.ts';
import type { Seen } from '../facts.ts';

const REASONS: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  ECONNREFUSED: ['无人监听（网关可能未运行）', 'nobody listens there: the gateway may be down'],
  ENOENT: ['文件或目录不存在', 'there is no such file or folder'],
  EACCES: ['没有读取权限', 'this user may not read it'],
  EPERM: ['没有读取权限', 'this user may not read it'],
  ENOTFOUND: ['域名无法解析', 'the name cannot be resolved'],
  ETIMEDOUT: ['没有及时应答', 'no answer in time'],
  UND_ERR_CONNECT_TIMEOUT: ['没有及时应答', 'no answer in time'],
};

/** Why something could not be looked at. Messages of errors may hold what does not belong in a report: codes do not. */
export const reasonOf = (error: unknown): Seen<never> => {
  const { code, name, cause, message } = error as NodeJS.ErrnoException;
  if (code === undefined && cause !== undefined) return reasonOf(cause);
  const known = REASONS[code ?? ''];
  if (known !== undefined) return { unseen: text(...known) };
  if (name === 'TimeoutError' || message === 'no answer in time') {
    return { unseen: text('没有及时应答', 'no answer in time') };
  }
  return { unseen: text(`无法查看（${code ?? name}）`, `it could not be looked at (${code ?? name})`) };
};

/** Whatever goes wrong is why it was not seen. */
export const see = async <T>(look: () => T | Promise<T>): Promise<Seen<T>> => {
  try {
    return { seen: await look() };
  } catch (error) {
    return reasonOf(error);
  }
};
