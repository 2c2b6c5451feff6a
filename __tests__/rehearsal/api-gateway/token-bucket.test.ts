import { tokenBucket } from '../../../rehearsal/api-gateway/token-bucket.ts';

describe('the throttle', () => {
  it('lets a burst through, then as many a second as the rate says, and never saves up more than a burst', () => {
    let now = 0;
    const take = tokenBucket({ rateLimit: 2, burstLimit: 3 }, () => now);
    const taken = (tries: number) => Array.from({ length: tries }, take).filter(Boolean).length;
    expect(taken(5)).toBe(3);
    now = 499;
    expect(taken(1)).toBe(0);
    now = 500;
    expect(taken(2)).toBe(1);
    now = 1_500;
    expect(taken(5)).toBe(2);
    now = 3_600_000;
    expect(taken(10)).toBe(3);
  });

  it('has no limit where Terraform says -1, and lets nothing through where it says 0', () => {
    expect(Array.from({ length: 100 }, tokenBucket({ rateLimit: -1, burstLimit: -1 }, Date.now)).every(Boolean)).toBe(
      true,
    );
    expect(tokenBucket({ rateLimit: 0, burstLimit: 0 }, Date.now)()).toBe(false);
  });
});
