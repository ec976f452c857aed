import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { openPemFiles, openPkcs12File } from './open-key-file.ts';
import { serveKeyAgent } from './serve.ts';

/** The reference key agent: plays a key device with a certificate file. See README.md beside it. */
const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    key: { type: 'string' },
    certificate: { type: 'string' },
    origin: { type: 'string', multiple: true, default: [] },
    port: { type: 'string', default: '18463' },
    yes: { type: 'boolean', default: false },
  },
});

const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
};

const openDevice = async () => {
  if (values.file !== undefined) {
    const pin = process.env.ONECERT_AGENT_PIN ?? (await ask(`PIN of ${values.file}: `));
    return openPkcs12File(values.file, pin);
  }
  if (values.key !== undefined && values.certificate !== undefined)
    return openPemFiles(values.key, values.certificate);
  throw new Error('give --file x.p12, or --key x.key and --certificate x.pem');
};

try {
  if (values.origin.length === 0) throw new Error('give the sign-in site with --origin https://…');
  const server = await serveKeyAgent({
    devices: [await openDevice()],
    origins: values.origin,
    port: Number(values.port),
    consent: async (text, holder) => {
      console.log(`\n${text}`);
      if (values.yes) return true;
      return (await ask(`Sign this as ${holder}? [y/N] `)).trim().toLowerCase() === 'y';
    },
  });
  const { port } = server.address() as AddressInfo;
  console.log(`Key agent for ${values.origin.join(', ')}: http and ws://127.0.0.1:${port}/onecert/1`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
