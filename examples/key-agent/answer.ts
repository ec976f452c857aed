import { createHash } from 'node:crypto';
import { attribute, formatName } from '../../src/certificate/name.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import type {
  KeyAgentAnswer,
  KeyAgentErrorCode,
  KeyCertificate,
  KeySignature,
} from '../../src/signin/key-middleware.ts';
import { isChallengeFor } from './challenge-text.ts';
import { writeSignedData } from './cms-writer.ts';
import type { SoftDevice } from './open-key-file.ts';

export interface AgentParts {
  readonly devices: readonly SoftDevice[];
  /** Shows the text to the person and asks; false is no. */
  readonly consent: (text: string, holder: string) => Promise<boolean>;
}

const COMMON_NAME = '2.5.4.3';

/** Answers one request of the protocol (docs/key-middleware.md). Never rejects. @param origin that the request came from */
export const answerRequest = async (
  { devices, consent }: AgentParts,
  message: string,
  origin: string,
): Promise<KeyAgentAnswer> => {
  const request = readRequest(message);
  if (request === undefined) return refuse('', 'malformed', 'not a request of this protocol');
  const { id, call, handle, text } = request;
  switch (call) {
    case 'info':
      return { id, result: { protocol: 1, agent: 'OneCert reference agent', version: '1.0.0' } };
    case 'certificates':
      return { id, result: { certificates: devices.map(describeDevice) } };
    case 'sign': {
      const device = devices.find((each) => handleOf(each) === handle);
      if (device === undefined) return refuse(id, 'unknown-certificate', 'no key of this handle');
      if (typeof text !== 'string' || !isChallengeFor(text, origin))
        return refuse(id, 'not-a-challenge', 'not a sign-in challenge of the site that asks');
      if (!(await consent(text, labelOf(device)))) return refuse(id, 'cancelled', 'the person said no');
      return { id, result: signatureOf(device, text) };
    }
    default:
      return refuse(id, 'malformed', 'not a call of this protocol');
  }
};

const refuse = (id: string, code: KeyAgentErrorCode, message: string): KeyAgentAnswer => ({
  id,
  error: { code, message },
});

const readRequest = (
  message: string,
): { id: string; call: unknown; handle: unknown; text: unknown } | undefined => {
  try {
    const { id, call, handle, text } = JSON.parse(message) as Record<string, unknown>;
    return typeof id === 'string' && id.length <= 64 ? { id, call, handle, text } : undefined;
  } catch {
    return undefined;
  }
};

const leafOf = ({ certificates }: SoftDevice): Uint8Array => certificates[0] ?? new Uint8Array();
const handleOf = (device: SoftDevice): string =>
  createHash('sha256').update(leafOf(device)).digest('base64url');
const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');

const labelOf = (device: SoftDevice): string => {
  const { subject } = parseCertificate(leafOf(device));
  return attribute(subject, COMMON_NAME) ?? formatName(subject);
};

const describeDevice = (device: SoftDevice): KeyCertificate => {
  const usage = parseCertificate(leafOf(device)).keyUsage;
  return {
    handle: handleOf(device),
    label: labelOf(device),
    certificate: base64(leafOf(device)),
    chain: device.certificates.slice(1).map(base64),
    usage: usage === undefined || usage.has('digitalSignature') ? 'signing' : 'encryption',
  };
};

const signatureOf = ({ key, certificates }: SoftDevice, text: string): KeySignature => ({
  form: 'cms',
  signedData: base64(writeSignedData({ key, certificates, content: Buffer.from(text, 'utf8') })),
});
