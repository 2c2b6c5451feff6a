import type { VirtualTime } from './virtual-time.ts';

/** What becomes of one call. */
export type Fate =
  /** It takes effect and is answered, both after a moment. */
  | { readonly kind: 'prompt' }
  /** The service says no. */
  | { readonly kind: 'refused' }
  /** The service fails, and nothing happens. */
  | { readonly kind: 'failed' }
  /** It takes effect, and nobody hears of it. */
  | { readonly kind: 'lost' }
  /** The caller gives up, and it takes effect so many seconds after it was sent. */
  | { readonly kind: 'late'; readonly seconds: number }
  /** Whoever made it dies before or after it takes effect. */
  | { readonly kind: 'dies'; readonly when: 'before' | 'after' };

/** Somebody who does one thing at a time: an execution, or the agent of an instance. */
export interface Actor {
  readonly name: string;
  isAlive: boolean;
  /** Ends whatever it does. */
  onDeath: () => void;
  /** Called whenever it waits for the world, and when it has ended. */
  parked: () => void;
}

/** A call of an actor that has an effect outside. */
export interface Call<T> {
  readonly what: string;
  /** `isLate`: its caller has given up long since. */
  readonly effect: (isLate: boolean) => Promise<T>;
  /** What the caller gets instead of an answer; may throw. */
  readonly failure: (how: 'refused' | 'failed' | 'timed out') => T;
}

export interface Gate {
  enter(name: string): Actor;
  call<T>(actor: Actor, call: Call<T>): Promise<T>;
  sleep(actor: Actor, seconds: number): Promise<void>;
  /** Lets an actor begin or go on, and resolves when it waits again. */
  resume(actor: Actor, act: () => void): Promise<void>;
  kill(actor: Actor): void;
}

export interface GateOptions {
  readonly time: VirtualTime;
  readonly random: () => number;
  /** The fate of the call with this number, counted from 0 over all actors. */
  readonly fateOf: (number: number, what: string) => Fate;
  /** Told of each effect before it happens. */
  readonly onEffect: (actor: Actor, what: string) => void;
}

/** After so many seconds a caller gives up. */
const limitSeconds = 5;

/**
 * Every effect of every actor passes here, and is delayed here: its answer cannot overtake it. One actor runs at a time, and only between one
 * event of the virtual time and the next.
 */
export function openGate({ time, random, fateOf, onEffect }: GateOptions): Gate {
  let calls = 0;

  const resume = async (actor: Actor, act: () => void): Promise<void> => {
    if (!actor.isAlive) return;
    const parked = new Promise<void>((resolve) => {
      actor.parked = resolve;
    });
    act();
    await parked;
  };
  const kill = (actor: Actor): void => {
    if (!actor.isAlive) return;
    actor.isAlive = false;
    actor.onDeath();
    actor.parked();
  };
  /** Mostly quick, sometimes nearly as slow as the caller can bear, so that the others come in between. */
  const delay = (): number => 10 + 2400 * random() ** 4;

  return {
    enter: (name) => ({ name, isAlive: true, onDeath: () => undefined, parked: () => undefined }),
    resume,
    kill,
    sleep: (actor, seconds) =>
      new Promise((wake) => {
        actor.parked();
        time.after(seconds * 1000, () => resume(actor, wake));
      }),
    call: <T>(actor: Actor, { what, effect, failure }: Call<T>) =>
      new Promise<T>((resolve, reject) => {
        const fate = fateOf(calls, what);
        calls += 1;
        const fails = (how: Parameters<Call<T>['failure']>[0]) => (): void => {
          try {
            resolve(failure(how));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        const takesEffect = async (isLate = false): Promise<() => void> => {
          onEffect(actor, what);
          try {
            const value = await effect(isLate);
            return () => resolve(value);
          } catch (error) {
            return () => reject(error instanceof Error ? error : new Error(String(error)));
          }
        };
        const [there, back] = [delay(), delay()];
        const answered = (act: () => void, after = back): void => {
          time.after(after, () => resume(actor, act));
        };
        actor.parked();
        switch (fate.kind) {
          case 'prompt':
            time.after(there, async () => answered(await takesEffect()));
            return;
          case 'refused':
          case 'failed':
            answered(fails(fate.kind), there + back);
            return;
          case 'lost':
            time.after(there, async () => {
              await takesEffect();
            });
            answered(fails('timed out'), limitSeconds * 1000);
            return;
          case 'late':
            time.after(fate.seconds * 1000, async () => {
              await takesEffect(true);
            });
            answered(fails('timed out'), limitSeconds * 1000);
            return;
          case 'dies':
            time.after(there, async () => {
              if (fate.when === 'after') await takesEffect();
              kill(actor);
            });
        }
      }),
  };
}
