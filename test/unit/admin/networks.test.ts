import { createNetworkCheck } from '../../../src/admin/networks.ts';

describe('networks of the console', () => {
  it.each([
    ['10.1.2.3', true],
    ['::ffff:10.1.2.3', true],
    ['10.2.0.1', false],
    ['fd00::1', true],
    ['fd00::1%eth0', true],
    ['fe80::1', false],
    ['nonsense', false],
    ['', false],
  ])('%s: %s', (address, inside) => {
    expect(createNetworkCheck(['10.1.0.0/16', 'fd00::/8'])(address)).toBe(inside);
  });

  it('are all where none is given', () => {
    expect(createNetworkCheck([])('203.0.113.1')).toBe(true);
  });
});
