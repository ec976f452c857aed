/** One of several processes that use a register at once: prints the unified ids it was given. */
import { openEmbeddedRegister } from '../../../src/identity/embedded-register.ts';
import { citizenIdNumber } from './invented-numbers.ts';

const [file = '', name = ''] = process.argv.slice(2);
const register = openEmbeddedRegister({ file, fieldKey: Buffer.alloc(32, 1), hashKey: Buffer.alloc(32, 2) });
const ids: string[] = [];
for (let person = 0; person < 40; person++) {
  const value = citizenIdNumber(`4403051990030${String(person).padStart(4, '7')}`);
  const identity = await register.identify(
    { kind: 'citizen', identifiers: [{ type: 'citizen-id-number', value }], name: '张三' },
    { authority: name, thumbprint: `${name} ${person}`, at: 0 },
  );
  ids.push(identity.unifiedId);
}
await register.close();
process.stdout.write(JSON.stringify(ids));
