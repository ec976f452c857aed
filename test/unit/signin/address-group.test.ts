import fc from 'fast-check';
import { addressGroup } from '../../../src/signin/address-group.ts';
import { agentFamily } from '../../../src/signin/agent-family.ts';

describe('addresses that count as one', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', 'unknown'],
    ['unix', 'unknown'],
    ['1.2.3', 'unknown'],
  ])('%s: %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });

  it('are those that share the first half', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const group = addressGroup(address);
        if (group.endsWith('/64')) expect(addressGroup(group.replace('::/64', ':1:2:3:4'))).toBe(group);
        else expect(addressGroup(group)).toBe(group);
      }),
    );
  });
});

describe('the family of a browser', () => {
  it.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'Chrome',
    ],
    ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0', 'Edge'],
    [
      'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'Safari',
    ],
    ['Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36 MicroMessenger/8.0.49', 'WeChat'],
    ['Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko', 'Internet Explorer'],
    ['curl/8.5.0', 'curl'],
    [undefined, 'other'],
    ['<script>', 'other'],
    ['x'.repeat(100_000), 'other'],
  ])('%s', (userAgent, family) => {
    expect(agentFamily(userAgent)).toBe(family);
  });
});
