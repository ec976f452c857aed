import { createCircuitBreaker } from '../../../src/revocation/circuit-breaker.ts';

describe('a circuit breaker', () => {
  const create = () =>
    createCircuitBreaker({ threshold: 2, openMs: 100, openMaximumMs: 300, random: () => 1 });

  it('opens after failures in a row, not after failures in between', () => {
    const breaker = create();
    expect(breaker.failed(0)).toBe(false);
    expect(breaker.succeeded()).toBe(false);
    expect(breaker.failed(0)).toBe(false);
    expect(breaker.admit(0)).toBe(true);
    expect(breaker.failed(0)).toBe(true);
    expect(breaker.state).toBe('open');
    expect(breaker.admit(99)).toBe(false);
  });

  it('lets one probe through, and opens for longer and longer while probes fail', () => {
    const breaker = create();
    breaker.failed(0);
    breaker.failed(0);
    let now = 0;
    for (const pause of [100, 200, 300, 300]) {
      expect(breaker.admit(now + pause - 1)).toBe(false);
      now += pause;
      expect(breaker.admit(now)).toBe(true);
      expect(breaker.state).toBe('half-open');
      expect(breaker.admit(now)).toBe(false);
      expect(breaker.failed(now)).toBe(false);
    }
    now += 300;
    expect(breaker.admit(now)).toBe(true);
    expect(breaker.succeeded()).toBe(true);
    expect(breaker.state).toBe('closed');
    breaker.failed(now);
    breaker.failed(now);
    expect(breaker.admit(now + 100)).toBe(true);
  });

  it('is not kept open by calls that were under way when it opened', () => {
    const breaker = create();
    breaker.failed(0);
    breaker.failed(0);
    breaker.failed(50);
    expect(breaker.admit(100)).toBe(true);
  });
});
